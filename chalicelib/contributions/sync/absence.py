"""Checks that there is nothing where a search finds nothing: a search may answer 0 for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.contributions.api import RepositoryAPI, Span, moment_of
from chalicelib.errors import IncompleteReadError
from chalicelib.ingest.context import Context
from chalicelib.ingest.scopes import Scope

# A search may not know yet what happened so recently.
LAG = timedelta(minutes=10)
# So many repositories are asked at most, those with open items and the latest pushes first.
MAX_REPOSITORIES = 10
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def check_nothing(context: Context, kind: str, scope: Scope, span: Span) -> None:
    """Raise IncompleteReadError when a search found nothing in a span, and a repository's own list has something.

    It takes a request for each of the repositories, 10 at most, and one more to find those of an organisation.
    """
    since, until = span.since or ALWAYS, min(span.until or context.now(), context.now() - LAG)
    if since > until:
        return
    api = RepositoryAPI(context.github)
    for repo in (scope.repos or api.fetch_names(scope.org))[:MAX_REPOSITORIES]:
        moments = [moment_of(item, f"{span.axis}_at") for item in api.fetch_newest(repo, kind, by=span.axis)]
        if any(moment and since <= moment <= until for moment in moments):
            words = kind.replace("_", " ")
            raise IncompleteReadError(f"GitHub's search finds no {words} for {span.qualifier}, but {repo} lists some")
