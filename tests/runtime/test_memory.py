"""Large blocks of memory go back to the system, where the C library can be told to."""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import pytest

from chalicelib.runtime.memory import give_back_large_blocks


def test_glibc_is_told_to_give_them_back() -> None:
    assert give_back_large_blocks() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.parametrize("error", [OSError("no such library"), AttributeError("mallopt"), TypeError("None")])
def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_: Any) -> Any:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert give_back_large_blocks() is False
