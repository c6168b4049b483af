"""The client of GitHub's REST and GraphQL APIs, which every domain's `api.py` uses."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from chalicelib.errors import BadAnswerError, QueryTooLargeError, SettingsError, UnavailableError
from chalicelib.github.answers import EXCERPT_LENGTH, Answer, NoAnswer, Received, make_answer
from chalicelib.github.auth import Auth, TokenAuth
from chalicelib.github.budget import Budget
from chalicelib.github.decisions import (
    MAX_ATTEMPTS,
    Accept,
    Decision,
    Fail,
    NotModified,
    Random,
    RateLimit,
    Redirect,
    Wait,
    decide,
    github_date,
    printable,
    rate_limit,
    resource_of,
    retry_or_fail,
    seconds_until_reset,
)
from chalicelib.github.graphql import QueryAnswer, decide_query, read_errors
from chalicelib.github.origin import Origin, Params, path_of
from chalicelib.github.pages import NextLinks
from chalicelib.github.transport import Transport
from chalicelib.redaction import secret_in

# A `Date` before this code was written is no clock's.
FIRST_YEAR = 2025
PER_PAGE = 100  # the most items that GitHub lists in a page
MAX_REDIRECTS = 5
_ALL_RESOURCES = ""  # the hold of a secondary limit, which names no resource
# Of an answer that can be had in parts: much of it would be in memory several times over.
LARGEST_PART = 8_000_000  # bytes
# After a request used all its attempts without reaching the host, requests try only once for so long. Each step of
# a run must not lose half a minute to an outage; but after a short outage the run must go on as usual.
UNREACHABLE_SECONDS = 300.0


@dataclass(frozen=True)
class _Hold:
    """Requests wait until this moment of the budget's clock."""

    until: float
    reason: str


@dataclass(frozen=True)
class _Options:
    """How one request differs from a plain GET."""

    method: str = "GET"
    etag: str | None = None
    allow_empty: bool = False
    is_confidential: bool = False
    query: bytes | None = None
    is_divisible: bool = False


@dataclass
class _Tries:
    """How often one request failed, did not reach the host (these failed too), and waited for a rate limit."""

    attempt: int = 0
    unreachable: int = 0
    limited: int = 0

    def count(self, wait: Wait) -> None:
        if wait.reason == "retry":
            self.attempt += 1
        else:
            self.limited += 1


