"""The cycle views by month: how many were opened and finished, and the median and 90th percentile of the hours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, select, union_all

from chalicelib.contributions.facts.people import BOT
from chalicelib.contributions.views.issues import ISSUE_CYCLE
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.store.functions import MonthOf, constant, count_if, true_if
from chalicelib.store.percentiles import MEDIAN, P90, Ranked
from chalicelib.store.views import View, ViewColumn


class Measure(NamedTuple):
    """What to count by month, as columns of a cycle: the time that decides the month, the time it was done, the hours.

    Hours may be NULL when it is done, for example for a pull request that never was ready.
    """

    name: str
    at: str
    done: str
    hours: str


class Months:
    """A cycle's rows, without those that bots opened: one for each measure that has a time, ranked by hours."""

    def __init__(self, cycle: Table, measures: Iterable[Measure]) -> None:
        people = select(cycle).where(cycle.c.author_kind != BOT).cte("cycle")
        each = union_all(
            *(
                select(
                    people.c.org,
                    people.c.repo,
                    MonthOf(people.c[measure.at]).label("month"),
                    constant(measure.name).label("measure"),
                    true_if(people.c[measure.done].is_not(None)).label("done"),
                    people.c[measure.hours].label("hours"),
                ).where(people.c[measure.at].is_not(None))
                for measure in measures
            )
        ).subquery("measured")
        self.ranked = Ranked(each, by=("org", "repo", "month", "measure"), values=("hours",))
        self.keys: list[ColumnElement[Any]] = [self.ranked.c.org, self.ranked.c.repo, self.ranked.c.month]

    def count(self, measure: str) -> ColumnElement[int]:
        """How many there were."""
        return count_if(self.ranked.c.measure == measure)

    def done(self, measure: str) -> ColumnElement[int]:
        """How many of them are done."""
        return count_if((self.ranked.c.measure == measure) & self.ranked.c.done)

    def hours(self, measure: str, share: float) -> ColumnElement[float]:
        """The hours at this share (0 to 1) of those that they took, interpolated."""
        return self.ranked.percentile("hours", share, measure=measure)


def _key_columns(months: Months) -> list[ViewColumn]:
    org, repo, month = months.keys
    return [
        ViewColumn("org", org, "Owner of the repository"),
        ViewColumn("repo", repo, "Repository's name, without the owner"),
        ViewColumn("month", month, "First day of the month, UTC"),
    ]


def _hours_columns(months: Months, measure: str, name: str, what: str) -> list[ViewColumn]:
    return [
        ViewColumn(f"median_{name}", months.hours(measure, MEDIAN), f"Median of the hours of {what}"),
        ViewColumn(f"p90_{name}", months.hours(measure, P90), f"90th percentile of the hours of {what}"),
    ]


_pulls = Months(
    PULL_REQUEST_CYCLE.table,
    [
        Measure("review", "created_at", "first_review_at", "hours_to_first_review"),
        Measure("approval", "created_at", "first_approval_at", "hours_to_approval"),
        Measure("merge", "merged_at", "merged_at", "hours_to_merge"),
        Measure("close", "closed_at", "closed_at", "hours_to_close"),
    ],
)
PULL_REQUEST_CYCLE_MONTHLY = View(
    "pull_request_cycle_monthly",
    "pull_request_cycle by repository and month, without pull requests by bots. Reviews and approvals count in the "
    "month when the pull request was opened, merges and closings in the month when they happened",
    [
        *_key_columns(_pulls),
        ViewColumn("opened", _pulls.count("review"), "Pull requests opened in the month"),
        ViewColumn(
            "reviewed", _pulls.done("review"), "How many of those opened have a review by now; reviews of drafts count"
        ),
        ViewColumn(
            "approved",
            _pulls.done("approval"),
            "How many of those opened have an approval by now; approvals of drafts count",
        ),
        ViewColumn("merged", _pulls.count("merge"), "Pull requests merged in the month, whenever they were opened"),
        ViewColumn("closed", _pulls.count("close"), "Pull requests last closed in the month, merged ones included"),
        *_hours_columns(_pulls, "review", "hours_to_first_review", "the first reviews of those opened"),
        *_hours_columns(_pulls, "approval", "hours_to_approval", "the first approvals of those opened"),
        *_hours_columns(_pulls, "merge", "hours_to_merge", "the merges"),
        *_hours_columns(_pulls, "close", "hours_to_close", "the closings"),
    ],
    group_by=_pulls.keys,
)

_issues = Months(
    ISSUE_CYCLE.table,
    [
        Measure("response", "created_at", "first_response_at", "hours_to_first_response"),
        Measure("close", "closed_at", "closed_at", "hours_to_close"),
    ],
)
ISSUE_CYCLE_MONTHLY = View(
    "issue_cycle_monthly",
    "issue_cycle by repository and month, without issues by bots. Responses count in the month when the issue was "
    "opened, closings in the month when they happened",
    [
        *_key_columns(_issues),
        ViewColumn("opened", _issues.count("response"), "Issues opened in the month"),
        ViewColumn("answered", _issues.done("response"), "How many of those opened have a response by now"),
        ViewColumn("closed", _issues.count("close"), "Issues last closed in the month, whenever they were opened"),
        *_hours_columns(_issues, "response", "hours_to_first_response", "the first responses to those opened"),
        *_hours_columns(_issues, "close", "hours_to_close", "the closings"),
    ],
    group_by=_issues.keys,
)
