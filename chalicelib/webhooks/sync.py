"""Asks GitHub again for deliveries that failed. GitHub itself tries once, and keeps its log for three days.

A log is read back to where it was read before, and what failed is kept in `webhook_deliveries` until it arrives. What
arrived has no need to be asked for again, whichever webhook brought it: a guid is an event's, for all webhooks. Nor has
what nobody would keep: a webhook may send much of that, and all the rest would wait behind it.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from chalicelib.errors import (
    ForbiddenError,
    GitHubError,
    NotFoundError,
    SingleSignOnError,
    UnauthorizedError,
    UnavailableError,
)
from chalicelib.github import Pacer
from chalicelib.ingest.context import Context, counted
from chalicelib.ingest.mapping import map_records
from chalicelib.inventory.models import Repository
from chalicelib.store.among import among
from chalicelib.store.deliveries import (
    KEPT,
    About,
    Failure,
    Hook,
    due_again,
    forget_failures,
    forget_old,
    hooks_of,
    note_asked,
    note_failures,
)
from chalicelib.store.marks import WHOLE
from chalicelib.store.models import WebhookDelivery
from chalicelib.webhooks.api import DeliveryLog, Try, app_log, organisation_log, read_try

DELIVERIES = WebhookDelivery.__tablename__
STEP = f"{DELIVERIES}.redeliver"
PERMISSION = "organization_hooks"
ORGANISATION, APP = "organization", "integration"
# Begins the names of the cursors that say up to when a webhook's log was read.
LOG = "deliveries:"
REACH = timedelta(days=3)  # GitHub can deliver again for so long
# The log may show a delivery, or its answer, a little late.
OVERLAP = timedelta(minutes=10)
# A webhook that is not known yet is found by what it delivered lately.
LATELY = timedelta(hours=1)
MOST_PAGES = 500
MOST_ASKED = 300  # in one run
MOST_UNAVAILABLE = 3
# GitHub advises a second between requests that change something.
PER_SECOND = 1.0


def redeliver(context: Context, events: Collection[str]) -> None:
    """Ask GitHub for deliveries of webhooks that failed in the last three days; forget all after 30 days.

    `events` are those that are kept: no others are asked for, and none of repositories that are not read. A log that
    the credentials may not read is named in the ledger's note.
    """
    forget_old(context.session, now=context.now())
    context.checkpoint()
    left = MOST_ASKED
    for hook in _hooks(context):
        try:
            log = _log_of(context, hook)
            if log is None:
                continue
            Reading(context, hook, log, events).read()
        except SingleSignOnError:
            raise
        except (ForbiddenError, NotFoundError) as error:
            context.session.rollback()
            context.note(f"{hook} is not looked at: {_with_advice(hook, error)}")
        else:
            left -= Asking(context, hook, log, events).ask(left)


def _hooks(context: Context) -> Iterator[Hook]:
    """Give the webhooks that deliver something of the organisation, until they have not for 30 days."""
    org, known = context.scope.org, {name.removeprefix(LOG) for name in context.marks.cursors(LOG)}
    found = hooks_of(context.session, org, since=context.now() - (LATELY if known else KEPT))
    for name in sorted(known | {_name_of(hook) for hook in found}):
        mark = context.marks.cursor(f"{LOG}{name}", scope=WHOLE)
        if not mark.exists:
            mark.advance(context.now() - REACH)
        if context.now() - (mark.read() or context.now()) >= KEPT:
            mark.drop()
            continue
        context.commit()
        kind, _, number = name.partition(":")
        yield Hook(int(number) if number else None, kind)


def _name_of(hook: Hook) -> str:
    # An App has one webhook, whatever its number.
    return hook.target_type if hook.target_type == APP else f"{hook.target_type}:{hook.id}"


def _log_of(context: Context, hook: Hook) -> DeliveryLog | None:
    """Give a webhook's log; None, with a note, when it is none that these credentials could read."""
    org = context.scope.org
    if hook.target_type == ORGANISATION and hook.id is not None:
        return organisation_log(context.github, org, hook.id)
    if hook.target_type == APP and context.github.app is not None:
        return app_log(context.github.app, org)
    reason = (
        "only the App itself may: set GH_APP_ID" if hook.target_type == APP else "only organisations' and Apps' are"
    )
    context.note(f"{hook} is not looked at: {reason}")
    return None


