"""The webhook: checks that a delivery is GitHub's, and stores what it tells, once, in one transaction.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.domains import DOMAINS
from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError, RejectedError, SettingsError
from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery, Event, Handler, is_payload_of
from chalicelib.ingest.fields import INT8, cleaned
from chalicelib.jobs.connections import keep_database, scope_of
from chalicelib.runtime.logs import LOG
from chalicelib.settings import Settings
from chalicelib.store.deliveries import About, fail, is_stored, record
from chalicelib.store.engine import explain
from chalicelib.store.models import SyncRun
from chalicelib.utils import utc_now

JOB, PING = "webhook", "ping"
TRANSFER = ("repository", "transferred")  # its repository has another owner now
LARGEST = 25 * 1024 * 1024  # bytes: GitHub sends no more
SIGNATURE = "sha256="
NAME = re.compile(r"[a-z0-9_]{1,100}")
GUID = re.compile(r"[A-Za-z0-9-]{1,100}")
# Digits of an id that no database holds would only be an error there.
NUMBER = re.compile(r"[0-9]{1,18}")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """What is answered: an HTTP status, and a sentence for the people who look at GitHub's log of deliveries.

    `about` says what the delivery was about; None while it is not known to be GitHub's.
    """

    status: int
    message: str
    about: About | None = field(default=None, compare=False)


STORED_BEFORE = Reply(HTTPStatus.OK, "it is stored already")


class _RefusedError(Exception):
    """A delivery that is answered without looking further."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.reply = Reply(status, message)
        super().__init__(message)


def receive(
    headers: Mapping[str, str], body: bytes, settings: Settings, *, now: Callable[[], datetime] = utc_now
) -> Reply:
    """Handle one request to the webhook, whatever it holds; gives what to answer.

    `headers` are looked up by their names in any case. Nothing of a body is believed, or stored, that is not signed
    with one of the secrets in WEBHOOK_SECRET. 503 says that the database failed, or that a setting is wrong or can't be
    read: the delivery may come again.
    """
    try:
        return _receive({name.lower(): value for name, value in headers.items()}, body, settings, now)
    except SettingsError as error:
        return unprepared(error)


def unprepared(error: SettingsError) -> Reply:
    """Log that a setting is wrong, or can't be read, and say so; GitHub's log doesn't show which."""
    LOG.error("a delivery could not be handled: %s", error)
    return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "the settings can't be used now; redeliver it later")


def _receive(named: Mapping[str, str], body: bytes, settings: Settings, now: Callable[[], datetime]) -> Reply:
    try:
        check_signature(body, named.get("x-hub-signature-256"), settings.webhook_secrets)
        payload = parse(body, content_type=named.get("content-type", ""))
        about = read_headers(named, payload)
    except _RefusedError as refusal:
        return refusal.reply
    return replace(_keep(about, payload, settings, now), about=about)


def check_signature(body: bytes, signature: str | None, secrets: Sequence[str]) -> None:
    """Refuse a body that is too large, or not signed with one of the secrets; each is compared in constant time."""
    if len(body) > LARGEST:
        raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is larger than 25 MB")
    if not secrets:
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "WEBHOOK_SECRET is not set, so nothing is accepted")
    if signature is None:
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "X-Hub-Signature-256 is missing: give the webhook a secret")
    given = signature.encode("utf-8", errors="replace")
    expected = [f"{SIGNATURE}{hmac.new(each.encode(), body, hashlib.sha256).hexdigest()}" for each in secrets]
    # Each is compared: the time must not tell which secret it was.
    if not sum(hmac.compare_digest(given, each.encode()) for each in expected):
        raise _RefusedError(HTTPStatus.UNAUTHORIZED, "the signature is wrong: the webhook has another secret")


def parse(body: bytes, *, content_type: str) -> Mapping[str, Any]:
    """Read a body, JSON or a form with JSON in its field `payload`."""
    try:
        text = body.decode("utf-8")
        if content_type.partition(";")[0].strip().lower() == FORM:
            [text] = parse_qs(text, strict_parsing=True, max_num_fields=10)["payload"]
        return cleaned(json.loads(text))
    except (ValueError, KeyError, RecursionError) as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body is not JSON, nor a form with JSON") from error
    except RejectedError as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the body can't be used: {error}") from error


def read_headers(headers: Mapping[str, str], payload: Mapping[str, Any]) -> About:
    """Read what a delivery is about."""
    event, guid = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
    if not NAME.fullmatch(event) or not GUID.fullmatch(guid):
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "X-GitHub-Event or X-GitHub-Delivery is missing or malformed")
    hook, kind = headers.get("x-github-hook-id", ""), headers.get("x-github-hook-installation-target-type", "")
    action = payload.get("action")
    return About(
        guid=guid,
        event=event,
        action=action if isinstance(action, str) and NAME.fullmatch(action) else None,
        org=_organisation(payload),
        repository_id=_repository_id(payload),
        hook_id=int(hook) if NUMBER.fullmatch(hook) else None,
        target_type=kind if NAME.fullmatch(kind) else None,
    )


