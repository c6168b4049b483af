"""Records of plain lists to rows: by the types of the columns, and by what the columns say of themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, Date, Float, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from chalicelib.errors import RejectedError
from chalicelib.ingest import fields
from chalicelib.ingest.columns import converter_of, list_row
from chalicelib.ingest.fields import Converter
from chalicelib.models import MODELS
from chalicelib.store.base import (
    JSON_ARRAY,
    JSON_OBJECT,
    SERIAL,
    JsonList,
    JsonObject,
    UTCDateTime,
    from_field,
    from_restricted,
    ours,
)


class Base(DeclarativeBase):
    """Apart from the app's own tables, which no test may add to."""

    metadata = MetaData()


class Lamp(Base):
    """A list with a column of each type."""

    __tablename__ = "lamps"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    org: Mapped[str] = mapped_column(String, info=ours())
    name: Mapped[str]
    watts: Mapped[int | None]
    price: Mapped[float | None] = mapped_column(Float)
    is_lit: Mapped[bool | None] = mapped_column(info=from_field("lit"))
    made_on: Mapped[date | None] = mapped_column(Date)
    lit_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    bulb: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT)
    parts: Mapped[JsonList | None] = mapped_column(JSON_ARRAY)
    maker: Mapped[str | None] = mapped_column(String, info=from_field("maker.login"))
    city: Mapped[str | None] = mapped_column(String, info=from_field("maker.home.city"))
    room: Mapped[str] = mapped_column(String, info=from_field("place.room"))
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours())


LEAST: dict[str, Any] = {"id": 2**40, "name": "desk", "place": {"room": "study"}}
LEAST_ROW: dict[str, Any] = {"id": 2**40, "name": "desk", "room": "study"}


def of(**changes: Any) -> dict[str, Any]:
    """The least record with changes; `...` leaves a key out."""
    return {name: value for name, value in (LEAST | changes).items() if value is not ...}


TYPES: list[tuple[TypeEngine[Any], Converter]] = [
    (UTCDateTime(), fields.moment),
    (Date(), fields.day),
    (BigInteger(), fields.identity),
    (SERIAL, fields.identity),
    (Float(), fields.fraction),
    (String(), fields.text),
    (Text(), fields.text),
    (JSON_OBJECT, fields.json_object),
    (JSON_ARRAY, fields.json_array),
    (Lamp.__table__.c.watts.type, fields.number),
    (Lamp.__table__.c.is_lit.type, fields.flag),
]


@pytest.mark.parametrize(("kind", "converter"), TYPES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_type_of_a_column_says_how_its_field_is_read(kind: TypeEngine[Any], converter: Converter) -> None:
    assert converter_of(Column("x", kind)) is converter


def test_a_type_that_no_field_becomes_is_a_bug_in_the_declaration() -> None:
    with pytest.raises(TypeError, match=r"^x has a type that no field of GitHub's becomes: BLOB$"):
        converter_of(Column("x", LargeBinary()))


def test_every_column_of_the_app_s_tables_can_be_read() -> None:
    for model in MODELS.values():
        for column in model.__table__.columns:
            assert callable(converter_of(column))


def test_a_whole_record() -> None:
    record = of(
        watts=40,
        price=9.5,
        lit=True,
        made_on="2026-01-02",
        lit_at="2026-05-01T10:00:00+02:00",
        bulb={"kind": "LED"},
        parts=[{"id": 1}],
        maker={"login": "ada", "home": {"city": "Ghent"}},
        org="GitHub's word, which is not asked for",
        first_seen_at="2020-01-01T00:00:00Z",
        unknown=[1],
    )
    assert list_row(Lamp, record) == LEAST_ROW | {
        "watts": 40,
        "price": 9.5,
        "is_lit": True,
        "made_on": date(2026, 1, 2),
        "lit_at": datetime(2026, 5, 1, 8, tzinfo=UTC),
        "bulb": {"kind": "LED"},
        "parts": [{"id": 1}],
        "maker": "ada",
        "city": "Ghent",
    }


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, {}),
        ({"watts": None, "bulb": None, "parts": None}, {"watts": None, "bulb": None, "parts": None}),
        ({"maker": None}, {"maker": None, "city": None}),
        ({"maker": {}}, {}),
        ({"maker": {"login": None, "home": None}}, {"maker": None, "city": None}),
        ({"maker": {"home": {}}}, {}),
        ({"name": "a\x00b"}, {"name": "ab"}),
    ],
    ids=["least", "nulls", "ghost", "nobody told", "null inside", "nothing inside", "NUL"],
)
def test_what_github_leaves_out_is_left_out_and_null_is_null(changes: dict[str, Any], columns: dict[str, Any]) -> None:
    assert list_row(Lamp, of(**changes)) == LEAST_ROW | columns


def test_what_github_shows_to_some_tokens_only_is_null_when_it_is_left_out() -> None:
    """It kept its old value, as if this token were still told of it."""

    class Safe(Base):
        """A list with columns that not everybody sees."""

        __tablename__ = "safes"

        id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
        lock: Mapped[str | None] = mapped_column(String, info=from_restricted("secrets.lock"))
        code: Mapped[JsonObject | None] = mapped_column(JSON_OBJECT, info=from_restricted("code"))

    assert list_row(Safe, {"id": 1, "secrets": {"lock": "shut"}, "code": {}}) == {"id": 1, "lock": "shut", "code": {}}
    hidden_ways: list[dict[str, Any]] = [{}, {"secrets": {}}, {"secrets": None}]
    for hidden in hidden_ways:
        assert list_row(Safe, {"id": 1, **hidden}) == {"id": 1, "lock": None, "code": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ...}, "id is missing"),
        ({"name": None}, "name is missing"),
        ({"place": ...}, "place.room is missing"),
        ({"place": None}, "place.room is missing"),
        ({"place": {"room": None}}, "place.room is missing"),
        ({"place": "study"}, "place.room is not in an object"),
        ({"maker": ["ada"]}, "maker.login is not in an object"),
        ({"maker": {"home": 7}}, "maker.home.city is not in an object"),
        ({"maker": {"login": 7}}, "maker.login is int, not text"),
        ({"id": "7"}, "id is str, not a whole number"),
        ({"watts": 2**31}, "watts is out of range"),
        ({"watts": 1.5}, "watts is float, not a whole number"),
        ({"price": "9.5"}, "price is str, not a number"),
        ({"lit": 1}, "lit is int, not true or false"),
        ({"made_on": "May"}, "made_on is not a day"),
        ({"lit_at": 0}, "lit_at is not a time"),
        ({"bulb": []}, "bulb is list, not an object"),
        ({"parts": {}}, "parts is dict, not an array"),
        ({"unknown": float("nan")}, "it holds a number that is not one (NaN or Infinity)"),
    ],
    ids=lambda value: ascii(value) if isinstance(value, dict) else "",
)
def test_a_record_that_is_no_row_is_rejected_with_the_field_s_name(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        list_row(Lamp, of(**changes))
    assert str(caught.value) == reason


def test_what_is_no_object_is_rejected() -> None:
    with pytest.raises(RejectedError, match=r"^it is str, not an object$"):
        list_row(Lamp, "desk")
