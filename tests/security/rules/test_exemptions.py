"""Exceptions, as they are written in a file."""

from __future__ import annotations

import re
from datetime import date

import pytest

from chalicelib.security.rules.exemptions import Exemption, read_exemptions

GOOD = """
[[exception]]
repository = "Acme/API"
rule = "signed_commits"
reason = "a mirror"
until = 2026-12-31
"""


def test_an_exception_holds_up_to_its_last_day() -> None:
    exemptions = read_exemptions(GOOD)
    expected = Exemption("Acme/API", "signed_commits", "a mirror", date(2026, 12, 31))
    assert exemptions.find("acme", "api", "signed_commits", on=date(2026, 12, 31)) == expected
    assert exemptions.find("acme", "api", "signed_commits", on=date(2027, 1, 1)) is None
    assert exemptions.find("acme", "api", "readme", on=date(2026, 1, 1)) is None
    assert exemptions.find("acme", "web", "signed_commits", on=date(2026, 1, 1)) is None
    assert (exemptions.repositories_of("ACME"), exemptions.repositories_of("other")) == (["api"], [])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "exception = []"])
def test_a_file_may_be_empty(text: str) -> None:
    assert read_exemptions(text).of == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[exception", "it is not TOML: "),
        ("[exception]\nrule = 1", "it must hold [[exception]] tables, and nothing else"),
        ("exceptions = []", "it must hold [[exception]] tables, and nothing else"),
        (GOOD + "owner = 1", "exception 1 must have repository, rule, reason, until, and nothing else"),
        (GOOD.replace("until", "# until"), "exception 1 must have repository, rule, reason, until, and nothing else"),
        (GOOD.replace("Acme/", ""), "exception 1: repository must be owner/name"),
        (GOOD.replace('"Acme/API"', "7"), "exception 1: repository must be owner/name"),
        (GOOD.replace("signed_commits", "signed"), "exception 1: 'signed' is not a rule of repositories"),
        (GOOD.replace("signed_commits", "team_maintainer"), "exception 1: 'team_maintainer' is not a rule of repos"),
        (GOOD.replace('"signed_commits"', "[]"), "exception 1: [] is not a rule of repositories"),
        (GOOD.replace("a mirror", " "), "exception 1 has no reason"),
        (GOOD.replace("2026-12-31", '"2026-12-31"'), "exception 1: until must be a date such as 2027-01-31"),
        (GOOD.replace("2026-12-31", "2026-12-31T00:00:00Z"), "exception 1: until must be a date such as 2027-01-31"),
        (GOOD + GOOD, "it has two exceptions for the same repository and rule"),
        (GOOD + GOOD.replace("readme", "x").replace("mirror", ""), "it has two exceptions"),
    ],
)
def test_a_malformed_one_is_said_in_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}.*$"):
        read_exemptions(text)
