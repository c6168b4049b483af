"""Fetches a few things ahead of the one that is being stored: GitHub answers while this app writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.orm import Session

from chalicelib.store.transactions import end_reading

T = TypeVar("T")
R = TypeVar("R")


def fetch_ahead(
    things: Iterable[T], fetch: Callable[[T], R], *, threads: int, name: str, session: Session
) -> Generator[tuple[T, Future[R]]]:
    """Fetch each thing by a pool of threads; gives them in their order, each with what is being fetched of it.

    `things` is iterated by the caller's thread, no more than two for each thread ahead. When the caller stops early,
    nothing more is fetched. What the caller's thread has read from `session` is ended each time, for it waits then.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
        waiting: deque[tuple[T, Future[R]]] = deque()
        try:
            for thing in things:
                waiting.append((thing, pool.submit(fetch, thing)))
                if len(waiting) >= 2 * threads:
                    end_reading(session)
                    yield waiting.popleft()
            while waiting:
                end_reading(session)
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)
