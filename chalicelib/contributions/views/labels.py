"""What is opened and closed under each label, and how many issues are bugs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Label,
    Select,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from chalicelib.contributions.facts import ISSUES, LABELS, PULL_REQUESTS
from chalicelib.contributions.facts.people import BOT, ISSUE, PULL_REQUEST
from chalicelib.contributions.views.issues import ISSUE_CYCLE
from chalicelib.contributions.views.lists import ITEM_LABELS
from chalicelib.store.facts import Facts
from chalicelib.store.functions import MonthOf, any_if, constant, count_if, ratio, true_if
from chalicelib.store.levels import by_level, level_columns
from chalicelib.store.percentiles import MEDIAN, Ranked
from chalicelib.store.views import View, ViewColumn

OPENED, CLOSED = "opened", "closed"
# How a label's name begins, in small letters, that says: this is a bug.
BUG_BEGINNINGS = (
    *("bug", "type: bug", "type:bug", "type/bug"),
    *("kind: bug", "kind:bug", "kind/bug"),
)


def _items_with_labels(kind: str, items: Facts) -> Any:
    """The labels of items of a kind, each with what is known of its item."""

    def columns(label: Any, item: Any) -> list[ColumnElement[Any]]:
        told = ("org", "repo", "author_kind", "created_at", "closed_at", "hours_to_close")
        return [*(item[name] for name in told), constant(kind).label("kind"), label.name]

    return LABELS.current_with(items, columns)


def _labelled() -> Any:
    """Each opening, and each last closing, once for each label of the item."""

    def of(kind: str, items: Facts, *, closing: bool) -> Select[Any]:
        item = _items_with_labels(kind, items).c
        at = item.closed_at if closing else item.created_at
        hours = item.hours_to_close if closing else cast(null(), Double)
        return select(
            *(item.org, item.repo, MonthOf(at).label("month"), item.kind, item.name),
            constant(CLOSED if closing else OPENED).label("what"),
            true_if(item.closed_at.is_(None)).label("is_open"),
            hours.label("hours_to_close"),
        ).where(item.author_kind != BOT, at.is_not(None))

    kinds = ((ISSUE, ISSUES), (PULL_REQUEST, PULL_REQUESTS))
    each = (of(*kind, closing=closing) for kind in kinds for closing in (False, True))
    return union_all(*each).subquery("labelled")


def _label_measures(ranked: Ranked) -> Iterator[Label[Any]]:
    row = ranked.c
    yield count_if(row.what == OPENED).label("opened")
    yield count_if(and_(row.what == OPENED, row.is_open)).label("still_open")
    yield count_if(row.what == CLOSED).label("closed")
    yield func.count(row.hours_to_close, type_=BigInteger()).label("n_hours_to_close")
    yield ranked.percentile("hours_to_close", MEDIAN).label("median_hours_to_close")


_label = by_level(_labelled(), by=("month", "kind", "name"), values=("hours_to_close",), measures=_label_measures).c
LABEL_MONTHLY = View(
    "label_monthly",
    "Issues and pull requests by label and month, of each repository and of the organisation, without those by bots. "
    "Labels are those of now: one that was taken away counts nowhere. An item with several counts for each: don't add "
    "labels up. Items without a label are in no row",
    [
        *level_columns(_label),
        ViewColumn("month", _label.month, "First day of the month, UTC"),
        ViewColumn("kind", _label.kind, "issue or pull_request"),
        ViewColumn("name", _label.name, "Label's name; a row of the organisation is of all labels of that name"),
        ViewColumn("opened", _label.opened, "How many with the label were opened in the month"),
        ViewColumn("still_open", _label.still_open, "How many of those opened in the month are open now"),
        ViewColumn("closed", _label.closed, "How many with the label were last closed in the month, merges included"),
        ViewColumn(
            "median_hours_to_close",
            _label.median_hours_to_close,
            "Median of the hours to the last closing of those closed in the month: from the opening, or, of a pull "
            "request, from ready_at. NULL: none",
        ),
        ViewColumn("n_hours_to_close", _label.n_hours_to_close, "How many hours that is the median of"),
    ],
)


def _is_bug(name: ColumnElement[str]) -> ColumnElement[bool]:
    small = func.lower(name)
    return or_(*(func.substr(small, 1, literal(len(text))) == constant(text) for text in BUG_BEGINNINGS))


def _opened() -> Any:
    """Issues that people opened, with whether they have a label, and one that says that it is a bug."""
    issue, label = ISSUE_CYCLE.table.c, ITEM_LABELS.table.c
    place = (label.org, label.repo, label.item_id)
    labels = (
        select(*place, any_if(_is_bug(label.name)).label("is_bug"))
        .where(label.kind == ISSUE)
        .group_by(*place)
        .subquery("labels")
    )
    has_labels = and_(labels.c.item_id == issue.id, labels.c.org == issue.org, labels.c.repo == issue.repo)
    return (
        select(
            *(issue.org, issue.repo, MonthOf(issue.created_at).label("month")),
            true_if(labels.c.item_id.is_not(None)).label("is_labelled"),
            true_if(labels.c.is_bug).label("is_bug"),
        )
        .select_from(ISSUE_CYCLE.table.outerjoin(labels, has_labels))
        .where(issue.author_kind != BOT)
        .subquery("opened")
    )


def _bug_measures(ranked: Ranked) -> Iterator[Label[Any]]:
    yield func.count(type_=BigInteger()).label("opened")
    yield count_if(ranked.c.is_labelled).label("labelled")
    yield count_if(ranked.c.is_bug).label("bugs")


_bugs = by_level(_opened(), by=("month",), values=(), measures=_bug_measures).c
BUG_RATIO_MONTHLY = View(
    "bug_ratio_monthly",
    "How many of the issues that people opened in a month are bugs, by their labels of now, of each repository and of "
    "the organisation. Where nobody labels, few are: see labelled",
    [
        *level_columns(_bugs),
        ViewColumn("month", _bugs.month, "First day of the month in which they were opened, UTC"),
        ViewColumn("opened", _bugs.opened, "Issues opened in the month, without those by bots; never 0"),
        ViewColumn("labelled", _bugs.labelled, "How many of them have any label"),
        ViewColumn(
            "bugs",
            _bugs.bugs,
            "How many of them have a label whose name, in small letters, begins with one of: "
            f"{', '.join(BUG_BEGINNINGS)}. So bugfix counts, and crash does not",
        ),
        ViewColumn("bug_ratio", ratio(_bugs.bugs, _bugs.opened), "bugs / opened, from 0 to 1"),
    ],
)
