"""Compares counts with GitHub's, finds what differs by halving, and repairs it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from chalicelib.contributions.api import Span
from chalicelib.contributions.sync.absence import check_nothing
from chalicelib.contributions.sync.allowances import Allowance
from chalicelib.contributions.sync.items import MODELS, in_words, watermark_name
from chalicelib.contributions.sync.reconcile import ALL, Question, compare, repair, stored_in
from chalicelib.errors import IncompleteReadError
from chalicelib.github import PER_PAGE
from chalicelib.ingest.comparisons import Count, Findings
from chalicelib.ingest.context import Context
from chalicelib.ingest.windows import Window
from chalicelib.store.ledger import first_window, last_note

# The requests that the half-hourly check may send; the next one goes on.
MAX_REQUESTS = 60
# A window of so few pages is listed, since halving it would take as many requests.
FEW_PAGES = 3
DAY = timedelta(days=1)


def check_count(context: Context, *, kind: str) -> None:
    """Compare the count of a kind with GitHub's; when they differ, find and repair what does, by halving.

    It counts from the start of the first backfill to the watermark, and only when no backfill is unfinished. A
    difference whose reason was found (the ledger's note says it) is looked into once a day. Raises IncompleteReadError
    when one stays without a reason, or when 60 requests were not enough to repair it: the next run goes on.
    """
    window = _counted_window(context, kind)
    if window is None:
        return
    count = compare(context, kind, window)
    context.run.expected = count.github
    looked_into = context.marks.cursor(f"counted:{kind}")
    if not count.differs:
        looked_into.drop()
        return
    last = looked_into.read()
    note = last_note(context.session, context.run) or ""
    if last and context.now() - last < DAY and _words(count) in note:
        context.note(note)
        return
    check_counted(context, count)
    found = settle(context, count, allowance=Allowance(context.github, lambda: MAX_REQUESTS))
    after = compare(context, kind, window)
    context.run.expected = after.github
    _judge(after, found)
    if after.differs:
        context.note(f"{_words(after)}: {found.reasons}")
        looked_into.drop()
        looked_into.advance(context.now())


def _counted_window(context: Context, kind: str) -> Window | None:
    since = first_window(context.session, job="backfill", step=f"{kind}.created", org=context.scope.org)
    until = context.marks.watermark(watermark_name(kind)).read()
    unfinished = context.marks.has_cursor(f"backfill:{kind}:")
    return None if since is None or until is None or unfinished or since >= until else Window(since, until)


def check_counted(context: Context, count: Count) -> None:
    """Raise IncompleteReadError when GitHub counts nothing, and a repository's own list has something."""
    if not count.github:
        for part in context.scope.parts():
            check_nothing(context, count.kind, part, Span.created_in(count.window))


def settle(context: Context, count: Count, question: Question = ALL, *, allowance: Allowance | None = None) -> Findings:
    """Find the windows that differ, by halving, and list them again; gives what was found.

    A window is listed when that takes few requests, or fewer than there are differences. The second half's count is
    what the first one leaves of the whole.
    """
    if not count.differs:
        return Findings()
    if allowance and allowance.is_spent:
        return Findings(is_cut_short=True)
    if _is_listed_cheaply(context, count, allowance):
        return repair(context, count.kind, count.window)
    first, second = count.window.halves()
    half = compare(context, count.kind, first, question)
    rest = Count(count.kind, second, count.github - half.github, count.stored - half.stored)
    found = settle(context, half, question, allowance=allowance)
    found.add(settle(context, rest, question, allowance=allowance))
    return found


def _is_listed_cheaply(context: Context, count: Count, allowance: Allowance | None) -> bool:
    pages = max(count.github, count_rows(context, count.kind, count.window)) / PER_PAGE
    enough = abs(count.difference) if allowance is None else min(abs(count.difference), allowance.left)
    return pages <= max(FEW_PAGES, enough) or count.window.since == count.window.until


def count_rows(context: Context, kind: str, window: Window) -> int:
    """Count the rows of items that were created in a window."""
    counted = select(func.count()).select_from(MODELS[kind]).where(stored_in(context, kind, window))
    return context.session.scalar(counted) or 0


def _judge(after: Count, found: Findings) -> None:
    if not after.differs or (after.difference == found.explained and not found.is_cut_short):
        return
    reason = "the requests of this run are spent, and the next one goes on" if found.is_cut_short else found.reasons
    raise IncompleteReadError(f"{_words(after)}, even after a repair" + (f": {reason}" if reason else ""))


def _words(count: Count) -> str:
    side = "more" if count.difference > 0 else "fewer"
    return f"GitHub counts {in_words(count.kind, abs(count.difference))} {side} than the table"