def _with_advice(hook: Hook, error: GitHubError) -> str:
    return error.message + (f" (the credentials need {PERMISSION}=write)" if hook.target_type == ORGANISATION else "")


@dataclass(frozen=True)
class Reading:
    """One reading of a webhook's log: of what failed, these events are kept."""

    context: Context
    hook: Hook
    log: DeliveryLog
    events: Collection[str]

    def read(self) -> None:
        """Keep what failed since the log was last read; the log shows the newest first."""
        context, begun = self.context, self.context.now()
        mark = context.marks.cursor(f"{LOG}{_name_of(self.hook)}", scope=WHOLE)
        oldest = begun - REACH
        since = max((mark.read() or oldest) - OVERLAP, oldest)
        arrived: set[str] = set()
        for number, page in enumerate(self.log.fetch_pages(), 1):
            tries = self._save(page, arrived)
            context.checkpoint()
            if tries and max(each.delivered_at for each in tries) < since:
                break
            if number == MOST_PAGES:
                context.note(
                    f"{self.hook} has delivered more than can be looked at: only the newest {number} pages were"
                )
                break
        mark.advance(begun)
        context.checkpoint()

    def _save(self, page: list[Any], arrived: set[str]) -> list[Try]:
        context, oldest = self.context, self.context.now() - REACH
        context.run.fetched += len(page)
        tries = [each.row for each in map_records(context, DELIVERIES, page, read_try)]
        arrived |= {each.guid for each in tries if each.has_arrived}
        forget_failures(context.session, {each.guid for each in tries if each.has_arrived})
        missed = [
            each
            for each in tries
            if not each.has_arrived
            and each.event in self.events
            and each.guid not in arrived
            and each.delivered_at >= oldest
            and self.log.is_ours(each)
        ]
        left = self._left_out(missed)
        # Of several tries the newest, which comes first.
        failed = {each.guid: self._failure_of(each) for each in reversed(missed) if each.repository_id not in left}
        context.run.stored += note_failures(context.session, list(failed.values()))
        return tries

    def _left_out(self, missed: Iterable[Try]) -> set[int]:
        """Give the repositories that GH_REPOS leaves out; of one that is not known yet, nobody can say so."""
        scope, ids = self.context.scope, {each.repository_id for each in missed if each.repository_id is not None}
        if not scope.repos:
            return set()
        names = select(Repository.id, Repository.name).where(among(Repository.id, ids))
        return {number for number, name in self.context.session.execute(names) if not scope.covers(scope.org, name)}

    def _failure_of(self, one: Try) -> Failure:
        about = About(
            guid=one.guid,
            event=one.event,
            action=one.action,
            org=self.context.scope.org,
            repository_id=one.repository_id,
            hook_id=self.hook.id,
            target_type=self.hook.target_type,
        )
        return Failure(about, one.id, min(one.delivered_at, self.context.now()), f"GitHub's log: {one.status}")


@dataclass(frozen=True)
class Asking:
    """Asking for a webhook's deliveries that failed, of these events."""

    context: Context
    hook: Hook
    log: DeliveryLog
    events: Collection[str]

    def ask(self, most: int) -> int:
        """Ask for those that are due, at most so many; gives for how many. What is refused stops nothing else."""
        context, budget = self.context, self.context.github.budget
        pacer = Pacer(per_second=PER_SECOND, now=budget.now, sleep=budget.sleep)
        due = due_again(context.session, context.scope.org, self.hook, self.events, now=context.now(), most=most)
        refused, unavailable = [], 0
        for guid, delivery_id in due:
            context.checkpoint()
            pacer.wait()
            try:
                self.log.redeliver(delivery_id)
            except (UnauthorizedError, SingleSignOnError):
                raise
            except ForbiddenError as error:
                context.note(f"what {self.hook} missed is not asked for: {_with_advice(self.hook, error)}")
                break
            except GitHubError as error:
                refused.append(error.message)
                unavailable += isinstance(error, UnavailableError)
            note_asked(context.session, guid, now=context.now())
            if unavailable == MOST_UNAVAILABLE:
                break
        context.checkpoint()
        if refused:
            context.note(f"GitHub refused to redeliver {counted(refused, 'delivery')}; the first: {refused[0]}")
        return len(due)
