"""Which addresses become links, and what is said of data that GitHub has not shown: pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from reports.dashboard.screens.security.known import gaps_of, state
from reports.dashboard.screens.security.links import is_alert, is_email, mail_link, say_links, with_links
from reports.dashboard.screens.security.one_repository import contact_text
from reports.reading import Table

HOST = "github.example"
CLEAN: dict[str, Any] = {"failed": 0, "incomplete": 0, "lag_seconds": 60, "note": None, "error": None, "rejected": 0}


@pytest.mark.parametrize(
    "address",
    [
        "https://github.example/acme/api/security/dependabot/7",
        "https://GitHub.example/acme/a.b_c-d/security/secret-scanning/1",
        "https://github.example/acme/api/security/code-scanning/123",
    ],
)
def test_a_page_of_an_alert_is_a_link(address: str) -> None:
    assert is_alert(address, HOST)


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "http://github.example/acme/api/security/dependabot/7",
        "https://github.example@evil.example/acme/api/security/dependabot/7",
        "https://github.example.evil.example/acme/api/security/dependabot/7",
        "https://evil.example/acme/api/security/dependabot/7",
        "https://evil.example/https://github.example/acme/api/security/dependabot/7",
        "https://github.example/acme/api/security/dependabot/7?x=1",
        "https://github.example/acme/api/security/dependabot/7\n",
        "https://github.example/acme/api/security/dependabot/٧",
        "https://github.example/acme/api/settings",
        "https://github.example/logout",
    ],
)
def test_no_other_address_is_a_link(address: str | None) -> None:
    assert not is_alert(address, HOST)


def test_nothing_is_a_link_while_no_repository_tells_the_host() -> None:
    assert not is_alert("https://github.example/acme/api/security/dependabot/7", "")


def test_addresses_that_are_left_out_are_counted() -> None:
    good = "https://github.example/acme/api/security/dependabot/7"
    table = Table("", ["number", "html_url"], [(7, good), (8, "javascript:x"), (9, None)])
    linked = with_links(table, HOST)
    assert linked.rows == [(7, good), (8, None), (9, None)]
    assert say_links(table, linked).startswith(" 1 addresses are left out")
    assert say_links(linked, linked) == ""


@pytest.mark.parametrize(
    "text", ["a@b.example", "first.last+tag@mail.acme.example", "o'brien@acme.example", "x@a.xn--p1ai"]
)
def test_an_email_address(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "@ada",
            "ada",
            "a@b",
            "a@b.",
            "a b@c.example",
            "a@b.example?cc=c@d.example",
            "a@b.example\n",
            "<a@b.example>",
        ),
        *(
            "a@b.example,c@d.example",
            "mailto:a@b.example",
            "javascript:alert(1)@b.example",
            "a@-b.example",
            "á@b.example",
        ),
        *(f"{'a' * 65}@b.example", f"a@{'b.' * 130}example"),
    ],
)
def test_no_email_address(text: str) -> None:
    assert not is_email(text)
    assert "](" not in mail_link(text, "Security")


def test_no_character_of_an_address_adds_to_a_mail() -> None:
    link = mail_link("a?cc=b&body=c#d%0a@acme.example", "Security of acme/api & more")
    assert link.partition("](")[2] == (
        "mailto:a%3Fcc%3Db%26body%3Dc%23d%250a@acme.example?subject=Security%20of%20acme%2Fapi%20%26%20more)"
    )


@pytest.mark.parametrize(
    ("contact", "origin", "said"),
    [
        (None, None, "Nobody is known who can be asked"),
        ("", "custom_property", "Nobody is known who can be asked"),
        ("@ada, @bob", "codeowners", "@ada, @bob. Named by its CODEOWNERS. No e-mail address of theirs is known"),
        ("@tom", "team", "@tom. Maintainers of the teams that its CODEOWNERS names. No e-mail"),
        ("@zed", "admins", "@zed. Nobody is named for this repository itself: these are the organisation's admins."),
        (
            "Ada, a@b.example",
            "custom_property",
            "Ada, [a@b.example](mailto:a@b.example?subject=Security%20of%20acme%2Fr)",
        ),
    ],
)
def test_a_contact_in_a_sentence(contact: str | None, origin: str | None, said: str) -> None:
    assert contact_text(contact, origin, "acme/r").replace("\\", "").startswith(said)


@pytest.mark.parametrize(
    ("row", "was_read", "said"),
    [
        (None, True, ["were not read by any job in 30 days"]),
        (CLEAN, True, []),
        (CLEAN, False, ["were never read to their end"]),
        (CLEAN | {"failed": 1, "error": "[no](x)"}, True, [r"could not be read last time: \[no\]\(x\)"]),
        (CLEAN | {"incomplete": 1}, True, ["are not complete: the last run stopped early"]),
        (CLEAN | {"lag_seconds": 51 * 3600}, True, ["are old: changes of the last 2.1 d may be missing"]),
        (CLEAN | {"note": "a_b"}, False, ["were never read to their end", r"came with a note: a\_b"]),
        (CLEAN | {"rejected": 1200}, True, ["are not all here: 1,200 records could not be understood"]),
    ],
)
def test_what_is_not_known_of_a_kind(row: dict[str, Any] | None, was_read: bool, said: list[str]) -> None:
    found = list(gaps_of(row, was_read=was_read))
    assert len(found) == len(said)
    assert all(each.startswith(begin) for each, begin in zip(found, said, strict=True))


def test_whether_a_feature_is_on_may_not_be_known() -> None:
    assert [state("It", on) for on in (True, False, None)] == [
        "It is on here.",
        "It is off here.",
        "Whether It is on is not known.",
    ]
