"""What a rule is: its name and words, what it is tuned by, and how it judges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.security.rules.facts import Facts, UnknownError

PASS, FAIL, ERROR, NOT_APPLICABLE = "pass", "fail", "error", "not_applicable"
POLICY, SECURITY = "policy", "security"
# So many names are shown as evidence.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Tuning:
    """What the rules are tuned by.

    After so many `years` without a push a repository is inactive. So many `commits` are looked at. `name` is what names
    must match, `approvals` how many a pull request needs, `contact` the custom property that names a contact.
    """

    years: int = 1
    commits: int = 15
    name: re.Pattern[str] = field(default_factory=lambda: re.compile("[a-z0-9_-]+"))
    approvals: int = 2
    contact: str = "contact"


@dataclass(frozen=True)
class Verdict:
    """A rule's result for a repository, in a sentence, and what it stands on."""

    result: str
    message: str
    evidence: dict[str, Any]

    @classmethod
    def of(cls, evidence: dict[str, Any], *, passes: bool, good: str, bad: str) -> Verdict:
        """Pass or fail, with the words for each."""
        return cls(PASS, good, evidence) if passes else cls(FAIL, bad, evidence)


def not_applicable(message: str, evidence: dict[str, Any]) -> Verdict:
    """Make the verdict that a rule doesn't apply."""
    return Verdict(NOT_APPLICABLE, message, evidence)


def unknown(sentence: str) -> Verdict:
    """Make the verdict that it could not be checked."""
    return Verdict(ERROR, f"it could not be checked: {sentence}", {"error": sentence})


Judge = Callable[[Facts, Tuning], Verdict]


@dataclass(frozen=True)
class Rule:
    """A rule of repositories.

    `key` is the Data Logger's name for the broken rule; empty when it had none. `words` say what must be so, and
    `about` to which repositories it applies.
    """

    name: str
    words: str
    presets: tuple[str, ...]
    judge: Judge
    key: str = ""
    about: str = "all"

    def check(self, facts: Facts, tuning: Tuning) -> Verdict:
        """Judge a repository; what GitHub did not show makes it an error, and an archived one needs no rule."""
        if facts.is_archived:
            return not_applicable("it is archived", {"archived": True})
        try:
            return self.judge(facts, tuning)
        except UnknownError as error:
            return unknown(str(error))


@dataclass(frozen=True)
class TeamRule:
    """A rule of teams, which is judged by the stored members."""

    name: str
    words: str
    presets: tuple[str, ...]
