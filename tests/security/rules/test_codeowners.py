"""Who owns code, by CODEOWNERS."""

from __future__ import annotations

import pytest

from chalicelib.security.rules.codeowners import owners_in
from chalicelib.security.rules.people import wanted_users
from tests.security.rules.facts import blob, facts, node, nothing


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("", []),
        ("# * @ann\n\n", []),
        ("*\n/docs/\n", []),
        ("* @ann", ["@ann"]),
        ("  *.js\t@ann   @acme/front-end # and @nobody", ["@ann", "@acme/front-end"]),
        ("*.js @ann\n*.py @bob @ann", ["@ann", "@bob"]),
        ("/a\\ b/ @ann", ["@ann"]),
        ("/a\\ @ann", []),
        ("* ann@acme.example @bob", ["ann@acme.example", "@bob"]),
        ("* ann @ ann@ @acme/ x@y", []),
        ("@ann @bob", ["@bob"]),
        ("* @ann\r\n*.md @bob\r\n", ["@ann", "@bob"]),
    ],
)
def test_owners_stand_behind_a_path(text: str, owners: list[str]) -> None:
    assert list(owners_in(text)) == owners


def test_the_people_in_codeowners_are_looked_up() -> None:
    owned = node(codeownersInGithub=blob("* @Ann @acme/team a@b.example\n/x @bob"))
    assert wanted_users(facts(owned)) == ["ann", "bob"]
    assert wanted_users(facts(node(root=None))) == []
    assert wanted_users(facts(node(isArchived=True))) == []
    assert wanted_users(nothing()) == []
