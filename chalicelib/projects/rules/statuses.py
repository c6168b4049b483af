"""What the statuses of a board mean: nothing begun, in progress, or done."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chalicelib.projects.rules.roles import Choice, plain

TODO, IN_PROGRESS, DONE = "todo", "in_progress", "done"
DONE_NAMES = frozenset(
    {"done", "closed", "complete", "completed", "finished", "resolved"}
    | {"shipped", "released", "delivered", "deployed", "merged"}
)
IN_PROGRESS_NAMES = frozenset(
    {"in progress", "progress", "doing", "started", "active", "wip", "work in progress", "working", "working on it"}
    | {"in development", "development", "in dev", "developing", "in review", "review", "reviewing", "code review"}
    | {"in testing", "testing", "in test", "in qa", "qa", "ready for review", "needs review"}
)


def status_kinds(options: Mapping[str, str | None], choice: Choice | None) -> list[tuple[str, str]]:
    """Tell of each status, in order, whether it is todo, in_progress or done: by a choice, else by its name.

    `options` say what each meant before, under another name perhaps: where the name tells nothing, it means that.
    """
    chosen = {DONE: _folded(choice.done if choice else ()), IN_PROGRESS: _folded(choice.in_progress if choice else ())}
    found = []
    for name, before in options.items():
        kind = _kind_of(name, chosen[DONE], chosen[IN_PROGRESS])
        # Where the setting says what means so, nothing else does.
        keeps = kind == TODO and before in chosen and not chosen[before]
        found.append((name, before if before and keeps else kind))
    return found


def _folded(names: Collection[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _kind_of(name: str, done: frozenset[str], in_progress: frozenset[str]) -> str:
    """Tell what a status means; where the setting says what is done, no other status is."""
    if name.casefold() in done:
        return DONE
    if name.casefold() in in_progress:
        return IN_PROGRESS
    words = plain(name)
    if not done and words in DONE_NAMES:
        return DONE
    return IN_PROGRESS if not in_progress and words in IN_PROGRESS_NAMES else TODO
