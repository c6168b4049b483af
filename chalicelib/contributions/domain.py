"""Contributions: pull requests, issues, their timelines, transfers and members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from chalicelib.contributions.api import ISSUES, MEMBERS, PULL_REQUESTS
from chalicelib.contributions.backfill import COSTS, ContributionsHistory
from chalicelib.contributions.facts import FACTS
from chalicelib.contributions.permissions import NEEDS
from chalicelib.contributions.settings import (
    CLOSED_DAYS,
    EVENT_DAYS,
    EVENT_TYPES,
    MEMBERS_HOURS,
    NEW_DAYS,
    RECONCILE_SINCE,
    SETTINGS,
    UNMERGED_DAYS,
)
from chalicelib.contributions.sync import hearing, items, missing, reconcile, recounts, timelines
from chalicelib.contributions.sync.allowances import next_turn
from chalicelib.contributions.sync.counts import check_count
from chalicelib.contributions.sync.events import EVENTS
from chalicelib.contributions.sync.facts import NAME as FACTS_STEP
from chalicelib.contributions.sync.facts import store_facts
from chalicelib.contributions.sync.members import sync_members
from chalicelib.contributions.sync.sizes import follow_sizes
from chalicelib.contributions.sync.timelines import poll_timelines
from chalicelib.contributions.sync.transfers import TRANSFERS, reconcile_transfers
from chalicelib.contributions.sync.unsure import follow_unsure
from chalicelib.contributions.verify import verify
from chalicelib.contributions.views import VIEWS
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Relation
from chalicelib.ingest.steps import DAILY, EVERY_30_MIN, NRT_EVENTS, Kind, Step
from chalicelib.settings import Settings
from chalicelib.store.health import RECONCILIATION

# Both jobs store what changed: the events job reads the timelines of the items that have just changed.
FREQUENT_JOBS = (EVERY_30_MIN, NRT_EVENTS)


def register_new(context: Context, *, kind: str) -> None:
    """Store the items that were created within NEW_DAYS."""
    items.register_new(context, kind, days=context.settings.value(NEW_DAYS))


def refresh_closed(context: Context, *, kind: str) -> None:
    """Store the items that were closed within CLOSED_DAYS."""
    items.refresh_closed(context, kind, days=context.settings.value(CLOSED_DAYS))


def reconcile_unmerged(context: Context) -> None:
    """Store the pull requests that were closed unmerged within UNMERGED_DAYS."""
    items.reconcile_unmerged(context, days=context.settings.value(UNMERGED_DAYS))


def follow_updates(context: Context, *, kind: str) -> None:
    """Store every item that changed since the watermark."""
    items.follow_updates(context, kind, first_days=context.settings.value(CLOSED_DAYS))


def follow_late(context: Context, *, kind: str) -> None:
    """Store every item that changed in the last two days once more: a search may show a change hours later."""
    items.follow_late(context, kind)
    missing.follow_future(context, kind)


def poll_events(context: Context) -> None:
    """Read the timelines of the items that changed."""
    poll_timelines(context, days=context.settings.value(EVENT_DAYS), types=context.settings.value(EVENT_TYPES))


def sweep_events(context: Context) -> None:
    """Count timelines' events, and read those again that GitHub counts otherwise."""
    recounts.sweep_events(context, types=context.settings.value(EVENT_TYPES))


def read_again(context: Context) -> None:
    """Read the timelines once more that were refused, or could not be stored whole, or lost events."""
    timelines.read_again(context, types=context.settings.value(EVENT_TYPES))


def reconcile_counts(context: Context, *, kind: str) -> None:
    """Compare GitHub's counts with the table's, and repair what differs."""
    since = context.settings.value(RECONCILE_SINCE)
    if shared_by := shared_today(context, f"{kind}.reconcile"):
        reconcile.reconcile_counts(context, kind, since=since, shared_by=shared_by)


def sweep_open(context: Context, *, kind: str) -> None:
    """List all open items, and repair the rows that differ."""
    if shared_by := shared_today(context, f"{kind}.sweep"):
        reconcile.sweep_open(context, kind, shared_by=shared_by)


def shared_today(context: Context, step: str) -> int:
    """Give how many daily steps share the rate limit today; 0, and a note in the ledger, when it is not their turn.

    An App has one limit for each organisation, a token one for all.
    """
    orgs = sorted(org.casefold() for org in context.settings.orgs) if context.settings.app_id is None else []
    org = context.scope.org.casefold()
    names = [each.name for each in DAILY_STEPS]
    place = (orgs.index(org) if org in orgs else 0) * len(names) + names.index(step)
    today = context.now().date()
    turn = next_turn(today, place=place, steps=len(names) * max(len(orgs), 1))
    if turn.day == today:
        return turn.shared_by
    context.note(f"nothing was compared: {len(orgs)} organisations share a rate limit, and its turn is on {turn.day}")
    return 0


def members_every(settings: Settings) -> timedelta:
    """Give how old the member list may be before it is read again."""
    return timedelta(hours=settings.value(MEMBERS_HOURS))


