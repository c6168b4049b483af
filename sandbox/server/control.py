"""The control plane under `/_sandbox/`: what another process may change, and the truth to compare a database with.

Bodies are JSON objects. Who is in the same process calls the world itself, which can do more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from textwrap import wrap
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Request, encode
from sandbox.api.times import parse_moment, timestamp
from sandbox.server.app import App
from sandbox.server.faults import Fault
from sandbox.server.responses import Response
from sandbox.world.happenings import ALERT_KINDS, KINDS, RUN_KINDS

PREFIX = "/_sandbox/"
JSON_TYPE, NDJSON_TYPE = "application/json; charset=utf-8", "application/x-ndjson; charset=utf-8"
JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ControlCall:
    """A call: `answer` takes the app, the JSON (or the query) that was sent, and the path's parts.

    `waits`: it may take long, so the world isn't held meanwhile.
    """

    method: str
    path: str
    about: str
    answer: Callable[..., Any]
    waits: bool = False


class Control:
    """The control plane of an app."""

    def __init__(self, app: App) -> None:
        self._app = app
        rules = [Rule(PREFIX + call.path, endpoint=call, methods=[call.method]) for call in CALLS]
        self._routes = Map(rules).bind("sandbox")

    def handle(self, request: Request) -> Response:
        """Answer a control request: JSON, NDJSON for lists, 204 for nothing."""
        world = self._app.world
        try:
            call, parts = self._routes.match(request.path, method=request.method)
            wanted = request.json() if request.body else dict(request.arguments)
            if call.waits:
                return _respond(call.answer(self._app, wanted, **parts))
            with world.lock:
                world.advance(self._app.clock.now())
                return _respond(call.answer(self._app, wanted, **parts))
        except HTTPException:
            return _respond(not_found().body, status=404)
        except KeyError as error:
            return _respond({"message": f"Missing or unknown: {error}"}, status=422)
        except (TypeError, ValueError) as error:
            return _respond({"message": str(error)}, status=422)
        except ApiError as error:
            return _respond(error.body, status=error.status)


def describe() -> str:
    """Return what there is to call, as the command's help shows it."""
    lines = [f"{call.method:<6} {PREFIX + call.path:<25} {call.about}" for call in CALLS]
    happenings = " ".join((*KINDS, *ALERT_KINDS, *RUN_KINDS))
    kinds = [f"kinds of fault: {' '.join(Fault)}", f"kinds of happening: {happenings}"]
    return "\n".join([__doc__ or "", *lines, "", *(line for kind in kinds for line in wrap(kind, 118)), ""])


def _respond(found: Any, *, status: int = 200) -> Response:
    if found is None:
        return Response(204, {})
    if isinstance(found, list):
        return Response(status, {"Content-Type": NDJSON_TYPE}, b"".join(encode(row) + b"\n" for row in found))
    return Response(status, {"Content-Type": JSON_TYPE}, encode(found))


def _set_clock(app: App, wanted: JSON) -> JSON:
    now = app.clock.set(
        now=parse_moment(wanted["now"]) if "now" in wanted else None,
        advance=float(wanted.get("advance", 0)),
        speed=float(wanted["speed"]) if "speed" in wanted else None,
    )
    app.world.advance(now)
    return {"now": timestamp(now), "epoch": now, "speed": app.clock.speed}


def _add_token(app: App, wanted: JSON) -> None:
    app.tokens.add(wanted["token"], wanted.get("organisations"), permissions=wanted.get("permissions"))


def _happen(app: App, wanted: JSON) -> list[JSON]:
    """Let things happen, the same ones for the same seed and state."""
    rng, kinds = Random(wanted.get("seed", 1)), wanted.get("kinds", ())
    return [one for _ in range(int(wanted.get("count", 1))) for one in app.world.happen(rng, kinds)]


def _deliver(app: App, wanted: JSON) -> JSON:
    """Post what is due; return how often each status was answered."""
    answers = app.deliverer.deliver(wanted.pop("url"), wanted.pop("secret"), **wanted)
    return {str(status): number for status, number in sorted(answers.items())}


