"""What an issue or pull request has come to, by what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.large.histories import Happening, Opening
from benchmarks.large.people import Person
from benchmarks.large.texts import Json

VERDICTS = ("changes_requested", "approved")  # the first that somebody has given decides


class State:
    """The columns that follow from a history."""

    def __init__(self, item: Opening, history: Sequence[Happening]) -> None:
        self.closed_at: int | None = None
        self.merged: Happening | None = None
        self.reason: str | None = None
        self.is_draft, self.comments, self.commits = item.is_draft, 0, 0
        self.updated_at, self.first_commit = item.at, item.at
        self.labels: dict[Json, None] = {}
        self.assignees: dict[Person, None] = {}
        self.requested: dict[Person, None] = {}
        self.verdicts: dict[Person, str] = {}
        for each in history:
            self.updated_at = max(self.updated_at, each.at)
            if turn := TURNS.get(each.kind):
                turn(self, each)

    @property
    def decision(self) -> str:
        """What the reviews so far come to."""
        given = set(self.verdicts.values())
        return next((verdict for verdict in VERDICTS if verdict in given), "review_required")


def _closed(state: State, each: Happening) -> None:
    state.closed_at, state.reason = each.at, each.details.get("state_reason", "completed")


def _reopened(state: State, _: Happening) -> None:
    state.closed_at, state.reason = None, "reopened"


def _merged(state: State, each: Happening) -> None:
    state.merged = each


def _made_ready(state: State, _: Happening) -> None:
    state.is_draft = False


def _made_draft(state: State, _: Happening) -> None:
    state.is_draft = True


def _commented(state: State, _: Happening) -> None:
    state.comments += 1


def _committed(state: State, each: Happening) -> None:
    state.commits, state.first_commit = state.commits + 1, min(state.first_commit, each.at)


def _labeled(state: State, each: Happening) -> None:
    if each.label is not None:
        state.labels[each.label] = None


def _unlabeled(state: State, each: Happening) -> None:
    if each.label is not None:
        state.labels.pop(each.label, None)


def _assigned(state: State, each: Happening) -> None:
    if each.about:
        state.assignees[each.about] = None


def _unassigned(state: State, each: Happening) -> None:
    if each.about:
        state.assignees.pop(each.about, None)


def _asked(state: State, each: Happening) -> None:
    if each.about:
        state.requested[each.about] = None


def _reviewed(state: State, each: Happening) -> None:
    if each.person:
        state.requested.pop(each.person, None)
        if each.state in VERDICTS:
            state.verdicts[each.person] = each.state


TURNS: dict[str, Callable[[State, Happening], None]] = {
    "closed": _closed,
    "reopened": _reopened,
    "merged": _merged,
    "ready_for_review": _made_ready,
    "convert_to_draft": _made_draft,
    "commented": _commented,
    "committed": _committed,
    "labeled": _labeled,
    "unlabeled": _unlabeled,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "review_requested": _asked,
    "reviewed": _reviewed,
}
