"""A server on localhost that answers byte by byte as a test says: whole answers, cut ones, resets."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from requests.structures import CaseInsensitiveDict


@dataclass(frozen=True)
class Seen:
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Reply:
    """What goes over the wire; `then` says what happens to the connection, `drip` follows again and again."""

    wire: bytes
    then: str = "keep"  # or close, reset, hang
    drip: bytes = b""


def reply(
    status: int = 200, body: object = None, headers: Mapping[str, str] | None = None, *, then: str = "keep"
) -> Reply:
    """A whole answer; `body` is bytes as they are, or anything JSON can write."""
    content = body if isinstance(body, bytes) else b"" if status in {204, 304} else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return Reply(head.encode("latin-1") + b"\r\n" + content, then)


RESET = Reply(b"", "reset")
CLOSED = Reply(b"", "close")
HANGING = Reply(b"", "hang")
CUT_BODY = Reply(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a": 1', "close")
CUT_CHUNK = Reply(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"a": 1', "close")
BAD_CHUNK = Reply(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"a": 1}\r\n0\r\n\r\n', "close")
CUT_GZIP = reply(body=gzip.compress(json.dumps(list(range(1000))).encode())[:-40], headers={"Content-Encoding": "gzip"})
BAD_GZIP = reply(body=b"this is not gzip", headers={"Content-Encoding": "gzip"})
NOT_HTTP = Reply(b"220 mail.example ESMTP\r\n\r\n", "close")
NOT_JSON = reply(body=b"<html>\x00\x1b[31m Whoa there! </html>")
HALF_JSON = reply(body=b'[{"id": 1}, {"id":')


@dataclass
class LocalServer:
    """Answers with `replies` in their order, or with what `answer` makes of a request."""

    replies: list[Reply] = field(default_factory=list)
    answer: Callable[[Seen], Reply] | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        self._done.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := _read_request(stream.readline)) is not None:
                answer = self._next(request)
                connection.sendall(answer.wire)
                while answer.drip and not self._done.wait(0.01):
                    connection.sendall(answer.drip)
                if answer.then == "hang":
                    self._done.wait(10)
                if answer.then == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if answer.then != "keep":
                    return

    def _next(self, request: Seen) -> Reply:
        with self._lock:
            self.seen.append(request)
            if self.answer is not None:
                return self.answer(request)
            return self.replies.pop(0) if self.replies else reply(418, {"message": "the test has no reply left"})


def _read_request(readline: Callable[[], bytes]) -> Seen | None:
    first = readline().decode("latin-1").split(" ")
    if len(first) < 2:
        return None
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    while (line := readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name] = value.strip()
    return Seen(first[1], headers)


BROKEN = {
    "reset": RESET,
    "closed": CLOSED,
    "cut body": CUT_BODY,
    "cut chunk": CUT_CHUNK,
    "bad chunk": BAD_CHUNK,
    "cut gzip": CUT_GZIP,
    "bad gzip": BAD_GZIP,
    "not http": NOT_HTTP,
    "not json": NOT_JSON,
    "half json": HALF_JSON,
}
