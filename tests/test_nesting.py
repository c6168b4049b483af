from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.nesting import LEFT_OUT, MAX_DEPTH, is_deep, shallow


def nested(levels: int, *, in_dicts: bool = False) -> Any:
    value: Any = 7
    for _ in range(levels):
        value = {"a": value} if in_dicts else [value]
    return value


@pytest.mark.parametrize("in_dicts", [False, True])
def test_what_is_too_deep(in_dicts: bool) -> None:
    assert not is_deep(nested(MAX_DEPTH, in_dicts=in_dicts))
    assert is_deep(nested(MAX_DEPTH + 1, in_dicts=in_dicts))
    assert is_deep(nested(100_000, in_dicts=in_dicts))


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [{}, [1]], {"a": [{"b": None}]}])
def test_what_is_not_stays_as_it_is(value: Any) -> None:
    assert not is_deep(value)
    assert shallow(value) == value


@pytest.mark.parametrize("in_dicts", [False, True])
def test_what_is_too_deep_is_left_out(in_dicts: bool) -> None:
    cut = shallow({"id": 1, "deep": nested(100_000, in_dicts=in_dicts)})
    assert not is_deep(cut)
    assert LEFT_OUT in json.dumps(cut)
    assert cut["id"] == 1
    assert shallow(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
