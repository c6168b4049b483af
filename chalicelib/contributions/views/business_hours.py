"""How long things take in business hours, counted by the calendar of working time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Label,
    Select,
    Table,
    cast,
    func,
    null,
    select,
    union_all,
)

from chalicelib.contributions.facts.people import BOT
from chalicelib.contributions.views.issues import ISSUE_CYCLE
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.contributions.views.working_time import WorkingMoment
from chalicelib.store.functions import MonthOf
from chalicelib.store.levels import by_level, level_columns
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

BUSINESS = (
    "Business hours are those of WORK_DAYS and WORK_HOURS in WORK_TIME_ZONE, with summer time; holidays and breaks "
    "count as any other hour. NULL until a job has made the calendar"
)


class Span(NamedTuple):
    """Hours to count, up to the time in the column `end`, which happens to be `what`."""

    name: str
    end: str
    what: str


PULL_REQUEST_SPANS = (
    Span("business_hours_to_first_response", "first_response_at", "the first response by anybody"),
    Span("business_hours_to_first_review", "first_review_at", "the first review"),
    Span("business_hours_to_merge", "merged_at", "the merge"),
)
ISSUE_SPANS = (
    Span("business_hours_to_first_response", "first_response_at", "the first response by anybody"),
    Span("business_hours_to_close", "closed_at", "the last closing"),
)


def _in_business_hours(
    cycle: Table, start: str, spans: Iterable[Span], missing: str
) -> tuple[FromClause, list[ViewColumn]]:
    """A cycle joined with the calendar, and the columns of its hours."""
    begin = WorkingMoment(cycle.c[start])
    source, columns = begin.joined(cycle), []
    for span in spans:
        end = WorkingMoment(cycle.c[span.end])
        source = end.joined(source)
        comment = f"Business hours from {start} to {span.end} ({span.what}); 0 when it came before; NULL: {missing}"
        columns.append(ViewColumn(span.name, begin.hours_until(end), comment))
    return source, columns


def _place(item: Any, table: str) -> list[ViewColumn]:
    return [
        ViewColumn("id", item.id, f"{table}.id"),
        ViewColumn("org", item.org, "Owner of the repository"),
        ViewColumn("repo", item.repo, "Repository's name, without the owner"),
        ViewColumn("number", item.number, "Number within the repository"),
        ViewColumn(
            "author_kind", item.author_kind, "What the author was at its opening: member, maintainer, non-member or bot"
        ),
        ViewColumn("created_at", item.created_at, "When it was opened"),
    ]


_pull, _issue = PULL_REQUEST_CYCLE.table.c, ISSUE_CYCLE.table.c
_pull_source, _pull_hours = _in_business_hours(
    PULL_REQUEST_CYCLE.table, "ready_at", PULL_REQUEST_SPANS, "none, or never ready"
)
_issue_source, _issue_hours = _in_business_hours(ISSUE_CYCLE.table, "created_at", ISSUE_SPANS, "none")

PULL_REQUEST_BUSINESS_HOURS = View(
    "pull_request_business_hours",
    f"The hours of pull_request_cycle in business hours, a row per pull request, from ready_at on. {BUSINESS}. Time as "
    "a draft after ready_at is not taken out",
    [
        *_place(_pull, "pull_requests"),
        ViewColumn("ready_at", _pull.ready_at, "When the hours begin, as in pull_request_cycle; NULL: never ready"),
        ViewColumn("merged_at", _pull.merged_at, "When it was merged; NULL: it was not"),
        *_pull_hours,
    ],
    source=_pull_source,
)
ISSUE_BUSINESS_HOURS = View(
    "issue_business_hours",
    f"The hours of issue_cycle in business hours, a row per issue, from the opening on. {BUSINESS}",
    [
        *_place(_issue, "issues"),
        ViewColumn("closed_at", _issue.closed_at, "When it was last closed; NULL while open"),
        *_issue_hours,
    ],
    source=_issue_source,
)


def _monthly(view: View, spans: Iterable[Span], months: dict[str, str]) -> Any:
    """Medians of a view's hours, by the month of the time that `months` names for each; with how many there were."""
    item = view.table.c

    def of(at: str) -> Select[Any]:
        hours = (
            (item[span.name] if months[span.name] == at else cast(null(), Double)).label(span.name) for span in spans
        )
        chosen = select(item.org, item.repo, MonthOf(item[at]).label("month"), *hours)
        return chosen.where(item.author_kind != BOT, item[at].is_not(None))

    def measures(ranked: Ranked) -> Iterator[Label[Any]]:
        for span in spans:
            yield func.count(ranked.c[span.name], type_=BigInteger()).label(f"n_{span.name}")
            yield ranked.percentile(span.name, MEDIAN).label(f"median_{span.name}")

    rows = union_all(*(of(at) for at in dict.fromkeys(months.values()))).subquery("measured")
    return by_level(rows, by=("month",), values=[span.name for span in spans], measures=measures).c


def _median_columns(month: Any, spans: Iterable[Span], months: dict[str, str]) -> Iterator[ViewColumn]:
    for span in spans:
        when = "opened in the month" if months[span.name] == "created_at" else f"whose {span.end} is in the month"
        yield ViewColumn(
            f"median_{span.name}", month[f"median_{span.name}"], f"Median of {span.name} of those {when}; NULL: none"
        )
        yield ViewColumn(f"n_{span.name}", month[f"n_{span.name}"], "How many hours that is the median of")


def _monthly_view(name: str, what: str, view: View, spans: Iterable[Span], months: dict[str, str]) -> View:
    month: ColumnElement[Any] | Any = _monthly(view, spans, months)
    return View(
        name,
        f"{view.name} by month, of each repository and of the organisation, without {what} by bots. Hours that are "
        "still running are in no median",
        [
            *level_columns(month),
            ViewColumn("month", month.month, "First day of the month, UTC"),
            *_median_columns(month, spans, months),
        ],
    )


PULL_REQUEST_BUSINESS_HOURS_MONTHLY = _monthly_view(
    "pull_request_business_hours_monthly",
    "pull requests",
    PULL_REQUEST_BUSINESS_HOURS,
    PULL_REQUEST_SPANS,
    {
        "business_hours_to_first_response": "created_at",
        "business_hours_to_first_review": "created_at",
        "business_hours_to_merge": "merged_at",
    },
)
ISSUE_BUSINESS_HOURS_MONTHLY = _monthly_view(
    "issue_business_hours_monthly",
    "issues",
    ISSUE_BUSINESS_HOURS,
    ISSUE_SPANS,
    {"business_hours_to_first_response": "created_at", "business_hours_to_close": "closed_at"},
)
