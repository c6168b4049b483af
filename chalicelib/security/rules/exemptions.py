"""Exceptions: a repository that need not keep a rule, why, and until when. They are written in a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.security.rules import RULES

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
FIELDS = ("repository", "rule", "reason", "until")


@dataclass(frozen=True)
class Exemption:
    """A repository (owner/name) that need not keep a rule, up to and with a day."""

    repository: str
    rule: str
    reason: str
    until: date


@dataclass(frozen=True)
class Exemptions:
    """The exceptions of a file, by repository (owner/name in lower case) and rule."""

    of: dict[tuple[str, str], Exemption]

    @classmethod
    def made_of(cls, exemptions: Iterable[Exemption]) -> Exemptions:
        """Gather exceptions."""
        return cls({(each.repository.lower(), each.rule): each for each in exemptions})

    def find(self, org: str, repo: str, rule: str, *, on: date) -> Exemption | None:
        """Give the exception that a repository has from a rule on a day."""
        found = self.of.get((f"{org}/{repo}".lower(), rule))
        return found if found and found.until >= on else None

    def owners(self) -> set[str]:
        """Name the owners of the repositories that have some, in lower case."""
        return {name.split("/")[0] for name, _ in self.of}

    def ended(self, org: str, *, on: date) -> list[Exemption]:
        """Give an organisation's exceptions that have ended before a day."""
        ended = [each for (name, _), each in self.of.items() if name.split("/")[0] == org.lower() and each.until < on]
        return sorted(ended, key=lambda each: (each.repository, each.rule))

    def repositories_of(self, org: str) -> list[str]:
        """Name an organisation's repositories that have some, without their owner."""
        owners = (name.split("/") for name, _ in self.of)
        return sorted({repo for owner, repo in owners if owner == org.lower()})


def read_exemptions(text: str) -> Exemptions:
    """Read a file's text; ValueError with a sentence when it is malformed, or names an unknown rule."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not TOML: {error}") from error
    entries = tables.get("exception", [])
    if tables.keys() - {"exception"} or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ValueError("it must hold [[exception]] tables, and nothing else")
    found = [_read_entry(number, entry) for number, entry in enumerate(entries, start=1)]
    exemptions = Exemptions.made_of(found)
    if len(exemptions.of) < len(found):
        raise ValueError("it has two exceptions for the same repository and rule")
    return exemptions


def _read_entry(number: int, entry: dict[str, Any]) -> Exemption:
    where = f"exception {number}"
    if set(entry) != set(FIELDS):
        raise ValueError(f"{where} must have {', '.join(FIELDS)}, and nothing else")
    repository, rule, reason, until = (entry[name] for name in FIELDS)
    if not isinstance(repository, str) or not REPOSITORY.fullmatch(repository):
        raise ValueError(f"{where}: repository must be owner/name")
    if rule not in [each.name for each in RULES]:
        raise ValueError(f"{where}: {rule!r} is not a rule of repositories")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError(f"{where} has no reason")
    if type(until) is not date:
        raise ValueError(f"{where}: until must be a date such as 2027-01-31")
    return Exemption(repository, str(rule), reason.strip(), until)
