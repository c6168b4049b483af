"""People, teams, repositories, labels, boards and commits as GraphQL shows them, from the forms of REST."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha1
from typing import Any

from sandbox.api.access import Token
from sandbox.api.forms import Forms
from sandbox.api.nodeids import commit_node_id, node_id
from sandbox.api.times import moment, timestamp
from sandbox.world.boards import IssueType, Project
from sandbox.world.items import Item, Label, Milestone, Organisation, Repository, Team
from sandbox.world.people import Person

JSON = dict[str, Any]
Field = Callable[..., Any]


def local_time(seconds: int, utc_offset: int) -> str:
    """Return a time as Git writes it, with its offset."""
    zone = timezone(timedelta(hours=utc_offset)) if utc_offset else UTC
    return datetime.fromtimestamp(seconds, zone).isoformat().replace("+00:00", "Z")


class Accounts:
    """Builds what one token may see, for one request; each thing once."""

    def __init__(self, forms: Forms, token: Token) -> None:
        self.forms, self.world, self.token = forms, forms.world, token
        self._people: dict[Person, JSON] = {}
        self._repositories: dict[Repository, JSON] = {}

    def place(self, url: str) -> JSON:
        """Return the two fields that tell a web page."""
        return {"url": url, "resourcePath": url.removeprefix(self.forms.html)}

    def person(self, person: Person | None) -> JSON | None:
        """Return an account, if it is still there: a bot by its App's name."""
        if person is None:
            return None
        if person not in self._people:
            self._people[person] = self._person(person)
        return self._people[person]

    def _person(self, person: Person) -> JSON:
        row = self.forms.user(person)
        created_at = timestamp(person.created_at)
        return {
            "__typename": person.type,
            "id": row["node_id"],
            "databaseId": person.id,
            "login": person.name if person.type == "Bot" else person.login,
            "name": person.name,
            "email": None if person.type == "Mannequin" else person.email or "",
            "isSiteAdmin": person.site_admin,
            "userViewType": row["user_view_type"].upper(),
            "avatarUrl": self._avatar(person, row["avatar_url"]),
            "createdAt": created_at,
            "updatedAt": created_at,
            **self.place(row["html_url"]),
            **(self.board_lists(person) if person.type == "Organization" else {}),
        }

    def _avatar(self, person: Person, url: str) -> Field:
        """Return the avatar's URL as GraphQL has it: with more parameters than REST's."""
        base, _, version = url.partition("?")
        own = f"u={sha1(str(person.id).encode(), usedforsecurity=False).hexdigest()}&" if person.type == "User" else ""

        def field(_: Any, *, size: int | None = None) -> str:
            return f"{base}?{'' if size is None else f's={size}&'}{own}{version}"

        return field

    def user_only(self, person: Person | None) -> JSON | None:
        """Return somebody where GraphQL has room for users alone."""
        return self.person(person) if person is not None and person.type == "User" else None

    def organisation(self, organisation: Organisation) -> JSON:
        """Return an organisation."""
        found = self.person(organisation.account)
        return found or {}

    def team(self, team: Team) -> JSON:
        """Return a team."""
        row = self.forms.team(team)
        created_at = timestamp(team.organisation.account.created_at)
        return {
            "__typename": "Team",
            "id": row["node_id"],
            "databaseId": team.id,
            "name": team.name,
            "slug": team.slug,
            "combinedSlug": f"{team.organisation.login}/{team.slug}",
            "description": row["description"],
            "privacy": "VISIBLE",
            "avatarUrl": lambda _, size=None: f"https://avatars.github.example/t/{team.id}?v=4",  # noqa: ARG005
            "organization": lambda _: self.organisation(team.organisation),
            "parentTeam": lambda _: None if team.parent is None else self.team(team.parent),
            "createdAt": created_at,
            "updatedAt": created_at,
            **self.place(row["html_url"]),
        }

    def repository(self, repository: Repository) -> JSON:
        """Return a repository."""
        if repository not in self._repositories:
            self._repositories[repository] = {
                "__typename": "Repository",
                "id": node_id("R", repository.id),
                "databaseId": repository.id,
                "name": repository.name,
                "nameWithOwner": repository.full_name,
                "isPrivate": repository.private,
                "isArchived": repository.archived,
                "owner": lambda _: self.organisation(repository.owner),
                **self.audited(repository),
                **dict.fromkeys(("issue", "pullRequest", "issueOrPullRequest"), self._numbered(repository)),
                **self.place(f"{self.forms.html}/{repository.full_name}"),
            }
        return self._repositories[repository]

    def _numbered(self, repository: Repository) -> Field:
        """Return the field that finds an issue or a pull request by its number."""
        raise NotImplementedError

    def audited(self, repository: Repository) -> JSON:
        """Return the fields of a repository that audits read."""
        raise NotImplementedError

    def label(self, label: Label, item: Item, name: str | None = None) -> JSON:
        """Return a label, by the name that it had then."""
        row = self.forms.label(label, item)
        url = f"{self.forms.html}/{item.repository.full_name}/labels/{label.name}"
        return {
            "__typename": "Label",
            "id": row["node_id"],
            "name": name or label.name,
            "color": label.color,
            "description": label.description,
            "isDefault": label.default,
            "createdAt": timestamp(item.repository.created_at),
            "updatedAt": timestamp(item.repository.created_at),
            "repository": lambda _: self.repository(item.repository),
            **self.place(url),
        }

    def milestone(self, milestone: Milestone, item: Item) -> JSON:
        """Return a milestone."""
        row = self.forms.milestone(milestone, item)
        return {
            "__typename": "Milestone",
            "id": row["node_id"],
            "number": milestone.number,
            "title": milestone.title,
            "description": None,
            "state": row["state"].upper(),
            "closed": milestone.closed_at is not None,
            "closedAt": row["closed_at"],
            "createdAt": row["created_at"],
            "updatedAt": row["updated_at"],
            "dueOn": row["due_on"],
            "creator": self.person(milestone.creator),
            "repository": lambda _: self.repository(item.repository),
            **self.place(row["html_url"]),
        }

    def issue_type(self, issue_type: IssueType | None) -> JSON | None:
        """Return a type of issue."""
        if issue_type is None:
            return None
        return {
            "__typename": "IssueType",
            "id": self.forms.issue_type(issue_type)["node_id"],
            "name": issue_type.name,
            "color": issue_type.color.upper(),
            "description": None,
            "isEnabled": True,
            "isPrivate": False,
        }

    def project(self, project: Project | None) -> JSON | None:
        """Return a board; the classic ones, long gone, have `name` in place of `title`."""
        if project is None:
            return None
        created_at = timestamp(project.created_at)
        return {
            "__typename": "ProjectV2",
            "databaseId": project.id,
            "fullDatabaseId": str(project.id),
            "number": project.number,
            "title": project.title,
            "name": project.title,
            "createdAt": created_at,
            **self.board_parts(project),
            **self.place(f"{self.forms.html}/orgs/{project.owner.login}/projects/{project.number}"),
        }

    def board_lists(self, account: Person) -> JSON:
        """Return an organisation's fields that lead to its boards."""
        raise NotImplementedError

    def board_parts(self, project: Project) -> JSON:
        """Return a board's fields that lead on."""
        raise NotImplementedError

    def commit(
        self,
        repository: Repository,
        sha: str,
        *,
        message: str,
        at: int,
        person: Person | None,
        name: JSON | None = None,
    ) -> JSON:
        """Return a commit; `name` is the name and the address that Git has. Its history is itself alone."""
        actor = self._git_actor(at, person, name)

        def history(info: Any, **arguments: Any) -> Any:
            return self.commits([row])(info, **arguments)

        row: JSON = {
            "__typename": "Commit",
            "id": commit_node_id(repository.id, sha),
            "oid": sha,
            "abbreviatedOid": sha[:7],
            "message": message,
            "messageHeadline": message.partition("\n")[0],
            "messageBody": message.partition("\n\n")[2],
            "author": actor,
            "committer": actor,
            "authoredByCommitter": True,
            "authoredDate": timestamp(at),
            "committedDate": moment(at),
            "additions": 1,
            "deletions": 0,
            "changedFilesIfAvailable": 1,
            "repository": lambda _: self.repository(repository),
            "parents": self.commits([]),
            "history": history,
            "signature": None,
            **self.place(f"{self.forms.html}/{repository.full_name}/commit/{sha}"),
        }
        return row

    def commits(self, commits: list[JSON]) -> Field:
        """Return the field of a list of commits."""
        raise NotImplementedError

    def _git_actor(self, at: int, person: Person | None, name: JSON | None) -> JSON:
        login = person.login if person else "ghost"
        known = name or {
            "name": person.name if person else "Ghost",
            "email": f"{login}@users.noreply.github.example",
        }
        return {
            "name": known["name"],
            "email": known["email"],
            "date": local_time(at, person.utc_offset if person else 0),
            "user": self.user_only(person),
            "avatarUrl": lambda _, size=None: "https://avatars.github.example/u/0?v=4",  # noqa: ARG005
        }
