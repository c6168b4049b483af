"""Who contributes what: by person and day, by members and others, and what others talk about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from chalicelib.contributions.models import Event, Issue
from chalicelib.contributions.views.columns import place_columns
from chalicelib.contributions.views.people import (
    BOT,
    ISSUE,
    MEMBER,
    NON_MEMBER,
    PULL_REQUEST,
    by_another,
    happened,
    holds,
    is_bot,
    items,
    kind_of_person,
    membership,
    person_id,
)
from chalicelib.store.functions import DayOf, DaysAgo, MonthOf, any_if, constant, count_if
from chalicelib.store.views import View, ViewColumn

TRENDING_DAYS = 7
COMMENT, REVIEW, MERGED, MERGE = "comment", "review", "merged", "merge"
CLOSED_ISSUE, CLOSED_PULL = "closed_issue", "closed_pull_request"


def _contributions() -> Subquery:
    """What people did: what, when and who, with what they were to the organisation then."""
    did = union_all(_opened(), _merged(), _by_events()).subquery("did")
    belongs = membership()
    belonging = holds(belongs, org=did.c.org, person=person_id(did.c.user), at=did.c.at)
    kind = kind_of_person(is_bot(did.c.user, did.c.username), belongs).label("person_kind")
    day, month = DayOf(did.c.at).label("day"), MonthOf(did.c.at).label("month")
    chosen = select(did.c.what, did.c.org, day, month, did.c.username, kind)
    return chosen.select_from(did.outerjoin(belongs, belonging)).subquery("contribution")


def _opened() -> Select[Any]:
    item = items()
    return select(item.c.kind.label("what"), item.c.org, item.c.created_at.label("at"), item.c.user, item.c.username)


def _merged() -> Select[Any]:
    """Merges, credited to the author."""
    item = items()
    what = constant(MERGED).label("what")
    return select(what, item.c.org, item.c.merged_at, item.c.user, item.c.username).where(item.c.merged_at.is_not(None))


def _by_events() -> Select[Any]:
    """What the timeline tells: comments, reviews of others' pull requests, merges and closings by whoever did them."""
    item = items()
    unmerged = or_(item.c.merged_at.is_(None), Event.created_at < item.c.merged_at)
    what = case(
        (Event.event == "commented", COMMENT),
        (and_(Event.event == "reviewed", by_another(item)), REVIEW),
        (Event.event == "merged", MERGE),
        (and_(Event.event == "closed", item.c.kind == ISSUE), CLOSED_ISSUE),
        # GitHub also closes what it merges: that is no closing by hand.
        (and_(Event.event == "closed", unmerged), CLOSED_PULL),
    )
    did = (
        select(what.label("what"), item.c.org, Event.created_at.label("at"), Event.user, Event.username)
        .join(item, item.c.id == Event.issue_id)
        .where(happened("commented", "reviewed", "merged", "closed"))
        .subquery("told")
    )
    return select(did).where(did.c.what.is_not(None))


_contributed = _contributions()
_named = select(_contributed).where(_contributed.c.username.is_not(None)).subquery("named").c


def _how_many(what: str) -> ColumnElement[int]:
    return count_if(_named.what == what)


CONTRIBUTOR_ACTIVITY_DAILY = View(
    "contributor_activity_daily",
    "What each person did in an organisation, a row for each day (UTC) with anything. People whose account is gone "
    "have no name and are left out; a login is the one that the person had when it was last read",
    [
        ViewColumn("org", _named.org, "Owner of the repositories"),
        ViewColumn("day", _named.day, "Day, UTC"),
        ViewColumn("username", _named.username, "Login"),
        ViewColumn("is_member", any_if(_named.person_kind == MEMBER), "True when a member then"),
        ViewColumn("is_bot", any_if(_named.person_kind == BOT), "True for a bot, which is never a member here"),
        ViewColumn("issues_opened", _how_many(ISSUE), "Issues that the person opened"),
        ViewColumn("issues_closed", _how_many(CLOSED_ISSUE), "Issues that the person closed, each time counted"),
        ViewColumn("pull_requests_opened", _how_many(PULL_REQUEST), "Pull requests that the person opened"),
        ViewColumn(
            "pull_requests_merged", _how_many(MERGED), "The person's own pull requests merged that day, by whomever"
        ),
        ViewColumn("pull_requests_closed", _how_many(CLOSED_PULL), "Pull requests that the person closed unmerged"),
        ViewColumn("merges", _how_many(MERGE), "Pull requests that the person merged, whoever wrote them"),
        ViewColumn("reviews", _how_many(REVIEW), "Reviews that the person submitted on others' pull requests"),
        ViewColumn(
            "comments",
            _how_many(COMMENT),
            "Comments on issues and pull requests; not those on lines of code, which come with a review",
        ),
    ],
    group_by=[_named.org, _named.day, _named.username],
)


