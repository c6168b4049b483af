"""Names the exceptions that do nothing: a typing error, or a day that has passed, would go unnoticed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from chalicelib.ingest.context import Context
from chalicelib.inventory.models import Repository
from chalicelib.security.rules.exemptions import Exemptions

# So many are named.
MOST_NAMED = 5


def note_idle(context: Context, exemptions: Exemptions) -> None:
    """Note the exceptions of owners and repositories that are not there, and those that have ended."""
    org = context.scope.org
    owners = exemptions.owners() - {org.lower(), *(each.lower() for each in context.settings.orgs)}
    _note(context, "the exceptions name owners that GH_ORGS does not: ", sorted(owners))
    unknown = set(exemptions.repositories_of(org)) - _known(context)
    _note(context, "the exceptions name repositories that are not there: ", sorted(unknown))
    ended = exemptions.ended(org, on=context.now().date())
    _note(
        context, "exceptions that have ended: ", [f"{each.rule} of {each.repository} ({each.until})" for each in ended]
    )


def _known(context: Context) -> set[str]:
    names = select(func.lower(Repository.name)).where(
        Repository.org == context.scope.org, Repository.deleted_at.is_(None)
    )
    return set(context.session.scalars(names))


def _note(context: Context, words: str, names: Sequence[str]) -> None:
    if names:
        context.note(words + ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else ""))
