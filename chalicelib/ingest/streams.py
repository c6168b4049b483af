"""Resources that are plain lists, declared as `ListStream`s.

A declaration is all that a list needs: from it come the step, the kind for `health` and `--only`, the permission
check, and, by the model's column types, the mapping of its records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from chalicelib.errors import ForbiddenError, GitHubError, GoneError, NotFoundError, RejectedError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.columns import list_row
from chalicelib.ingest.context import Context
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.ingest.steps import DAILY, Kind, Time
from chalicelib.store.upsert import Row


@dataclass(frozen=True)
class Split:
    """A list that is asked for once for each value of a parameter, because its records don't have that value."""

    parameter: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ListStream:
    """A list of GitHub's, and the table that it is kept in.

    `name` is the kind's, the step's and `--only`'s. `path` has the parent's columns in braces: `/orgs/{org}/teams` for
    a list of the organisation, `/repos/{org}/{name}/releases` for a list of each row of `parent`. `copies` says which
    columns are copied from the parent's row (own column: parent's); the first is the parent's key. `gone` is the
    column that says when a row was no longer listed. `repo` is the column with a repository's name, in a list of
    repositories, which `GH_REPOS` narrows. `split` is a parameter to ask by; its value goes into the column of that
    name. `newest_first` says that GitHub lists the newest first: reading ends at the first page that holds nothing
    unknown, and the whole list is read once a week. A parent whose list is refused with one of `tolerated` is passed
    over, and counted in the ledger's note. `within` is the name of the list in an answer that is an object. `computed`
    are own columns that are made of those that GitHub fills.

    `churns` says that records come and go all the time, and that there may be none: however many a list lacks, two
    readings that agree are believed at once. `is_optional` says that not everybody may read the list: as long as it
    never was read, a refusal is a note in the ledger, and `make check-setup` names it without failing.

    `is_first` is the step's. `before_saving` is called with the rows that are about to be written, in the transaction
    that writes them; `afterwards` when the list was read, in the same step.

    In the model, a column reads the field of its own name unless `store.base.from_field` names another;
    `store.base.ours()` marks those that GitHub doesn't fill. With `first_seen_at` in the primary key, a row is one
    stay: what comes back gets a row of its own.
    """

    name: str
    model: type[Any]
    path: str
    permission: str
    data: str
    parent: ListStream | None = None
    copies: Mapping[str, str] = field(default_factory=dict)
    gone: str = "deleted_at"
    repo: str = ""
    split: Split | None = None
    newest_first: bool = False
    within: str = ""
    computed: Mapping[str, Callable[[Row], Any]] = field(default_factory=dict)
    churns: bool = False
    is_optional: bool = False
    on: tuple[str, ...] = (DAILY,)
    every: Time | None = None
    stale_after: Time = timedelta(hours=50)
    tolerated: tuple[type[Exception], ...] = (NotFoundError, GoneError)
    is_first: bool = False
    before_saving: Callable[[Context, Sequence[Row]], None] | None = None
    afterwards: Callable[[Context], None] | None = None

    @property
    def kind(self) -> Kind:
        """Its kind of data."""
        each = f", for each row of {self.parent.name}" if self.parent else ""
        return Kind(self.name, self.stale_after, f"one request per 100{each}", by_default=True)

    @property
    def need(self) -> Need:
        """The permission that it needs."""
        return Need(self.permission, self.data, self._find_lacks, is_optional=self.is_optional)

    @property
    def parent_key(self) -> tuple[str, str] | None:
        """The column that says whose list a row is of, and the parent's column that it is a copy of."""
        return next(iter(self.copies.items()), None)

    def path_of(self, columns: Mapping[str, Any]) -> str:
        """Write the path of the list of a parent, given its columns (or the organisation's, `org`)."""
        return self.path.format_map({name: quote(str(value), safe="") for name, value in columns.items()})

    def queries(self) -> Sequence[Mapping[str, str]]:
        """Give the parameters of each request that reads the list whole."""
        return [{self.split.parameter: value} for value in self.split.values] if self.split else [{}]

    def with_advice(self, error: GitHubError) -> ForbiddenError:
        """Say of a refusal which permission the list needs."""
        return ForbiddenError(
            f"{error.message} (the credentials need {self.permission}=read)",
            status=error.status,
            path=error.path,
            request_id=error.request_id,
        )

    def to_row(self, record: Any) -> Row:
        """Map a record to the columns that GitHub fills, and those made of them; raises RejectedError."""
        row = list_row(self.model, record)
        return {**row, **{name: compute(row) for name, compute in self.computed.items()}}

    def _find_lacks(self, github: GitHubAPI, org: str) -> Iterator[Lack]:
        for columns in self._first_parents(github, org):
            try:
                github.get(self.path_of(columns), params={"per_page": "1"})
            except (ForbiddenError, NotFoundError) as error:
                yield Lack(f"{self.data}: {error.message}", certain=not self.is_optional)

    def _first_parents(self, github: GitHubAPI, org: str) -> Iterator[Row]:
        """Find one parent to try the list of; none when there is none to be seen, which its own need tells."""
        if self.parent is None:
            yield {"org": org}
            return
        for columns in self.parent._first_parents(github, org):
            body = github.get(self.parent.path_of(columns), params={"per_page": "1"}).body
            for record in body[:1] if isinstance(body, list) else ():
                try:
                    yield {"org": org, **self.parent.to_row(record)}
                except RejectedError:  # the step keeps it in rejected_records
                    return
