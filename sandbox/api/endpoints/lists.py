"""All plain lists: to serve another one is to add an entry to `LISTS`."""

from collections.abc import Callable, Iterable
from operator import attrgetter

from sandbox.api.call import Call
from sandbox.api.errors import ApiError
from sandbox.api.forms import Forms
from sandbox.api.lists import APP, COMMENT, ITEM, ORGANISATION, PULL, REPOSITORY, TEAM, PlainList
from sandbox.api.permissions import CONTENTS, ISSUES_OR_PULLS, MEMBERS, METADATA, PERMISSIONLESS, PULLS
from sandbox.api.timelines import TIMELINE_ONLY, Entry, entries
from sandbox.world.apps import Installation, Integration
from sandbox.world.items import Change, Item, Kind, Organisation, Release, Repository, Team
from sandbox.world.people import Person

Entries = Iterable[tuple[Item, Entry]]
Comments = list[tuple[Item, Change]]


def _repositories(call: Call, organisation: Organisation) -> Iterable[tuple[Repository, bool]]:
    """Return those that the token reads, and whether it administers them: newest first unless sorted otherwise."""
    kind, sort = call.argument("type", "all"), call.argument("sort", "created")
    found = [repository for repository in organisation.repositories if call.token.reads(repository)]
    if kind in ("public", "private"):
        found = [repository for repository in found if repository.private == (kind == "private")]
    direction = call.argument("direction", "asc" if sort == "full_name" else "desc")
    field = {"full_name": "name", "updated": "pushed_at", "pushed": "pushed_at"}.get(sort, "created_at")
    found.sort(key=attrgetter(field, "id"), reverse=direction == "desc")
    return [(repository, call.token.administers) for repository in found]


def _members(call: Call, organisation: Organisation) -> Iterable[Person]:
    """Return the members; their rows say nothing about roles, so `role=` filters."""
    wanted = call.argument("role", "all")
    return [person for person, role in organisation.members.values() if wanted in ("all", role)]


def _pulls(call: Call, repository: Repository) -> Iterable[Item]:
    """Return the open ones unless asked otherwise; there is no `since`."""
    state = call.argument("state", "open")
    found = [item for item in repository.items.values() if item.is_pull and state in ("all", item.state)]
    by_update = call.argument("sort", "created") == "updated"
    # GitHub's default: newest first, unless another order than by creation is asked for.
    descending = call.argument("direction", "asc" if by_update else "desc") == "desc"
    return sorted(found, key=attrgetter("updated_at" if by_update else "created_at", "id"), reverse=descending)


def _timeline(call: Call, item: Item) -> Entries:
    """Return the whole timeline in order of time, without references from where the token can't look."""
    return [(item, entry) for entry in call.payloads.entries(item, reads=call.token.reads)]


def _events(_: Call, item: Item) -> Entries:
    """Return the timeline without what only that shows."""
    return [(item, entry) for entry in entries(item) if entry.kind not in TIMELINE_ONLY]


def _repository_events(call: Call, repository: Repository) -> Entries:
    return [row for item in call.items(repository) for row in _events(call, item)]


def _of_kind(item: Item, kind: Kind) -> list[tuple[Item, Entry]]:
    return [(item, entry) for entry in entries(item) if entry.kind is kind]


def _entries_of(kind: Kind) -> Callable[[Call, Item], Entries]:
    return lambda _, item: _of_kind(item, kind)


def _repository_line_comments(call: Call, repository: Repository) -> Entries:
    """Return those of all pull requests, the oldest first unless asked otherwise; nobody edits them here."""
    first, descending = call.since() or 0, call.argument("direction", "asc") == "desc"
    pulls = [item for item in call.items(repository) if item.is_pull]
    found = [row for item in pulls for row in _of_kind(item, Kind.LINE_COMMENTED) if row[1].change.at >= first]
    return sorted(found, key=lambda row: (row[1].change.at, row[1].id), reverse=descending)


def _reactions(_: Call, comment: tuple[Item, Change]) -> Comments:
    item, target = comment
    return [(item, change) for change in item.history if change.kind is Kind.REACTED and change.target is target]


def _comments(call: Call, *items: Item) -> Comments:
    first = call.since() or 0
    found = [(item, change) for item in items for change in item.history if change.kind is Kind.COMMENTED]
    return [(item, change) for item, change in found if not change.deleted and _updated(change) >= first]


