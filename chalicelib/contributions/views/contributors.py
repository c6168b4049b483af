"""Who contributes, a row for each person.

A contribution is an opening, a comment, a review of somebody else's pull request, a merge, or a closing. That one's own
pull request was merged is not: it is what somebody else did. Bots and people whose account is gone are left out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, and_, case, cast, func, null, select, union_all

from chalicelib.contributions.facts.activity import CLOSED, COMMENTED, MERGED, OPENED, REVIEWED, WAS_MERGED
from chalicelib.contributions.facts.people import BOT, ISSUE, PULL_REQUEST
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import ByBytes, DayOf, sum_of
from chalicelib.store.views import View, ViewColumn

# How the views of contributors end their comments.
STORED_ONLY = "Nothing is known of what came before the oldest that is stored"


def by_people(did: Any) -> ColumnElement[bool]:
    """Whether somebody did it whom we know and who is no bot."""
    return and_(did.user_id.is_not(None), did.person_kind != BOT)


def _sorts() -> Subquery:
    """What each person did, a row for each sort of thing, login and kind of person: few rows, quickly found."""
    did = ACTIVITY.table.alias().c
    keys = (did.org, did.user_id, did.username, did.person_kind, did.kind, did.what)
    numbers = (
        func.count(type_=BigInteger()).label("n"),
        func.min(did.at).label("first_at"),
        func.max(did.at).label("last_at"),
        func.min(did.item_id).label("first_item"),
        func.max(did.item_id).label("last_item"),
    )
    return select(*keys, *numbers).where(by_people(did)).group_by(*keys).subquery("sort")


def _ordered() -> Subquery:
    """The same, from which the first and the newest can be picked."""
    sort = _sorts().c
    is_own = sort.what != WAS_MERGED
    person = [sort.org, sort.user_id]
    newest = [case((is_own, 0), else_=1), sort.last_at.desc(), ByBytes(sort.username), sort.person_kind]
    # Who opens something and comments on it in the same second has opened it first.
    first = [case((is_own, 0), else_=1), sort.first_at, case((sort.what == OPENED, 0), else_=1), sort.what, sort.kind]
    places = (
        func.row_number(type_=BigInteger()).over(partition_by=person, order_by=newest).label("newest"),
        func.row_number(type_=BigInteger()).over(partition_by=person, order_by=first).label("first"),
    )
    return select(*sort, is_own.label("is_own"), *places).subquery("ordered")


def _days() -> Select[Any]:
    """On how many days each person did something, with nothing in the other columns."""
    did = ACTIVITY.table.alias().c
    keys = (did.org, did.user_id)
    days = func.count(DayOf(did.at).distinct(), type_=BigInteger()).label("days")
    nothing = (cast(null(), column.type) for column in list(_ordered().c)[2:])
    return select(*keys, *nothing, days).where(by_people(did), did.what != WAS_MERGED).group_by(*keys)


def _both() -> Subquery:
    """A person's sorts and days, below each other: joined, the database would expect far too many rows."""
    sorts = _ordered()
    return union_all(select(*sorts.c, cast(null(), BigInteger).label("days")), _days()).subquery("sort")


_sort = _both().c


def _picked(place: str, column: str) -> ColumnElement[Any]:
    picked = case((_sort[place] == 1, _sort[column]))
    return func.max(picked, type_=_sort[column].type)


def _own(column: str) -> ColumnElement[Any]:
    return case((_sort.is_own, _sort[column]))


def _how_many(what: str, kind: str | None = None) -> ColumnElement[int]:
    such = _sort.what == what if kind is None else and_(_sort.what == what, _sort.kind == kind)
    return sum_of(case((such, _sort.n), else_=0))


CONTRIBUTORS = View(
    "contributors",
    "Who has contributed to an organisation: a row for each person. A contribution is an opening, a comment, a review "
    "of somebody else's pull request, a merge or a closing. Bots and people whose account is gone are left out. "
    + STORED_ONLY,
    [
        ViewColumn("org", _sort.org, "Owner of the repositories"),
        ViewColumn("user_id", _sort.user_id, "Id, which stays with a person as a login does not"),
        ViewColumn(
            "username", _picked("newest", "username"), "Login with which the person was last seen to contribute"
        ),
        ViewColumn(
            "person_kind",
            _picked("newest", "person_kind"),
            "What the person was at the last contribution: member, maintainer or non-member",
        ),
        ViewColumn("first_at", func.min(_own("first_at"), type_=UTCDateTime()), "When the person first contributed"),
        ViewColumn(
            "first_what", _picked("first", "what"), "What that was: opened, commented, reviewed, merged or closed"
        ),
        ViewColumn("first_kind", _picked("first", "kind"), "What it was on: issue or pull_request"),
        ViewColumn("last_at", func.max(_own("last_at"), type_=UTCDateTime()), "When the person last contributed"),
        ViewColumn(
            "contributions",
            sum_of(_own("n")),
            "How many contributions: issues_opened + pull_requests_opened + comments + reviews + merges + closings",
        ),
        ViewColumn("days_active", func.max(_sort.days, type_=BigInteger()), "On how many days (UTC) those were"),
        ViewColumn(
            "is_drive_by",
            func.min(_own("first_item"), type_=BigInteger()) == func.max(_own("last_item"), type_=BigInteger()),
            "True when all of them were on a single issue or pull request, so far",
        ),
        ViewColumn("issues_opened", _how_many(OPENED, ISSUE), "Issues that the person opened"),
        ViewColumn("pull_requests_opened", _how_many(OPENED, PULL_REQUEST), "Pull requests that the person opened"),
        ViewColumn(
            "pull_requests_merged",
            _how_many(WAS_MERGED),
            "How many of these were merged, by anybody; not one of the contributions",
        ),
        ViewColumn("reviews", _how_many(REVIEWED), "Reviews that the person submitted on others' pull requests"),
        ViewColumn(
            "comments",
            _how_many(COMMENTED),
            "Comments on issues and pull requests; not those on lines of code, which come with a review",
        ),
        ViewColumn("merges", _how_many(MERGED), "Pull requests that the person merged, whoever wrote them"),
        ViewColumn("closings", _how_many(CLOSED), "How often the person closed an issue, or a pull request unmerged"),
    ],
    group_by=[_sort.org, _sort.user_id],
)
