"""How pull requests were reviewed, by month: by their size, and how well."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Subquery, case, func, select, union_all

from chalicelib.contributions.facts.people import BOT
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.store.functions import MonthOf, constant, count_if, ratio, sum_of
from chalicelib.store.levels import ORGANISATION, REPOSITORY, level_column, no_text
from chalicelib.store.percentiles import MEDIAN, P90, Ranked
from chalicelib.store.views import View, ViewColumn

# The most changed lines of each size class; larger ones are XL.
SIZES = {"XS": 10, "S": 50, "M": 250, "L": 1_000}
LARGEST, UNKNOWN = "XL", "unknown"
LEVELS = "a repository, or the organisation as a whole"
_KEPT = (
    *("changed_lines", "hours_to_first_review", "hours_to_merge", "reviews", "empty_reviews", "late_reviews"),
    "merged_without_review",
)


def _merged() -> Subquery:
    """Pull requests by people that were merged, once for each level."""

    def level(name: str) -> Any:
        # The view is asked for each level, not once for all: so a condition reaches its tables.
        pull = PULL_REQUEST_CYCLE.table.alias().c
        lines = pull.changed_lines
        sizes = [(lines <= most, constant(size)) for size, most in SIZES.items()]
        return select(
            constant(name).label("level"),
            *(pull.org, (pull.repo if name == REPOSITORY else no_text()).label("repo")),
            MonthOf(pull.merged_at).label("month"),
            case((lines.is_(None), UNKNOWN), *sizes, else_=constant(LARGEST)).label("size"),
            *(pull[name] for name in _KEPT),
            case((pull.reviews > 0, pull.review_rounds)).label("review_rounds"),
        ).where(pull.outcome == "merged", pull.author_kind != BOT)

    return union_all(level(REPOSITORY), level(ORGANISATION)).subquery("merged")


def _key_columns(row: Any) -> list[ViewColumn]:
    return [
        level_column(row.level, LEVELS),
        ViewColumn("org", row.org, "Owner of the repositories"),
        ViewColumn("repo", row.repo, "Repository's name, without the owner; NULL for the organisation"),
        ViewColumn("month", row.month, "First day of the month of the merge, UTC"),
    ]


def _without_review(row: Any) -> list[ViewColumn]:
    without = count_if(row.merged_without_review.is_(True))
    return [
        ViewColumn(
            "merged_without_review",
            without,
            "How many of them nobody but the author and bots had reviewed before the merge",
        ),
        ViewColumn("share_without_review", ratio(without, _all), "merged_without_review / merged, from 0 to 1"),
    ]


def _rounds(ranked: Ranked) -> list[ViewColumn]:
    return [
        ViewColumn(
            "reviewed",
            func.count(ranked.c.review_rounds, type_=BigInteger()),
            "How many of them were reviewed before the merge; the n of the median of the rounds",
        ),
        ViewColumn(
            "median_review_rounds",
            ranked.percentile("review_rounds", MEDIAN),
            "Median of the rounds of review of those reviewed: the first review begins one, and the first one after "
            "each push",
        ),
    ]


_all = func.count(type_=BigInteger())
_sized = Ranked(
    _merged(),
    by=("level", "org", "repo", "month", "size"),
    values=("changed_lines", "hours_to_first_review", "hours_to_merge", "review_rounds"),
)
_size = _sized.c
PULL_REQUEST_SIZES_MONTHLY = View(
    "pull_request_sizes_monthly",
    "Merged pull requests by size, in the month of the merge: how big they were, how long they took, and how they were "
    "reviewed. Pull requests by bots are left out, and those not merged",
    [
        *_key_columns(_size),
        ViewColumn(
            "size",
            _size.size,
            "By changed lines (added and deleted, generated files included): XS up to 10, S up to 50, M up to 250, L "
            "up to 1,000, XL above; unknown where GitHub has not told",
        ),
        ViewColumn("merged", _all, "Pull requests of this size that were merged in the month"),
        ViewColumn(
            "median_changed_lines", _sized.percentile("changed_lines", MEDIAN), "Median of the lines; NULL for unknown"
        ),
        ViewColumn(
            "n_hours_to_first_review",
            func.count(_size.hours_to_first_review, type_=BigInteger()),
            "How many have hours to the first review; the n of the median",
        ),
        ViewColumn(
            "median_hours_to_first_review",
            _sized.percentile("hours_to_first_review", MEDIAN),
            "Median of the hours from ready for review to the first review, of those that have one",
        ),
        ViewColumn(
            "n_hours_to_merge",
            func.count(_size.hours_to_merge, type_=BigInteger()),
            "How many have hours to the merge; the n of the median. Less than merged when some never were ready",
        ),
        ViewColumn(
            "median_hours_to_merge",
            _sized.percentile("hours_to_merge", MEDIAN),
            "Median of the hours from ready for review to the merge",
        ),
        ViewColumn(
            "p90_hours_to_merge",
            _sized.percentile("hours_to_merge", P90),
            "90th percentile of the hours from ready for review to the merge",
        ),
        *_rounds(_sized),
        *_without_review(_size),
    ],
    group_by=[_size.level, _size.org, _size.repo, _size.month, _size.size],
)

_months = Ranked(_merged(), by=("level", "org", "repo", "month"), values=("review_rounds",))
_month = _months.c
_reviews, _empty = sum_of(_month.reviews), sum_of(_month.empty_reviews)
REVIEW_QUALITY_MONTHLY = View(
    "review_quality_monthly",
    "How the pull requests that were merged in a month had been reviewed. Pull requests by bots are left out, and "
    "those not merged; so are reviews by authors and by bots",
    [
        *_key_columns(_month),
        ViewColumn("merged", _all, "Pull requests that were merged in the month"),
        *_without_review(_month),
        *_rounds(_months),
        ViewColumn("reviews", _reviews, "Their reviews before the merge, dismissed and empty ones included"),
        ViewColumn(
            "reviews_per_pull_request",
            ratio(_reviews, _all),
            "reviews / merged; those without a review count, too",
        ),
        ViewColumn(
            "empty_reviews",
            _empty,
            "How many of the reviews have neither a verdict nor a text of their own: only comments on lines, or an "
            "answer to one",
        ),
        ViewColumn("share_empty", ratio(_empty, _reviews), "empty_reviews / reviews, from 0 to 1; NULL without any"),
        ViewColumn("late_reviews", sum_of(_month.late_reviews), "Their reviews after the merge; in no other column"),
    ],
    group_by=[_month.level, _month.org, _month.repo, _month.month],
)
