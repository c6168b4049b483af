from __future__ import annotations

from typing import Any

import pytest

from chalicelib.security.rows import COMMENTS, without_comments, without_secrets

PLANTED = "planted-secret-1"


def record(**fields: Any) -> dict[str, Any]:
    repository = {"id": 7, "name": "lib", "owner": {"login": "acme", "bio": PLANTED}, "description": PLANTED}
    return {
        "number": 3,
        "state": "open",
        "created_at": "2026-06-01T00:00:00Z",
        "secret_type": "aws_access_key_id",
        "secret": PLANTED,
        "repository": repository,
        "first_location_detected": {"path": "a.py", "blob_url": f"https://x/{PLANTED}"},
        "resolved_by": {"login": "ada", "id": 5, "name": PLANTED},
        **dict.fromkeys(COMMENTS, f"it is {PLANTED}"),
        **fields,
    }


def test_of_an_alert_about_a_secret_only_what_is_known_to_be_harmless_is_kept() -> None:
    kept = without_secrets(record(some_new_field=PLANTED, validity={"of": PLANTED}), keeps_comments=False)
    assert PLANTED not in str(kept)
    assert kept == {
        "number": 3,
        "state": "open",
        "created_at": "2026-06-01T00:00:00Z",
        "secret_type": "aws_access_key_id",
        "resolved_by": {"id": 5, "login": "ada"},
        "first_location_detected": {"path": "a.py"},
        "repository": {"id": 7, "name": "lib", "owner": {"login": "acme"}},
    }


def test_comments_are_kept_when_asked_for_and_the_secret_never() -> None:
    kept = without_secrets(record(), keeps_comments=True)
    assert {name for name, value in kept.items() if PLANTED in str(value)} == set(COMMENTS)


@pytest.mark.parametrize("odd", [PLANTED, [PLANTED], None, 7])
def test_a_record_that_is_no_object_is_not_kept_at_all(odd: Any) -> None:
    assert without_secrets(odd, keeps_comments=True) == {"withheld": "it is no object, and may hold a secret"}


@pytest.mark.parametrize("name", ["repository", "resolved_by", "first_location_detected"])
def test_an_odd_object_inside_is_left_out(name: str) -> None:
    assert without_secrets(record(**{name: PLANTED}), keeps_comments=False)[name] is None


def test_a_number_time_or_switch_that_is_none_is_named_as_such_when_the_alert_is_rejected() -> None:
    """It was taken out, and the reason read "created_at is missing"."""
    kept = without_secrets(record(created_at=PLANTED, number=PLANTED, multi_repo=PLANTED), keeps_comments=False)
    assert (kept["created_at"], kept["number"], kept["multi_repo"]) == ("withheld",) * 3


def test_what_is_inside_is_of_its_kind() -> None:
    place = {"id": PLANTED, "name": {"of": PLANTED}, "owner": {"login": {"of": PLANTED}, "id": 4}}
    kept = without_secrets(record(repository=place), keeps_comments=False)
    assert kept["repository"] == {"owner": {"id": 4}}


def test_comments_can_be_taken_out_later() -> None:
    kept = without_secrets(record(), keeps_comments=True)
    assert without_comments(kept) == without_secrets(record(), keeps_comments=False)
    assert without_comments(["odd"]) == ["odd"]
