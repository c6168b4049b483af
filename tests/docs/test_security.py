"""The page about security says which rules there are, and its examples are understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.security.rules import RULES, TEAM_MAINTAINER
from chalicelib.security.rules.exemptions import read_exemptions
from chalicelib.security.settings import CHECKS
from tests.docs.pages import blocks, section


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "security.md").read_text(encoding="utf-8")


def test_it_has_every_rule_as_it_is_declared(page: str) -> None:
    lines = [line for line in section(page, "Rules").splitlines() if line.startswith("| `") and line.count("|") == 6]
    found = [tuple(cell.strip() for cell in line.strip("|").split(" |")) for line in lines]
    keys = {rule.name: f"`{rule.key}`" if rule.key else "" for rule in RULES}
    declared = [
        (f"`{rule.name}`", rule.words, rule.about, ", ".join(sorted(rule.presets)), keys[rule.name]) for rule in RULES
    ]
    team = (f"`{TEAM_MAINTAINER.name}`", TEAM_MAINTAINER.words, "(teams)", ", ".join(TEAM_MAINTAINER.presets), "")
    assert found == [*declared, team]


def test_its_examples_are_understood(page: str) -> None:
    [example] = blocks(section(page, "Exceptions"), "toml")
    assert len(read_exemptions(example).of) == 1
    assert "`CHECKS=security,readme,-signed_commits`" in page
    assert "signed_commits" not in CHECKS.read("security,readme,-signed_commits")
