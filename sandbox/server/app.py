"""The API as a function from request to response: access, limits, faults, conditional answers and headers."""

import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any

from werkzeug.exceptions import HTTPException

from sandbox.api.access import Token
from sandbox.api.call import Call
from sandbox.api.copilot.service import Copilot
from sandbox.api.errors import ApiError, not_found
from sandbox.api.forms import Forms
from sandbox.api.graphql.service import GraphQL
from sandbox.api.hooks import Hooks
from sandbox.api.messages import Answer, Request, encode
from sandbox.api.pages import is_later_page
from sandbox.api.permissions import Permissions
from sandbox.api.routes import URL_MAP, Route
from sandbox.api.search import SearchIndex
from sandbox.api.truth import Truth
from sandbox.api.versions import in_version, select_version
from sandbox.server import downloads
from sandbox.server.clock import Clock
from sandbox.server.deliverer import Deliverer
from sandbox.server.downloads import Downloads
from sandbox.server.faults import GRAPHQL_ONLY, Fault, Faults
from sandbox.server.integrations import Integrations
from sandbox.server.limits import RESOURCES, Limits, Window, secondary_limit
from sandbox.server.oddities import Oddities
from sandbox.server.responses import Response
from sandbox.server.stats import Stats
from sandbox.server.status_page import StatusPage
from sandbox.server.tokens import Tokens
from sandbox.world.apps import Installation, Integration
from sandbox.world.copilot.usage import Usage
from sandbox.world.items import Kind
from sandbox.world.world import World

Wait = Callable[[float], object]

