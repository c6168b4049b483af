"""The HTTP server: keep-alive connections over the standard library's server, and answers broken on the wire."""

import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sandbox.api.messages import Request
from sandbox.server import downloads, status_page
from sandbox.server.app import App
from sandbox.server.clock import Clock
from sandbox.server.control import PREFIX, Control
from sandbox.server.faults import Fault, Faults
from sandbox.server.limits import Limits
from sandbox.server.responses import Response
from sandbox.server.tokens import DEFAULT_TOKEN
from sandbox.world.world import World

HOST = "127.0.0.1"
# linger on, for no time: closing sends a reset
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out in two writes; Nagle's algorithm would hold the second for the client's delayed ACK.
    disable_nagle_algorithm = True
    # A buffer, so that mostly there is one write after all.
    wbufsize = 1 << 16
    server: "_Server"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length) if length else b"")
        self._send(self.server.answer(request))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 - as above

    def _send(self, response: Response) -> None:
        if response.fault is Fault.RESET:
            self._reset()
            return
        self.server.wait(response.stall)
        body, half = response.body, response.body[: len(response.body) // 2]
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.fault is Fault.TRUNCATED_CHUNKS:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%b" % (len(body), half)
        elif response.status not in (204, 304):
            # A compressed stream ends in its middle although its length is right.
            shown = half if response.fault is Fault.TRUNCATED_GZIP else body
            self.send_header("Content-Length", str(len(shown)))
            body = half if response.fault in (Fault.TRUNCATED, Fault.TRUNCATED_GZIP) else body
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if response.fault in (Fault.TRUNCATED, Fault.TRUNCATED_CHUNKS):
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.close_connection = True

    def handle(self) -> None:
        """Serve a connection until either side ends it."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError, ValueError):
            # The client went away, or the sandbox is being closed.
            self.close_connection = True

    def finish(self) -> None:
        """Flush what is left, to a client that may be gone."""
        try:
            super().finish()
        except (ConnectionError, ValueError):
            self.rfile.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's names
        """Log nothing: the stats tell what was asked."""


class _Server(ThreadingHTTPServer):
    # Threads are joined when the server closes.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.answer: Callable[[Request], Response]
        self.wait: Callable[[float], None]
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        # Closing alone: a shutdown before it would turn a reset into an orderly end.
        with self._connections_lock:
            self._connections.discard(request)
            request.close()

    def close_connections(self) -> None:
        with self._connections_lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster


class RunningSandbox:
    """A sandbox that serves in threads of its own until it is closed; a context manager.

    `url` and `token` are what a client needs; `world`, `clock`, `faults`, `limits`, `tokens`, `integrations` (GitHub
    Apps), `truth`, `copilot`, `downloads` (its reports' links), `graphql` (its settings), `oddities`, `hooks` (webhooks
    and their logs), `status_page` and `stats` can be used directly from the same process.
    """

    def __init__(self, app: App, server: _Server, *, url: str) -> None:
        self.url, self.token = url, DEFAULT_TOKEN
        self.app, self.world, self.clock = app, app.world, app.clock
        self.faults, self.limits, self.tokens, self.stats = app.faults, app.limits, app.tokens, app.stats
        self.integrations, self.truth, self.oddities = app.integrations, app.truth, app.oddities
        self.copilot, self.downloads, self.graphql = app.copilot, app.downloads, app.graphql.settings
        self.hooks, self.status_page = app.hooks, app.status_page
        self.deliveries, self.deliver = app.deliverer.deliveries, app.deliverer.deliver
        self.control = Control(app)
        server.answer, server.wait = self._answer, app.wait
        self._server = server
        self._followers: list[threading.Thread] = []
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox")
        self._thread.start()

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(downloads.PREFIX):
            return self.app.download(request)
        if request.path.startswith(status_page.PREFIX):
            return self.status_page.answer(request)
        if request.path.startswith(PREFIX):
            return self.control.handle(request)
        return self.app.handle(request)

    def keep_delivering(self, url: str, secret: str, *, every: float = 1.0) -> None:
        """Post what happens to a webhook's receiver every so many seconds, until the sandbox is closed."""

        def follow() -> None:
            while not self.app.is_closing:
                self.deliver(url, secret)
                self.app.wait(every)

        self._followers.append(threading.Thread(target=follow, name="sandbox-webhook"))
        self._followers[-1].start()

    def close(self) -> None:
        """Stop serving, end all connections and join all threads."""
        self.app.close()
        for follower in self._followers:
            follower.join()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    world: World,
    *,
    port: int = 0,
    speed: float = 0.0,
    latency: float = 0.0,
    faults: Faults | None = None,
    limits: Limits | None = None,
    public_url: str = "",
) -> RunningSandbox:
    """Serve a world; its clock stands still unless it is given a speed (1: real time). `latency` is in seconds.

    With a `public_url` the objects carry it in their API URLs, whatever the port; pages link to this address.
    """
    server = _Server((HOST, port))
    url = f"http://{HOST}:{server.server_address[1]}"
    faults, limits = faults or Faults(seed=world.plan.seed), limits or Limits()
    app = App(world, Clock(world.now, speed=speed), faults=faults, limits=limits, base_url=url, public_url=public_url)
    app.latency = latency
    return RunningSandbox(app, server, url=url)