def _organisation(payload: Mapping[str, Any]) -> str | None:
    """Name the owner: a repository's, or else the organisation itself."""
    for way in (("repository", "owner"), ("organization",)):
        found: Any = payload
        for name in way:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(found.get("login"), str):
            return str(found["login"])
    return None


def _former_owners(payload: Mapping[str, Any]) -> list[str]:
    """Name whose a repository was that was transferred."""
    found: Any = payload
    for name in ("changes", "owner", "from"):
        found = found.get(name) if isinstance(found, dict) else None
    owners = [found.get(kind) for kind in ("organization", "user")] if isinstance(found, dict) else []
    logins = [owner.get("login") for owner in owners if isinstance(owner, dict)]
    return [login for login in logins if isinstance(login, str)]


def _repository_id(payload: Mapping[str, Any]) -> int | None:
    repository = payload.get("repository")
    number = repository.get("id") if isinstance(repository, dict) else None
    is_one = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= INT8
    return int(number) if is_one and number is not None else None


EVENTS: dict[str, Event] = {name: event for domain in DOMAINS for name, event in domain.events.items()}


def handlers_of(event: str, settings: Settings) -> list[Handler]:
    """Give what the domains that are switched on keep of an event."""
    return [domain.events[event].save for domain in DOMAINS if event in domain.events and domain.enabled(settings)]


def _keep(about: About, payload: Mapping[str, Any], settings: Settings, now: Callable[[], datetime]) -> Reply:
    handlers = handlers_of(about.event, settings)
    if not handlers and about.event != PING:
        return Reply(HTTPStatus.ACCEPTED, f"nothing is kept of the event {about.event}")
    if about.event in EVENTS and not is_payload_of(about.event, payload, EVENTS):
        return Reply(HTTPStatus.BAD_REQUEST, f"the body is not one of the event {about.event}")
    ours = {org.casefold() for org in settings.orgs}
    former = _former_owners(payload) if (about.event, about.action) == TRANSFER else []
    owner = next((name for name in (about.org, *former) if name and name.casefold() in ours), None)
    if owner is None:
        return Reply(HTTPStatus.ACCEPTED, "it is about no organisation of GH_ORGS")
    about = replace(about, org=owner)
    delivery = Delivery(about.event, about.action, payload, now())
    try:
        with keep_database(settings) as session:
            return _save(session, about, delivery, handlers, settings)
    except DatabaseNotReadyError as error:
        LOG.error("a delivery of %s could not be stored: %s", about.event, error)
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "the database can't be used now; redeliver it later")


def _save(session: Session, about: About, delivery: Delivery, handlers: Sequence[Handler], settings: Settings) -> Reply:
    """Store a delivery with its row in `webhook_deliveries`, in one transaction."""
    now = delivery.received_at
    try:
        run = _handle(session, about, delivery, handlers, settings)
        run.note = _note_of(run)
        # Last, for then it is one statement; what a doubled delivery has done is taken back.
        if not record(session, about, now=now, changed=run.stored, rejected=run.rejected, note=run.note):
            session.rollback()
            return STORED_BEFORE
        session.commit()
    except (ContributorMetricsError, SQLAlchemyError) as error:
        reason = explain(error) if isinstance(error, SQLAlchemyError) else str(error)
        return _note_failure(session, about, now, reason)
    except Exception as error:  # noqa: BLE001 - a bug with one delivery: it is kept as failed, and may come again
        LOG.error("a bug with a delivery of %s", about.event, exc_info=error)
        return _note_failure(session, about, now, f"a bug ({type(error).__name__}); the log has its traceback")
    return Reply(HTTPStatus.OK, run.note or "stored")


def _note_of(run: SyncRun) -> str | None:
    """Say what GitHub's log should show of a delivery of which not all is stored, or nothing."""
    if run.rejected:
        return f"{run.rejected} of its records can't be understood: see rejected_records"
    is_kept = run.fetched or run.stored or run.step == PING
    return run.note or (None if is_kept else "nothing of it is kept")


def _handle(
    session: Session, about: About, delivery: Delivery, handlers: Sequence[Handler], settings: Settings
) -> SyncRun:
    org, now = str(about.org), delivery.received_at
    run = SyncRun(job=JOB, step=about.event, org=org, fetched=0, stored=0, rejected=0, started_at=now)
    scope = scope_of(settings, org)
    place = delivery.place
    # Of one that was transferred to another owner, what it was called here.
    if place is not None and not scope.covers(org, place.repo):
        run.note = "it is about no repository of GH_REPOS"
        return run
    saving = Saving(session=session, scope=scope, settings=settings, now=lambda: now, run=run)
    for handle in handlers:
        handle(saving, delivery)
    return run


def _note_failure(session: Session, about: About, now: datetime, reason: str) -> Reply:
    """Keep that a delivery failed, if the database lets us."""
    session.rollback()
    try:
        if is_stored(session, about.guid):
            return STORED_BEFORE
        LOG.error("a delivery of %s could not be stored: %s", about.event, reason)
        fail(session, about, now=now, reason=reason)
        session.commit()
    except SQLAlchemyError as error:
        session.rollback()
        LOG.error(
            "a delivery of %s could not be stored: %s; nor could that be kept: %s", about.event, reason, explain(error)
        )
    return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "it could not be stored now; redeliver it later")
