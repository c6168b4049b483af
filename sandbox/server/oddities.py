"""Odd answers: what the API claims although the world is otherwise, as a test or a simulation says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.api.messages import Answer, Request

# Gets a request and the true answer, which it must not change; gives the answer to send instead, or the same one.
Oddity = Callable[[Request, Answer], Answer]


class Oddities:
    """The oddities that are told now; each one sees the answer of the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: list[Oddity] = []

    def tell(self, oddity: Oddity) -> None:
        """Begin to tell an oddity."""
        with self._lock:
            self._told.append(oddity)

    def clear(self) -> None:
        """Tell the truth again."""
        with self._lock:
            self._told.clear()

    @contextmanager
    def telling(self, oddity: Oddity) -> Iterator[None]:
        """Tell an oddity for a block."""
        self.tell(oddity)
        try:
            yield
        finally:
            with self._lock:
                self._told.remove(oddity)

    def apply(self, request: Request, answer: Answer) -> Answer:
        """Return the answer to send."""
        with self._lock:
            told = list(self._told)
        for oddity in told:
            answer = oddity(request, answer)
        return answer
