"""How a run gets to the database and to GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.github import AppAuth, Auth, Budget, GitHubAPI, InstallationAuth, TokenAuth
from chalicelib.ingest.scopes import Scope
from chalicelib.models import create_db_session
from chalicelib.settings import Settings
from chalicelib.store.engine import check_revision, describe, make_engine

# The databases that were found to be migrated; a newer code's process begins anew.
_checked: set[str] = set()


def scope_of(settings: Settings, org: str) -> Scope:
    """Limit an organisation to the repositories that the settings name."""
    return Scope(org, tuple(repo for repo in settings.repos if repo.split("/")[0].casefold() == org.casefold()))


@contextmanager
def open_github(settings: Settings, budget: Budget | None = None) -> Iterator[Callable[[str], GitHubAPI]]:
    """Open GitHub for a block; yields a function that gives an organisation's client.

    A token has one rate limit, so all organisations share one client; each installation of a GitHub App has its own,
    with the App's client besides.
    """
    budget = budget or Budget()
    with ExitStack() as stack:

        def client(auth: Auth, app: GitHubAPI | None = None) -> GitHubAPI:
            return stack.enter_context(GitHubAPI(auth=auth, api_url=settings.api_url, budget=budget, app=app))

        if settings.app_id is None:
            shared = client(TokenAuth(settings.token))
            yield lambda _org: shared
        else:
            app = client(AppAuth(settings.app_id, settings.app_private_key))
            installation = partial(InstallationAuth, app, installation_id=settings.app_installation_id)
            yield lambda org: client(installation(org), app)


@contextmanager
def open_database(settings: Settings) -> Iterator[Session]:
    """Open a session for a block; any error of the database becomes a DatabaseNotReadyError with one sentence."""
    session = create_db_session(settings.db_url)
    try:
        yield session
    except SQLAlchemyError as error:
        raise DatabaseNotReadyError(describe(error, settings.db_url)) from error
    finally:
        session.close()


@contextmanager
def keep_database(settings: Settings) -> Iterator[Session]:
    """Open a session whose connection is kept for the next one, for what is asked often; errors as above.

    Whether the database is migrated is checked once, by the first session.
    """
    engine = make_engine(settings.db_url)
    try:
        if settings.db_url not in _checked:
            with engine.connect() as connection:
                check_revision(connection)
            _checked.add(settings.db_url)
        with Session(engine, expire_on_commit=False) as session:
            yield session
    except SQLAlchemyError as error:
        engine.dispose()
        raise DatabaseNotReadyError(describe(error, settings.db_url)) from error
