"""A stand-in of Slack's HTTP API on localhost: it keeps what it received, and refuses what Slack would refuse.

https://docs.slack.dev/messaging/working-with-files#upload
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

TOKEN = "xoxb-1-made-up"
CHANNELS = {"#delivery": "C0DELIVERY", "C0DELIVERY": "C0DELIVERY"}
MESSAGE = "1773300000.000100"


@dataclass
class Answer:
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Slack:
    """What the server received; `refusals` are answers to give instead, first ones first, by method."""

    url: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    announced: dict[str, dict[str, str]] = field(default_factory=dict)
    uploaded: dict[str, bytes] = field(default_factory=dict)
    shared: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, list[Answer]] = field(default_factory=dict)

    def answer(self, method: str, token: str, fields: dict[str, str]) -> Answer:
        self.calls.append((method, fields))
        if self.refusals.get(method):
            return self.refusals[method].pop(0)
        if token != f"Bearer {TOKEN}":
            return refused("invalid_auth")
        known: dict[str, Callable[[dict[str, str]], Answer]] = {
            "auth.test": lambda _: Answer(200, {"ok": True}),
            "chat.postMessage": self.take_message,
            "files.getUploadURLExternal": self.announce,
            "files.completeUploadExternal": self.complete,
        }
        return known[method](fields) if method in known else refused("unknown_method")

    def take_message(self, fields: dict[str, str]) -> Answer:
        if fields["channel"] not in CHANNELS:
            return refused("channel_not_found")
        self.messages.append(fields)
        return Answer(200, {"ok": True, "channel": CHANNELS[fields["channel"]], "ts": MESSAGE})

    def announce(self, fields: dict[str, str]) -> Answer:
        name = f"F{len(self.announced)}"
        self.announced[name] = fields
        return Answer(200, {"ok": True, "upload_url": f"{self.url}/upload/{name}", "file_id": name})

    def complete(self, fields: dict[str, str]) -> Answer:
        files = json.loads(fields["files"])
        # It takes ids of channels only, and files only that came whole.
        if fields["channel_id"] not in CHANNELS.values():
            return refused("channel_not_found")
        if any(len(self.uploaded[each["id"]]) != int(self.announced[each["id"]]["length"]) for each in files):
            return refused("file_upload_size_mismatch")
        self.shared.append({**fields, "files": files})
        return Answer(200, {"ok": True, "files": files})


def refused(error: str, **more: object) -> Answer:
    return Answer(200, {"ok": False, "error": error, **more})


def too_many(seconds: int) -> Answer:
    return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(seconds)})


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        slack = cast(Server, self.server).slack
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "upload":
            slack.uploaded[name] = body
            self.reply(Answer(200, {"ok": True}))
        else:
            self.reply(slack.answer(name, self.headers["Authorization"], self.fields(body)))

    def fields(self, body: bytes) -> dict[str, str]:
        if "json" in self.headers["Content-Type"]:
            return cast(dict[str, str], json.loads(body))
        return dict(parse_qsl(body.decode()))

    def reply(self, answer: Answer) -> None:
        content = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    slack: Slack


@contextmanager
def running() -> Iterator[Slack]:
    """Serve on a free port; the API is below `/api/` of its URL."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.slack = Slack(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.slack
        finally:
            server.shutdown()
            thread.join()
