"""How soon changes are released, how often is released and deployed, and how often that fails.

It is here and not with the pull requests, since deployments are: the views of this domain are made last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Integer,
    Label,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    null,
    select,
    table,
    union_all,
)

from chalicelib.inventory.models import Release
from chalicelib.store.base import UTCDateTime, table_of
from chalicelib.store.functions import (
    DayOf,
    MonthOf,
    NextMonth,
    StartOfDay,
    hours_between,
    now,
    ratio,
    sum_of,
    true_if,
)
from chalicelib.store.levels import by_level, level_columns
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import Deployment

BOT = "bot"
REVERT = 'Revert "'
HOURS_A_WEEK = 168.0

# The contributions' view; written out and not imported, because domains don't import each other.
_cycle = table(
    "pull_request_cycle",
    column("id", BigInteger),
    column("org", String),
    column("repo", String),
    column("number", Integer),
    column("title", String),
    column("author_kind", String),
    column("merged_at", UTCDateTime),
    column("lead_time_hours", Double),
)
_pull = _cycle.c


def _is_full(release: Any) -> ColumnElement[bool]:
    """Whether a release was published for everybody, and is still there."""
    return and_(
        *(release.published_at.is_not(None), release.draft.is_(False), release.prerelease.is_(False)),
        release.deleted_at.is_(None),
    )


def _merged() -> Select[Any]:
    """Merged pull requests with the first release after the merge, which the index on releases' times finds."""
    first, release = table_of(Release).alias("next_release").c, table_of(Release).alias("release")
    following = (
        select(first.id)
        .where(first.org == _pull.org, first.repo == _pull.repo, first.published_at >= _pull.merged_at, _is_full(first))
        .order_by(first.published_at, first.id)
        .limit(1)
        .scalar_subquery()
    )
    source = _cycle.outerjoin(release, release.c.id == following)
    return select(*_pull, *(release.c[name] for name in ("tag_name", "published_at"))).select_from(source)


_change = _merged().where(_pull.merged_at.is_not(None)).subquery("change").c
_to_release = hours_between(_change.merged_at, _change.published_at)
PULL_REQUEST_DELIVERY = View(
    "pull_request_delivery",
    "A row per merged pull request: the first release of its repository after the merge. That the release contains "
    "it is taken for granted: one of another branch counts too. Drafts, prereleases and releases that are gone don't",
    [
        ViewColumn("id", _change.id, "pull_requests.id"),
        ViewColumn("org", _change.org, "Owner of the repository"),
        ViewColumn("repo", _change.repo, "Repository's name, without the owner"),
        ViewColumn("number", _change.number, "Number within the repository"),
        ViewColumn(
            "author_kind",
            _change.author_kind,
            "What the author was at its opening: member, maintainer, non-member or bot",
        ),
        ViewColumn(
            "is_revert",
            true_if(func.substr(_change.title, 1, len(REVERT)) == REVERT),
            "True when its title begins with Revert \", as GitHub's button writes it",
        ),
        ViewColumn("merged_at", _change.merged_at, "When it was merged, into any branch"),
        ViewColumn(
            "lead_time_hours", _change.lead_time_hours, "Hours from its first commit to the merge; NULL: not known"
        ),
        ViewColumn("released_at", _change.published_at, "When that release was published; NULL: none yet"),
        ViewColumn("release_tag", _change.tag_name, "Tag of that release"),
        ViewColumn("hours_merge_to_release", _to_release, "Hours from the merge to released_at; NULL: none yet"),
        ViewColumn(
            "lead_time_to_release_hours",
            _change.lead_time_hours + _to_release,
            "Hours from when its first commit was written (the author's date) to released_at: the lead time for "
            "changes. NULL: not released yet, or the commit is not known",
        ),
    ],
)

# What happened, of which each row has one: counters are 1 where it is one of these, hours are NULL where it has none.
COUNTERS = ("merged", "reverts", "released", "releases", "deployed", "failed")
HOURS = ("lead_time_hours", "hours_merge_to_release", "lead_time_to_release_hours")


def _happened(row: Any, at: ColumnElement[Any], **values: ColumnElement[Any] | int) -> Select[Any]:
    """Rows with the month of when something happened, and what it counts for."""
    counters = (cast(values.get(name, 0), BigInteger).label(name) for name in COUNTERS)
    hours = (cast(values.get(name, null()), Double).label(name) for name in HOURS)
    return select(row.org, row.repo, MonthOf(at).label("month"), *counters, *hours).where(at.is_not(None))


