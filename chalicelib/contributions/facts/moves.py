"""When open pull requests were last moved on, by anybody but bots."""

from __future__ import annotations

from sqlalchemy import CTE, Subquery, func, select

from chalicelib.contributions.facts.people import is_bot, is_shown_event
from chalicelib.contributions.models import Event
from chalicelib.store.base import UTCDateTime
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import now

# What moves a pull request on. Not what keeps order (labels, assignees, milestones) or mentions it.
MOVES = (
    *("commented", "reviewed", "committed", "head_ref_force_pushed", "review_requested"),
    *("ready_for_review", "convert_to_draft", "reopened"),
)


def last_moves(pulls: CTE, chosen: Chosen) -> Subquery:
    """Give when each open pull request was last moved after its opening, if it was."""
    moved_at = func.max(Event.created_at, type_=UTCDateTime()).label("moved_at")
    moves = select(pulls.c.id, moved_at).join(pulls, pulls.c.id == Event.issue_id)
    # A commit's time is by its author's clock, which may be wrong.
    in_time = (Event.created_at > pulls.c.created_at, Event.created_at <= now())
    counts = (is_shown_event(chosen, *MOVES), ~is_bot(Event.user, Event.username))
    return moves.where(pulls.c.ended_at.is_(None), *in_time, *counts).group_by(pulls.c.id).subquery("moves")
