"""The brake: no step marks a large share of what is stored as gone because one answer of GitHub's leaves it out.

A token that suddenly sees less, or a search that lists nothing for a minute, looks like a mass deletion.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.errors import BrakeError
from chalicelib.ingest.context import Context
from chalicelib.settings import Setting, whole_number
from chalicelib.store.marks import Mark

# Where there is no second list to ask, what is still missing after so long is believed: at the daily job's next run.
PATIENCE = timedelta(hours=20)
WAITING = f"only a reading {PATIENCE / timedelta(hours=1):g} hours later is believed"
# So few rows may always be marked: in a small table each row is a large share.
ALWAYS_ALLOWED = 10
GONE_PERCENT = Setting(
    "GONE_PERCENT",
    5,
    whole_number(100),
    "A step stops before it marks more than this share of the stored rows of a kind as gone, in percent. It goes on "
    "when a second, different reading agrees. Up to 10 rows are always marked. With 100 it never stops",
)
SETTINGS = (GONE_PERCENT,)


def is_too_much(context: Context, kind: str, more: int, *, of: int) -> bool:
    """Tell whether so many more of the `of` rows that are there can't be believed to be gone by one answer alone.

    Those count too that the run has marked already.
    """
    gone = context.gone[kind]
    return gone + more > max(ALWAYS_ALLOWED, (of + gone) * context.settings.value(GONE_PERCENT) // 100)


def stop(what: str, gone: int, *, of: int, reason: str) -> BrakeError:
    """Make the error for a step that would mark too many rows as gone."""
    return BrakeError(
        f"GitHub no longer shows {gone:,} of {of:,} {what}, and {reason}: so many are not marked as gone. Check what "
        f"the token may see (SSO, permissions). If they are really gone, set {GONE_PERCENT.name}=100 for one run"
    )


def is_believed(context: Context, doubt: Mark) -> bool:
    """Tell whether a doubt is old enough to believe what is still missing; `doubt` is the cursor of its beginning."""
    since = doubt.read()
    if since is None:
        doubt.advance(context.now())
    return since is not None and context.now() - since >= PATIENCE