def _all_that_happened() -> Subquery:
    change, release, deployment = PULL_REQUEST_DELIVERY.table.c, table_of(Release).c, table_of(Deployment).c
    reverts = case((change.is_revert, 1), else_=0)
    merged = _happened(change, change.merged_at, merged=1, reverts=reverts, lead_time_hours=change.lead_time_hours)
    released = _happened(
        *(change, change.released_at),
        released=1,
        **{name: change[name] for name in HOURS if name != "lead_time_hours"},
    )
    ended = func.coalesce(deployment.succeeded_at, deployment.failed_at)
    has_succeeded = deployment.succeeded_at.is_not(None)
    deployed = _happened(
        *(deployment, ended), deployed=case((has_succeeded, 1), else_=0), failed=case((has_succeeded, 0), else_=1)
    )
    return union_all(
        *(each.where(change.author_kind != BOT) for each in (merged, released)),
        _happened(release, release.published_at, releases=1).where(_is_full(release)),
        deployed.where(deployment.is_production.is_(True)),
    ).subquery("happened")


def _measures(ranked: Ranked) -> Iterator[Label[Any]]:
    for name in COUNTERS:
        yield sum_of(ranked.c[name]).label(name)
    for name in HOURS:
        yield func.count(ranked.c[name], type_=BigInteger()).label(f"n_{name}")
        yield ranked.percentile(name, MEDIAN).label(f"median_{name}")


def _months() -> Any:
    """The months of each level; deployments are NULL before the first one that this app was told of."""
    month = by_level(_all_that_happened(), by=("month",), values=HOURS, measures=_measures).c
    told_since = func.min(case((month.deployed + month.failed > 0, month.month)), type_=Date()).over(
        partition_by=[month.level, month.org, month.repo]
    )
    return select(*month, true_if(month.month >= told_since).label("is_told")).subquery("month").c


_month = _months()
_release = table_of(Release).alias("any_release").c
_has_releases = exists(_release.id).where(_release.org == _month.org)
_weeks = hours_between(StartOfDay(_month.month), StartOfDay(NextMonth(_month.month))) / HOURS_A_WEEK
_is_over = NextMonth(_month.month) <= DayOf(now())


def _told(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((_month.is_told, value))


def _median_columns(name: str, what: str) -> Iterator[ViewColumn]:
    yield ViewColumn(f"median_{name}", _month[f"median_{name}"], f"Median of {name} of {what}; NULL: none")
    yield ViewColumn(f"n_{name}", _month[f"n_{name}"], "How many hours that is the median of")


UNTOLD = "NULL until the first one that a webhook told of"
DELIVERY_MONTHLY = View(
    "delivery_monthly",
    "Lead time for changes, how often is released and deployed to production, and how often that fails, by month, of "
    "each repository and of the organisation. Pull requests by bots are left out; releases and deployments by them "
    "count",
    [
        *level_columns(_month),
        ViewColumn("month", _month.month, "First day of the month, UTC; this month's numbers are not final"),
        ViewColumn("merged", _month.merged, "Pull requests merged in the month, into any branch"),
        *_median_columns("lead_time_hours", "those merged in the month"),
        ViewColumn(
            "pull_requests_released",
            _month.released,
            "Pull requests whose first release after the merge came in the month, whenever they were merged",
        ),
        *_median_columns("hours_merge_to_release", "those released in the month"),
        *_median_columns("lead_time_to_release_hours", "those released in the month"),
        ViewColumn(
            "releases",
            case((_has_releases, _month.releases)),
            "Releases for everybody, published in the month; NULL when none of the organisation is known",
        ),
        ViewColumn(
            "deployments",
            _told(_month.deployed),
            "Deployments to production environments (is_production: as GitHub says) that first succeeded in the "
            f"month, whatever came later. {UNTOLD}",
        ),
        ViewColumn(
            "deployments_per_week",
            case((_is_over, _told(cast(_month.deployed, Double) / _weeks))),
            f"deployments, for each 7 days of the month; NULL also for a month that is not over. {UNTOLD}",
        ),
        ViewColumn(
            "failed_deployments",
            _told(_month.failed),
            f"Those that first failed in the month and never succeeded. {UNTOLD}",
        ),
        ViewColumn(
            "change_failure_rate",
            _told(ratio(_month.failed, _month.deployed + _month.failed)),
            "failed_deployments / (deployments + failed_deployments), from 0 to 1: how often deploying fails. What "
            "broke after it was deployed is not known. NULL: there was none",
        ),
        ViewColumn(
            "reverts",
            _month.reverts,
            "How many of merged have a title that begins with Revert \": what was taken back by GitHub's button",
        ),
        ViewColumn(
            "revert_ratio",
            ratio(_month.reverts, _month.merged),
            "reverts / merged, from 0 to 1: another sign of changes that failed. NULL: none was merged",
        ),
    ],
)