def members_stale_after(settings: Settings) -> timedelta:
    """Give how old the member list may be before `health` calls it stale."""
    return members_every(settings) + timedelta(hours=2)


def _steps_of(
    kind: str, on: tuple[str, ...], steps: dict[str, Callable[..., None]], *, takes_kind: bool = True
) -> tuple[Step, ...]:
    return tuple(
        Step(f"{kind}.{name}", partial(step, kind=kind) if takes_kind else step, on) for name, step in steps.items()
    )


DAILY_STEPS = tuple(
    step
    for kind in (PULL_REQUESTS, ISSUES)
    for step in _steps_of(kind, (DAILY,), {"reconcile": reconcile_counts, "sweep": sweep_open})
)
RECENT: dict[str, Callable[..., None]] = {"new": register_new, "closed": refresh_closed}
STEPS = (
    *_steps_of(PULL_REQUESTS, (EVERY_30_MIN,), RECENT),
    Step(f"{PULL_REQUESTS}.unmerged", reconcile_unmerged, (EVERY_30_MIN,)),
    Step(f"{ISSUES}.returned", items.follow_returned, FREQUENT_JOBS),
    Step(f"{PULL_REQUESTS}.updated", partial(follow_updates, kind=PULL_REQUESTS), FREQUENT_JOBS),
    *_steps_of(ISSUES, (EVERY_30_MIN,), RECENT),
    Step(f"{ISSUES}.updated", partial(follow_updates, kind=ISSUES), FREQUENT_JOBS),
    Step(f"{ISSUES}.transfers", reconcile_transfers, FREQUENT_JOBS),
    Step(f"{ISSUES}.unsure", follow_unsure, FREQUENT_JOBS),
    *(Step(f"{kind}.count", partial(check_count, kind=kind), (EVERY_30_MIN,)) for kind in (PULL_REQUESTS, ISSUES)),
    Step(EVENTS, poll_events, (NRT_EVENTS,)),
    Step(MEMBERS, sync_members, (EVERY_30_MIN,), every=members_every),
    *(step for kind in (PULL_REQUESTS, ISSUES) for step in _steps_of(kind, (DAILY,), {"late": follow_late})),
    Step(f"{EVENTS}.again", read_again, (DAILY,)),
    Step(f"{EVENTS}.sweep", sweep_events, (DAILY,)),
    *DAILY_STEPS,
    # Last, since the others may find pull requests.
    Step(f"{PULL_REQUESTS}.sizes", follow_sizes, (NRT_EVENTS, DAILY)),
    Step(FACTS_STEP, store_facts, (EVERY_30_MIN, NRT_EVENTS, DAILY), is_last=True),
)
# A kind is stale when several runs in a row did not finish.
KINDS = (
    Kind(PULL_REQUESTS, timedelta(hours=2), COSTS[PULL_REQUESTS], by_default=True, counted=True),
    Kind(ISSUES, timedelta(hours=2), COSTS[ISSUES], by_default=True, counted=True),
    Kind(EVENTS, timedelta(hours=1), COSTS[EVENTS], by_default=True, counted=True),
    Kind(RECONCILIATION, timedelta(hours=50)),
    Kind(MEMBERS, members_stale_after, COSTS[MEMBERS], by_default=True),
    Kind(TRANSFERS, None, COSTS[TRANSFERS], by_default=True),
    Kind(FACTS_STEP, timedelta(hours=2)),
)
RELATIONS = (
    Relation("issues", "repositories", "issues.repository_id = repositories.id", "where it is"),
    Relation("pull_requests", "repositories", "pull_requests.repository_id = repositories.id", "where it is"),
    Relation("issues", "members", "issues.author_id = members.id", "who opened it, if a member did"),
    Relation("pull_requests", "members", "pull_requests.author_id = members.id", "who opened it, if a member did"),
    Relation("memberships", "members", "memberships.member_id = members.id", "one row for each organisation"),
    Relation("events", "issues", "events.issue_id = issues.id", "what happened to it"),
    Relation("events", "pull_requests", "events.issue_id = pull_requests.id", "what happened to it"),
    Relation("events", "members", "events.user_id = members.id", "who did it, if a member did"),
    Relation("event_polls", "issues", "event_polls.id = issues.id", "how far its timeline was read"),
    Relation("event_polls", "pull_requests", "event_polls.id = pull_requests.id", "how far its timeline was read"),
    Relation("transfers", "repositories", "transfers.repository_id = repositories.id", "where it was before the move"),
    Relation("transfers", "issues", "transfers.issue_id = issues.id", "the issue before the move"),
    Relation("transfers", "issues", "transfers.new_issue_id = issues.id", "the issue after the move"),
)

CONTRIBUTIONS = Domain(
    name="contributions",
    steps=STEPS,
    kinds=KINDS,
    needs=NEEDS,
    views=VIEWS,
    facts=FACTS,
    events=hearing.EVENTS,
    settings=SETTINGS,
    history=ContributionsHistory(),
    verify=verify,
    relations=RELATIONS,
    examples=("--since 2024-01-01 --only events", "--since 2024-01-01 --via rest"),
)