def _board_days(app: App, wanted: JSON) -> list[JSON]:
    number = int(wanted["number"]) if "number" in wanted else None
    first = parse_moment(wanted["first"]) if "first" in wanted else 0
    return app.truth.board_days(org=wanted.get("org"), number=number, first=first)


CALLS = (
    ControlCall("GET", "stats", "counts of requests since the last reset", lambda app, _: app.stats.summary()),
    ControlCall("DELETE", "stats", "reset them", lambda app, _: app.stats.reset()),
    ControlCall("GET", "clock", '{"now", "epoch", "speed"}', lambda app, _: _set_clock(app, {})),
    ControlCall("POST", "clock", '{"now": ISO, "advance": seconds, "speed": number}, each optional', _set_clock),
    ControlCall(
        "PUT",
        "faults",
        'any of {"rate", "kinds", "stall_seconds", "retry_after"}',
        lambda app, wanted: app.faults.update(**wanted),
    ),
    ControlCall(
        "POST",
        "faults",
        '{"kind", "path", "count", "skip"}: the next requests of a path',
        lambda app, wanted: app.faults.script(**wanted),
    ),
    ControlCall("DELETE", "faults", "rate 0, nothing scripted", lambda app, _: app.faults.clear()),
    ControlCall(
        "PUT",
        "limits",
        'any of {"core", "search", "graphql", "points", "concurrency", …}; all windows begin anew',
        lambda app, wanted: app.limits.update(**wanted),
    ),
    ControlCall(
        "PUT",
        "graphql",
        'any of {"schema": "new" or "old", "microseconds_per_node", "seconds", "over", "largest_board_page", '
        '"restricted": [names], "broken": {name: field}}',
        lambda app, wanted: app.graphql.settings.update(**wanted),
    ),
    ControlCall("POST", "tokens", '{"token", "organisations": [names], "permissions": {name: level}}', _add_token),
    ControlCall("DELETE", "tokens/<token>", "401 from now on", lambda app, _, token: app.tokens.revoke(token)),
    ControlCall("POST", "happen", '{"count", "seed", "kinds"}: let things happen; what did', _happen),
    ControlCall(
        "POST",
        "deliver",
        '{"url", "secret", "lost", "doubled", "shuffled", "seed", "form"}: post webhooks of what happened since',
        _deliver,
        waits=True,
    ),
    ControlCall(
        "POST",
        "status",
        '{"name", "impact", "component", "state"}: report an incident on the status page',
        lambda app, wanted: app.status_page.report(**wanted),
    ),
    ControlCall("DELETE", "status", "everything works again", lambda app, _: app.status_page.resolve()),
    ControlCall(
        "GET",
        "runs",
        "every run of a workflow with its attempts; ?repo=owner/name",
        lambda app, wanted: app.truth.runs(repo=wanted.get("repo")),
    ),
    ControlCall(
        "GET",
        "jobs",
        "every job of every attempt; ?repo=owner/name",
        lambda app, wanted: app.truth.jobs(repo=wanted.get("repo")),
    ),
    ControlCall(
        "GET",
        "boards",
        "every board: its fields by what they are for, its sprints; ?org=name",
        lambda app, wanted: app.truth.boards(org=wanted.get("org")),
    ),
    ControlCall(
        "GET",
        "board-days",
        "every row of a board at each day's end; ?org=name &number=1 &first=ISO",
        _board_days,
    ),
    ControlCall(
        "GET",
        "items",
        "the truth: every issue and pull request; ?repo=owner/name &is=issue|pr",
        lambda app, wanted: app.truth.items(repo=wanted.get("repo"), kind=wanted.get("is")),
    ),
    ControlCall(
        "GET",
        "releases",
        "every release, drafts too; ?repo=owner/name",
        lambda app, wanted: app.truth.releases(repo=wanted.get("repo")),
    ),
    ControlCall(
        "GET",
        "teams",
        "every team with its members; ?org=name",
        lambda app, wanted: app.truth.teams(org=wanted.get("org")),
    ),
)
