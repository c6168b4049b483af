"""The control plane under `/_sandbox/`: what tests and demos change, and the truth to compare a database with.

Calls, with the JSON that each takes or answers:

GET    /_sandbox/stats                      counts since the last reset
DELETE /_sandbox/stats                      reset them
GET    /_sandbox/clock                      {"now", "epoch", "speed"}
POST   /_sandbox/clock                      {"now": ISO?, "advance": seconds?, "speed": number?}
GET    /_sandbox/faults                     {"rate", "kinds", "stall_seconds", "retry_after"}
PUT    /_sandbox/faults                     any of these
POST   /_sandbox/faults                     {"kind", "path"?, "count"?, "skip"?}: the next few requests of a path
DELETE /_sandbox/faults                     rate 0, nothing scripted
GET    /_sandbox/limits                     the limits' settings
PUT    /_sandbox/limits                     any of these; all windows begin anew
GET    /_sandbox/tokens                     {"tokens": [{"token", "organisations", "hidden", "permissions", …}]}
POST   /_sandbox/tokens                     {"token", "organisations"?: [names], "permissions"?: {name: level}}
PUT    /_sandbox/tokens/TOKEN               {"hidden"?: [owner/name, …], "permissions"?}, each in place of before
DELETE /_sandbox/tokens/TOKEN               revoke it
GET    /_sandbox/apps                       {"apps": [{"id", "client_id", "slug", "permissions", "installations"}]}
POST   /_sandbox/apps                       {"public_key": PEM, "permissions": {name: level}, "organisations"?}
PUT    /_sandbox/apps/APP                   {"public_key"?, "permissions"?, "organisations"?}: change, (un)install
DELETE /_sandbox/apps/APP                   delete it, its installations and their tokens
DELETE /_sandbox/apps/APP/tokens            end its installations' tokens, as if their hour had passed
GET    /_sandbox/items                      the truth, NDJSON, oldest first; ?repo=owner/name &is=issue|pr
POST   /_sandbox/items                      {"repo", "title", "body"?, "pull"?: bool, "author"?: login}: open one
GET    /_sandbox/items/OWNER/REPO/N         one item of the truth, with its history
POST   /_sandbox/items/OWNER/REPO/N         {"kind", "actor"?, "label"?, "person"?, "milestone"?: N, "text"?, "state"?,
                                            "comment"?: id, "review"?: id, "source"?: owner/name#N, "id"?: its own id}
DELETE /_sandbox/items/OWNER/REPO/N         delete it
POST   /_sandbox/touch                      {"count", "repo"?}: comment on that many items, the stalest first
GET    /_sandbox/timelines                  NDJSON: {"id", "repository", "number", "timeline"} of each; ?repo=owner/name
GET    /_sandbox/timelines/OWNER/REPO/N     one item's whole timeline, NDJSON
GET    /_sandbox/transfers                  NDJSON: {"old_id", "old_repository", "old_number", "new_…", "at"} of each
POST   /_sandbox/transfers                  {"repo", "number", "to", "actor"?}: move an issue
GET    /_sandbox/deletions                  NDJSON: {"id", "pull_id", "repository", "number", "at"} of each
PUT    /_sandbox/labels                     {"repo", "name", "new"}: rename, silently
DELETE /_sandbox/labels                     {"repo", "name"}: delete, silently
PUT    /_sandbox/milestones                 {"repo", "number", "title"?, "closed"?: true}: rename or close, silently
POST   /_sandbox/happen                     {"count"?, "seed"?, "kinds"?: [...]}: let things happen; {"happened": [...]}
GET    /_sandbox/members                    {"members": [{"org", "login", "id", "role"}]}
POST   /_sandbox/members                    {"org", "login", "role"?}: add or change; a new login makes an account
DELETE /_sandbox/members/ORG/LOGIN          remove from the organisation and its teams
GET    /_sandbox/copilot/ORG                its settings, {"first_day", "last_day"} that are offered now
PUT    /_sandbox/copilot/ORG                {"since"?: day, "offered_days"?, "late_days"?, "late"?: {day: days},
                                            "revisions"?: bool, "policy"?: bool, "links"?: files, "wrapped"?: bool,
                                            "no_data"?: 200|204|404, "link_seconds"?, "duplicates"?}: set up, change
DELETE /_sandbox/copilot/ORG                it has no Copilot: 404
GET    /_sandbox/copilot/ORG/days           the truth, NDJSON: {"day", "report", "final", …} of each; ?all: lost ones
GET    /_sandbox/copilot/ORG/users          NDJSON: the users' final rows of all days offered; ?day= ?now
GET    /_sandbox/copilot/ORG/user-teams     NDJSON: who is in which team, of all days offered; ?day=
GET    /_sandbox/copilot/ORG/seats          NDJSON: every seat that was given until now
DELETE /_sandbox/copilot/downloads          end all download links, as if their time had passed
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from random import Random
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from sandbox.api.errors import ApiError, not_found
from sandbox.api.messages import Request, encode
from sandbox.api.times import parse_moment, timestamp
from sandbox.server.app import App
from sandbox.server.control_access import AccessCalls
from sandbox.server.control_copilot import CopilotCalls
from sandbox.server.responses import Response
from sandbox.world.items import Change, Item, Kind, Organisation, Repository
from sandbox.world.people import Person
from sandbox.world.state import milestone_of

CONTROL_PREFIX = "/_sandbox/"
ITEM = "/_sandbox/items/<owner>/<repo>/<int:number>"
TIMELINE = "/_sandbox/timelines/<owner>/<repo>/<int:number>"
JSON_TYPE, NDJSON_TYPE = "application/json; charset=utf-8", "application/x-ndjson; charset=utf-8"
JSON = dict[str, Any]


class Control:
    """The calls of the control plane; each is a method that takes the request's JSON and the path's parts."""

    def __init__(self, app: App) -> None:
        self._app, self._world = app, app.world
        self._rng = Random(f"{app.world.plan.seed}/control")
        self._map = Map([Rule(path, endpoint=call, methods=[method]) for method, path, call in self._calls()])
        self._routes = self._map.bind("sandbox")

    def _calls(self) -> Iterable[tuple[str, str, Callable[..., Any]]]:
        return (
            ("GET", "/_sandbox/stats", lambda _: self._app.stats.summary()),
            ("DELETE", "/_sandbox/stats", lambda _: self._app.stats.reset()),
            ("GET", "/_sandbox/clock", lambda _: self.set_clock({})),
            ("POST", "/_sandbox/clock", self.set_clock),
            ("GET", "/_sandbox/faults", lambda _: self._app.faults.update()),
            ("PUT", "/_sandbox/faults", lambda wanted: self._app.faults.update(**wanted)),
            ("POST", "/_sandbox/faults", self.script_fault),
            ("DELETE", "/_sandbox/faults", lambda _: self._app.faults.clear()),
            ("GET", "/_sandbox/limits", lambda _: asdict(self._app.limits.settings)),
            ("PUT", "/_sandbox/limits", lambda wanted: self._app.limits.update(**wanted)),
            *AccessCalls(self._world, self._app.tokens, self._app.integrations).calls(),
            *CopilotCalls(self._app.copilot, self._app.downloads).calls(),
            ("GET", "/_sandbox/items", self.truth),
            ("POST", "/_sandbox/items", self.open_item),
            ("GET", ITEM, self.item),
            ("POST", ITEM, self.change_item),
            ("DELETE", ITEM, self.delete_item),
            ("POST", "/_sandbox/touch", self.touch),
            ("GET", "/_sandbox/timelines", self.timelines),
            ("GET", TIMELINE, self.timeline),
            ("GET", "/_sandbox/transfers", self.transfers),
            ("POST", "/_sandbox/transfers", self.transfer),
            ("GET", "/_sandbox/deletions", self.deletions),
            ("PUT", "/_sandbox/labels", self.rename_label),
            ("DELETE", "/_sandbox/labels", self.delete_label),
            ("PUT", "/_sandbox/milestones", self.change_milestone),
            ("POST", "/_sandbox/happen", self.happen),
            ("GET", "/_sandbox/members", self.members),
            ("POST", "/_sandbox/members", self.add_member),
            ("DELETE", "/_sandbox/members/<org>/<login>", self.remove_member),
        )

    def handle(self, request: Request) -> Response:
        """Answer a control request: JSON, NDJSON for lists of items, 204 for nothing."""
        try:
            call, parts = self._routes.match(request.path, method=request.method)
            wanted = request.json() if request.body else dict(request.arguments)
            with self._world.lock:
                self._world.advance(self._app.clock.now())
                found = call(wanted, **parts)
        except HTTPException:
            return _respond(not_found().body, status=404)
        except KeyError as error:
            return _respond({"message": f"Missing or unknown: {error}"}, status=422)
        except (TypeError, ValueError) as error:
            return _respond({"message": str(error)}, status=422)
        except ApiError as error:
            return _respond(error.body, status=error.status)
        return _respond(found)

    def set_clock(self, wanted: JSON) -> JSON:
        """Move the clock, let happen what is due by then, and tell the time."""
        moment = wanted.get("now")
        now = self._app.clock.set(
            now=None if moment is None else parse_moment(moment),
            advance=float(wanted.get("advance", 0)),
            speed=None if "speed" not in wanted else float(wanted["speed"]),
        )
        self._world.advance(now)
        return {"now": timestamp(now), "epoch": now, "speed": self._app.clock.speed}

    def script_fault(self, wanted: JSON) -> None:
        """Let the next few requests of a path go wrong."""
        count, skip = int(wanted.get("count", 1)), int(wanted.get("skip", 0))
        self._app.faults.script(wanted["kind"], path=wanted.get("path", "/"), count=count, skip=skip)

    def truth(self, wanted: JSON) -> list[JSON]:
        """List all items there are."""
        items = self._items(wanted)
        kinds = {"issue": (False,), "pr": (True,)}.get(wanted.get("is", ""), (False, True))
        return [self._true_item(item) for item in items if item.is_pull in kinds]

    def _items(self, wanted: JSON) -> Iterable[Item]:
        return (self._repository(wanted["repo"]) if "repo" in wanted else self._world).items.values()

    def _true_item(self, item: Item) -> JSON:
        """Return an item's `/issues` form with its repository's name and, for a pull request, its `/pulls` id."""
        known = {"repository": item.repository.full_name, "pull_id": item.pull_id}
        return {**self._app.payloads.single_issue(item), **known}

    def open_item(self, wanted: JSON) -> JSON:
        """Open an issue or a pull request."""
        repository = self._repository(wanted["repo"])
        author = self._world.first_admin(repository.owner)
        if "author" in wanted:
            author = self._person(wanted["author"])
        title, body, pull = wanted["title"], wanted.get("body"), bool(wanted.get("pull"))
        item = self._world.open(repository, self._world.now, author, title, body, pull=pull, rng=self._rng)
        return self._true_item(item)

    def item(self, _: JSON, **path: Any) -> JSON:
        """Show an item with everything that happened to it."""
        item = self._item(**path)
        history = [
            {
                "at": timestamp(change.at),
                "kind": change.kind,
                "actor": change.actor and change.actor.login,
                "id": change.id,
            }
            for change in item.history
        ]
        return {**self._true_item(item), "history": history}

    def change_item(self, wanted: JSON, **path: Any) -> JSON:
        """Let something happen to an item; a change that makes no sense is a 422."""
        item = self._item(**path)
        about: JSON = {name: wanted[name] for name in ("text", "state", "id") if name in wanted}
        about |= {role: self._person(wanted[role]) for role in ("actor", "person") if wanted.get(role)}
        about |= self._subjects(item, wanted)
        try:
            kind = Kind(wanted["kind"])
        except ValueError as error:
            raise ApiError(422, f"{error}: one of {', '.join(Kind)}") from None
        if not self._world.change(item, kind, **about):
            raise ApiError(422, f"{kind} changes nothing here")
        return self._true_item(item)

    def _subjects(self, item: Item, wanted: JSON) -> JSON:
        """Return what of an item, or beside it, a change is to be about."""
        about: JSON = {}
        if "label" in wanted:
            about["label"] = item.repository.labels[wanted["label"]]
        if "milestone" in wanted:
            about["milestone"] = milestone_of(item.repository, wanted["milestone"])
        for name, kind_of_target in (("comment", Kind.COMMENTED), ("review", Kind.REVIEWED)):
            if name in wanted:
                about["target"] = _found(item.find(kind_of_target, wanted[name]), f"{name} {wanted[name]}")
        if "source" in wanted:
            name, _, number = wanted["source"].partition("#")
            about["source"] = self._repository(name).items[int(number)]
        return about

    def delete_item(self, _: JSON, **path: Any) -> None:
        """Delete an item."""
        self._world.delete(self._item(**path))

    def touch(self, wanted: JSON) -> JSON:
        """Comment on many items at once."""
        stalest = sorted(self._items(wanted), key=lambda item: (item.updated_at, item.id))[: int(wanted["count"])]
        for item in stalest:
            self._world.change(item, Kind.COMMENTED)
        return {"touched": [f"{item.repository.full_name}#{item.number}" for item in stalest]}

    def timelines(self, wanted: JSON) -> list[JSON]:
        """List all timelines."""
        timeline = self._app.payloads.timeline
        return [
            {"id": item.id, "repository": item.repository.full_name, "number": item.number, "timeline": timeline(item)}
            for item in self._items(wanted)
        ]

    def timeline(self, _: JSON, **path: Any) -> list[JSON]:
        """Show an item's timeline."""
        return self._app.payloads.timeline(self._item(**path))

    def transfers(self, _: JSON) -> list[JSON]:
        """List all transfers, in order."""
        rows = []
        for transfer in self._world.transfers:
            sides = (("old", transfer.old), ("new", transfer.new))
            row = {f"{side}_{name}": value for side, item in sides for name, value in _identity(item).items()}
            rows.append({**row, "at": timestamp(transfer.at)})
        return rows

    def transfer(self, wanted: JSON) -> JSON:
        """Move an issue to another repository."""
        actor = self._person(wanted["actor"]) if "actor" in wanted else None
        item = self._repository(wanted["repo"]).items[int(wanted["number"])]
        return self._true_item(self._world.transfer(item, self._repository(wanted["to"]), actor=actor))

    def deletions(self, _: JSON) -> list[JSON]:
        """List what was deleted, in order."""
        return [
            {**_identity(deletion.item), "pull_id": deletion.item.pull_id, "at": timestamp(deletion.at)}
            for deletion in self._world.deletions
        ]

    def rename_label(self, wanted: JSON) -> None:
        """Rename a label."""
        self._world.rename_label(self._repository(wanted["repo"]), wanted["name"], wanted["new"])

    def delete_label(self, wanted: JSON) -> None:
        """Delete a label."""
        self._world.delete_label(self._repository(wanted["repo"]), wanted["name"])

    def change_milestone(self, wanted: JSON) -> None:
        """Rename a milestone, close it, or both."""
        repository, number = self._repository(wanted["repo"]), int(wanted["number"])
        if "title" in wanted:
            self._world.rename_milestone(repository, number, wanted["title"])
        if wanted.get("closed"):
            self._world.close_milestone(repository, number)

    def happen(self, wanted: JSON) -> JSON:
        """Let things happen, the same ones for the same seed and state."""
        rng, kinds = Random(wanted.get("seed", 1)), wanted.get("kinds", ())
        done = [self._world.happen(rng, kinds) for _ in range(int(wanted.get("count", 1)))]
        return {"happened": [one for several in done for one in several]}

    def members(self, _: JSON) -> JSON:
        """List everybody's membership."""
        rows = [
            {"org": organisation.login, "login": person.login, "id": person.id, "role": role}
            for organisation in self._world.organisations.values()
            for person, role in organisation.members.values()
        ]
        return {"members": rows}

    def add_member(self, wanted: JSON) -> JSON:
        """Add a member or change a role."""
        organisation, login, role = self._organisation(wanted["org"]), wanted["login"], wanted.get("role", "member")
        person = self._world.accounts.get(login.lower())
        if person is None:
            person = Person(200_000_000 + len(self._world.accounts), login, login.title(), "User", self._world.now)
            self._world.accounts[login.lower()] = person
        self._world.move(organisation, person, role)
        return {"org": organisation.login, "login": login, "id": person.id, "role": role}

    def remove_member(self, _: JSON, org: str, login: str) -> None:
        """Remove a member."""
        self._world.move(self._organisation(org), self._person(login), None)

    def _organisation(self, name: str) -> Organisation:
        return self._world.organisations[name.lower()]

    def _person(self, login: str) -> Person:
        return self._world.accounts[login.lower()]

    def _repository(self, full_name: str) -> Repository:
        return self._world.repositories[full_name.lower()]

    def _item(self, *, owner: str, repo: str, number: int) -> Item:
        return self._repository(f"{owner}/{repo}").items[number]


def _identity(item: Item) -> JSON:
    return {"id": item.id, "repository": item.repository.full_name, "number": item.number}


def _found(change: Change | None, name: str) -> Change:
    if change is None:
        raise KeyError(name)
    return change


def _respond(found: Any, *, status: int = 200) -> Response:
    if found is None:
        return Response(204, {})
    if isinstance(found, list):
        return Response(status, {"Content-Type": NDJSON_TYPE}, b"".join(encode(row) + b"\n" for row in found))
    return Response(status, {"Content-Type": JSON_TYPE}, encode(found))