NO_USER_AGENT = (
    b"\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    b"(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
    b"Check https://developer.github.com for other possible causes.\r\n"
)
UNICORN = (
    b"<!DOCTYPE html>\n<html>\n<head><title>Unicorn! &middot; GitHub</title></head>\n"
    b"<body><p><strong>We had issues producing the response to your request.</strong></p></body>\n</html>\n"
)
ERROR_MESSAGES = {
    Fault.INTERNAL: (500, "Server Error"),
    Fault.BAD_GATEWAY: (502, "Server Error"),
    Fault.UNAVAILABLE: (503, "Service Unavailable"),
    Fault.TIMEOUT: (504, "We couldn't respond to your request in time."),
}
REFUSALS: dict[Fault, int] = {Fault.SECONDARY_403: 403, Fault.SECONDARY_429: 429, Fault.SECONDARY_BARE: 403}
POINTS = "graphql"  # the resource of which a query takes points, not requests
ON_THE_WIRE = {Fault.RESET, Fault.TRUNCATED, Fault.TRUNCATED_GZIP, Fault.TRUNCATED_CHUNKS}
ITEM_LISTS = ("/issues", "/pulls")
SMALL = 860  # shorter bodies aren't compressed
COMMON_HEADERS = {
    "Server": "github.com",
    "Content-Type": "application/json; charset=utf-8",
    "X-GitHub-Media-Type": "github.v3; format=json",
    "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}
# For classic tokens only; the others get the permissions that an endpoint accepts.
SCOPE_HEADERS = {"X-OAuth-Scopes": "read:org, repo", "X-Accepted-OAuth-Scopes": ""}


@dataclass(slots=True)
class Exchange:
    """A request on its way through the app, and what is known of it so far."""

    request: Request
    route: str = "unmatched"
    accepts: str = ""
    token: Token | None = None
    window: Window | None = None
    version: str = ""
    fault: Fault | None = None
    refused: bool = False


class App:
    """One sandbox: a world, its clock, and everything that stands between them and a client."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        faults: Faults,
        limits: Limits,
        base_url: str,
        public_url: str = "",
    ) -> None:
        self.world, self.clock, self.faults, self.limits = world, clock, faults, limits
        self.latency = 0.0  # seconds before each answer
        self.tokens, self.stats, self.oddities = Tokens(now=limits.now), Stats(), Oddities()
        self.integrations = Integrations(world, self.tokens, now=limits.now)
        self.payloads, self.index = Forms(world, base_url, public_url=public_url), SearchIndex(world)
        self.new_payloads = Forms(world, base_url, public_url=public_url, new_ids=True)
        self.graphql = GraphQL(world)
        self.hooks = Hooks(world, self.payloads)
        self.deliverer = Deliverer(world, self.hooks, clock)
        self.status_page = StatusPage(world, base_url)
        self.truth, self.copilot = Truth(world, self.payloads), Copilot(world)
        self.downloads = Downloads(world, self.copilot, now=limits.now, base_url=base_url)
        self._shifts = Random(f"{world.plan.seed}/shifts")
        self._routes = URL_MAP.bind("sandbox")
        self._request_ids = count(1)
        self._closing = threading.Event()

    def close(self) -> None:
        """End all waiting: latency and stalls."""
        self._closing.set()

    @property
    def is_closing(self) -> bool:
        """Whether the sandbox is being closed."""
        return self._closing.is_set()

    def wait(self, seconds: float) -> None:
        """Wait, unless the sandbox is being closed."""
        if seconds > 0:
            self._closing.wait(seconds)

    def rate_limits(self, token: Token) -> dict[str, dict[str, Any]]:
        """Return a token's limits by resource."""
        return {name: self.limits.window(token.account, name).summary() for name in RESOURCES}

    def query(self, call: Call) -> Answer:
        """Answer a GraphQL query."""
        return self.graphql.answer(call)

    def charge_points(self, token: Token, points: int) -> dict[str, Any] | None:
        """Take a query's points from a token's limit; return what there is, None if nothing was left."""
        window = self.limits.charge_points(token.account, points)
        return None if window is None else {**window.summary(), "reset": window.reset + self._behind}

    def links(self, usage: Usage, report: str, day: int) -> list[str]:
        """Return the links to a report's files."""
        return self.downloads.links(usage, report, day)

    def integration(self, token: Token) -> Integration:
        """Return the App that signed a JWT; raise the API's 401 if it is gone."""
        return self.integrations.get(token.app)

    def issue(self, integration: Integration, installation: Installation, permissions: Permissions | None) -> Token:
        """Make an installation's token; raise the API's 422."""
        return self.integrations.issue(integration, installation, permissions)

    def handle(self, request: Request) -> Response:
        """Answer an API request."""
        return self._count(Exchange(request), self._respond)

    def download(self, request: Request) -> Response:
        """Answer a request for a report's file: no part of the API, so without token, limits and conditions."""
        return self._count(Exchange(request, downloads.ROUTE), self._respond_with_file)

    def _count(self, exchange: Exchange, respond: Callable[[Exchange], Response]) -> Response:
        self.stats.begin()
        response = respond(exchange)
        self.stats.end(
            route=exchange.route,
            status=response.status,
            size=len(response.body),
            fault=exchange.fault,
            refused=exchange.refused,
        )
        return response

    def _respond_with_file(self, exchange: Exchange) -> Response:
        fault = self.faults.draw(exchange.request.path, later_page=False)
        self.wait(self.latency)
        if fault in (*ERROR_MESSAGES, *REFUSALS):
            exchange.fault = fault
            return downloads.refusal(ERROR_MESSAGES.get(fault, (503,))[0], "ServerBusy", "The server is busy.")
        with self.world.lock:
            self.world.advance(self.clock.now())
            response = self.downloads.answer(exchange.request)
        if fault is Fault.STALL or fault in ON_THE_WIRE:
            exchange.fault = fault
        self._compress(exchange, response)
        self._spoil(exchange, response)
        return response

    def _respond(self, exchange: Exchange) -> Response:
        if not exchange.request.headers.get("user-agent"):
            return Response(403, {"Content-Type": "text/html; charset=utf-8"}, NO_USER_AGENT)
        try:
            answer = self._answer(exchange)
        except ApiError as error:
            if not error.names_permissions:
                exchange.accepts = ""
            answer = Answer(error.body, error.status, error.headers)
        return self._finish(exchange, self.oddities.apply(exchange.request, answer))

    def _answer(self, exchange: Exchange) -> Answer:
        request = exchange.request
        route, path = self._match(request)
        exchange.route, exchange.accepts = route.path, route.accepts
        exchange.version = select_version(request.headers.get("x-github-api-version"))
        check = self.integrations.check if route.for_apps else self.tokens.check
        token = exchange.token = check(request.headers.get("authorization"))
        if route.resource is not None:
            exchange.window = self.limits.window(token.account, route.resource)
        exchange.refused = True
        self.limits.enter(token.account, route.resource)
        try:
            if route.resource not in (None, POINTS):
                exchange.window = self.limits.charge(token.account, route.resource, holder=token.holder)
            exchange.refused = False
            self.wait(self.latency)
            return self._call(exchange, token, route, path)
        finally:
            self.limits.leave(token.account)
            if route.resource == POINTS:
                exchange.window = self.limits.window(token.account, POINTS)

    def _match(self, request: Request) -> tuple[Route, dict[str, Any]]:
        try:
            route, path = self._routes.match(request.path, method=request.method)
        except HTTPException:
            raise not_found() from None
        return route, dict(path)

    def _call(self, exchange: Exchange, token: Token, route: Route, path: dict[str, Any]) -> Answer:
        arguments = exchange.request.arguments
        later_page = is_later_page(arguments) and exchange.request.path.endswith(ITEM_LISTS)
        fault = exchange.fault = self.faults.draw(exchange.request.path, later_page=later_page)
        # What goes wrong with a query costs its points, so GraphQL sees to it.
        queried = fault if route.resource == POINTS and (fault in ERROR_MESSAGES or fault in GRAPHQL_ONLY) else None
        if fault is not None and queried is None:
            self._raise_fault(fault)
        token.demand(route.accepts)
        call = Call(self, token, exchange.request, path, incomplete=fault is Fault.INCOMPLETE, fault=queried)
        with self.world.lock:
            self.world.advance(self.clock.now())
            if fault is Fault.SHIFT:
                self._shift(call)
            return route.handler(call)

    def _raise_fault(self, fault: Fault) -> None:
        if fault in ERROR_MESSAGES:
            status, message = ERROR_MESSAGES[fault]
            raise ApiError(status, message)
        if fault in REFUSALS:
            retry_after = None if fault is Fault.SECONDARY_BARE else self.faults.settings.retry_after
            raise secondary_limit(REFUSALS[fault], retry_after=retry_after)

    def _shift(self, call: Call) -> None:
        """Move page boundaries: an old item is touched and a new one opened where the client is reading."""
        if "repository_id" in call.path or "repo" in call.path:
            repositories = [call.repository()]
        else:
            busiest = partial(max, key=lambda repository: len(repository.items))
            repositories = [busiest(one.repositories) for one in call.token.visible(self.world) if one.repositories]
        for repository in repositories:
            if repository.items:
                self.world.change(repository.items[min(repository.items)], Kind.COMMENTED)
            author = self.world.first_admin(repository.owner)
            for pull in (False, True):
                title = "Opened while somebody was reading"
                self.world.open(repository, self.world.now, author, title, None, pull=pull, rng=self._shifts)

    def _finish(self, exchange: Exchange, answer: Answer) -> Response:
        """Turn an answer into what goes over the wire."""
        body = b"" if answer.data is None else encode(in_version(answer.data, exchange.version))
        body = body if answer.text is None else answer.text
        response = Response(answer.status, {**COMMON_HEADERS, "Date": formatdate(self.clock.now(), usegmt=True)}, body)
        self._make_conditional(exchange, response, answer)
        response.headers |= _access_headers(exchange) | answer.headers
        if response.status == 304 and exchange.fault is Fault.BARE_304:
            response.headers.pop("Link", None)
        response.headers["X-GitHub-Request-Id"] = f"5A4D:{next(self._request_ids):06X}"
        if exchange.version:
            response.headers["x-github-api-version-selected"] = exchange.version
        if exchange.window is not None:
            response.headers |= exchange.window.headers()
        self._set_reset(response)
        self._compress(exchange, response)
        self._spoil(exchange, response)
        return response

    def _set_reset(self, response: Response) -> None:
        """Tell a limit's reset by the world's clock, as `Date` does; the limits themselves are on real time."""
        name = "X-RateLimit-Reset"
        if name in response.headers:
            response.headers[name] = str(int(response.headers[name]) + self._behind)

    @property
    def _behind(self) -> int:
        """How many seconds the world's clock is ahead of real time."""
        return self.clock.now() - int(self.limits.now())

    def _make_conditional(self, exchange: Exchange, response: Response, answer: Answer) -> None:
        """Give a good answer its ETag, which is the token's own; a match is a 304 and free of the primary limit."""
        if response.status != 200 or exchange.token is None or "Cache-Control" in answer.headers:
            return
        # Of the body alone: a page that is full stays unmodified when another one comes after it.
        digest = sha256(exchange.token.value.encode() + response.body).hexdigest()
        response.headers |= {"ETag": f'W/"{digest}"', "Cache-Control": "private, max-age=60, s-maxage=60"}
        if digest not in exchange.request.headers.get("if-none-match", ""):
            return
        response.status, response.body = 304, b""
        if exchange.window is not None:
            exchange.window = self.limits.refund(exchange.token.account, exchange.window)

    def _compress(self, exchange: Exchange, response: Response) -> None:
        asked = "gzip" in exchange.request.headers.get("accept-encoding", "")
        spoilt = response.body and exchange.fault is Fault.TRUNCATED_GZIP
        if (asked and len(response.body) > SMALL) or spoilt:
            response.body = gzip.compress(response.body, 1, mtime=0)
            response.headers["Content-Encoding"] = "gzip"

    def _spoil(self, exchange: Exchange, response: Response) -> None:
        fault = exchange.fault
        if fault is Fault.HTML:
            response.status, response.body = 200, UNICORN
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            response.headers.pop("Content-Encoding", None)
        elif fault is Fault.STALL:
            response.stall = self.faults.settings.stall_seconds
        elif fault in ON_THE_WIRE:
            # Without a body (204, 304) there is nothing to cut short but the connection.
            response.fault = fault if response.body else Fault.RESET


def _access_headers(exchange: Exchange) -> dict[str, str]:
    """Return the headers about a token's scopes, or about the permissions that it would need here."""
    if exchange.token is None or exchange.token.app is not None:
        return {}
    if exchange.token.is_classic:
        return SCOPE_HEADERS
    return {"X-Accepted-GitHub-Permissions": exchange.accepts} if exchange.accepts else {}
