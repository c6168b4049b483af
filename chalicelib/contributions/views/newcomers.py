"""How many people contribute each month, and how many of them are new, came back, or went away.

New is who had not contributed before in the organisation, or in the repository. Returning is who had, but not in the
six months before. Gone is who did not in the six months after: it can't be told earlier, so it is NULL until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, Label, Select, Subquery, and_, case, func, literal, or_, select, union_all

from chalicelib.contributions.facts.activity import WAS_MERGED
from chalicelib.contributions.facts.people import US
from chalicelib.contributions.views.contributors import STORED_ONLY, by_people
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import DayOf, DaysAfter, MonthOf, MonthsAfter, constant, count_if, now
from chalicelib.store.levels import ORGANISATION, REPOSITORY, level_column, no_text
from chalicelib.store.views import View, ViewColumn

AWAY_MONTHS = 6
BACK_DAYS = 90
PEOPLE, NON_MEMBERS = "people", "non_members"


def _months(keys: Sequence[str]) -> Subquery:
    """Each person's months with contributions, by these keys."""
    did = ACTIVITY.table.alias().c
    own = (
        select(*(did[key] for key in keys), did.user_id, MonthOf(did.at).label("month"), did.at, did.person_kind)
        .where(by_people(did), did.what != WAS_MERGED)
        .subquery("own")
        .c
    )
    by = [*(own[key] for key in keys), own.user_id, own.month]
    times = {
        "first_at": func.min(own.at),
        "last_at": func.max(own.at),
        "our_first_at": func.min(case((own.person_kind.in_(US), own.at))),
    }
    return select(*by, *(time.label(name) for name, time in times.items())).group_by(*by).subquery("own_month")


def _with_neighbours(keys: Sequence[str]) -> Subquery:
    """The same, with the person's months before and after."""
    own = _months(keys).c
    over: dict[str, Any] = {"partition_by": [*(own[key] for key in keys), own.user_id], "order_by": own.month}
    return select(
        *own,
        func.lag(own.month, type_=Date()).over(**over).label("previous_month"),
        func.lead(own.month, type_=Date()).over(**over).label("next_month"),
        func.lead(own.first_at, type_=UTCDateTime()).over(**over).label("next_at"),
    ).subquery("person_month")


def _counts(person: Any, suffix: str, who: ColumnElement[bool]) -> Iterator[Label[Any]]:
    """How many of these people there were in a month, new ones, and so on."""
    first, today = DayOf(person.first_at), DayOf(now())
    is_new = person.previous_month.is_(None)
    is_back = or_(DayOf(person.last_at) > first, DayOf(person.next_at) <= DaysAfter(first, literal(BACK_DAYS)))
    last_back = DaysAfter(MonthsAfter(person.month, literal(1)), literal(BACK_DAYS))
    returned = person.previous_month < MonthsAfter(person.month, literal(-AWAY_MONTHS))
    stayed = person.next_month <= MonthsAfter(person.month, literal(AWAY_MONTHS))
    away = MonthsAfter(person.month, literal(AWAY_MONTHS + 1))
    yield count_if(who).label(f"active_{suffix}")
    yield count_if(and_(who, is_new)).label(f"new_{suffix}")
    yield case((last_back <= today, count_if(and_(who, is_new, is_back)))).label(f"new_{suffix}_back")
    yield count_if(and_(who, returned)).label(f"returning_{suffix}")
    yield case((away <= today, count_if(who) - count_if(and_(who, stayed)))).label(f"gone_{suffix}")


def _level(level: str, keys: Sequence[str]) -> Select[Any]:
    """The months of a level."""
    person = _with_neighbours(keys).c
    was_outsider = or_(person.our_first_at.is_(None), person.first_at < person.our_first_at)
    repo = person.repo if "repo" in keys else no_text()
    return select(
        *(constant(level).label("level"), person.org, repo.label("repo"), person.month),
        *_counts(person, PEOPLE, person.user_id.is_not(None)),
        *_counts(person, NON_MEMBERS, was_outsider),
    ).group_by(*(person[key] for key in keys), person.month)


_month = union_all(_level(ORGANISATION, ("org",)), _level(REPOSITORY, ("org", "repo"))).subquery("level").c


def _count_columns(suffix: str, who: str) -> list[ViewColumn]:
    comments = {
        f"active_{suffix}": f"How many {who} contributed in the month",
        f"new_{suffix}": "How many of them had not contributed to the organisation before; in a repository's row, to "
        "that repository",
        f"new_{suffix}_back": f"How many of the new ones contributed again on a later day (UTC), at most {BACK_DAYS} "
        "days after the first; NULL until this can be told of all of them",
        f"returning_{suffix}": f"How many had contributed before, but not in the {AWAY_MONTHS} months before this one",
        f"gone_{suffix}": f"How many did not contribute in the {AWAY_MONTHS} months after this one; NULL until these "
        "are over. Who comes back later was gone, and returns then",
    }
    return [ViewColumn(name, _month[name], comment) for name, comment in comments.items()]


CONTRIBUTORS_MONTHLY = View(
    "contributors_monthly",
    "How many people contributed in each month, and how many of them were new, came back, or went away. A contribution "
    "is an opening, a comment, a review of somebody else's pull request, a merge or a closing. Bots and people whose "
    "account is gone are left out. No row for a month without contributions. "
    f"{STORED_ONLY}: in the first months nearly everybody is new",
    [
        level_column(_month.level, "a repository, or the organisation as a whole"),
        ViewColumn("org", _month.org, "Owner of the repositories"),
        ViewColumn("repo", _month.repo, "Repository's name, without the owner; NULL for the organisation"),
        ViewColumn("month", _month.month, "First day of the month, UTC; the current month's numbers are not final"),
        *_count_columns(PEOPLE, "people"),
        *_count_columns(NON_MEMBERS, "people who were non-members at their first contribution of the month"),
    ],
)
