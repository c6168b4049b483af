"""Compares the tables with GitHub: counts of all that there is, and items one by one; lists again what differs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select, update

from chalicelib.contributions.api import GraphQLAPI, IssuePlace, SearchAPI, Span, TransferAPI, moment_of
from chalicelib.contributions.settings import EVENT_TYPES
from chalicelib.contributions.sync.counts import check_counted, count_rows, settle
from chalicelib.contributions.sync.due import find_due_items
from chalicelib.contributions.sync.events import EVENTS
from chalicelib.contributions.sync.items import MODELS, save_items
from chalicelib.contributions.sync.reconcile import ALL, QUESTIONS, compare, repair, save_listed, stored_in
from chalicelib.contributions.sync.recounts import Recount, items_in, read_differing, recount
from chalicelib.contributions.sync.timelines import GRAPHQL, read_timelines
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.comparisons import Count, Findings, Proof, Report
from chalicelib.ingest.context import Context
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.windows import SECOND, Window
from chalicelib.store.ledger import count_runs, first_window

# So many items are all compared one by one: listing them takes two searches.
FEW = 199
# Of more, a part of so many is compared, another one at each time: one search, also with some of the same second.
PART = 90


def verify(runner: Runner, *, kinds: Sequence[str], window: Window, report: Report) -> Iterator[str]:
    """Compare each kind, repair what differs, and compare again; fills `report`.

    Yields each kind before it begins; each has its row in `runner.runs`.
    """
    for kind in kinds:
        if runner.is_refused:
            return
        yield kind
        report.proofs.append(proof := Proof(kind))
        step = partial(_verify_events if kind == EVENTS else _verify_kind, proof=proof, window=window)
        runner.run(f"{kind}.verify", step, window_start=window.since, window_end=window.until)


def _verify_kind(context: Context, *, proof: Proof, window: Window) -> None:
    if count_rows(context, proof.kind, window) <= FEW:
        _compare_all(context, proof, window)
        differing: list[str] = []
    else:
        _compare_recent(context, proof, window)
        differing = _compare_states(context, proof, window)
        _compare_part(context, proof, window)
    _set_back(context, proof)
    before = proof.before
    is_equal = before and not before.differs and not proof.found.differences
    proof.after = after = before if before and is_equal else compare(context, proof.kind, window)
    context.run.expected, context.run.fetched = after.github, after.stored
    context.note(f"compared {proof.compared}")
    if after.difference != proof.found.ghosts:
        differing.insert(0, f"{after.github} {proof.kind}, the table {after.stored}")
    if differing:
        reasons = f": {proof.found.reasons}" if proof.found.reasons else ""
        raise IncompleteReadError(f"GitHub counts {', and '.join(differing)}, even after a repair{reasons}")
    proof.holds = True


def _verify_events(context: Context, *, proof: Proof, window: Window) -> None:
    """Compare the number of each timeline's events with GitHub's; reads those again that differ.

    What a timeline lacks even then is counted by GitHub and not shown, such as a review that is not submitted.
    """
    types = context.settings.value(EVENT_TYPES)
    api = GraphQLAPI(context.github, types)
    unread = _read_unread(context, window, types)
    items = [item for kind in MODELS for item in items_in(context, kind, window)]
    if refusal := api.refusal() if items else None:
        raise IncompleteReadError(f"events can't be counted, for GraphQL is refused: {refusal}")
    counts = list(recount(context, api, items))
    unknown = [each for each in counts if each.github is None]
    differing = [each for each in counts if each.github is not None and each.github != each.stored]
    proof.before = _sum(counts, window)
    after = {each.item.id: each for each in read_differing(context, differing, types=types)}
    lost = [each for each in differing if each.is_lost]
    proof.found.altered = unread + sum(after[each.item.id].stored != each.stored for each in lost)
    proof.after = _sum([after.get(each.item.id, each) for each in counts], window)
    proof.found.ghosts = proof.after.difference
    proof.compared = f"the number of events of {len(counts):,} timelines, each ({len(differing):,} were read again)"
    context.run.expected, context.run.fetched = proof.after.github, proof.after.stored
    context.note(f"compared {proof.compared}")
    if unknown:
        raise IncompleteReadError(f"GitHub did not count the events of {len(unknown)} of {len(counts)} timelines")
    if proof.after.difference < 0:
        raise IncompleteReadError(f"{-proof.after.difference} events more are stored than GitHub counts")
    proof.holds = True


def _read_unread(context: Context, window: Window, types: Collection[str]) -> int:
    """Read the timelines that a backfill was asked for and did not reach; gives how many."""
    begun = first_window(context.session, job="backfill", step=f"{EVENTS}.created", org=context.scope.org)
    if begun is None:
        context.note("no backfill of events was made: only timelines that jobs have read are compared")
        return 0
    since = max(begun, window.since)
    due = list(find_due_items(context, since=since, until=window.until, axis="created_at"))
    read_timelines(context, iter(due), types=types, via=GRAPHQL)
    return sum(not item.polls for item in due)


def _sum(counts: Sequence[Recount], window: Window) -> Count:
    known = [each for each in counts if each.github is not None]
    return Count(EVENTS, window, sum(each.github or 0 for each in known), sum(each.stored for each in known))


def _compare_all(context: Context, proof: Proof, window: Window) -> None:
    proof.compared = "all items, one by one"
    proof.before = compare(context, proof.kind, window)
    check_counted(context, proof.before)
    proof.found.add(repair(context, proof.kind, window))


def _compare_recent(context: Context, proof: Proof, window: Window) -> None:
    """Compare the items that changed last, and the count of all, which the same search gives."""
    kind, created, counted, listed = proof.kind, Span.created_in(window), 0, 0
    stored = count_rows(context, kind, window)
    for part in context.scope.parts():
        pages = SearchAPI(context.github).fetch_pages(part, kind, Span("updated", newest_first=True), created.qualifier)
        page = next(pages)
        counted, listed = counted + page.total_count, listed + len(page.items)
        proof.found.add(save_listed(context, kind, page.items))
        context.checkpoint()
    proof.before = Count(kind, window, counted, stored)
    check_counted(context, proof.before)
    rest = Count(kind, window, counted, count_rows(context, kind, window))
    proof.found.add(settle(context, rest))
    proof.compared = f"the count of all, the {listed} items that changed last"


def _compare_states(context: Context, proof: Proof, window: Window) -> list[str]:
    """Compare the counts by state; gives those that differ even after a repair."""
    differing = []
    for question in QUESTIONS[proof.kind]:
        if question is ALL:
            continue
        count, found = compare(context, proof.kind, window, question), Findings()
        if count.differs:
            found = settle(context, count, question)
            proof.found.add(found.repairs)
            count = compare(context, proof.kind, window, question)
        if not 0 <= count.difference <= found.ghosts:
            differing.append(f"{count.github} that are {question.words}, the table {count.stored}")
        proof.compared += f", the count of {question.words} ones"
    return differing


def _compare_part(context: Context, proof: Proof, window: Window) -> None:
    """Compare a part of all items, in the order of their creation, another one at each time."""
    model: Any = MODELS[proof.kind]
    parts = math.ceil(count_rows(context, proof.kind, window) / PART)
    number = count_runs(context.session, context.run) % parts
    ordered = select(model.created_at).where(stored_in(context, proof.kind, window))
    edges = ordered.order_by(model.created_at, model.id).offset(number * PART)
    begin = context.session.scalar(edges.limit(1)) if number else window.since
    end = context.session.scalar(edges.offset((number + 1) * PART).limit(1))
    part = Window(begin or window.since, max(begin or window.since, end - SECOND) if end else window.until)
    proof.found.add(repair(context, proof.kind, part).repairs)
    proof.compared += f", and the items created from {part.since:%Y-%m-%d} to {part.until:%Y-%m-%d}, one by one"
    proof.compared += f" (part {number + 1} of {parts}; the next time, the next one)"


def _set_back(context: Context, proof: Proof) -> None:
    """Ask about rows that changed later than GitHub lists, and store those as GitHub shows them which are older there.

    Such a row would never change again, since an older record never replaces a newer one.
    """
    model: Any = MODELS[proof.kind]
    for item_id in dict.fromkeys(proof.found.ahead):
        row = context.session.get_one(model, item_id, populate_existing=True)
        shown = TransferAPI(context.github).fetch_item(IssuePlace(row.org, row.repo, row.number, row.repository_id))
        moment = moment_of(shown, "updated_at") if shown and shown["id"] == item_id else None
        if shown and moment and moment < row.updated_at:
            context.session.execute(update(model).where(model.id == item_id).values(updated_at=moment))
            save_items(context, proof.kind, [shown])
            proof.found.altered += 1
        context.checkpoint()
