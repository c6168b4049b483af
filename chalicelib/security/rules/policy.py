"""Which rules repositories and teams must keep, and all that their judgement depends on."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.security.rules import Rule, Tuning
from chalicelib.security.rules.exemptions import Exemptions
from chalicelib.security.rules.rating import Criteria


@dataclass(frozen=True)
class Policy:
    """The rules of repositories, how they are tuned, who need not keep them, and what ratings stand on."""

    rules: tuple[Rule, ...]
    tuning: Tuning
    exemptions: Exemptions
    criteria: Criteria
    checks_teams: bool
