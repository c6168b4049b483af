"""What alerts are about: vulnerable packages, rules of code scanning, and types of secrets."""

# Ecosystem, package, manifest, versions, the first without it (None: there is none yet), what is wrong.
VULNERABILITIES: tuple[tuple[str, str, str, str, str | None, str], ...] = (
    ("npm", "tiny-template", "package-lock.json", "< 4.7.7", "4.7.7", "Templates can run code"),
    ("npm", "deep-merge-all", "web/package-lock.json", "<= 2.1.0", "2.1.1", "Prototype pollution"),
    ("npm", "slow-regex", "yarn.lock", ">= 1.0.0, < 1.9.2", "1.9.2", "Regular expression denial of service"),
    ("pip", "yaml-loader", "requirements.txt", "< 5.4", "5.4", "Arbitrary code execution while loading"),
    ("pip", "http-pool", "poetry.lock", "< 2.6.3", "2.6.3", "Headers are sent on to other hosts"),
    ("go", "example.test/jwt", "go.mod", "< 4.5.2", "4.5.2", "Excessive memory while parsing headers"),
    ("maven", "org.example:xml-tools", "pom.xml", "<= 3.0.1", None, "External entities are read"),
    ("rust", "zip-walk", "Cargo.lock", "< 0.6.6", "0.6.6", "Files outside of the archive's folder are written"),
)
DEPENDABOT_SEVERITIES = {"low": 2, "medium": 5, "high": 4, "critical": 1}
# Rule, what it says, severity, security severity (None: it is not about security), tags.
RULES: tuple[tuple[str, str, str, str | None, tuple[str, ...]], ...] = (
    ("py/unused-import", "Unused import", "note", None, ("maintainability",)),
    ("py/path-injection", "Uncontrolled data used in path expression", "error", "high", ("security",)),
    ("py/clear-text-logging", "Clear-text logging of sensitive information", "error", "high", ("security",)),
    ("js/xss-through-dom", "DOM text reinterpreted as HTML", "warning", "medium", ("security",)),
    ("go/command-injection", "Command built from user-controlled sources", "error", "critical", ("security",)),
    ("actions/missing-permissions", "Workflow does not contain permissions", "warning", "medium", ("security",)),
    ("js/useless-assignment", "Useless assignment to local variable", "warning", None, ("maintainability",)),
)
PATHS = ("src/main.py", "src/handlers/upload.py", "web/app.ts", "cmd/serve/main.go", ".github/workflows/release.yml")
SECRET_TYPES = (
    "github_personal_access_token",
    "aws_access_key_id",
    "slack_api_token",
    "google_api_key",
    "npm_access_token",
    "password",
    "postgres_connection_string",
    "rsa_private_key",
)
SECRET_PATHS = ("config/settings.env", "deploy/values.yaml", "tests/fixtures/login.json", "scripts/backup.sh")
