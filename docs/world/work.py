"""The organisation's pull requests and issues, what happened to them, and the ledger of what read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.models import Event, Issue, PullRequest, SyncRun
from docs.world.writer import ORG, PEOPLE, Writer, at, place, user

# What happened: how a review ended, or that somebody commented; by whom; how many hours after the opening.
Happened = tuple[str, str, float]
APPROVED, ASKED, COMMENTED = "approved", "changes_requested", "commented"


@dataclass
class Item:
    """An issue or pull request: `ended` is so many hours after its opening, `what` what happened to it meanwhile.

    `asked`: of whom its author requested a review, so many hours after the opening.
    """

    repo: str
    number: int
    by: str
    title: str
    opened: datetime
    ended: float | None = None
    what: tuple[Happened, ...] = ()
    asked: tuple[tuple[str, float], ...] = ()
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    columns: dict[str, Any] = field(default_factory=dict)

    def time(self, hours: float) -> datetime:
        """Give the time so many hours after the opening."""
        return self.opened + timedelta(hours=hours)


def sized(additions: int, deletions: int, files: int, **columns: Any) -> dict[str, Any]:
    """Give the columns of a pull request's size."""
    return {"additions": additions, "deletions": deletions, "changed_files": files} | columns


def pull_requests(writer: Writer) -> Iterable[Item]:
    """Give the pull requests: those of April and May, then those that are open."""
    return (*_of_the_shop_in_april(), *_of_the_api_in_april(), *_of_may(), *_open_now(writer))


def _of_the_shop_in_april() -> Iterable[Item]:
    """Give those of the shop in April."""
    yield Item(
        *("shop", 101, "ada", "Show prices with tax", at(4, 1, 9)),
        ended=8,
        what=((APPROVED, "chloe", 4),),
        asked=(("chloe", 1),),
        labels=("enhancement",),
        assignees=("ada",),
        columns=sized(40, 10, 3, merged_by="ada", first_commit_authored_at=at(3, 31, 9)),
    )
    yield Item(
        *("shop", 102, "chloe", "New checkout", at(4, 3, 9)),
        ended=76,
        what=((COMMENTED, "ada", 8), (ASKED, "bob", 24), (APPROVED, "bob", 72)),
        asked=(("bob", 2), ("dan", 2)),
        labels=("enhancement",),
        assignees=("chloe",),
        columns=sized(820, 130, 24, merged_by="chloe", first_commit_authored_at=at(3, 23, 9)),
    )
    yield Item(
        *("shop", 103, "zoe", "Fix rounding of totals", at(4, 8, 9)),
        ended=50,
        what=((APPROVED, "ada", 30),),
        asked=(("ada", 6),),
        labels=("bug",),
        columns=sized(12, 3, 1, merged_by="ada"),
    )
    yield Item(
        *("shop", 104, "dependabot[bot]", "Bump requests", at(4, 9, 9)),
        ended=2,
        columns=sized(2, 2, 1, merged_by="ada"),
    )


def _of_the_api_in_april() -> Iterable[Item]:
    """Give those of the API in April."""
    yield Item(
        *("api", 31, "dan", "Pages of 100 orders", at(4, 2, 9)),
        ended=5,
        what=((APPROVED, "bob", 2),),
        labels=("enhancement",),
        assignees=("dan",),
        columns=sized(95, 20, 4, merged_by="dan", first_commit_authored_at=at(4, 1, 21)),
    )
    yield Item(
        *("api", 32, "bob", "Hotfix: time zone of orders", at(4, 10, 9)),
        ended=1,
        labels=("bug",),
        assignees=("bob",),
        columns=sized(4, 1, 1, merged_by="bob", first_commit_authored_at=at(4, 10, 8)),
    )
    yield Item(
        *("api", 33, "yuki", "Rewrite it in Rust", at(4, 20, 9)),
        ended=48,
        what=((COMMENTED, "dan", 26),),
        columns=sized(9400, 8100, 212, merged=False),
    )


def _of_may() -> Iterable[Item]:
    """Give those of May."""
    yield Item(
        *("shop", 105, "chloe", "Gift cards", at(5, 4, 9)),
        ended=31,
        what=((APPROVED, "ada", 6),),
        labels=("enhancement",),
        assignees=("chloe",),
        columns=sized(310, 25, 11, merged_by="chloe", first_commit_authored_at=at(5, 1, 9)),
    )
    yield Item(
        *("api", 34, "dan", "Cache stock levels", at(5, 5, 9)),
        ended=20,
        what=((ASKED, "bob", 3), (APPROVED, "bob", 18)),
        assignees=("dan",),
        columns=sized(150, 60, 6, merged_by="dan"),
    )
    yield Item(
        *("website", 7, "yuki", "Fix a dead link", at(5, 6, 9)),
        ended=10,
        what=((APPROVED, "chloe", 9),),
        labels=("docs",),
        columns=sized(1, 1, 1, merged_by="chloe"),
    )


