"""What all tests share: a clean environment, a folder of their own, and both databases.

Every test that touches a database runs on SQLite and on PostgreSQL: ask for `db_url` (tables made) or `empty_db_url`.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import hypothesis
import pytest
from coverage import Coverage
from hypothesis.configuration import set_hypothesis_home_dir
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session

from tests.databases import BOTH, Copies, SqliteFile
from tests.github.local_server import LocalServer
from tests.payloads.folder import KINDS, MADE_UP, RECORDED, write_made_up
from tests.postgres import NoPostgresError, Server, close_connections, connect, new_database

if TYPE_CHECKING:
    from tests.views.world import World

ROOT = Path(__file__).resolve().parents[1]
SANDBOX = ROOT / "tests" / "sandbox"
SERVER = pytest.StashKey[Server]()

# A developer's own settings, credentials and proxies: a test sees none of them, nor the files that clients look for.
PRIVATE = ("GH_", "GITHUB_", "AWS_", "DB_", "SLACK_", "PG", "SNAPSHOT_", "WEBHOOK_", "ENV_NAME", "LAMBDA_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NO_FILES = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "NETRC"), os.devnull)

# The same examples in every run; a failure prints how to get it again, so no database of examples is kept.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")
set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVER] = Server()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVER].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker which server the run has: it starts while the workers collect."""
    try:
        node.workerinput["postgres"] = node.config.stash[SERVER].start(), ""
    except NoPostgresError as error:
        node.workerinput["postgres"] = "", str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage in the app's fast tests, on SQLite: while it is measured, a test takes half as long again."""
    is_slow = item.get_closest_marker("slow") or item.get_closest_marker("postgresql")
    is_measured = not is_slow and SANDBOX not in item.path.parents
    stopped = []
    while not is_measured and (running := Coverage.current()):
        running.stop()  # a worker's own, and below it the one that each process gets
        stopped.append(running)
    try:
        return (yield)
    finally:
        for coverage in reversed(stopped):
            coverage.start()


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment without the developer's settings, in a folder without their `.env`; both are put back."""
    public = [name for name in os.environ if not name.startswith(PRIVATE) and name.upper() not in PROXIES]
    clean = {name: os.environ[name] for name in public}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("chalicelib.settings.PROJECT", tmp_path)
    monkeypatch.setattr("chalicelib.ingest.runner.end_reading", end_reading_and_check)
    with mock.patch.dict(os.environ, clean | NO_FILES, clear=True), logging_as_before():
        yield


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Put logging back that a command or a request sets up for its process: other tests' output would change."""
    loggers = [logging.getLogger(), logging.getLogger("contributor_metrics")]
    levels, handlers = [each.level for each in loggers], list(loggers[0].handlers)
    formatters = [each.formatter for each in handlers]
    try:
        yield
    finally:
        loggers[0].handlers[:] = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for handler, formatter in zip(handlers, formatters, strict=True):
            handler.setFormatter(formatter)


def end_reading_and_check(session: Session) -> None:
    """End what only read, as the app does; a transaction that is still open while GitHub is asked is a bug."""
    from chalicelib.store.transactions import end_reading

    end_reading(session)
    assert not session.in_transaction(), "GitHub is asked while a transaction is open"


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout: tests themselves run in a folder of their own."""
    return ROOT


@pytest.fixture(scope="session")
def samples() -> Path:
    """The recorded real payloads, which lie beside some checkouts: for tests of what only these can tell."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded payloads (../shared/samples) are not beside this checkout")
    return RECORDED


@pytest.fixture(scope="session", params=KINDS)
def payloads(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of GitHub's payloads: made up by us and, where they are beside the checkout, the recorded ones."""
    return write_made_up(tmp_path_factory.mktemp("payloads")) if request.param == MADE_UP else RECORDED


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server on localhost, which answers as a test says."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = LocalServer()
    yield server
    server.close()


# Databases


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Engine]:
    """The run's PostgreSQL server, as one that may create databases. There is always one: without it the run fails."""
    try:
        url, problem = getattr(pytestconfig, "workerinput", {}).get("postgres", ("", ""))
        with ExitStack() as stack:
            if problem:
                raise NoPostgresError(problem)
            yield stack.enter_context(connect(url or pytestconfig.stash[SERVER].start()))
    except NoPostgresError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def postgres_url(postgres: Engine) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with new_database(postgres) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite database without tables."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def postgres_template(postgres: Engine) -> Iterator[str]:
    """The name of a PostgreSQL database with our tables, to copy."""
    from chalicelib.models import create_all

    with new_database(postgres) as url:
        create_all(url)
        name = str(make_url(url).database)
        close_connections(postgres, name)
        yield name


