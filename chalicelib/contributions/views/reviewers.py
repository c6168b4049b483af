"""Who reviews how much."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double, Select, Subquery, cast, func, null, select, union_all

from chalicelib.contributions.facts.activity import REVIEWED
from chalicelib.contributions.facts.people import BOT
from chalicelib.contributions.views.pull_requests import PULL_REQUEST_CYCLE
from chalicelib.contributions.views.requests import REVIEW_REQUESTS
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.store.functions import WeekOf, constant, count_if, ratio
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

REVIEW, FIRST_REVIEW, ANSWER = "review", "first_review", "answer"
BY = ("org", "week", "username")


def _each(what: str, org: Any, at: Any, username: Any, **more: Any) -> Select[Any]:
    """What somebody did, with its week; the columns that this kind doesn't have are NULL."""
    columns = {"user_id": cast(null(), BigInteger), "item_id": cast(null(), BigInteger), "hours": cast(null(), Double)}
    return select(
        *(org.label("org"), WeekOf(at).label("week"), username.label("username"), constant(what).label("what")),
        *(value.label(name) for name, value in (columns | more).items()),
    ).where(at.is_not(None))


def _done() -> Subquery:
    """Each review, each first review, and each review that a person was asked for."""
    did, pull, asked = ACTIVITY.table.c, PULL_REQUEST_CYCLE.table.c, REVIEW_REQUESTS.table.c
    reviews = _each(REVIEW, did.org, did.at, did.username, user_id=did.user_id, item_id=did.item_id)
    firsts = _each(FIRST_REVIEW, pull.org, pull.first_review_at, pull.first_reviewer)
    answers = _each(ANSWER, asked.org, asked.reviewed_at, asked.reviewed_by, hours=asked.hours_to_review)
    return union_all(
        reviews.where(did.what == REVIEWED, did.person_kind != BOT),
        firsts.where(pull.first_reviewer.is_not(None)),
        answers.where(asked.asked == "person", asked.reviewed_by.is_not(None)),
    ).subquery("done")


def _by_reviewer() -> Subquery:
    done = Ranked(_done(), by=BY, values=("hours",))
    return (
        select(
            *(done.c[key] for key in BY),
            func.max(done.c.user_id, type_=BigInteger()).label("user_id"),
            count_if(done.c.what == REVIEW).label("reviews"),
            func.count(done.c.item_id.distinct(), type_=BigInteger()).label("pull_requests"),
            count_if(done.c.what == FIRST_REVIEW).label("first_reviews"),
            count_if(done.c.what == ANSWER).label("asked_reviews"),
            done.percentile("hours", MEDIAN).label("median_hours_from_request"),
        )
        .group_by(*(done.c[key] for key in BY))
        .subquery("by_reviewer")
    )


def _shares() -> Subquery:
    """Those rows with the number of all reviews of the week."""
    each = _by_reviewer()
    total = cast(func.sum(each.c.reviews).over(partition_by=[each.c.org, each.c.week]), BigInteger)
    return select(*each.c, total.label("reviews_of_all")).subquery("shared")


_shared = _shares().c
_rows = select(*_shared).where(_shared.username.is_not(None), _shared.reviews > 0).subquery("reviewer").c

REVIEW_LOAD_WEEKLY = View(
    "review_load_weekly",
    "What each reviewer did in an organisation in a week: no row for a week without a review by that person. Bots, and "
    "reviews of one's own pull requests, are left out. A person who changed login may have rows under both",
    [
        ViewColumn("org", _rows.org, "Owner of the repositories"),
        ViewColumn("week", _rows.week, "Monday of the week, UTC"),
        ViewColumn("username", _rows.username, "Reviewer's login; people whose account is gone have no row"),
        ViewColumn("user_id", _rows.user_id, "Reviewer's id, which stays with a person as a login does not"),
        ViewColumn(
            "reviews",
            _rows.reviews,
            "Reviews submitted on others' pull requests, bots' and closed ones included; also empty ones, such as an "
            "answer to a comment on a line",
        ),
        ViewColumn("pull_requests", _rows.pull_requests, "How many pull requests these were of"),
        ViewColumn(
            "first_reviews",
            _rows.first_reviews,
            "How many of the reviews were the first one of a pull request, by anybody but its author and bots, and "
            "before its merge or closing",
        ),
        ViewColumn(
            "asked_reviews",
            _rows.asked_reviews,
            "How many requests of this person in person were answered by one of these reviews; the n of the median",
        ),
        ViewColumn(
            "median_hours_from_request",
            _rows.median_hours_from_request,
            "Median of the hours from being asked in person to the review; requests of a team, withdrawn ones and "
            "those not answered yet are left out",
        ),
        ViewColumn(
            "reviews_of_all",
            _rows.reviews_of_all,
            "Reviews in the organisation in that week, without those of bots; accounts that are gone included",
        ),
        ViewColumn("share", ratio(_rows.reviews, _rows.reviews_of_all), "reviews / reviews_of_all, from 0 to 1"),
    ],
)
