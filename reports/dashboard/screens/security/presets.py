"""Which rules are rules of policy and which of security, as docs/security.md has it."""

from __future__ import annotations

# The data doesn't say it, and reports know nothing of what fills it: a test holds this to the app's own presets.
POLICY = (
    *("active", "protected_branches", "signed_commits", "readme", "license", "pirr", "gitignore"),
    *("external_pull_requests", "name", "codeowners", "point_of_contact"),
)
SECURITY = (
    *("protected_branches", "signed_commits", "external_pull_requests", "secret_scanning", "push_protection"),
    *("dependabot_alerts", "branch_protection", "repository_access", "security_policy", "team_maintainer"),
)
# As people choose them; None: whatever is checked.
PRESETS: dict[str, tuple[str, ...] | None] = {"All rules": None, "Policy rules": POLICY, "Security rules": SECURITY}
