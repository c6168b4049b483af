"""Items of which a webhook told something else as of the same second: GitHub is asked which of both it is.

Times are whole seconds, labels may change without them, and deliveries come in any order.
"""

from __future__ import annotations

from chalicelib.contributions.sync.transfers import follow_item
from chalicelib.errors import GitHubError, IncompleteReadError, UnauthorizedError
from chalicelib.ingest.context import Context, Saving, counted
from chalicelib.store.marks import WHOLE

# Begins the name of the cursor of such an item, before its kind and id.
UNSURE = "unsure:"


def note_unsure(saving: Saving, kind: str, key: int) -> None:
    """Let the next job ask for an item."""
    saving.marks.cursor(f"{UNSURE}{kind}:{key}", scope=WHOLE).advance(saving.now())


def follow_unsure(context: Context) -> None:
    """Ask GitHub for each item of which a webhook told something else as of the same second.

    Raises IncompleteReadError at the end when GitHub failed to answer for some; the others are stored.
    """
    failures: list[str] = []
    for name in context.marks.cursors(UNSURE):
        kind, _, key = name.removeprefix(UNSURE).partition(":")
        cursor, begun = context.marks.cursor(name, scope=WHOLE), context.now()
        try:
            follow_item(context, kind, int(key))
        except UnauthorizedError:
            raise
        except GitHubError as error:
            context.session.rollback()
            failures.append(str(error))
        else:
            context.run.fetched += 1
            # One that was written again meanwhile is for the next time.
            if (cursor.read() or begun) <= begun:
                cursor.drop()
        context.checkpoint()
    if failures:
        raise IncompleteReadError(f"could not ask for {counted(failures, 'item')}; the first: {failures[0]}")
