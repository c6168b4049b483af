"""On how few people the work rests: CHAOSS calls it the contributor absence factor, others the bus factor.

https://chaoss.community/kb/metric-contributor-absence-factor/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, case, cast, func, literal, select, union_all

from chalicelib.contributions.facts.activity import REVIEWED, WAS_MERGED
from chalicelib.contributions.views.contributors import STORED_ONLY, by_people
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.store.functions import MonthsAfter, QuarterOf, constant, count_if, now, sum_of
from chalicelib.store.levels import ORGANISATION, REPOSITORY, level_column, no_text
from chalicelib.store.views import View, ViewColumn

# A year, in quarters. By months, it would be three times as many rows, and too slow for a large organisation.
QUARTERS, MONTHS = 4, 3


def _quarters(keys: Sequence[str]) -> Subquery:
    """How many pull requests of each person were merged in each quarter, and how many reviews the person submitted."""
    did = ACTIVITY.table.alias().c
    kept = (*(did[key] for key in keys), did.what, did.user_id, QuarterOf(did.at).label("quarter"))
    own = select(*kept).where(by_people(did), did.what.in_((WAS_MERGED, REVIEWED))).subquery("own").c
    return select(*own, func.count(type_=BigInteger()).label("n")).group_by(*own).subquery("own_quarter")


def _years(keys: Sequence[str]) -> Subquery:
    """The same for the 12 months up to the end of each quarter, this one included and none to come."""
    own = _quarters(keys).c
    later = union_all(*(select(literal(MONTHS * n).label("months")) for n in range(QUARTERS))).subquery("later").c
    quarter = MonthsAfter(own.quarter, later.months).label("quarter")
    counted = select(*(own[key] for key in keys), own.what, own.user_id, quarter, own.n).subquery("counted").c
    by = [*(counted[key] for key in keys), counted.what, counted.quarter, counted.user_id]
    return (
        select(*by, sum_of(counted.n).label("n"))
        .where(counted.quarter <= QuarterOf(now()))
        .group_by(*by)
        .subquery("year")
    )


def _in_order(keys: Sequence[str]) -> Subquery:
    """The same, with how much those who did more have done, and everybody."""
    year = _years(keys).c
    by = [*(year[key] for key in keys), year.what, year.quarter]
    # Who comes first of two that did as much makes no difference to how many people it takes.
    so_far = func.sum(year.n).over(partition_by=by, order_by=[year.n.desc(), year.user_id], rows=(None, 0))
    total = func.sum(year.n).over(partition_by=by)
    return select(
        *year, cast(so_far - year.n, BigInteger).label("before"), cast(total, BigInteger).label("total")
    ).subquery("in_order")


def _level(level: str, keys: Sequence[str]) -> Select[Any]:
    """The quarters of a level."""
    person = _in_order(keys).c

    def numbers(what: str, prefix: str, things: str) -> list[ColumnElement[Any]]:
        is_it = person.what == what
        factor = count_if(is_it & (2 * person.before < person.total))
        return [
            count_if(is_it).label(prefix),
            sum_of(case((is_it, person.n), else_=0)).label(things),
            func.nullif(factor, 0, type_=BigInteger()).label(f"{prefix}_absence_factor"),
        ]

    repo = person.repo if "repo" in keys else no_text()
    return select(
        *(constant(level).label("level"), person.org, repo.label("repo"), person.quarter),
        *numbers(WAS_MERGED, "authors", "merged_pull_requests"),
        *numbers(REVIEWED, "reviewers", "reviews"),
    ).group_by(*(person[key] for key in keys), person.quarter)


_quarter = union_all(_level(ORGANISATION, ("org",)), _level(REPOSITORY, ("org", "repo"))).subquery("level").c

ABSENCE_FACTOR_QUARTERLY = View(
    "absence_factor_quarterly",
    "On how few people the work rests: the contributor absence factor (bus factor) of the 12 months up to the end of "
    "each quarter. Pull requests and reviews by bots and by people whose account is gone are left out. No row when "
    "nothing was merged or reviewed in these 12 months. "
    f"{STORED_ONLY}: the first three quarters tell of less than 12 months",
    [
        level_column(_quarter.level, "a repository, or the organisation as a whole"),
        ViewColumn("org", _quarter.org, "Owner of the repositories"),
        ViewColumn("repo", _quarter.repo, "Repository's name, without the owner; NULL for the organisation"),
        ViewColumn(
            "quarter",
            _quarter.quarter,
            "First day of the last of the four quarters, UTC; the current one is not over yet",
        ),
        ViewColumn("authors", _quarter.authors, "How many people wrote the merged pull requests"),
        ViewColumn(
            "merged_pull_requests", _quarter.merged_pull_requests, "Pull requests merged in the 12 months, by anybody"
        ),
        ViewColumn(
            "authors_absence_factor",
            _quarter.authors_absence_factor,
            "The smallest number of people who together wrote at least half of them; NULL when there are none",
        ),
        ViewColumn("reviewers", _quarter.reviewers, "How many people reviewed others' pull requests"),
        ViewColumn("reviews", _quarter.reviews, "Reviews that they submitted in the 12 months"),
        ViewColumn(
            "reviewers_absence_factor",
            _quarter.reviewers_absence_factor,
            "The smallest number of people who together submitted at least half of these reviews; NULL when there are "
            "none",
        ),
    ],
)
