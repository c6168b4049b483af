"""The read API for front ends: answers a request for a declared resource by one SELECT, and never writes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, func, or_, select, text, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from chalicelib.domains import DOMAINS
from chalicelib.errors import ContributorMetricsError
from chalicelib.github.decisions import printable
from chalicelib.ingest.fields import INT8, UNSTORABLE
from chalicelib.ingest.resources import Field, Resource
from chalicelib.jobs.connections import keep_database, scope_of
from chalicelib.runtime.logs import LOG
from chalicelib.settings import Settings
from chalicelib.store.among import among
from chalicelib.store.functions import ByBytes
from chalicelib.store.models import Organisation
from chalicelib.utils import format_utc

Parameters = Mapping[str, Sequence[str]]
DEFAULT_LIMIT, MOST_ROWS = 100, 500
LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,1000}", re.ASCII)
ORG, LIMIT_NAME, AFTER = "org", "limit", "after"
# API Gateway waits for 29 seconds, and a page that takes so long is no use to anybody.
SECONDS = 8
# https://www.postgresql.org/docs/current/errcodes-appendix.html (query_canceled)
QUERY_CANCELED = "57014"


@dataclass(frozen=True)
class Reply:
    """What is answered: an HTTP status, and an object to be written as JSON."""

    status: int
    body: Mapping[str, Any]


class _RefusedError(Exception):
    """A request that is answered without rows: its sentence is for whoever asked."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        self.reply = Reply(status, {"error": sentence})
        super().__init__(sentence)


@dataclass(frozen=True)
class _Question:
    """A request that was understood."""

    orgs: Sequence[str]
    conditions: Sequence[ColumnElement[bool]]
    limit: int
    after: Sequence[Any] | None


def resources_of(settings: Settings) -> dict[str, Resource]:
    """Give the resources of the domains that are switched on, by name."""
    domains = (domain for domain in DOMAINS if domain.enabled(settings))
    return {resource.name: resource for domain in domains for resource in domain.resources}


def read(name: str, parameters: Parameters, settings: Settings) -> Reply:
    """Answer a request for a resource, whatever its parameters are (each with all the values that were given).

    200 has the rows under the resource's name, and under `next` the cursor of the next page, or null. Otherwise
    `error` is a sentence: 400 and 404 are the asker's fault, 503 is the database's or the settings'.
    """
    try:
        resources = resources_of(settings)
        if name not in resources:
            known = ", ".join(resources) or "nothing"
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"there is no such resource; there is {known}")
        question = understand(resources[name], parameters, settings)
        with keep_database(settings) as session:
            return _answer(session, resources[name], question, settings)
    except _RefusedError as refusal:
        return refusal.reply
    except ContributorMetricsError as error:
        LOG.error("a request for %s could not be answered: %s", printable(name, 100), error)
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the data can't be read now; the app's log says why"})


def understand(resource: Resource, parameters: Parameters, settings: Settings) -> _Question:
    """Check the parameters of a request."""
    filters = {each.name: each for each in resource.filters}
    allowed = (ORG, *filters, LIMIT_NAME, AFTER)
    given = {name: _single(name, values, allowed) for name, values in parameters.items()}
    return _Question(
        orgs=_parsed(given, ORG, lambda value: _chosen(value, settings.orgs), settings.orgs),
        conditions=[
            filters[name].condition(_parsed(given, name, filters[name].parse, None))
            for name in given
            if name in filters
        ],
        limit=_parsed(given, LIMIT_NAME, _limit, DEFAULT_LIMIT),
        after=_parsed(given, AFTER, lambda value: decode_cursor(resource, value), None),
    )


def _single(name: str, values: Sequence[str], allowed: Sequence[str]) -> str:
    if name not in allowed:
        shown = printable(name, 100) or "without a name"
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"there is no parameter {shown}; there is {', '.join(allowed)}")
    if len(values) != 1:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"{name} must be given once")
    return values[0]


def _parsed(given: Mapping[str, str], name: str, parse: Callable[[str], Any], default: Any) -> Any:
    if name not in given:
        return default
    try:
        return parse(given[name])
    except ValueError as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"{name} {error}") from error


def _chosen(value: str, orgs: Sequence[str]) -> Sequence[str]:
    chosen = [org for org in orgs if org.lower() == value.lower()]
    if not chosen:
        raise ValueError(f"must be one of {', '.join(orgs)}")
    return chosen


