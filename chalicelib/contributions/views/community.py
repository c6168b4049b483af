"""Who contributes what: by person and day, by kind of person, and which issues non-members talk about."""

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
    is_bot,
    is_membership_of,
    is_shown_event,
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
    """What people did and when, and whether they were members, non-members or bots at that time."""
    did = union_all(_opened(), _merged(), _by_events()).subquery("did")
    belongs = membership()
    is_member = is_membership_of(belongs, org=did.c.org, person=person_id(did.c.user), at=did.c.at)
    kind = kind_of_person(is_bot(did.c.user, did.c.username), belongs).label("person_kind")
    day, month = DayOf(did.c.at).label("day"), MonthOf(did.c.at).label("month")
    chosen = select(did.c.what, did.c.org, day, month, did.c.username, kind)
    return chosen.select_from(did.outerjoin(belongs, is_member)).subquery("contribution")


def _opened() -> Select[Any]:
    item = items()
    return select(item.c.kind.label("what"), item.c.org, item.c.created_at.label("at"), item.c.user, item.c.username)


def _merged() -> Select[Any]:
    """Merges, credited to the author."""
    item = items()
    what = constant(MERGED).label("what")
    return select(what, item.c.org, item.c.merged_at, item.c.user, item.c.username).where(item.c.merged_at.is_not(None))


def _by_events() -> Select[Any]:
    """What people did by the timelines: comments, reviews of others' pull requests, merges and closings."""
    item = items()
    unmerged = or_(item.c.merged_at.is_(None), Event.created_at < item.c.merged_at)
    what = case(
        (Event.event == "commented", COMMENT),
        (and_(Event.event == "reviewed", by_another(item)), REVIEW),
        (Event.event == "merged", MERGE),
        (and_(Event.event == "closed", item.c.kind == ISSUE), CLOSED_ISSUE),
        # A merge closes the pull request too: that closing does not count.
        (and_(Event.event == "closed", unmerged), CLOSED_PULL),
    )
    did = (
        select(what.label("what"), item.c.org, Event.created_at.label("at"), Event.user, Event.username)
        .join(item, item.c.id == Event.issue_id)
        .where(is_shown_event("commented", "reviewed", "merged", "closed"))
        .subquery("by_events")
    )
    return select(did).where(did.c.what.is_not(None))


_contributed = _contributions()
_named = select(_contributed).where(_contributed.c.username.is_not(None)).subquery("named").c


def _how_many(what: str) -> ColumnElement[int]:
    return count_if(_named.what == what)


CONTRIBUTOR_ACTIVITY_DAILY = View(
    "contributor_activity_daily",
    "What each person did in an organisation on a day (UTC); no row for a day without any. People whose account is "
    "gone are left out. A person who changed login may have rows under both",
    [
        ViewColumn("org", _named.org, "Owner of the repositories"),
        ViewColumn("day", _named.day, "Day, UTC"),
        ViewColumn("username", _named.username, "Login"),
        ViewColumn("is_member", any_if(_named.person_kind == MEMBER), "True for a member on that day"),
        ViewColumn("is_bot", any_if(_named.person_kind == BOT), "True for a bot; is_member is false then"),
        ViewColumn("issues_opened", _how_many(ISSUE), "Issues that the person opened"),
        ViewColumn("issues_closed", _how_many(CLOSED_ISSUE), "How often the person closed an issue"),
        ViewColumn("pull_requests_opened", _how_many(PULL_REQUEST), "Pull requests that the person opened"),
        ViewColumn(
            "pull_requests_merged", _how_many(MERGED), "The person's own pull requests that anybody merged that day"
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
    """How much was opened, reviewed and commented in each month, by kind of person."""
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
    "Who opens, reviews and comments in an organisation each month: how much of it is by members, non-members and bots",
    [
        ViewColumn("org", _shared.org, "Owner of the repositories"),
        ViewColumn("month", _shared.month, "First day of the month, UTC"),
        ViewColumn(
            "kind",
            _shared.what,
            "issue or pull_request (opened in the month), review (of others' pull requests), or comment",
        ),
        ViewColumn("total", _shared.total, "How many there were; never 0"),
        ViewColumn("by_members", _shared[MEMBER], "How many by people who were members then"),
        ViewColumn("by_non_members", _shared[NON_MEMBER], "How many by other people, accounts that are gone included"),
        ViewColumn("by_bots", _shared[BOT], "How many by bots"),
        ViewColumn("member_share", _share(MEMBER), "by_members / total, from 0 to 1"),
        ViewColumn("non_member_share", _share(NON_MEMBER), "by_non_members / total, from 0 to 1"),
        ViewColumn("bot_share", _share(BOT), "by_bots / total, from 0 to 1"),
    ],
)


def _trending() -> Subquery:
    """Issues with the number of comments that non-members wrote on them in the last TRENDING_DAYS."""
    belongs = membership()
    member = is_membership_of(belongs, org=Issue.org, person=person_id(Event.user), at=Event.created_at)
    since = DaysAgo(literal(TRENDING_DAYS))
    comments = (
        select(
            Issue.id,
            func.count(type_=BigInteger()).label("comments"),
            func.count(Event.username.distinct(), type_=BigInteger()).label("commenters"),
            func.max(Event.created_at).label("last_comment_at"),
        )
        .join(Event, Event.issue_id == Issue.id)
        .outerjoin(belongs, member)
        .where(Issue.deleted_at.is_(None), is_shown_event("commented"), belongs.c.member_id.is_(None))
        # A comment changes updated_at: this condition drops most issues before their comments are searched.
        .where(Issue.updated_at >= since, Event.created_at >= since, ~is_bot(Event.user, Event.username))
        .group_by(Issue.id)
        .subquery("comments")
    )
    kept = (getattr(Issue, name) for name in ("org", "repo", "number", "title", "html_url", "state", "username"))
    return select(*kept, *comments.c).join(comments, comments.c.id == Issue.id).subquery("trend")


_trend = _trending().c
_rank = func.rank(type_=BigInteger()).over(
    partition_by=_trend.org, order_by=[_trend.comments.desc(), _trend.commenters.desc()]
)

TRENDING_ISSUES = View(
    "trending_issues",
    "Issues, open or closed, on which non-members commented in the last 7 days (7 times 24 hours)",
    [
        ViewColumn("id", _trend.id, "issues.id"),
        *place_columns(_trend),
        ViewColumn("state", _trend.state, "open or closed"),
        ViewColumn("username", _trend.username, "Author's login; NULL when the account is gone"),
        ViewColumn("rank", _rank, "1 for the most comments in the organisation; ties by number of commenters"),
        ViewColumn(
            "comments",
            _trend.comments,
            "Comments by non-members in the last 7 days, with the author's, without those of bots",
        ),
        ViewColumn(
            "commenters", _trend.commenters, "How many people wrote them; accounts that are gone are not counted"
        ),
        ViewColumn("last_comment_at", _trend.last_comment_at, "When the newest of these comments was written"),
    ],
)
