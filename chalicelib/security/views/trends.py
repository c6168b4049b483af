"""How the use of GitHub's security features, and the keeping of rules, change over time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck, RepositoryCheckChange, SecurityFeatureDay
from chalicelib.security.views.rules import FAIL, PASS
from chalicelib.store.functions import MonthOf, NextMonth, now, ratio, sum_of
from chalicelib.store.views import View, ViewColumn

_day: Any = SecurityFeatureDay

SECURITY_ENABLEMENT = View(
    "security_enablement",
    "How many repositories had each of GitHub's security features, by day; archived ones are left out",
    [
        ViewColumn("org", _day.org, "Organisation"),
        ViewColumn("feature", _day.feature, "Feature, such as secret_scanning"),
        ViewColumn("day", _day.day, "Day, UTC"),
        ViewColumn("enabled", _day.enabled, "Repositories that have it"),
        ViewColumn("disabled", _day.disabled, "Repositories that don't"),
        ViewColumn("unknown", _day.unknown, "Repositories of which GitHub doesn't tell"),
        ViewColumn(
            "share",
            ratio(_day.enabled, _day.enabled + _day.disabled),
            "enabled of those of which GitHub tells, 0 to 1; NULL when it tells of none",
        ),
    ],
)


def _results() -> CTE:
    """The last result in each month in which a check's result changed, with the one before it."""
    change = RepositoryCheckChange
    month = MonthOf(change.changed_at)
    turn = func.row_number().over(
        partition_by=[change.repository_id, change.rule, month], order_by=change.changed_at.desc()
    )
    is_checked = and_(RepositoryCheck.repository_id == change.repository_id, RepositoryCheck.rule == change.rule)
    each = (
        select(*(change.org, change.repository_id, change.rule, change.after, month.label("month"), turn.label("turn")))
        .join(RepositoryCheck, is_checked)
        .subquery("each_result")
    )
    before, following = (
        function.over(partition_by=[each.c.repository_id, each.c.rule], order_by=each.c.month)
        for function in (func.lag(each.c.after), func.lead(each.c.after))
    )
    kept = select(*each.c, before.label("before"), following.label("following"))
    return kept.where(each.c.turn == 1).cte("results")


def _is(result: ColumnElement[Any], value: str) -> ColumnElement[int]:
    return case((result == value, 1), else_=0)


def _changes(result: CTE) -> Select[Any]:
    """By how much a repository's month changed how many keep and break a rule."""
    passed, failed = (_is(result.c.after, value) - _is(result.c.before, value) for value in (PASS, FAIL))
    return select(result.c.org, result.c.rule, result.c.month, passed.label("passed"), failed.label("failed"))


def _departures(result: CTE) -> Select[Any]:
    """The same for repositories that are gone: they count in no month from then on."""
    left = select(
        *(result.c.org, result.c.rule, MonthOf(Repository.deleted_at).label("month")),
        (-_is(result.c.after, PASS)).label("passed"),
        (-_is(result.c.after, FAIL)).label("failed"),
    ).join(Repository, Repository.id == result.c.repository_id)
    return left.where(result.c.following.is_(None), Repository.deleted_at.is_not(None))


def _months(result: CTE) -> Select[Any]:
    """A row for each month from a rule's first one to this one, so that months without any change count too."""
    firsts = (
        select(result.c.org, result.c.rule, func.min(result.c.month).label("month"))
        .group_by(result.c.org, result.c.rule)
        .cte("firsts")
    )
    calendar = select(func.min(firsts.c.month).label("month")).cte("calendar", recursive=True)
    calendar = calendar.union_all(select(NextMonth(calendar.c.month)).where(calendar.c.month < MonthOf(now())))
    nothing = literal(0)
    chosen = select(firsts.c.org, firsts.c.rule, calendar.c.month, nothing.label("passed"), nothing.label("failed"))
    return chosen.select_from(firsts.join(calendar, calendar.c.month >= firsts.c.month))


def _monthly() -> Subquery:
    """By how much each month changed how many keep and break a rule."""
    result = _results()
    change = union_all(_changes(result), _departures(result), _months(result)).subquery("change")
    keys = (change.c.org, change.c.rule, change.c.month)
    sums = (sum_of(change.c[name]).label(name) for name in ("passed", "failed"))
    return select(*keys, *sums).group_by(*keys).subquery("monthly")


def _at_the_end() -> Subquery:
    month = _monthly()

    def so_far(name: str) -> ColumnElement[int]:
        total = func.sum(month.c[name]).over(partition_by=[month.c.org, month.c.rule], order_by=month.c.month)
        return cast(total, BigInteger).label(name)

    return select(month.c.org, month.c.rule, month.c.month, so_far("passed"), so_far("failed")).subquery("at_the_end")


_month = _at_the_end().c

RULE_TRENDS = View(
    "rule_trends",
    "How many repositories kept and broke each rule at the end of each month, from the first check on. Exceptions "
    "count as broken, checks that could not be done as before. Rules that are checked no more are left out",
    [
        ViewColumn("org", _month.org, "Organisation"),
        ViewColumn("rule", _month.rule, "Rule"),
        ViewColumn("month", _month.month, "First day of the month, UTC; this month's numbers are not final"),
        ViewColumn("passed", _month.passed, "Repositories that kept it; from when they are gone, they don't count"),
        ViewColumn("failed", _month.failed, "Repositories that broke it"),
        ViewColumn("share_passed", ratio(_month.passed, _month.passed + _month.failed), "passed of both, 0 to 1"),
    ],
)
