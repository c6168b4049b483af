"""Fine-grained permissions: what an endpoint accepts, in GitHub's own notation, and whether somebody has it."""

from collections.abc import Mapping

Permissions = Mapping[str, str]
LEVELS = ("read", "write", "admin")
# The notation of X-Accepted-GitHub-Permissions: alternatives between semicolons, what goes together between commas.
# https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
PERMISSIONLESS = "allows_permissionless_access=true"
METADATA = "metadata=read"
CONTENTS = "contents=read"
ISSUES_OR_PULLS = "issues=read; pull_requests=read"
PULLS = "pull_requests=read"
MEMBERS = "members=read"
DEPENDABOT_ALERTS = "vulnerability_alerts=read"
SECRET_ALERTS = "secret_scanning_alerts=read"
CODE_ALERTS = "security_events=read"
ACTIONS = "actions=read"
RUNNERS = "organization_self_hosted_runners=read"
PROJECTS = "organization_projects=read"
HOOKS = "organization_hooks=read"
CHANGE_HOOKS = "organization_hooks=write"
COPILOT_METRICS = "organization_copilot_metrics=read"
COPILOT_SEATS = "organization_copilot_seat_management=read; organization_administration=read"


def grant(wanted: Permissions) -> Permissions:
    """Return permissions with the metadata that nobody can leave out; raise ValueError for an unknown level."""
    granted = {"metadata": "read", **wanted}
    for name, level in granted.items():
        if level not in LEVELS:
            raise ValueError(f"{name}={level}: one of {', '.join(LEVELS)}")
    return granted


def includes(granted: Permissions, name: str, level: str) -> bool:
    """Whether a permission is granted at this level or above."""
    return name in granted and LEVELS.index(granted[name]) >= LEVELS.index(level)


def allows(granted: Permissions, accepted: str) -> bool:
    """Whether what an endpoint accepts is granted: all of any one alternative."""
    if accepted == PERMISSIONLESS:
        return True
    alternatives = [[part.strip().split("=") for part in one.split(",")] for one in accepted.split(";")]
    return any(all(includes(granted, name, level) for name, level in one) for one in alternatives)


def covers(granted: Permissions, wanted: Permissions) -> bool:
    """Whether everything that is wanted is granted."""
    return all(includes(granted, name, level) for name, level in wanted.items())


def narrowed(granted: Permissions, limit: Permissions) -> Permissions:
    """Return what of the granted permissions the limit still has, each at the lower level."""
    return {name: min(level, limit[name], key=LEVELS.index) for name, level in granted.items() if name in limit}
