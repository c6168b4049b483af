"""The same pages in any order, with duplicates and stale copies, leave the same tables on both databases.

Time is whole seconds at GitHub, and an item changes at most once in one of them here: of two copies that differ and are
equally new, the last one that comes must win, so their order would matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.items import save_items, save_pulls
from chalicelib.ingest.context import Context
from chalicelib.models import Issue, PullRequest, RejectedRecord
from tests.store.expected import item_columns, make_context, pull_columns, stored, whole
from tests.store.payloads import Json, issue_id, pull_form, search_item

pytestmark = pytest.mark.slow

ISSUES, PULLS = range(1, 4), range(4, 8)
VERSIONS = st.integers(1, 4)


class Copy(NamedTuple):
    """One delivery of one version of an item, in one of the three forms that GitHub has."""

    form: str
    number: int
    version: int

    @property
    def payload(self) -> Json:
        if self.form == "/pulls":
            return pull_form(self.number, self.version)
        return search_item(self.number, self.version, pull=self.form == "pull_requests")


Pages = list[list[Copy]]
Tables = dict[str, list[Json]]


def searched(number: int, version: int) -> Copy:
    return Copy("issues" if number in ISSUES else "pull_requests", number, version)


def into_pages(draw: st.DrawFn, copies: Sequence[Copy]) -> Pages:
    """Cut copies, as they come, into pages: a page has one form."""
    size = draw(st.integers(1, 5))
    runs = (list(run) for _, run in groupby(draw(st.permutations(copies)), key=lambda copy: copy.form))
    return [run[start : start + size] for run in runs for start in range(0, len(run), size)]


@st.composite
def histories(draw: st.DrawFn) -> Pages:
    """Pages that bring the newest version of each item in a search, and other copies, any number in any form."""
    newest = draw(st.dictionaries(st.sampled_from([*ISSUES, *PULLS]), VERSIONS, min_size=1))
    copies = [searched(number, version) for number, version in newest.items()]
    for number, last in draw(st.lists(st.sampled_from(sorted(newest.items())), max_size=12)):
        version = draw(st.integers(1, last))
        in_pulls = number in PULLS and draw(st.booleans())
        copies.append(Copy("/pulls", number, version) if in_pulls else searched(number, version))
    return into_pages(draw, copies)


@st.composite
def pull_histories(draw: st.DrawFn) -> Pages:
    """Pages of pull requests alone, any version in either form."""
    a_copy = st.builds(Copy, st.sampled_from(["/pulls", "pull_requests"]), st.sampled_from(PULLS), VERSIONS)
    return into_pages(draw, draw(st.lists(a_copy, min_size=1, max_size=12)))


@pytest.fixture
def contexts(both_shared: list[Session]) -> list[Context]:
    """A step's context on each of the two databases."""
    return [make_context(session) for session in both_shared]


def apply(context: Context, pages: Pages) -> Tables:
    """Save the pages, give what then stands in the tables, and leave them as they were."""
    for page in pages:
        payloads = [copy.payload for copy in page]
        if page[0].form == "/pulls":
            save_pulls(context, payloads)
        else:
            save_items(context, page[0].form, payloads)
    tables = {model.__tablename__: stored(context.session, model) for model in (Issue, PullRequest, RejectedRecord)}
    context.session.rollback()
    return tables


def in_any_order(examples: int) -> settings:
    # The fixture's sessions serve all examples: `apply` leaves them as they were.
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_any_order(60)
@given(pages=histories())
def test_pages_in_any_order_leave_the_newest_versions(contexts: list[Context], pages: Pages) -> None:
    newest: dict[int, int] = {}
    for copy in (copy for page in pages for copy in page):
        newest[copy.number] = max(copy.version, newest.get(copy.number, 0))
    rows = {number: item_columns(searched(number, version).payload) for number, version in sorted(newest.items())}
    expected = {
        "issues": [whole(Issue, row) for number, row in rows.items() if number in ISSUES],
        "pull_requests": [whole(PullRequest, row) for number, row in rows.items() if number in PULLS],
        "rejected_records": [],
    }
    for context in contexts:
        assert apply(context, pages) == expected


@in_any_order(60)
@given(pages=pull_histories())
@example(pages=[[Copy("/pulls", 4, 2)], [Copy("pull_requests", 4, 1)], [Copy("/pulls", 4, 1)]])
def test_each_pull_request_is_there_once_with_the_newest_of_what_both_forms_say(
    contexts: list[Context], pages: Pages
) -> None:
    copies = [copy for page in pages for copy in page]
    on_sqlite, on_postgresql = (apply(context, pages) for context in contexts)
    assert on_sqlite == on_postgresql
    assert on_sqlite["rejected_records"] == []
    rows = {row["number"]: row for row in on_sqlite["pull_requests"]}
    assert sorted(row["number"] for row in on_sqlite["pull_requests"]) == sorted({copy.number for copy in copies})
    for number, row in rows.items():
        mine = [copy for copy in copies if copy.number == number]
        is_searched = any(copy.form == "pull_requests" for copy in mine)
        newest = pull_form(number, max(copy.version for copy in mine))
        both_say = pull_columns(newest, known_as=issue_id(number) if is_searched else None)
        assert {name: row[name] for name in both_say} == both_say


@in_any_order(10)
@given(pages=histories())
def test_a_second_time_changes_nothing(contexts: list[Context], pages: Pages) -> None:
    for context in contexts:
        once, twice = apply(context, pages), apply(context, pages + pages)
        assert once == twice
