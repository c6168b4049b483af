"""What follows from items and their events, as SQL: each module says how it counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from chalicelib.contributions.facts.activity import activity_facts
from chalicelib.contributions.facts.issues import issue_facts
from chalicelib.contributions.facts.labels import label_facts
from chalicelib.contributions.facts.periods import open_period_facts
from chalicelib.contributions.facts.pull_requests import pull_request_facts
from chalicelib.contributions.facts.requests import review_request_facts
from chalicelib.contributions.facts.waits import wait_facts
from chalicelib.contributions.models import (
    ActivityFact,
    ChangedItem,
    Event,
    Issue,
    IssueFact,
    LabelFact,
    OpenPeriodFact,
    PullRequest,
    PullRequestFact,
    ReviewRequestFact,
    WaitFact,
)
from chalicelib.store.base import table_of
from chalicelib.store.facts import Chosen, Facts, FactSet
from chalicelib.store.functions import now
from chalicelib.store.journal import Journal


def _with_events_to_come(chosen: Chosen) -> Select[Any]:
    """Items with events whose time has not come: a commit's is by its author's clock, which may be wrong."""
    ahead = (Event.created_at > now(), Event.removed_at.is_(None))
    return select(Event.issue_id).where(chosen(Event.issue_id), *ahead)


CHANGED = table_of(ChangedItem)
PULL_REQUESTS = Facts(table_of(PullRequestFact), "id", CHANGED, pull_request_facts)
ISSUES = Facts(table_of(IssueFact), "id", CHANGED, issue_facts)
WAITS = Facts(table_of(WaitFact), "id", CHANGED, wait_facts)
PERIODS = Facts(table_of(OpenPeriodFact), "item_id", CHANGED, open_period_facts)
REQUESTS = Facts(table_of(ReviewRequestFact), "item_id", CHANGED, review_request_facts)
LABELS = Facts(table_of(LabelFact), "item_id", CHANGED, label_facts)
ACTIVITY = Facts(table_of(ActivityFact), "item_id", CHANGED, activity_facts)
FACTS = FactSet(
    changed=CHANGED,
    facts=(PULL_REQUESTS, ISSUES, WAITS, PERIODS, REQUESTS, LABELS, ACTIVITY),
    journals=(
        Journal(table_of(PullRequest), "id", CHANGED),
        Journal(table_of(Issue), "id", CHANGED),
        Journal(table_of(Event), "issue_id", CHANGED),
    ),
    items=(select(Issue.id), select(PullRequest.id)),
    to_come=_with_events_to_come,
)