def _limit(value: str) -> int:
    if not LIMIT.fullmatch(value) or not 1 <= int(value) <= MOST_ROWS:
        raise ValueError(f"must be a whole number from 1 to {MOST_ROWS}")
    return int(value)


# Cursors: the key of the last row of a page. They come back from anybody, so nothing in them is believed.


def encode_cursor(key: Sequence[Any]) -> str:
    """Write a row's key as text that needs no escaping in a URL."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(resource: Resource, cursor: str) -> Sequence[Any]:
    """Read a row's key; raises ValueError when it is none of this resource."""
    if not CURSOR.fullmatch(cursor):
        raise ValueError("must be the text that stood in next, as it was")
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise ValueError("must be the text that stood in next, as it was") from error
    fields = [_field(resource, name) for name in resource.key]
    is_key = isinstance(key, list) and len(key) == len(fields) and all(map(_fits, fields, key))
    if not is_key:
        raise ValueError(f"must be a cursor of {resource.name}: what stood in next")
    return list(key)


def _fits(field: Field, value: Any) -> bool:
    if field.schema["type"] == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT8
    return isinstance(value, str) and not UNSTORABLE.search(value)


def _field(resource: Resource, name: str) -> Field:
    field = resource.field(name)
    if field is None:
        raise LookupError(f"{resource.name} has no field {name}")
    return field


# The statement


def _answer(session: Session, resource: Resource, question: _Question, settings: Settings) -> Reply:
    _only_read(session)
    query = statement(session, resource, question, settings)
    try:
        rows = session.execute(query).all()
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != QUERY_CANCELED:
            raise
        sentence = f"it takes longer than {SECONDS} seconds: ask for less, such as since a time, or a smaller limit"
        raise _RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, sentence) from error
    page = [_shown(resource, row) for row in rows[: question.limit]]
    more = len(rows) > question.limit
    cursor = encode_cursor([page[-1][name] for name in resource.key]) if more else None
    return Reply(HTTPStatus.OK, {resource.name: page, "next": cursor})


def _only_read(session: Session) -> None:
    """Let the transaction write nothing, and take no longer than some seconds."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION READ ONLY"))
        session.execute(text(f"SET LOCAL statement_timeout = '{SECONDS}s'"))


def statement(session: Session, resource: Resource, question: _Question, settings: Settings) -> Select[Any]:
    """Build the SELECT of a page, and of a row more, which tells whether there is another page."""
    keys = [_sortable(_field(resource, name)) for name in resource.key]
    conditions = [_scope(session, resource, question.orgs, settings), *question.conditions]
    if resource.where is not None:
        conditions.append(resource.where)
    if question.after is not None:
        here, there = tuple_(*keys), tuple_(*question.after)
        conditions.append(here < there if resource.is_newest_first else here > there)
    return (
        select(*(field.expression.label(field.name) for field in resource.fields))
        .where(*conditions)
        .order_by(*(key.desc() if resource.is_newest_first else key for key in keys))
        .limit(question.limit + 1)
    )


def _sortable(field: Field) -> ColumnElement[Any]:
    return field.expression if field.schema["type"] == "integer" else ByBytes(field.expression)


def _scope(session: Session, resource: Resource, orgs: Sequence[str], settings: Settings) -> ColumnElement[bool]:
    """Tell whether a row is of some organisations and, where GH_REPOS names some of one's repositories, of these."""
    its_org, repo = _field(resource, ORG).expression, resource.field("repo")
    spelled, whole, parts = _spelled(session, orgs), [], []
    for org in orgs:
        repos = [each.partition("/")[2].lower() for each in scope_of(settings, org).repos]
        if repo is None or not repos:
            whole += spelled[org]
        else:
            parts.append(and_(among(its_org, spelled[org]), among(_lower(repo.expression), repos)))
    return or_(among(its_org, whole), *parts)


def _spelled(session: Session, orgs: Sequence[str]) -> dict[str, list[str]]:
    """Give each name as we write it, and as GitHub does: lower() of a big table's column would find no index."""
    lower = {org.lower(): org for org in orgs}
    known = session.scalars(select(Organisation.login).where(among(_lower(Organisation.login), lower))).all()
    return {org: sorted({org, *(login for login in known if lower[login.lower()] == org)}) for org in orgs}


def _lower(column: ColumnElement[Any] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.lower(column, type_=String())


def _shown(resource: Resource, row: Row[Any]) -> dict[str, Any]:
    return {field.name: _written(value) for field, value in zip(resource.fields, row, strict=True)}


def _written(value: Any) -> Any:
    return format_utc(value) if isinstance(value, datetime) else value
