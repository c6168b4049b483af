"""Who may ask the dashboard: no other web page, neither by a name that leads here nor from within a frame.

A page elsewhere can let its own name lead to 127.0.0.1 (DNS rebinding), open a WebSocket to this machine, or show the
dashboard in a frame and lead a click to its button. It can't change what the browser says of it in `Host` and `Origin`.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = "localhost"
NO_FRAMES = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY"}
UNKNOWN_NAME = "The dashboard is not known by this name: start it with --name, see docs/dashboard.md.\n"


class Guard:
    """Answers requests by an address, by `localhost` or by a known name only, and WebSockets of its own pages only."""

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self.app, self.names = app, {LOCAL, *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self.is_ours(scope):
            await self.app(scope, receive, framed_nowhere(send))
        else:
            await refuse(scope, receive, send)

    def is_ours(self, scope: Scope) -> bool:
        """Tell whether a request comes by one of our names, and a WebSocket from one of our pages.

        Streamlit would refuse a WebSocket from elsewhere too, but asks a server of Amazon for this machine's address
        before it does.
        """
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        is_foreign = scope["type"] == "websocket" and origin is not None and urlsplit(origin).netloc != host
        return self.knows(host) and not is_foreign

    def knows(self, host: str) -> bool:
        """Tell whether a `Host` is ours; a name that leads to this machine may be anybody's, an address is not."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self.names or is_address(name)


def is_address(name: str) -> bool:
    """Tell whether a host is written as an IP address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request with 403."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "not from here"})
        return
    await PlainTextResponse(UNKNOWN_NAME, status_code=403)(scope, receive, send)


def framed_nowhere(send: Send) -> Send:
    """Let no answer be shown in a frame."""

    async def send_it(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in NO_FRAMES.items():
                headers[name] = value
        await send(message)

    return send_it
