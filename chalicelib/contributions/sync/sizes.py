"""Keeps what searches don't tell of pull requests: their size, their branches, their reviewers, who merged them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import bindparam, or_, select, update

from chalicelib.contributions.api import NOT_OFFERED, PULL_REQUESTS, GraphQLAPI
from chalicelib.contributions.models import PullRequest
from chalicelib.contributions.rows.sizes import size_row
from chalicelib.contributions.sync.due import DueItem
from chalicelib.contributions.sync.items import in_scope
from chalicelib.contributions.sync.places import is_listed
from chalicelib.errors import RejectedError, SingleSignOnError
from chalicelib.github.nodes import numeric_id
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import reject
from chalicelib.store.among import among
from chalicelib.utils import in_parts

PULLS = PullRequest.metadata.tables[PullRequest.__tablename__]
# Of more commits a timeline may not show all.
MOST_COMMITS = 250
# A pull request's first commit and its reviewers are two connections: so many pull requests cost a point.
AT_ONCE = 74
# So many queries in a run at most: where none has a size yet, the next runs go on.
MOST_QUERIES = 20


@dataclass(frozen=True)
class Size:
    """What GraphQL tells of a pull request, and its `updated_at` then."""

    id: int
    as_of: datetime
    node: Any

    @classmethod
    def of(cls, item: DueItem, node: Any) -> Self | None:
        """Take a pull request's size out of a timeline's answer; None for an issue."""
        return cls(item.id, item.updated_at, node) if item.kind == PULL_REQUESTS and "additions" in node else None

    def with_commits(self, nodes: Sequence[Any]) -> Self | None:
        """Count the commits in a whole timeline, where they were not asked for; None where it may lack some."""
        if "commits" in self.node:
            return self
        commits = [node for node in nodes if node["__typename"] == "PullRequestCommit"]
        if len(commits) >= MOST_COMMITS:
            return None
        first = [{"commit": node["commitOfPull"]} for node in commits[:1]]
        return replace(self, node={**self.node, "commits": {"totalCount": len(commits), "nodes": first}})


def save_sizes(context: Context, sizes: Sequence[Size]) -> None:
    """Write sizes into pull requests' rows; what can't be understood is kept aside."""
    rows: list[Row] = []
    for size in sizes:
        try:
            rows.append({"id": size.id, **size_row(size.node), "sized_at": size.as_of})
        except RejectedError as error:
            reject(context, PULL_REQUESTS, size.node, str(error))
            # Not asked for again until it changes.
            rows.append({"id": size.id, "sized_at": size.as_of})
    context.run.stored += _count_changed(context, rows)
    by_columns: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(frozenset(row), []).append(row)
    for columns, same in by_columns.items():
        # A row may have gone meanwhile: then there is nothing to write.
        values = {name: bindparam(f"new_{name}", type_=PULLS.c[name].type) for name in columns - {"id"}}
        write = update(PULLS).where(PULLS.c.id == bindparam("key")).values(values)
        changes = [{"key": row["id"], **{f"new_{name}": row[name] for name in values}} for row in same]
        context.session.connection().execute(write, changes)


def _count_changed(context: Context, rows: Sequence[Row]) -> int:
    """Count the rows that say something else than what is stored, the time of their reading aside."""
    if not rows:
        return 0
    names = sorted({name for row in rows for name in row} - {"sized_at"})
    columns = [getattr(PullRequest, name) for name in names]
    found = context.session.execute(select(*columns).where(among(PullRequest.id, [row["id"] for row in rows])))
    stored = {row.id: row for row in found}
    return sum(
        any(value != getattr(stored[row["id"]], name) for name, value in row.items() if name != "sized_at")
        for row in rows
        if row["id"] in stored
    )


def follow_sizes(context: Context, *, most_queries: int | None = MOST_QUERIES) -> None:
    """Read the sizes of pull requests that changed since theirs were read, those that changed last first."""
    api = GraphQLAPI(context.github)
    found = select(PullRequest.id, PullRequest.node_id, PullRequest.updated_at, PullRequest.state).where(
        in_scope(PullRequest, context.scope),
        PullRequest.deleted_at.is_(None),
        is_listed(PullRequest),
        PullRequest.node_id.is_not(None),
        or_(PullRequest.sized_at.is_(None), PullRequest.sized_at < PullRequest.updated_at),
    )
    newest = found.order_by(PullRequest.updated_at.desc()).limit(most_queries and AT_ONCE * most_queries)
    due = context.session.execute(newest).all()
    for some in in_parts(due, AT_ONCE):
        try:
            nodes = api.fetch_sizes([row.node_id for row in some])
        except SingleSignOnError:
            raise
        except NOT_OFFERED as error:
            context.note(f"no sizes were read, for GraphQL is refused: {error.message}")
            return
        sizes = [_size_of(row, node) for row in some if (node := nodes[row.node_id]) and _shows(node, row)]
        context.run.fetched += len(sizes)
        save_sizes(context, sizes)
        context.checkpoint()


def _size_of(row: Any, node: Mapping[str, Any]) -> Size:
    """Take a size out of an answer; a closed pull request waits for nobody, whatever GitHub still lists."""
    is_left_out = {"reviewRequests"} if row.state == "closed" else set[str]()
    return Size(row.id, row.updated_at, {name: value for name, value in node.items() if name not in is_left_out})


def _shows(node: Mapping[str, Any], row: Any) -> bool:
    return "additions" in node and numeric_id(node["id"]) == numeric_id(row.node_id)