class GitHubAPI:
    """Reads GitHub's REST and GraphQL APIs: retries transient failures, and waits for rate limits within its budget.

    One client serves many threads. Without `token` and `auth` it is anonymous (60 requests an hour). Every method that
    sends requests raises a GitHubError (see `chalicelib.errors`) or OutOfTimeError. No message holds the token or a
    query.

    https://docs.github.com/en/rest
    https://docs.github.com/en/graphql
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        auth: Auth | None = None,
        api_url: str = "https://api.github.com",
        budget: Budget | None = None,
        rng: Random = random.random,
        app: GitHubAPI | None = None,
    ) -> None:
        if token is not None and auth is not None:
            raise SettingsError("GitHubAPI takes a token or an auth, not both: leave one out")
        self._auth = auth if token is None else TokenAuth(token)
        self._origin = Origin.from_url(api_url)
        self.budget = Budget() if budget is None else budget
        self.rate_limits: dict[str, RateLimit] = {}
        # Of an App's installation: the client that is authenticated as the App itself.
        self.app = app
        self.requests_sent = 0
        self.not_modified = 0
        # Called before each request, and before each wait for one, on the thread that asks.
        self.before_request: Callable[[], object] = lambda: None
        self._rng = rng
        self._holds: dict[str, _Hold] = {}
        self._unreachable_until: float | None = None
        self._dated: tuple[datetime, float] | None = None  # GitHub's clock, and the budget's at that moment
        self._lock = threading.Lock()
        self._transport = Transport(self._origin.netloc)

    def get(
        self,
        path_or_url: str,
        *,
        params: Params | None = None,
        etag: str | None = None,
        follow_redirects: bool = True,
        allow_empty: bool = False,
        is_confidential: bool = False,
    ) -> Answer:
        """Get one object or one page, by its path or by a URL that GitHub gave.

        With an `etag` the answer may be `not_modified`. Redirects to a moved issue or repository are followed, at most
        five; without `follow_redirects` the answer has the new `location`. With `allow_empty` an empty 200 is an answer
        with the body None; without it, the answer is not JSON and is tried again. With `is_confidential` no error
        quotes the answer.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
        """
        url = self._origin.url(path_or_url, params)
        options = _Options(etag=etag, allow_empty=allow_empty, is_confidential=is_confidential)
        for redirects in range(MAX_REDIRECTS + 1):
            answer = self._exchange(url, options)
            if answer.location is None or not follow_redirects:
                return replace(answer, is_redirected=redirects > 0)
            url = answer.location
        raise BadAnswerError(f"redirected more than {MAX_REDIRECTS} times", status=answer.status, path=path_of(url))

    def post(self, path: str, *, allow_empty: bool = False) -> Answer:
        """Post without a body; only for requests that may safely run twice, such as a new token, because it retries.

        Redirects are not followed. `allow_empty` is as in `get`.
        """
        return self._exchange(self._origin.url(path, None), _Options(method="POST", allow_empty=allow_empty))

    def pages(self, path_or_url: str, *, params: Params | None = None) -> Iterator[Answer]:
        """Get a list's pages one by one, by GitHub's own links; raises BadAnswerError when the links lead nowhere.

        https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
        """
        url: str | None = self._origin.url(path_or_url, params)
        links = NextLinks(path_of(path_or_url))
        while url is not None:
            answer = self.get(url)
            yield answer
            url = links.follow(url, answer.url, next_url=answer.next_url, digest=answer.digest)

    def query(self, text: str, variables: Mapping[str, Any], *, is_divisible: bool = False) -> QueryAnswer:
        """Ask a GraphQL query. An answer may have errors beside its data: see `QueryAnswer`.

        `is_divisible`: raise QueryTooLargeError at once when the query, or its answer, is too large or takes GitHub too
        long, because the caller can ask for less. Otherwise it is tried again.

        https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
        """
        content = json.dumps({"query": text, "variables": dict(variables)}).encode()
        options = _Options(method="POST", query=content, is_divisible=is_divisible)
        answer = self._exchange(self._origin.graphql_url, options)
        if not isinstance(answer.body, dict):
            raise BadAnswerError(
                "the answer is no object", status=answer.status, path=path_of(answer.url), method="POST"
            )
        return QueryAnswer(answer.body["data"], read_errors(answer.body), answer.date)

    @property
    def base_url(self) -> str:
        """The URL that REST's paths stand below, without a slash at its end."""
        return self._origin.url("").rstrip("/")

    @property
    def host(self) -> str:
        """The API's host."""
        return self._origin.host

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"GitHubAPI(api_url={self._origin.scheme}://{self._origin.netloc}{self._origin.prefix})"

    @property
    def is_unreachable(self) -> bool:
        """Whether a request has lately used all its attempts without reaching the host, and no later one reached it."""
        until = self._unreachable_until
        return until is not None and self.budget.now() < until

    @property
    def time(self) -> datetime | None:
        """GitHub's clock (aware, UTC), by the last answer that told it; None before."""
        if self._dated is None:
            return None
        date, at = self._dated
        return date + timedelta(seconds=max(self.budget.now() - at, 0.0))

    def _exchange(self, url: str, options: _Options) -> Answer:
        """Request a URL until there is an answer, or a reason to give up."""
        resource = "graphql" if options.query else resource_of(self._origin.path_below(url))
        tries = _Tries()
        while True:
            self.before_request()
            self._wait_for_limits(resource)
            self.budget.check()
            answer = self._attempt(url, resource, tries, options)
            if isinstance(answer, Answer):
                return answer
            self._wait_before_retry(answer, resource)
            tries.count(answer)

    def _attempt(self, url: str, resource: str, tries: _Tries, options: _Options) -> Answer | Wait:
        """Send one request; raise when another one won't help."""
        authorization = self._authorization()
        path = path_of(url, secret_in(authorization))
        received = self._send(url, options, authorization=authorization)
        if isinstance(received, NoAnswer):
            return _wait_or_raise(self._decide_without_answer(received, tries, options), options, path=path)
        self._note_limits(received, resource)
        decision = self._decide(received, tries, options)
        if isinstance(decision, Wait | Fail):
            return _wait_or_raise(decision, options, path=path, received=received)
        location = decision.location if isinstance(decision, Redirect) else None
        try:
            return make_answer(received, url=url, origin=self._origin, location=location)
        except BadAnswerError as refusal:
            failure = Fail(BadAnswerError, refusal.message)
        return _wait_or_raise(failure, options, path=path, received=received)

    def _send(self, url: str, options: _Options, *, authorization: str | None) -> Received | NoAnswer:
        with self._lock:
            self.requests_sent += 1
        received = self._transport.send(
            url,
            method=options.method,
            authorization=authorization,
            etag=options.etag,
            content=options.query,
            seconds_left=self.budget.remaining(),
            largest=LARGEST_PART if options.is_divisible else None,
        )
        if isinstance(received, Received):
            with self._lock:
                self._unreachable_until = None
                date = github_date(received.headers)
                is_one = date is not None and date.year >= FIRST_YEAR
                self._dated = (date, self.budget.now()) if date is not None and is_one else self._dated
                self.not_modified += received.status == HTTPStatus.NOT_MODIFIED
        return received

    def _authorization(self) -> str | None:
        if self._auth is None:
            return None
        value = self._auth.header()
        if not value.isascii() or not value.isprintable():
            raise SettingsError(
                "the GitHub credentials are malformed: they have line ends or accents, which no header may have"
            )
        return value

    def _decide_without_answer(self, no_answer: NoAnswer, tries: _Tries, options: _Options) -> Wait | Fail:
        if no_answer.is_too_large and options.is_divisible:
            return Fail(QueryTooLargeError, no_answer.problem)
        if not no_answer.is_transient:
            return Fail(BadAnswerError, no_answer.problem)
        tries.unreachable += no_answer.is_unreachable
        decision = retry_or_fail(
            UnavailableError,
            no_answer.problem,
            why=no_answer.why,
            attempt=tries.attempt,
            rng=self._rng,
            max_attempts=1 if no_answer.is_unreachable and self.is_unreachable else MAX_ATTEMPTS,
        )
        if isinstance(decision, Fail) and tries.unreachable == MAX_ATTEMPTS:
            with self._lock:
                self._unreachable_until = self.budget.now() + UNREACHABLE_SECONDS
        return decision

    def _decide(self, received: Received, tries: _Tries, options: _Options) -> Decision:
        decision = self._decide_by_api(received, tries, options)
        if isinstance(decision, NotModified) and options.etag is None:
            return Fail(BadAnswerError, "GitHub said not modified, but no ETag was sent")
        if isinstance(decision, Accept) and not received.is_json and not (options.allow_empty and received.is_empty):
            why = "the answer is not JSON"
            # What is posted for is a token: a broken answer would show it.
            is_quotable = options.method != "POST" and not options.is_confidential
            excerpt = f": {printable(received.text, EXCERPT_LENGTH)!r}" if is_quotable else ""
            problem = f"{why}{excerpt}"
            return retry_or_fail(BadAnswerError, problem, why=why, attempt=tries.attempt, rng=self._rng)
        return decision

    def _decide_by_api(self, received: Received, tries: _Tries, options: _Options) -> Decision:
        now, rng = self.budget.clock().timestamp(), self._rng
        counts = {"attempt": tries.attempt, "limited": tries.limited}
        if options.query:
            return decide_query(received, now=now, rng=rng, **counts, is_divisible=options.is_divisible)
        return decide(received.status, received.headers, received.message, now=now, rng=rng, **counts)

    def _note_limits(self, received: Received, resource: str) -> None:
        """Remember the state of the resource's limit, and hold its requests until the reset when nothing is left."""
        rate = rate_limit(received.headers, default_resource=resource)
        if rate is None:
            return
        seconds = seconds_until_reset(rate.reset, received.headers, self.budget.clock().timestamp())
        with self._lock:
            self.rate_limits[rate.resource] = rate
            self._holds.pop(rate.resource, None)
            if rate.remaining == 0 and seconds > 0:
                self._holds[rate.resource] = _Hold(self.budget.now() + seconds, "primary rate limit")

    def _wait_before_retry(self, wait: Wait, resource: str) -> None:
        """Wait before another attempt; for a rate limit, the requests of all other threads wait too."""
        if wait.reason == "retry":
            self.budget.pause(wait.seconds, wait.sentence)
            return
        key = resource if wait.reason == "primary rate limit" else _ALL_RESOURCES
        hold = _Hold(self.budget.now() + wait.seconds, wait.reason)
        with self._lock:
            self._holds[key] = hold
        self._wait_for_hold(key, hold, wait.seconds)

    def _wait_for_limits(self, resource: str) -> None:
        """Wait while a limit is known to be used up, instead of sending a request that GitHub would refuse."""
        for key in (_ALL_RESOURCES, resource):
            with self._lock:
                hold = self._holds.get(key)
            if hold is not None:
                self._wait_for_hold(key, hold, hold.until - self.budget.now())

    def _wait_for_hold(self, key: str, hold: _Hold, seconds: float) -> None:
        # When the deadline forbids the wait, the hold stays, so that the next request fails at once too.
        if seconds > 0:
            self.budget.pause(seconds, hold.reason)
        with self._lock:
            if self._holds.get(key) is hold:
                del self._holds[key]


def _wait_or_raise(decision: Wait | Fail, options: _Options, *, path: str, received: Received | None = None) -> Wait:
    if isinstance(decision, Wait):
        return decision
    raise decision.error(
        decision.message,
        status=received.status if received else 0,
        method=options.method,
        path=path,
        request_id=received.request_id if received else "",
    )
