"""Requests of many threads begin at even distances."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from chalicelib.github import Pacer
from chalicelib.github.pacer import PER_SECOND


def test_no_second_has_more_than_its_share() -> None:
    """On a clock that only sleeping moves: 100 requests take 99 intervals, and no second has more than 15."""
    now, begun, lock = [0.0], list[float](), threading.Lock()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pacer = Pacer(now=lambda: now[0], sleep=sleep)
    for _ in range(100):
        pacer.wait()
        with lock:
            begun.append(now[0])
    assert round(begun[-1], 6) == round(99 / PER_SECOND, 6)
    assert max(sum(1 for other in begun if moment <= other < moment + 1) for moment in begun) <= 15


def test_threads_share_the_turns() -> None:
    """Each thread waits for its own turn: the pauses are 0, 1, 2 … intervals, whoever comes first."""
    pauses, lock = list[float](), threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            pauses.append(seconds)

    pacer = Pacer(now=lambda: 0.0, sleep=sleep)
    with ThreadPoolExecutor(8) as pool:
        for turn in [pool.submit(pacer.wait) for _ in range(40)]:
            turn.result()
    assert [round(pause * PER_SECOND) for pause in sorted(pauses)] == list(range(1, 40))


def test_a_rest_is_not_caught_up_with() -> None:
    now = [0.0]
    pauses: list[float] = []
    pacer = Pacer(now=lambda: now[0], sleep=pauses.append)
    pacer.wait()
    now[0] = 60.0
    pacer.wait()
    pacer.wait()
    assert [round(pause * PER_SECOND, 6) for pause in pauses] == [1.0]
