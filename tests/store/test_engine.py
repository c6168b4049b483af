"""What is wrong with a database is said in one clear sentence, in which no password ever shows."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from chalicelib.errors import DatabaseNotReadyError, SettingsError
from chalicelib.models import Lease, create_all, create_db_session
from chalicelib.store import engine as module
from chalicelib.store.engine import REVISIONS, describe

SECRET = "SeCrEt"
NOT_MIGRATED = "the database has no tables of this app yet: run `make migrate`"
MALFORMED = "DB_URL is malformed: it must look like postgresql://user:password@host/name or sqlite:///file.db"


def problem(db_url: str, error: type[Exception]) -> str:
    """What opening a session says, having checked that it is one sentence and keeps the secret in all its chain."""
    with pytest.raises(error) as caught:
        create_db_session(db_url)
    assert type(caught.value) is error
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return sentence


def execute(db_url: str, statement: str) -> None:
    engine = create_engine(db_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


# Malformed


@pytest.mark.parametrize(
    ("db_url", "sentence"),
    [
        ("", MALFORMED),
        ("contributor-metrics.db", MALFORMED),
        (f"postgresql://app:{SECRET}@host:port/name", MALFORMED),
        (f"postgresql://app:x@y:{SECRET}@host/name", MALFORMED),
        (
            f"postgresql://app:x@{SECRET}@host/name",
            "DB_URL is malformed: in the user's name and password, write %40 for @ and %2F for /",
        ),
        (f"postgresql://app:{SECRET}@host/na\x00me", MALFORMED),
        (f"postgresql://app:{SECRET}@host/name\n", MALFORMED),
        (f"postgresql://app:{SECRET}%00@host/name", MALFORMED),
        ("sqlite://host/file.db", MALFORMED),
        ("sqlite:///file.db?timeout=soon", MALFORMED),
        (f"foo://app:{SECRET}@host/name", "DB_URL needs a driver that isn't installed here: foo"),
        (f"mysql://app:{SECRET}@host/name", "DB_URL needs a driver that isn't installed here: mysql"),
        (f"postgresql+asyncpg://app:{SECRET}@h/n", "DB_URL needs a driver that isn't installed here: postgresql+a"),
    ],
)
def test_a_bad_url_is_a_malformed_setting(db_url: str, sentence: str) -> None:
    assert problem(db_url, SettingsError).startswith(sentence)


# Down


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else is given meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize("query", ["", f"?password={SECRET}", f"?sslpassword={SECRET}"])
def test_a_server_that_is_down_is_named_without_the_password(closed_port: int, query: str) -> None:
    sentence = problem(f"postgres://app:{SECRET}@127.0.0.1:{closed_port}/name{query}", DatabaseNotReadyError)
    assert sentence.startswith(f"the database postgresql+psycopg2://app:***@127.0.0.1:{closed_port}/name")
    assert "can't be used: connection to server at" in sentence
    assert "refused" in sentence


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (f"options={SECRET}", "invalid command-line argument for server process: ***"),
        (f"service={SECRET}", 'definition of service "***" not found'),
        (f"pasword={SECRET}", 'invalid connection option "pasword"'),
    ],
)
def test_a_parameter_that_may_be_secret_is_shown_nowhere(postgres_url: str, query: str, words: str) -> None:
    """Only names with "pass" in them were hidden, and the server's answer quoted the rest."""
    sentence = problem(f"{postgres_url}&{query}", DatabaseNotReadyError)
    assert sentence.startswith(f"the database {postgres_url.partition('?')[0]}?host=")
    assert words in sentence


def test_a_file_that_cant_be_opened_is_named() -> None:
    sentence = problem("sqlite:////nowhere/at/all.db", DatabaseNotReadyError)
    assert sentence == "the database sqlite:////nowhere/at/all.db can't be used: unable to open database file"


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("Not a database, but a text. " * 100)
    sentence = problem(f"sqlite:///{tmp_path / 'notes.db'}", DatabaseNotReadyError)
    assert sentence == f"the database sqlite:///{tmp_path / 'notes.db'} can't be used: file is not a database"


@pytest.fixture(params=['password authentication failed for user "app"', "Passwort falsch für »app«"])
def words(request: pytest.FixtureRequest) -> str:
    """What a server says; one in German may say it in Latin-1, while nobody has asked for UTF-8 yet."""
    return str(request.param)


@pytest.fixture
def refusing_server(words: str) -> Iterator[tuple[int, list[bytes]]]:
    """A server that asks for a password and then says, as PostgreSQL does, that it is wrong.

    https://www.postgresql.org/docs/current/protocol-message-formats.html
    """
    passwords: list[bytes] = []
    refusal = f"SFATAL\0C28P01\0M{words}\0\0".encode("latin-1")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))
                passwords.append(connection.recv(1000))
                connection.sendall(b"E" + (len(refusal) + 4).to_bytes(4, "big") + refusal)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], passwords
        thread.join(timeout=5)


def test_a_wrong_password_is_said_and_not_shown(words: str, refusing_server: tuple[int, list[bytes]]) -> None:
    """What was not in UTF-8 was a traceback."""
    port, passwords = refusing_server
    where = f"127.0.0.1:{port}/name?sslmode=disable&gssencmode=disable"
    sentence = problem(f"postgresql://app:{SECRET}@{where}", DatabaseNotReadyError)
    assert sentence.startswith(f"the database postgresql+psycopg2://app:***@{where.partition('?')[0]}")
    assert sentence.endswith("".join(letter if letter.isascii() else "\ufffd" for letter in words))
    assert SECRET.encode() in passwords[0]


