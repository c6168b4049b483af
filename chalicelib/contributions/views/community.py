"""Who takes part: each person's days, the shares of members and others by month, and what non-members discuss."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Subquery, and_, case, cast, func, literal, select

from chalicelib.contributions.facts.activity import CLOSED, COMMENTED, MERGED, OPENED, REVIEWED, WAS_MERGED
from chalicelib.contributions.facts.people import BOT, ISSUE, MAINTAINER, MEMBER, NON_MEMBER, PULL_REQUEST
from chalicelib.contributions.models import Issue
from chalicelib.contributions.views.told import ACTIVITY
from chalicelib.store.functions import DayOf, DaysAgo, MonthOf, any_if, constant, count_if
from chalicelib.store.views import View, ViewColumn

TRENDING_DAYS = 7
COMMENT, REVIEW = "comment", "review"


def _named() -> Subquery:
    did = ACTIVITY.table.c
    kept = (did.org, did.username, did.user_id, did.person_kind, did.kind, did.what)
    return select(*kept, DayOf(did.at).label("day")).where(did.username.is_not(None)).subquery("named")


_did = _named().c


def _how_many(what: str, kind: str | None = None) -> ColumnElement[int]:
    return count_if(_did.what == what if kind is None else and_(_did.what == what, _did.kind == kind))


CONTRIBUTOR_ACTIVITY_DAILY = View(
    "contributor_activity_daily",
    "What each person did in an organisation on a day (UTC); no row for a day without any. People whose account is "
    "gone are left out. A person who changed login may have rows under both",
    [
        ViewColumn("org", _did.org, "Owner of the repositories"),
        ViewColumn("day", _did.day, "Day, UTC"),
        ViewColumn("username", _did.username, "Login"),
        ViewColumn("user_id", _did.user_id, "Id, which stays with a person as a login does not"),
        ViewColumn(
            "is_member", any_if(_did.person_kind == MEMBER), "True for somebody who did something as a member that day"
        ),
        ViewColumn(
            "is_maintainer",
            any_if(_did.person_kind == MAINTAINER),
            "True for somebody who was no member, and had merged a pull request of the organisation by then, or is "
            "listed in GH_MAINTAINERS",
        ),
        ViewColumn("is_bot", any_if(_did.person_kind == BOT), "True for a bot; the two before are false then"),
        ViewColumn("issues_opened", _how_many(OPENED, ISSUE), "Issues that the person opened"),
        ViewColumn("issues_closed", _how_many(CLOSED, ISSUE), "How often the person closed an issue"),
        ViewColumn("pull_requests_opened", _how_many(OPENED, PULL_REQUEST), "Pull requests that the person opened"),
        ViewColumn(
            "pull_requests_merged", _how_many(WAS_MERGED), "The person's own pull requests that anybody merged that day"
        ),
        ViewColumn(
            "pull_requests_closed", _how_many(CLOSED, PULL_REQUEST), "Pull requests that the person closed unmerged"
        ),
        ViewColumn("merges", _how_many(MERGED), "Pull requests that the person merged, whoever wrote them"),
        ViewColumn("reviews", _how_many(REVIEWED), "Reviews that the person submitted on others' pull requests"),
        ViewColumn(
            "comments",
            _how_many(COMMENTED),
            "Comments on issues and pull requests; not those on lines of code, which come with a review",
        ),
    ],
    group_by=[_did.org, _did.day, _did.username, _did.user_id],
)


def _shares() -> Subquery:
    """How much was opened, reviewed and commented in each month, by kind of person."""
    did = ACTIVITY.table.c
    what = case((did.what == OPENED, did.kind), (did.what == REVIEWED, REVIEW), else_=constant(COMMENT))
    each = (
        select(did.org, MonthOf(did.at).label("month"), what.label("what"), did.person_kind)
        .where(did.what.in_((OPENED, REVIEWED, COMMENTED)))
        .subquery("contribution")
        .c
    )
    keys = (each.org, each.month, each.what)
    counts = (count_if(each.person_kind == kind).label(kind) for kind in (MEMBER, MAINTAINER, NON_MEMBER, BOT))
    return select(*keys, func.count(type_=BigInteger()).label("total"), *counts).group_by(*keys).subquery("share")


_shared = _shares().c


def _share(kind: str) -> ColumnElement[Any]:
    return cast(_shared[kind], Double) / cast(_shared.total, Double)


COMMUNITY_SHARE = View(
    "community_share",
    "Who opens, reviews and comments in an organisation each month: how much of it is by members, maintainers, "
    "non-members and bots",
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
        ViewColumn(
            "by_maintainers",
            _shared[MAINTAINER],
            "How many by other people who had merged a pull request by then, or whom GH_MAINTAINERS lists",
        ),
        ViewColumn("by_non_members", _shared[NON_MEMBER], "How many by other people, accounts that are gone included"),
        ViewColumn("by_bots", _shared[BOT], "How many by bots"),
        ViewColumn("member_share", _share(MEMBER), "by_members / total, from 0 to 1"),
        ViewColumn("maintainer_share", _share(MAINTAINER), "by_maintainers / total, from 0 to 1"),
        ViewColumn("non_member_share", _share(NON_MEMBER), "by_non_members / total, from 0 to 1"),
        ViewColumn("bot_share", _share(BOT), "by_bots / total, from 0 to 1"),
    ],
)


def _trending() -> Subquery:
    """Issues with the number of comments that non-members wrote on them in the last TRENDING_DAYS."""
    did = ACTIVITY.table.c
    comments = (
        select(
            did.item_id.label("id"),
            func.count(type_=BigInteger()).label("comments"),
            func.count(did.username.distinct(), type_=BigInteger()).label("commenters"),
            func.max(did.at).label("last_comment_at"),
        )
        .where(did.kind == ISSUE, did.what == COMMENTED, did.person_kind == NON_MEMBER)
        .where(did.at >= DaysAgo(literal(TRENDING_DAYS)))
        .group_by(did.item_id)
        .subquery("comments")
    )
    kept = (getattr(Issue, name) for name in ("org", "repo", "number", "title", "html_url", "state", "username"))
    columns = select(*kept, Issue.author_id, *comments.c)
    return columns.join(comments, comments.c.id == Issue.id).where(Issue.deleted_at.is_(None)).subquery("trend")


_trend = _trending().c
_rank = func.rank(type_=BigInteger()).over(
    partition_by=_trend.org, order_by=[_trend.comments.desc(), _trend.commenters.desc()]
)

TRENDING_ISSUES = View(
    "trending_issues",
    "Issues, open or closed, on which non-members commented in the last 7 days (7 times 24 hours)",
    [
        ViewColumn("id", _trend.id, "issues.id"),
        ViewColumn("org", _trend.org, "Owner of the repository"),
        ViewColumn("repo", _trend.repo, "Repository's name, without the owner"),
        ViewColumn("number", _trend.number, "Number within the repository"),
        ViewColumn("title", _trend.title, "Title"),
        ViewColumn("html_url", _trend.html_url, "Web page"),
        ViewColumn("state", _trend.state, "open or closed"),
        ViewColumn("username", _trend.username, "Author's login; NULL when the account is gone"),
        ViewColumn("author_id", _trend.author_id, "Author's id"),
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