def _open_now(writer: Writer) -> Iterable[Item]:
    """Give those that are open."""
    yield Item("shop", 120, "zoe", "Translate the basket", writer.ago(days=12), columns=sized(420, 0, 9))
    yield Item(
        *("shop", 121, "chloe", "Wish lists", writer.ago(days=5)),
        what=((ASKED, "ada", 20),),
        labels=("enhancement",),
        columns=sized(260, 14, 8),
    )
    yield Item("api", 41, "yuki", "Sort orders by date", writer.ago(hours=30), columns=sized(18, 2, 2))
    yield Item("api", 42, "dan", "Try another cache", writer.ago(days=20), columns=sized(75, 30, 3, draft=True))


def issues(writer: Writer) -> Iterable[Item]:
    """Give the issues: those of April and May, then those that are open."""
    yield Item(
        *("shop", 51, "zoe", "Totals are a cent off", at(4, 6, 9)),
        ended=99,
        what=((COMMENTED, "yuki", 1), (COMMENTED, "ada", 5)),
        labels=("bug",),
        assignees=("ada",),
    )
    yield Item(
        *("shop", 52, "ada", "Sell gift cards", at(4, 7, 9)),
        ended=678,
        what=((COMMENTED, "bob", 2),),
        labels=("enhancement",),
    )
    yield Item(
        *("api", 11, "yuki", "Orders have the wrong day", at(4, 10, 6)),
        ended=4,
        what=((COMMENTED, "bob", 1),),
        labels=("bug",),
    )
    yield Item(
        *("website", 5, "zoe", "Dead link to the manual", at(5, 2, 9)),
        ended=107,
        what=((COMMENTED, "chloe", 96),),
        labels=("docs",),
    )
    yield Item(
        *("shop", 60, "zoe", "Basket forgets its content", writer.ago(days=9)),
        what=((COMMENTED, "ada", 3), (COMMENTED, "yuki", 120), (COMMENTED, "zoe", 122), (COMMENTED, "yuki", 140)),
        labels=("bug",),
        assignees=("chloe",),
    )
    yield Item("api", 12, "yuki", "Webhook for new orders", writer.ago(days=6), what=((COMMENTED, "zoe", 48),))


def work(writer: Writer) -> None:
    """Write the pull requests and issues with their timelines."""
    events = iter(range(1, 1000))
    for model, first, items in ((PullRequest, 1000, pull_requests(writer)), (Issue, 2000, issues(writer))):
        for key, item in enumerate(items, start=first + 1):
            writer.add(model, _row(item, key, is_pull=model is PullRequest))
            for event in _events(item, is_pull=model is PullRequest):
                writer.add(Event, event, id=next(events), issue_id=key, org=ORG, repo=item.repo, page_no=1)


def _row(item: Item, key: int, *, is_pull: bool) -> dict[str, Any]:
    ended = None if item.ended is None else item.time(item.ended)
    kind = "pull" if is_pull else "issues"
    row = place(item.repo) | {
        "id": key,
        "number": item.number,
        "title": item.title,
        "html_url": f"https://github.com/{ORG}/{item.repo}/{kind}/{item.number}",
        "user": user(item.by),
        "username": item.by,
        "author_id": PEOPLE[item.by],
        "labels": [{"name": name} for name in item.labels],
        "assignees": [user(login) for login in item.assignees],
        "state": "open" if ended is None else "closed",
        "created_at": item.opened,
        "updated_at": ended or item.opened,
        "closed_at": ended,
    }
    if is_pull:
        row |= {"draft": False, "merged": ended is not None, "base_ref": "main"} | item.columns
        row |= {"merged_at": ended if row["merged"] else None, "sized_at": item.opened}
    return row


def _events(item: Item, *, is_pull: bool) -> Iterable[dict[str, Any]]:
    for login, hours in item.asked:
        yield _event("review_requested", item.by, item.time(hours)) | {"details": {"requested_reviewer": user(login)}}
    for what, login, hours in item.what:
        kind, state = ("reviewed", what) if is_pull else (COMMENTED, None)
        yield _event(kind, login, item.time(hours)) | {"state": state, "body": "Please see my notes"}
    if item.ended is not None:
        closer = item.columns.get("merged_by") or ("dan" if is_pull else "bob")
        if is_pull and item.columns.get("merged") is not False:
            yield _event("merged", closer, item.time(item.ended))
        yield _event("closed", closer, item.time(item.ended))


def _event(kind: str, login: str, when: datetime) -> dict[str, Any]:
    return {"event": kind, "username": login, "user_id": PEOPLE[login], "user": user(login), "created_at": when}


def keep_ledger(writer: Writer) -> None:
    """Write when which step last ran, and how it ended."""
    steps = (
        ("every_30_min", "pull_requests.updated", "ok", 12, None),
        ("every_30_min", "issues.updated", "ok", 12, None),
        ("nrt_events", "events", "partial", 4, "the rate limit is used up until 12:00"),
        ("nrt_events", "events", "ok", 34, None),
        ("daily", "teams", "failed", 190, "GitHub answered 403 to GET /orgs/acme/teams"),
    )
    for key, (job, step, status, minutes, error) in enumerate(reversed(steps), start=1):
        began = writer.ago(minutes=minutes)
        row = {"id": key, "job": job, "step": step, "status": status, "error": error}
        writer.add(SyncRun, row, org=ORG, started_at=began, finished_at=began + timedelta(seconds=9))