# Not at this code's migration


def test_a_database_without_tables_is_not_migrated(empty_db_url: str) -> None:
    assert problem(empty_db_url, DatabaseNotReadyError) == NOT_MIGRATED


def test_a_migration_that_was_taken_back_is_not_migrated(db_url: str) -> None:
    execute(db_url, "DELETE FROM alembic_version")
    assert problem(db_url, DatabaseNotReadyError) == NOT_MIGRATED


def test_an_older_database_is_to_be_migrated(db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REVISIONS", (*REVISIONS, "9999"))
    sentence = f"the database is at migration {REVISIONS[-1]}, this code needs 9999: run `make migrate`"
    assert problem(db_url, DatabaseNotReadyError) == sentence
    with pytest.raises(DatabaseNotReadyError, match="run `make migrate`"):
        create_all(db_url)


def test_a_newer_database_needs_newer_code(db_url: str) -> None:
    execute(db_url, "UPDATE alembic_version SET version_num = '9999'")
    sentence = problem(db_url, DatabaseNotReadyError)
    assert (
        sentence == f"the database is at migration 9999, newer than this code ({module.REVISIONS[-1]}): update the code"
    )
    with pytest.raises(DatabaseNotReadyError, match="update the code"):
        create_all(db_url)


# Making tables, and letting go


def test_making_the_tables_twice_is_harmless(empty_db_url: str) -> None:
    create_all(empty_db_url)
    insert = "INSERT INTO leases (name, owner, expires_at) VALUES ('kept', 'a', '2026-05-01T00:00:00Z')"
    execute(empty_db_url, insert)
    create_all(empty_db_url)
    with create_db_session(empty_db_url) as session:
        assert session.execute(text("SELECT name FROM leases")).scalars().all() == ["kept"]
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISIONS[-1]]


def test_making_tables_in_a_database_that_is_down_says_so(closed_port: int) -> None:
    with pytest.raises(DatabaseNotReadyError, match="refused") as caught:
        create_all(f"postgresql://app:{SECRET}@127.0.0.1:{closed_port}/name")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.fixture
def connections() -> Iterator[dict[str, int]]:
    """How many connections to databases were opened and closed, by anyone in this process."""
    counts = {"connect": 0, "close": 0}

    def opened(*_: object) -> None:
        counts["connect"] += 1

    def closed(*_: object) -> None:
        counts["close"] += 1

    listeners = {"connect": opened, "close": closed}
    for name, listener in listeners.items():
        event.listen(Pool, name, listener)
    yield counts
    for name, listener in listeners.items():
        event.remove(Pool, name, listener)


def test_a_closed_session_leaves_no_connection(db_url: str, connections: dict[str, int]) -> None:
    session = create_db_session(db_url)
    session.execute(text("SELECT 1"))
    session.close()
    assert connections["connect"] == connections["close"] > 0


def test_a_refused_database_is_left_without_a_connection(empty_db_url: str, connections: dict[str, int]) -> None:
    problem(empty_db_url, DatabaseNotReadyError)
    assert connections["connect"] == connections["close"] == 1


def test_a_second_session_compiles_no_statement_again(db_url: str) -> None:
    """The cache was said to be the process's, but its keys held an engine's own parts: a warm Lambda missed it."""
    found = []
    for _ in range(2):
        with create_db_session(db_url) as session:

            def note(*arguments: Any) -> None:
                found.append(arguments[4].cache_hit.name)

            event.listen(session.get_bind(), "after_cursor_execute", note)
            session.scalars(select(Lease)).all()
            event.remove(session.get_bind(), "after_cursor_execute", note)
    assert found == ["CACHE_MISS", "CACHE_HIT"]


def test_a_savepoint_on_sqlite_is_inside_a_transaction(sqlite_url: str) -> None:
    create_all(sqlite_url)
    with create_db_session(sqlite_url) as session:
        with session.begin_nested():
            session.execute(text("INSERT INTO leases (name, owner, expires_at) VALUES ('x', 'a', '2026-05-01')"))
        session.rollback()
        assert session.execute(text("SELECT count(*) FROM leases")).scalar() == 0


def test_a_database_error_is_described_without_its_statement_and_values(shared: Session) -> None:
    with pytest.raises(SQLAlchemyError) as caught:
        shared.execute(text("SELECT :value FROM no_such_table"), {"value": SECRET})
    sentence = describe(caught.value, f"postgresql://app:{SECRET}@host/name")
    assert "no_such_table" in sentence
    assert SECRET not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_a_lock_is_not_waited_for_until_lambda_ends(db_url: str) -> None:
    """Somebody's forgotten transaction held a run up past its deadline, without a word."""
    with create_db_session(db_url) as session:
        assert session.execute(text("SHOW lock_timeout")).scalar() == "30s"


@pytest.mark.parametrize(("setting", "jit"), [("jit", "off"), ("no_such_setting", "on")])
def test_no_statement_is_compiled_and_a_server_that_cant_is_no_error(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, setting: str, jit: str
) -> None:
    """A view's query took three seconds longer, because the server compiled it first."""
    monkeypatch.setattr(module, "JIT_OFF", module.JIT_OFF.replace("'jit'", f"'{setting}'"))
    engine = module.make_engine(f"{postgres_url}&options=-cjit%3Don")
    with engine.connect() as connection:
        connection.rollback()
        assert connection.execute(text("SHOW jit")).scalar() == jit
    engine.dispose()
