"""Every table in one import, and how they are made."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text

from chalicelib import models
from chalicelib.errors import DatabaseNotReadyError
from chalicelib.models import MODELS, Base, create_all, create_db_session
from chalicelib.views import VIEWS


def test_every_table_has_one_model_by_its_name() -> None:
    assert {model.__table__ for model in MODELS.values()} == set(Base.metadata.sorted_tables)
    assert all(getattr(models, name) is model for name, model in MODELS.items())
    assert all(name == model.__name__ for name, model in MODELS.items())


def test_a_table_that_is_none_is_named() -> None:
    with pytest.raises(AttributeError, match="Unicorn"):
        models.Unicorn  # noqa: B018 - asking for it is the test


def test_create_all_makes_every_table_and_view(empty_db_url: str) -> None:
    create_all(empty_db_url)
    engine = create_engine(empty_db_url)
    found = inspect(engine)
    assert set(found.get_table_names()) == {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
    assert set(found.get_view_names()) == {view.name for view in VIEWS}
    engine.dispose()


def test_a_second_time_it_changes_nothing(db_url: str) -> None:
    with create_db_session(db_url) as session:
        session.execute(text("INSERT INTO cursors VALUES ('x', 'acme', '*', '2026-05-01 00:00:00')"))
        session.commit()
    create_all(db_url)
    with create_db_session(db_url) as session:
        assert session.scalar(text("SELECT count(*) FROM cursors")) == 1


def test_a_database_of_another_version_is_left_alone(db_url: str) -> None:
    engine = create_engine(db_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DROP TABLE leases"))
    with pytest.raises(DatabaseNotReadyError, match="9999"):
        create_all(db_url)
    assert "leases" not in inspect(engine).get_table_names()
    engine.dispose()


def test_a_database_that_is_down_is_one_sentence() -> None:
    with pytest.raises(DatabaseNotReadyError) as caught:
        create_all("postgresql://me:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
