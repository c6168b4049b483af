"""What the rarer kinds of change do to an item: boards, types, links between issues, queues and branches."""

from collections.abc import Callable

from sandbox.world.items import Change, Item, Kind, commit

# Changes the item; False if the change makes no sense.
Effect = Callable[[Item, Change], bool]


def _on_pull(item: Item, _: Change) -> bool:
    return item.is_pull


def _on_issue(item: Item, _: Change) -> bool:
    return not item.is_pull


def _anywhere(_: Item, __: Change) -> bool:
    return True


def _beside_another(item: Item, change: Change) -> bool:
    return change.other is not None and change.other is not item


def _below(item: Item, change: Change) -> bool:
    """Put an issue below another one, or take it away from there."""
    if not _beside_another(item, change):
        return False
    item.parent = change.other if change.kind is Kind.PARENT_ISSUE_ADDED else None
    return True


def _above(item: Item, change: Change) -> bool:
    """Give an issue another part, or one less."""
    other = change.other
    if other is None or other is item:
        return False
    kept = tuple(one for one in item.sub_issues if one.now() is not other.now())
    item.sub_issues = (*kept, other) if change.kind is Kind.SUB_ISSUE_ADDED else kept
    return True


def _on_board(_: Item, change: Change) -> bool:
    return change.project is not None


def _typed(item: Item, change: Change) -> bool:
    """Give an issue a type, another one, or none; which of these must fit the kind of change."""
    removed = change.kind is Kind.ISSUE_TYPE_REMOVED
    wanted = None if removed else change.issue_type
    had = item.issue_type
    if item.is_pull or wanted is had or (change.kind is Kind.ISSUE_TYPE_ADDED) != (had is None):
        return False
    change.former_type, item.issue_type = had, wanted
    if removed:
        change.issue_type = had
    return wanted is not None or removed


def _base_changed(item: Item, change: Change) -> bool:
    if not item.is_pull or change.text in (None, item.base):
        return False
    change.before = item.base
    if change.kind is not Kind.AUTOMATIC_BASE_CHANGE_FAILED:
        item.base = change.text or item.base
    return True


def _force_pushed(item: Item, change: Change) -> bool:
    """Replace the newest commit: its hash before and after is told."""
    if not item.is_pull:
        return False
    end = "head" if change.kind is Kind.HEAD_REF_FORCE_PUSHED else "base"
    change.before = commit(item, f"{end}/{len(item.history)}/before")
    change.sha = commit(item, f"{end}/{len(item.history)}/after")
    return True


def _blocked(_: Item, change: Change) -> bool:
    return change.person is not None


RARE_EFFECTS: dict[Kind, Effect] = {
    **dict.fromkeys(
        (
            Kind.ADDED_TO_PROJECT,
            Kind.MOVED_COLUMNS_IN_PROJECT,
            Kind.REMOVED_FROM_PROJECT,
            Kind.CONVERTED_NOTE_TO_ISSUE,
            Kind.ADDED_TO_PROJECT_V2,
            Kind.PROJECT_V2_ITEM_STATUS_CHANGED,
            Kind.REMOVED_FROM_PROJECT_V2,
            Kind.CONVERTED_FROM_DRAFT,
        ),
        _on_board,
    ),
    **dict.fromkeys((Kind.ISSUE_TYPE_ADDED, Kind.ISSUE_TYPE_CHANGED, Kind.ISSUE_TYPE_REMOVED), _typed),
    **dict.fromkeys(
        (
            Kind.BLOCKED_BY_ADDED,
            Kind.BLOCKED_BY_REMOVED,
            Kind.BLOCKING_ADDED,
            Kind.BLOCKING_REMOVED,
            Kind.CONNECTED,
            Kind.DISCONNECTED,
            Kind.MARKED_AS_DUPLICATE,
            Kind.UNMARKED_AS_DUPLICATE,
        ),
        _beside_another,
    ),
    **dict.fromkeys((Kind.PARENT_ISSUE_ADDED, Kind.PARENT_ISSUE_REMOVED), _below),
    **dict.fromkeys((Kind.SUB_ISSUE_ADDED, Kind.SUB_ISSUE_REMOVED), _above),
    **dict.fromkeys((Kind.PINNED, Kind.UNPINNED), _on_issue),
    Kind.USER_BLOCKED: _blocked,
    **dict.fromkeys(
        (
            Kind.ADDED_TO_MERGE_QUEUE,
            Kind.REMOVED_FROM_MERGE_QUEUE,
            Kind.AUTO_MERGE_ENABLED,
            Kind.AUTO_MERGE_DISABLED,
            Kind.AUTO_REBASE_ENABLED,
            Kind.AUTO_SQUASH_ENABLED,
            Kind.BASE_REF_DELETED,
            Kind.HEAD_REF_RESTORED,
            Kind.DEPLOYED,
            Kind.DEPLOYMENT_ENVIRONMENT_CHANGED,
            Kind.REVISION_MARKER,
        ),
        _on_pull,
    ),
    **dict.fromkeys(
        (Kind.AUTOMATIC_BASE_CHANGE_FAILED, Kind.AUTOMATIC_BASE_CHANGE_SUCCEEDED, Kind.BASE_REF_CHANGED), _base_changed
    ),
    **dict.fromkeys((Kind.BASE_REF_FORCE_PUSHED, Kind.HEAD_REF_FORCE_PUSHED), _force_pushed),
    **dict.fromkeys((Kind.COPILOT_WORK_STARTED, Kind.COPILOT_WORK_FINISHED), _anywhere),
}
