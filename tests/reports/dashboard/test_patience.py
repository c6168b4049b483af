from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from chalicelib.errors import DatabaseNotReadyError
from chalicelib.settings import Settings
from reports.dashboard.patience import limit, patience
from reports.reading import reading

# It counts to a number that no test lives to see.
ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000000) SELECT count(*) FROM n"
)


def test_a_question_that_takes_too_long_is_ended_with_a_sentence(db_url: str, root: Path) -> None:
    settings = Settings({"DB_URL": db_url}.get, root)
    with reading(settings) as engine:
        limit(engine, seconds=0.05)
        message = (
            "^the database did not answer within 0.05 seconds: try again, or choose a repository or a shorter period$"
        )
        with (
            pytest.raises(DatabaseNotReadyError, match=message),
            patience(seconds=0.05),
            engine.connect() as connection,
        ):
            connection.execute(text(ENDLESS)).all()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1


def test_others_of_the_process_may_take_their_time(db_url: str, engine: Engine, root: Path) -> None:
    with reading(Settings({"DB_URL": db_url}.get, root)) as hurried:
        limit(hurried, seconds=0.01)
        with hurried.connect() as connection:
            connection.execute(text("SELECT 1"))
    with engine.connect() as connection:
        counted = connection.scalar(text(ENDLESS.replace("1000000000000", "300000")))
    assert counted == 300_000