@pytest.fixture(scope="session")
def postgres_copies(postgres: Engine, postgres_template: str) -> Iterator[Copies]:
    """PostgreSQL databases with our tables, which tests use one after another."""
    with ExitStack() as made:
        yield Copies(postgres, postgres_template, made)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, to copy."""
    from chalicelib.models import create_all

    path = tmp_path_factory.mktemp("template") / "template.db"
    create_all(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def empty_db_url(request: pytest.FixtureRequest) -> str:
    """A database without tables, on each of the two."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(fixture))


@pytest.fixture(scope="session")
def sqlite_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteFile:
    """The SQLite file with our tables, which tests use one after another."""
    return SqliteFile(tmp_path_factory.mktemp("sqlite") / "test.db", sqlite_template)


@pytest.fixture(params=BOTH)
def db_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with our tables, on each of the two."""
    copies = request.getfixturevalue({"sqlite": "sqlite_file", "postgresql": "postgres_copies"}[request.param])
    with copies.borrow() as url:
        yield url


@pytest.fixture
def engine(db_url: str) -> Iterator[Engine]:
    """An engine as the app makes it, on a database with our tables, on each of the two."""
    from chalicelib.store.engine import make_engine

    engine = make_engine(db_url)
    yield engine
    engine.dispose()


@pytest.fixture
def db(db_url: str) -> Iterator[Session]:
    """A session as the app makes it, on a database with our tables, on each of the two."""
    from chalicelib.models import create_db_session

    with create_db_session(db_url) as session:
        yield session


# Tables that many tests share: what a test writes is rolled back, so it needs no database of its own


@pytest.fixture(scope="session")
def shared_urls(
    postgres: Engine, postgres_template: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    path = tmp_path_factory.mktemp("shared") / "shared.db"
    shutil.copyfile(sqlite_template, path)
    with new_database(postgres, template=postgres_template) as postgres_url:
        yield {"sqlite": f"sqlite:///{path}", "postgresql": postgres_url}


@pytest.fixture(scope="session")
def shared_engines(shared_urls: dict[str, str]) -> Iterator[dict[str, Engine]]:
    from chalicelib.store.engine import make_engine

    yield from disposed({name: make_engine(url) for name, url in shared_urls.items()})


@pytest.fixture(scope="session")
def readers_engines(shared_urls: dict[str, str]) -> Iterator[dict[str, Engine]]:
    """The same as a reader elsewhere has them: days are UTC wherever the reader is."""
    from chalicelib.store.engine import make_engine

    elsewhere = {"options": "-c timezone=Pacific/Auckland"}
    postgresql = create_engine(shared_urls["postgresql"], connect_args=elsewhere)
    yield from disposed({"sqlite": make_engine(shared_urls["sqlite"]), "postgresql": postgresql})


def disposed(engines: dict[str, Engine]) -> Iterator[dict[str, Engine]]:
    yield engines
    for engine in engines.values():
        engine.dispose()


@pytest.fixture(params=BOTH)
def shared(request: pytest.FixtureRequest, shared_engines: dict[str, Engine]) -> Iterator[Session]:
    """A session on each of the two: what it commits is rolled back in the end, and no other session sees it."""
    with rolled_back(shared_engines[request.param]) as session:
        yield session


@pytest.fixture
def both_shared(shared_engines: dict[str, Engine]) -> Iterator[list[Session]]:
    """The same on both at once."""
    with rolled_back(shared_engines["sqlite"]) as first, rolled_back(shared_engines["postgresql"]) as second:
        yield [first, second]


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture(params=BOTH)
def world(request: pytest.FixtureRequest, readers_engines: dict[str, Engine]) -> Iterator[World]:
    """A small organisation on each of the two, to read views of."""
    with a_world(readers_engines[request.param]) as world:
        yield world


@pytest.fixture
def both_worlds(readers_engines: dict[str, Engine]) -> Iterator[list[World]]:
    """The same on both at once."""
    with a_world(readers_engines["sqlite"]) as first, a_world(readers_engines["postgresql"]) as second:
        yield [first, second]


@contextmanager
def a_world(engine: Engine) -> Iterator[World]:
    from tests.views.world import World

    with Session(engine) as session:
        yield World(session)
        session.rollback()
