"""What webhooks tell of alerts: rows and changes of state at once, in any order, and never a secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from chalicelib.models import MODELS, create_db_session
from chalicelib.security.models import AlertTransition
from chalicelib.security.rows import COMMENTS
from sandbox import Repository as RepositoryThere
from tests.deliveries import Payload, tell, told
from tests.organisation import DAY, ORG, Organisation
from tests.security.conftest import rows_of
from tests.security.sync.test_alerts import KINDS, changes, run, stored
from tests.security.test_secrets import PLANTED, stored_text

pytestmark = pytest.mark.slow
CLOSED_AT = {
    "fixed": "fixed_at",
    "dismissed": "dismissed_at",
    "auto_dismissed": "auto_dismissed_at",
    "resolved": "resolved_at",
}


def repository_of(org: Organisation) -> RepositoryThere:
    return org.sandbox.world.organisations[ORG].repositories[0]


def opened(org: Organisation, kind: str, **about: Any) -> tuple[Any, Payload]:
    """An alert that is opened now, and what was told of it."""
    alert = org.sandbox.world.open_alert(repository_of(org), KINDS[kind][1], **about)
    return alert, told(org, f"{kind}_alert")[0]


def row_of(org: Organisation, kind: str, alert: Any) -> Any:
    return stored(org, kind).get((alert.repository.id, alert.number))


def states(org: Organisation, kind: str, alert: Any) -> list[tuple[str, Any]]:
    found = changes(org, kind).get((alert.repository.id, alert.number), [])
    return [(row["to_state"], row["at"]) for row in found]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_older_changes_nothing(quiet: Organisation, kind: str) -> None:
    org, world = quiet, quiet.sandbox.world
    alert, first = opened(org, kind)
    org.advance(60)
    close = (
        partial(world.resolve_alert, alert, "revoked") if kind == "secret_scanning" else partial(world.fix_alert, alert)
    )
    close()
    closed_at = org.now()
    tell(org, f"{kind}_alert", told(org, f"{kind}_alert")[0])
    before = row_of(org, kind, alert)
    assert tell(org, f"{kind}_alert", first) == 200
    assert row_of(org, kind, alert) == before
    assert states(org, kind, alert)[-1] == (before["state"], closed_at)
    run(org)
    assert len(states(org, kind, alert)) == 2


def test_a_fix_that_leaves_updated_at_still_is_newer(quiet: Organisation) -> None:
    org = quiet
    alert, first = opened(org, "code_scanning")
    tell(org, "code_scanning_alert", first)
    org.advance(60)
    org.sandbox.world.fix_alert(alert, silently=True)
    fixed = told(org, "code_scanning_alert")[0]
    assert fixed["alert"]["updated_at"] == first["alert"]["updated_at"]
    for payload in (fixed, first, fixed):
        tell(org, "code_scanning_alert", payload)
    assert row_of(org, "code_scanning", alert)["state"] == "fixed"
    assert states(org, "code_scanning", alert)[1:] == [("fixed", org.now())]


def test_of_one_moment_nothing_is_concluded_and_polling_shows_it(quiet: Organisation) -> None:
    org = quiet
    alert, first = opened(org, "dependabot")
    tell(org, "dependabot_alert", first)
    org.sandbox.world.auto_dismiss_alert(alert)
    tell(org, "dependabot_alert", told(org, "dependabot_alert")[0])
    assert row_of(org, "dependabot", alert)["state"] == "open"
    org.advance(DAY)
    run(org)
    assert [state for state, _ in states(org, "dependabot", alert)] == ["open", "auto_dismissed"]


def test_what_was_wrong_is_mended_by_the_next_reading_though_github_s_list_is_as_it_was(quiet: Organisation) -> None:
    org = quiet
    alert, first = opened(org, "dependabot")
    run(org)
    run(org)
    wrong = {"security_vulnerability": {**first["alert"]["security_vulnerability"], "severity": "critical"}}
    tell(org, "dependabot_alert", {**first, "alert": {**first["alert"], **wrong}})
    assert row_of(org, "dependabot", alert)["severity"] == "critical"
    run(org)
    assert row_of(org, "dependabot", alert)["severity"] == alert.severity


def test_no_watermark_moves(quiet: Organisation) -> None:
    org = quiet
    before = [rows_of(org.db_url, MODELS[name]) for name in ("Watermark", "Cursor")]
    for kind in KINDS:
        org.advance(60)
        tell(org, f"{kind}_alert", opened(org, kind)[1])
    assert [rows_of(org.db_url, MODELS[name]) for name in ("Watermark", "Cursor")] == before


def test_other_branches_are_left(quiet: Organisation) -> None:
    org, world = quiet, quiet.sandbox.world
    elsewhere, first = opened(org, "code_scanning", branch="next")
    here, second = opened(org, "code_scanning")
    for payload in (
        first,
        second,
        {**first, "ref": "", "action": "closed_by_user"},
        {**second, "ref": "refs/pull/1/merge"},
    ):
        assert tell(org, "code_scanning_alert", payload) == 200
    assert row_of(org, "code_scanning", elsewhere) is None
    assert row_of(org, "code_scanning", here)["state"] == "open"
    # Somebody dismisses it, after it was found in a pull request, too.
    org.advance(60)
    world.dismiss_alert(here, "won't fix")
    payload = told(org, "code_scanning_alert")[0]
    payload["alert"]["most_recent_instance"] |= {"ref": "refs/pull/1/merge", "location": {"path": "other.py"}}
    tell(org, "code_scanning_alert", payload)
    row = row_of(org, "code_scanning", here)
    assert (row["state"], row["ref"], row["path"]) == ("dismissed", "refs/heads/main", here.path)


def unlist(org: Organisation, kind: str, reason: str) -> None:
    with create_db_session(org.db_url) as session:
        gone = {"unlisted_at": org.now(), "unlisted_reason": reason}
        session.execute(update(KINDS[kind][0]).values(gone))
        session.commit()


@pytest.mark.parametrize("kind", KINDS)
def test_an_unlisted_one_that_is_told_of_anew_is_listed_again_and_by_nothing_late(
    quiet: Organisation, kind: str
) -> None:
    org = quiet
    alert, first = opened(org, kind)
    tell(org, f"{kind}_alert", first)
    unlist(org, kind, "off")
    tell(org, f"{kind}_alert", first)
    assert row_of(org, kind, alert)["unlisted_at"] == org.now()
    org.advance(60)
    newer = {**first["alert"], "updated_at": org.now().strftime("%Y-%m-%dT%H:%M:%SZ")}
    tell(org, f"{kind}_alert", {**first, "alert": newer})
    row = row_of(org, kind, alert)
    assert (row["unlisted_at"], row["unlisted_reason"]) == (None, None)


def test_those_of_a_repository_that_is_gone_are_left_and_names_are_those_of_now(quiet: Organisation) -> None:
    org, world = quiet, quiet.sandbox.world
    alert, payload = opened(org, "dependabot")
    before = payload["repository"]["name"]
    world.rename_repository(repository_of(org), "shelf")
    org.run_job("every_30_min")
    payload["alert"]["html_url"] = f"https://github.example/{ORG}/{before}/security/dependabot/{alert.number}"
    tell(org, "dependabot_alert", payload)
    row = row_of(org, "dependabot", alert)
    assert (row["repo"], row["html_url"].split("/")[4]) == ("shelf", "shelf")
    assert {change["repo"] for change in rows_of(org.db_url, AlertTransition)} == {"shelf"}
    tell(org, "repository", {"action": "deleted", "repository": payload["repository"]})
    tell(org, "dependabot_alert", {**payload, "alert": {**payload["alert"], "number": 99}})
    assert len(stored(org, "dependabot")) == 1


def test_with_security_off_or_in_another_repository_nothing_is_kept(quiet: Organisation) -> None:
    org = quiet
    payloads = {kind: opened(org, kind)[1] for kind in KINDS}
    org.environment["GH_REPOS"] = f"{ORG}/another"
    assert {tell(org, f"{kind}_alert", payload) for kind, payload in payloads.items()} == {200}
    org.environment["SECURITY"] = "off"
    assert {tell(org, f"{kind}_alert", payload) for kind, payload in payloads.items()} == {202}
    assert not any(stored(org, kind) for kind in KINDS)


def test_what_a_webhook_leaves_out_stays_as_it_is(quiet: Organisation) -> None:
    org, world = quiet, quiet.sandbox.world
    org.environment["SECRET_COMMENTS"] = "on"
    secret, first = opened(org, "secret_scanning", **dict.fromkeys(COMMENTS, "Why not?"))
    code, second = opened(org, "code_scanning", assignees=(world.organisations[ORG].people[0],))
    run(org)
    before = row_of(org, "secret_scanning", secret), row_of(org, "code_scanning", code)
    assert before[0]["first_location"]
    assert before[1]["assignees"]
    org.advance(60)
    updated_at = org.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for event, payload in (("secret_scanning_alert", first), ("code_scanning_alert", second)):
        alert = {name: value for name, value in payload["alert"].items() if name not in (*COMMENTS, "assignees")}
        tell(org, event, {**payload, "alert": {**alert, "updated_at": updated_at}})
    after = row_of(org, "secret_scanning", secret), row_of(org, "code_scanning", code)
    assert [{name for name in old if old[name] != new[name]} for old, new in zip(before, after, strict=True)] == [
        *({"updated_at"}, {"updated_at"})
    ]


def odd_secrets(payload: Payload) -> Iterator[Payload]:
    """The same alert, with the secret in every place where one may be, some day or by mistake."""
    alert = payload["alert"] | {"secret": PLANTED, "metadata": {"key": PLANTED}, "excerpt": PLANTED}
    alert |= dict.fromkeys(COMMENTS, f"we still need {PLANTED}")
    yield {**payload, "alert": alert}
    for name in ("created_at", "updated_at", "number", "resolved_by", "publicly_leaked"):
        yield {**payload, "alert": {**alert, name: PLANTED}}
    for name in ("validity", "resolution", "state", "html_url"):
        yield {**payload, "alert": {**alert, name: [PLANTED]}}
    yield {**payload, "alert": {name: value for name, value in alert.items() if name != "created_at"}}
    for odd in (PLANTED, [PLANTED], {"secret": PLANTED}, None):
        yield {**payload, "alert": odd}
    yield {**payload, "alert": alert, "action": PLANTED, "repository": {**payload["repository"], "id": PLANTED}}


def test_no_secret_is_in_a_table_a_note_or_a_log(
    quiet: Organisation, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    org = quiet
    caplog.set_level(logging.DEBUG)
    _, payload = opened(org, "secret_scanning", secret=PLANTED)
    for odd in odd_secrets(payload):
        assert tell(org, "secret_scanning_alert", odd) in (200, 202, 400)
    tables = stored_text(org)
    assert [text for text in (tables, caplog.text, str(capfd.readouterr())) if PLANTED in text] == []
    assert len(stored(org, "secret_scanning")) == 1
    assert len(rows_of(org.db_url, MODELS["RejectedRecord"])) > 3
