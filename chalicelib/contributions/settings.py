"""The settings of contributions."""

from __future__ import annotations

import re
from datetime import datetime

from chalicelib.settings import MAX_DAYS, Setting, date_or_time, name_list, whole_number

# The kinds that GitHub documents. With EVENT_TYPES empty, an event of another kind is stored too.
# https://docs.github.com/en/rest/using-the-rest-api/issue-event-types
EVENT_KINDS = frozenset(
    """
    added_to_merge_queue added_to_project added_to_project_v2 assigned auto_merge_disabled auto_merge_enabled
    auto_rebase_enabled auto_squash_enabled automatic_base_change_failed automatic_base_change_succeeded
    base_ref_changed base_ref_deleted base_ref_force_pushed blocked_by_added blocked_by_removed blocking_added
    blocking_removed closed comment_deleted commented commit-commented committed connected convert_to_draft
    converted_from_draft converted_note_to_issue converted_to_discussion copilot_work_finished copilot_work_started
    cross-referenced demilestoned deployed deployment_environment_changed disconnected head_ref_deleted
    head_ref_force_pushed head_ref_restored issue_type_added issue_type_changed issue_type_removed labeled
    line-commented locked marked_as_duplicate mentioned merged milestoned moved_columns_in_project parent_issue_added
    parent_issue_removed pinned project_v2_item_status_changed ready_for_review referenced removed_from_merge_queue
    removed_from_project removed_from_project_v2 renamed reopened review_dismissed review_request_removed
    review_requested reviewed sub_issue_added sub_issue_removed subscribed transferred unassigned unlabeled unlocked
    unmarked_as_duplicate unpinned unsubscribed user_blocked
    """.split()  # noqa: SIM905 - a list of words reads best as text
)


def event_kinds(text: str) -> tuple[str, ...]:
    """Read a comma list of kinds of event; ValueError when GitHub has no such kind: everything would be dropped."""
    names = name_list(re.compile(r"[a-z][a-z_-]*"), "a kind of event")(text)
    for name in names:
        if name not in EVENT_KINDS:
            raise ValueError(f"{name!r} is not a kind of event that GitHub documents")
    return names


NEW_DAYS = Setting(
    "NEW_DAYS", 5, whole_number(MAX_DAYS), "The job stores the items that were created within this many days"
)
CLOSED_DAYS = Setting(
    "CLOSED_DAYS", 7, whole_number(MAX_DAYS), "The job reads again the items that were closed within this many days"
)
UNMERGED_DAYS = Setting(
    "UNMERGED_DAYS",
    365,
    whole_number(MAX_DAYS),
    "The job reads again the pull requests that were closed unmerged within this many days",
)
MEMBERS_HOURS = Setting(
    "MEMBERS_HOURS",
    24,
    whole_number(24 * 28),
    "The job reads the members when it last read them more than this many hours ago (672 at most)",
)
EVENT_DAYS = Setting(
    "EVENT_DAYS",
    1,
    whole_number(MAX_DAYS),
    "The job reads the timelines of the items that changed within this many days (more after an outage)",
)
EVENT_TYPES: Setting[tuple[str, ...]] = Setting(
    "EVENT_TYPES",
    (),
    event_kinds,
    "The kinds of event to keep, such as `commented,reviewed,closed`. The views need most of them. After you add "
    "kinds, empty the table `event_polls` and backfill `events` again",
    shown="all",
)
RECONCILE_SINCE: Setting[datetime | None] = Setting(
    "RECONCILE_SINCE",
    None,
    date_or_time,
    "The daily job compares counts of the items created since this date. With neither a date nor a backfill, it only "
    "lists the open items",
    shown="first backfill",
)
LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})"
GH_MAINTAINERS: Setting[tuple[str, ...]] = Setting(
    "GH_MAINTAINERS",
    (),
    name_list(
        re.compile(rf"{LOGIN}(?:/[A-Za-z0-9._-]{{1,100}})?"), "a login, or a team such as my-org/core (without @)"
    ),
    "Who counts as one of us beside members and those who have merged: logins, and teams such as `my-org/core`",
    shown="nobody",
)
GH_BOTS: Setting[tuple[str, ...]] = Setting(
    "GH_BOTS",
    (),
    name_list(re.compile(rf"{LOGIN}(?:\[[Bb][Oo][Tt]\])?"), "a login (without @)"),
    "Logins of bots that are ordinary accounts: the views count them as bots",
    shown="none",
)
SETTINGS = (
    NEW_DAYS,
    CLOSED_DAYS,
    UNMERGED_DAYS,
    MEMBERS_HOURS,
    EVENT_DAYS,
    EVENT_TYPES,
    RECONCILE_SINCE,
    GH_MAINTAINERS,
    GH_BOTS,
)
