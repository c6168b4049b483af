"""One of many values: the same answer as IN gives, with one parameter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chalicelib.models import Lease, Membership
from chalicelib.store.among import among

DAY = datetime(2026, 5, 1, tzinfo=UTC)
MANY = 70_000  # more than either database takes as parameters of one statement


@pytest.fixture
def filled(shared: Session) -> Session:
    active = {"role": "member", "inserted_dt": DAY, "inactive": False}
    shared.execute(insert(Membership), [{"org": "acme", "member_id": key, **active} for key in (1, 2, 5_000_000_000)])
    names = {"it's": 1, "é 🦀": 2, '[",]': 3}
    moments = {name: DAY.replace(day=day, microsecond=day) for name, day in names.items()}
    shared.execute(insert(Lease), [{"name": name, "owner": "o", "expires_at": at} for name, at in moments.items()])
    return shared


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        (Membership.member_id, [2, 5_000_000_000, 7], {2, 5_000_000_000}),
        (Membership.member_id, range(2, MANY), {2}),
        (Membership.member_id, [], set()),
        (Lease.name, {"it's", '[",]', "it"}, {"it's", '[",]'}),
        (Lease.name, ["é 🦀"], {"é 🦀"}),
        (Lease.expires_at, [DAY.replace(day=2, microsecond=2), DAY], {DAY.replace(day=2, microsecond=2)}),
    ],
)
def test_it_finds_what_is_among_the_values(filled: Session, column: Any, values: Any, found: set[Any]) -> None:
    every = set(filled.scalars(select(column)))
    assert set(filled.scalars(select(column).where(among(column, values)))) == found
    assert set(filled.scalars(select(column).where(~among(column, values)))) == every - found


def test_a_second_list_is_another_parameter_of_the_same_statement(filled: Session) -> None:
    """The compiled statement is kept, and its list must not be."""
    for key in (1, 2):
        assert filled.scalars(select(Membership.member_id).where(among(Membership.member_id, [key]))).all() == [key]
