"""What webhooks tell of alerts: the same rows and changes of state as polling writes, in any order.

An alert that is older than what is stored changes nothing. Nor does one of the same moment with another state: which
of the two came first can't be told, and the next reading shows it.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#dependabot_alert
https://docs.github.com/en/webhooks/webhook-events-and-payloads#secret_scanning_alert
https://docs.github.com/en/webhooks/webhook-events-and-payloads#code_scanning_alert
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import select

from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery, Event, Place
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import Mapped, map_records
from chalicelib.inventory.models import Repository
from chalicelib.inventory.sync.belongings import rename
from chalicelib.security.api.alerts import LISTS
from chalicelib.security.models import CODE_SCANNING, DEPENDABOT, SECRET_SCANNING
from chalicelib.security.rows import COMMENTS, is_news
from chalicelib.security.sync.pages import NEWEST, Bookmark
from chalicelib.security.sync.saving import key_of, safe_record, save_alerts, stored_alerts, to_row
from chalicelib.security.sync.sources import SOURCES, Source
from chalicelib.store.locks import take_turn

OPEN, RESOLVED = "open", "resolved"
# What the mapping fills also where a record lacks it: a webhook that leaves it out says nothing of it.
FILLED = ("assignees", *COMMENTS)
LEFT = "it doesn't tell enough of the alert: polling will show it"


def hear_alert(saving: Saving, delivery: Delivery, *, source: Source) -> None:
    """Bring the row of an alert up to date, and keep the change of its state."""
    record = _record_of(source, delivery)
    if isinstance(record, dict) and "created_at" not in record:
        saving.note(LEFT)
        return
    is_on_default = source.kind != CODE_SCANNING or _is_on_default_branch(delivery)
    if is_on_default is False:
        saving.note("it is about another branch than the default one")
        return
    safe = safe_record(saving, source, record)
    for each in list(map_records(saving, source.name, [safe], to_row(source, saving.scope.org))):
        saving.run.fetched += 1
        _hear(saving, source, _said(each, record), is_listed=is_on_default is True)


def _record_of(source: Source, delivery: Delivery) -> Any:
    """Give the alert as lists show it: with its repository, and a state."""
    alert, place = delivery.payload.get("alert"), delivery.place
    if not isinstance(alert, dict):
        return alert
    record = {**alert, "repository": delivery.payload.get("repository") if place is None else _place_form(place)}
    if source.holds_secrets and "state" not in alert and "resolution" in alert:
        record["state"] = RESOLVED if alert["resolution"] else OPEN
    instance = delivery.part("alert", "most_recent_instance")
    if source.kind == CODE_SCANNING and instance and instance.get("ref") != _default_ref(delivery):
        del record["most_recent_instance"]
    return record


def _place_form(place: Place) -> dict[str, Any]:
    return {"id": place.repository_id, "name": place.repo, "owner": {"login": place.org}}


def _default_ref(delivery: Delivery) -> str:
    return f"refs/heads/{delivery.part('repository').get('default_branch')}"


def _is_on_default_branch(delivery: Delivery) -> bool | None:
    """Tell whether it is about the default branch, the only one that is listed; None when it doesn't say.

    What somebody does to an alert is about all branches: `ref` is empty.
    """
    ref, instance = delivery.payload.get("ref"), delivery.part("alert", "most_recent_instance")
    if ref:
        return bool(ref == _default_ref(delivery))
    return True if instance.get("ref") == _default_ref(delivery) else None


def _said(alert: Mapped[Row], record: Any) -> Mapped[Row]:
    """Leave out of a row what the record said nothing of."""
    kept = {name: value for name, value in alert.row.items() if name not in FILLED or name in record}
    return Mapped(kept, alert.record)


def _hear(saving: Saving, source: Source, alert: Mapped[Row], *, is_listed: bool) -> None:
    key = key_of(alert)
    number, org, repo = key[0], alert.row["org"], alert.row["repo"]
    take_turn(saving.session.connection(), f"{source.kind} alert {key}")
    columns = (Repository.org, Repository.name, Repository.deleted_at)
    repository = saving.session.execute(select(*columns).where(Repository.id == number)).first()
    stored = stored_alerts(saving, source, [key]).get(key)
    if repository is not None and repository.deleted_at is not None:
        saving.note("its repository is gone")
    elif (stored is None and not is_listed) or not is_news(alert.row, stored):
        saving.note(LEFT if stored is None else "it is not newer than what is stored")
    else:
        save_alerts(saving, source, [alert], listed_at=None, seen_at=saving.now())
    if repository is not None and (repository.org, repository.name) != (org, repo):
        rename(saving.session, number, repository.org, repository.name)
    _let_it_be_read(saving, source)


def _let_it_be_read(saving: Saving, source: Source) -> None:
    """Let the next reading of what changed last ask for it whole."""
    for alerts in LISTS[source.feature]:
        Bookmark(saving, source.name, f"{NEWEST} {alerts.name}").remove()


# What tells one kind of alert from another.
TOLD_BY = {DEPENDABOT: "alert.dependency", SECRET_SCANNING: "alert.secret_type", CODE_SCANNING: "alert.rule"}
EVENTS = {
    f"{source.kind}_alert": Event(
        partial(hear_alert, source=source), frozenset({"alert", TOLD_BY[source.kind], "repository"})
    )
    for source in SOURCES
}