def _shares() -> Subquery:
    """What is opened and said in each month, by kind of person."""
    did, kinds = _contributed.c, (ISSUE, PULL_REQUEST, REVIEW, COMMENT)
    keys = (did.org, did.month, did.what)
    counts = (count_if(did.person_kind == kind).label(kind) for kind in (MEMBER, NON_MEMBER, BOT))
    total = func.count(type_=BigInteger()).label("total")
    return select(*keys, total, *counts).where(did.what.in_(kinds)).group_by(*keys).subquery("share")


_shared = _shares().c


def _share(kind: str) -> ColumnElement[Any]:
    return cast(_shared[kind], Double) / cast(_shared.total, Double)


COMMUNITY_SHARE = View(
    "community_share",
    "How much of what is opened and said in an organisation each month comes from members, non-members and bots",
    [
        ViewColumn("org", _shared.org, "Owner of the repositories"),
        ViewColumn("month", _shared.month, "First day of the month, UTC"),
        ViewColumn(
            "kind",
            _shared.what,
            "issue, pull_request (both: opened), review (of others' pull requests) or comment",
        ),
        ViewColumn("total", _shared.total, "How many there were; never 0"),
        ViewColumn("by_members", _shared[MEMBER], "How many by people who were members then"),
        ViewColumn("by_non_members", _shared[NON_MEMBER], "How many by other people, accounts that are gone included"),
        ViewColumn("by_bots", _shared[BOT], "How many by bots"),
        ViewColumn("member_share", _share(MEMBER), "by_members of total, from 0 to 1"),
        ViewColumn("non_member_share", _share(NON_MEMBER), "by_non_members of total, from 0 to 1"),
        ViewColumn("bot_share", _share(BOT), "by_bots of total, from 0 to 1"),
    ],
)


def _trending() -> Subquery:
    """Issues with the comments that others than members wrote on them lately."""
    belongs = membership()
    member = holds(belongs, org=Issue.org, person=person_id(Event.user), at=Event.created_at)
    since = DaysAgo(literal(TRENDING_DAYS))
    talked_of = (
        select(
            Issue.id,
            func.count(type_=BigInteger()).label("comments"),
            func.count(Event.username.distinct(), type_=BigInteger()).label("commenters"),
            func.max(Event.created_at).label("last_comment_at"),
        )
        .join(Event, Event.issue_id == Issue.id)
        .outerjoin(belongs, member)
        .where(Issue.deleted_at.is_(None), happened("commented"), belongs.c.member_id.is_(None))
        # A comment moves updated_at: this leaves most issues out before their comments are looked for.
        .where(Issue.updated_at >= since, Event.created_at >= since, ~is_bot(Event.user, Event.username))
        .group_by(Issue.id)
        .subquery("talk")
    )
    kept = (getattr(Issue, name) for name in ("org", "repo", "number", "title", "html_url", "state", "username"))
    return select(*kept, *talked_of.c).join(talked_of, talked_of.c.id == Issue.id).subquery("trend")


_trend = _trending().c
_rank = func.rank(type_=BigInteger()).over(
    partition_by=_trend.org, order_by=[_trend.comments.desc(), _trend.commenters.desc()]
)

TRENDING_ISSUES = View(
    "trending_issues",
    "Issues, open or closed, that people who are not members commented on within the last 7 times 24 hours",
    [
        ViewColumn("id", _trend.id, "issues.id"),
        *place_columns(_trend),
        ViewColumn("state", _trend.state, "open or closed"),
        ViewColumn("username", _trend.username, "Author's login; NULL when the account is gone"),
        ViewColumn("rank", _rank, "1 for the most comments in the organisation; equal ones by how many commented"),
        ViewColumn("comments", _trend.comments, "Comments by non-members in 7 days, the author's included, no bots'"),
        ViewColumn(
            "commenters",
            _trend.commenters,
            "How many people wrote them, those whose account is gone left out",
        ),
        ViewColumn("last_comment_at", _trend.last_comment_at, "The newest of them"),
    ],
)
