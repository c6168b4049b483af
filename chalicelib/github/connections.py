"""Connections whose answers end in time, whose headers are whole, and whose URLs are in no log.

A timeout of `requests` is for each wait: an answer that sends a byte now and then never meets it. So each read from
the socket waits no longer than is left for the whole answer: its headers, its body, and a proxy's answer before them.
"""

from __future__ import annotations

import io
import logging
import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HeaderParsingError
from urllib3.util.response import assert_header_parsing


def _drop(_record: logging.LogRecord) -> bool:
    return False


# They quote whole URLs, and the signature in a download's is a secret. Our own errors say what went wrong.
for _name in ("connection", "connectionpool", "poolmanager", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_drop)


class MalformedHeadersError(HTTPException):
    """The headers can't be read to their end: a lost `Link` would make a first page look like a whole list."""


def allow_any(_address: str) -> None:
    """Allow every address."""


@dataclass(frozen=True)
class _Limits:
    """When an answer must have ended, by the monotonic clock, and what refuses an address by raising."""

    deadline: float = math.inf
    check_address: Callable[[str], None] = allow_any


_NO_LIMITS = _Limits()
_limits: ContextVar[_Limits] = ContextVar("limits", default=_NO_LIMITS)


@contextmanager
def answer_within(seconds: float, check_address: Callable[[str], None] = allow_any) -> Iterator[None]:
    """Let this thread's requests in a block end within `seconds`; later reads raise TimeoutError.

    `check_address` gets the address of each new connection, unless that is a proxy's, and raises to refuse it.
    """
    token = _limits.set(_Limits(time.monotonic() + seconds, check_address))
    try:
        yield
    finally:
        _limits.reset(token)


class BoundedAdapter(HTTPAdapter):
    """Sends requests over such connections, direct ones and those through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _TimedReader(io.RawIOBase):
    """Reads from a socket, and waits no longer than is left for the answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _limits.get().deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        usual = self._socket.gettimeout()
        if usual is None or left < usual:
            self._socket.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _TimedSocket:
    """The part of a socket that an answer is read through."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket))


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        try:
            assert_header_parsing(self.headers)
        except HeaderParsingError:
            # Not chained: it quotes the headers.
            raise MalformedHeadersError from None


class _HTTPConnection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self)


class _HTTPSConnection(HTTPSConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self)


def _checked(sock: socket.socket, connection: HTTPConnection) -> socket.socket:
    """Check the address that a name led to, before anything is sent: another look-up may give another address."""
    try:
        if connection.proxy is None:
            _limits.get().check_address(sock.getpeername()[0])
    except BaseException:
        sock.close()
        raise
    return sock


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
