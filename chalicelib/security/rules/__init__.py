"""The rules that repositories and teams must keep: pure functions of what GitHub shows of them."""

from __future__ import annotations

from chalicelib.security.rules import branches, files, general, people
from chalicelib.security.rules.facts import Facts, Known
from chalicelib.security.rules.rule import (
    ERROR,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    POLICY,
    SECURITY,
    Rule,
    TeamRule,
    Tuning,
    Verdict,
)

__all__ = [
    "ALL",
    "ERROR",
    "FAIL",
    "NAMES",
    "NOT_APPLICABLE",
    "PASS",
    "PRESETS",
    "RULES",
    "TEAM_MAINTAINER",
    "Facts",
    "Known",
    "Rule",
    "TeamRule",
    "Tuning",
    "Verdict",
]

RULES = (
    general.ACTIVE,
    branches.PROTECTED_BRANCHES,
    branches.SIGNED_COMMITS,
    files.README,
    files.LICENSE,
    files.PIRR,
    files.GITIGNORE,
    people.EXTERNAL_PULL_REQUESTS,
    general.NAME,
    general.SECRET_SCANNING,
    general.PUSH_PROTECTION,
    general.DEPENDABOT_ALERTS,
    people.CODEOWNERS,
    people.POINT_OF_CONTACT,
    branches.BRANCH_PROTECTION,
    people.REPOSITORY_ACCESS,
    general.SECURITY_POLICY,
)
TEAM_MAINTAINER = TeamRule("team_maintainer", "A member of the team is its maintainer", (SECURITY,))
NAMES = tuple(rule.name for rule in (*RULES, TEAM_MAINTAINER))

ALL = "all"
PRESETS = {
    ALL: NAMES,
    **{
        preset: tuple(rule.name for rule in (*RULES, TEAM_MAINTAINER) if preset in rule.presets)
        for preset in (POLICY, SECURITY)
    },
}
