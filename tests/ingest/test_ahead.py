from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from chalicelib.ingest.ahead import fetch_ahead


def numbers(taken: list[int], count: int = 40) -> Iterator[int]:
    for number in range(count):
        taken.append(number)
        yield number


def test_things_come_in_their_order_with_what_was_fetched() -> None:
    found = [
        (thing, fetched.result())
        for thing, fetched in fetch_ahead(range(20), str, threads=3, name="test", session=Session())
    ]
    assert found == [(number, str(number)) for number in range(20)]


def test_several_are_fetched_at_once_and_no_more_than_two_for_each_thread_ahead() -> None:
    both, taken = threading.Barrier(2, timeout=10), list[int]()

    def fetch(number: int) -> int:
        # Two must be under way at the same time, or nothing goes on.
        both.wait()
        return number

    ahead = fetch_ahead(numbers(taken), fetch, threads=2, name="test", session=Session())
    for number, fetched in ahead:
        assert fetched.result() == number
        assert len(taken) <= number + 4


def test_nothing_more_is_fetched_when_the_caller_stops() -> None:
    taken, fetched = list[int](), list[int]()
    ahead = fetch_ahead(numbers(taken), fetched.append, threads=1, name="test", session=Session())
    next(ahead)
    ahead.close()
    assert len(fetched) <= len(taken) <= 2


def test_an_error_is_that_of_its_thing_alone() -> None:
    found = dict(fetch_ahead([1, 0, 2], lambda number: 6 // number, threads=2, name="test", session=Session()))
    with pytest.raises(ZeroDivisionError):
        found[0].result()
    assert (found[1].result(), found[2].result()) == (6, 3)
