"""The settings of contributions."""

from __future__ import annotations

import re
from datetime import datetime

from chalicelib.settings import MAX_DAYS, Setting, date_or_time, name_list, whole_number

EVENT_TYPE = re.compile(r"[a-z][a-z_-]{0,60}")

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
    name_list(EVENT_TYPE, "a kind of event"),
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
SETTINGS = (NEW_DAYS, CLOSED_DAYS, UNMERGED_DAYS, MEMBERS_HOURS, EVENT_DAYS, EVENT_TYPES, RECONCILE_SINCE)