def _repository_comments(call: Call, repository: Repository) -> Comments:
    """Return those of all items, the oldest first unless asked otherwise."""
    moments: dict[str, Callable[[Change], int]] = {"created": lambda change: change.at, "updated": _updated}
    moment = moments.get(call.argument("sort", "created"))
    if moment is None:
        raise ApiError(422, "Validation Failed", errors=[{"resource": "Issue", "field": "sort", "code": "invalid"}])
    found = _comments(call, *call.items(repository))
    descending = call.argument("direction", "asc") == "desc"
    return sorted(found, key=lambda row: (moment(row[1]), row[1].id), reverse=descending)


def _updated(change: Change) -> int:
    return change.updated_at or change.at


def _team_members(call: Call, team: Team) -> Iterable[Person]:
    """Return the members and those of teams below; their rows say nothing about roles, so `role=` filters."""
    wanted = call.argument("role", "all")
    return [person for person, role in team.all_roles.items() if wanted in ("all", role)]


def _releases(call: Call, repository: Repository) -> Iterable[Release]:
    """Return the published ones, and drafts to those who may push."""
    return [release for release in repository.releases.values() if call.token.pushes or not release.is_draft]


def _installations(_: Call, integration: Integration) -> Iterable[tuple[Integration, Installation]]:
    return [(integration, installation) for installation in integration.installations.values()]


_BY_ID, _BY_CREATION = attrgetter("id"), attrgetter("created_at", "id")
LISTS = (
    PlainList(
        ORGANISATION,
        "/repos",
        _repositories,
        lambda payloads, row: payloads.listed_repository(row[0], administers=row[1]),
        METADATA,
    ),
    PlainList(ORGANISATION, "/members", _members, Forms.user, MEMBERS, sort=_BY_ID),
    PlainList(
        ORGANISATION,
        "/outside_collaborators",
        lambda _, organisation: organisation.collaborators.values(),
        Forms.user,
        MEMBERS,
        sort=_BY_ID,
    ),
    PlainList(ORGANISATION, "/teams", lambda _, organisation: organisation.teams, Forms.team, MEMBERS),
    PlainList(TEAM, "/members", _team_members, Forms.user, MEMBERS, sort=_BY_ID),
    PlainList(REPOSITORY, "/releases", _releases, Forms.release, CONTENTS, sort=_BY_CREATION, descending=True),
    PlainList(REPOSITORY, "/pulls", _pulls, Forms.pull, PULLS),
    PlainList(
        REPOSITORY,
        "/issues/events",
        _repository_events,
        lambda payloads, row: {**payloads.issue_event(*row), "issue": payloads.issue(row[0])},
        ISSUES_OR_PULLS,
        sort=lambda row: row[1].id,
        descending=True,
    ),
    PlainList(
        REPOSITORY,
        "/issues/comments",
        _repository_comments,
        lambda payloads, row: payloads.comment(*row),
        ISSUES_OR_PULLS,
    ),
    PlainList(ITEM, "/timeline", _timeline, lambda payloads, row: payloads.row(*row), ISSUES_OR_PULLS),
    PlainList(ITEM, "/events", _events, lambda payloads, row: payloads.issue_event(*row), ISSUES_OR_PULLS),
    PlainList(ITEM, "/comments", _comments, lambda payloads, row: payloads.comment(*row), ISSUES_OR_PULLS),
    PlainList(APP, "/installations", _installations, lambda payloads, row: payloads.installation(*row), PERMISSIONLESS),
    PlainList(COMMENT, "/reactions", _reactions, lambda payloads, row: payloads.reaction(*row), ISSUES_OR_PULLS),
    PlainList(PULL, "/reviews", _entries_of(Kind.REVIEWED), lambda payloads, row: payloads.review(*row), PULLS),
    PlainList(PULL, "/commits", _entries_of(Kind.COMMITTED), lambda payloads, row: payloads.pull_commit(*row), PULLS),
    PlainList(
        PULL, "/comments", _entries_of(Kind.LINE_COMMENTED), lambda payloads, row: payloads.line_comment(*row), PULLS
    ),
    PlainList(
        REPOSITORY,
        "/pulls/comments",
        _repository_line_comments,
        lambda payloads, row: payloads.line_comment(*row),
        PULLS,
    ),
)
