"""Who is in an organisation and in its teams, and every change of that since history began."""

from dataclasses import dataclass
from random import Random

from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.items import Organisation, Team, slug_of
from sandbox.world.people import Person


@dataclass(frozen=True, slots=True)
class Movement:
    """A membership's change: the roles before and after (None: no member)."""

    organisation: Organisation
    person: Person
    before: str | None
    after: str | None
    at: int


@dataclass(frozen=True, slots=True)
class TeamChange:
    """A change of somebody's role in a team (None: not in it) or, if nobody is named, of its slug (None: no team)."""

    team: Team
    person: Person | None
    before: str | None
    after: str | None
    at: int


class Memberships(Core):
    """The part of the state that is about people, and the ways to change it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.movements: list[Movement] = []
        self.team_changes: list[TeamChange] = []

    @property
    def teams(self) -> list[Team]:
        """All teams of all organisations."""
        return [team for organisation in self.organisations.values() for team in organisation.teams]

    def move(self, organisation: Organisation, person: Person, role: str | None) -> None:
        """Make a person a member with a role, or (None) no member any more, of the organisation and its teams."""
        with self.lock:
            _, before = organisation.members.pop(person.login, (person, None))
            if role is not None:
                organisation.members[person.login] = (person, role)
                organisation.collaborators.pop(person.login, None)
            else:
                for team in organisation.teams:
                    self.set_team_role(team, person, None)
            self.movements.append(Movement(organisation, person, before, role, self.now))
            if (before is None) != (role is None):
                action = "member_removed" if role is None else "member_added"
                self.tell(organisation, "organization", action, person, role=role or before)
            self.version += 1

    def set_team_role(self, team: Team, person: Person, role: str | None) -> None:
        """Let a member join a team or change the role (`member`, `maintainer`), or (None) leave it.

        ValueError for somebody who isn't in the organisation.
        """
        with self.lock:
            if role is not None and person.login not in team.organisation.members:
                raise ValueError(f"{person.login} is no member of {team.organisation.login}")
            before = team.roles.pop(person, None)
            if role is not None:
                team.roles[person] = role
            if before != role:
                self._note(team, person, before, role)

    def create_team(self, organisation: Organisation, name: str, rng: Random, *, parent: Team | None = None) -> Team:
        """Make a team without members; ValueError if there is one with this slug."""
        with self.lock:
            team = Team(rng.randrange(12_000_000, 16_000_000), organisation, name, _free_slug(organisation, name))
            team.parent = parent
            organisation.teams.append(team)
            self._note(team, None, None, team.slug)
            return team

    def rename_team(self, team: Team, name: str) -> None:
        """Rename a team: its slug changes, its id stays; ValueError if there is another one with this slug."""
        with self.lock:
            before = team.slug
            team.slug, team.name = _free_slug(team.organisation, name), name
            self._note(team, None, before, team.slug)

    def delete_team(self, team: Team) -> None:
        """Delete a team and, as GitHub does, its child teams."""
        with self.lock:
            for child in team.children:
                self.delete_team(child)
            for person in team.members:
                self.set_team_role(team, person, None)
            team.organisation.teams.remove(team)
            self._note(team, None, team.slug, None)

    def _note(self, team: Team, person: Person | None, before: str | None, after: str | None) -> None:
        self.team_changes.append(TeamChange(team, person, before, after, self.now))
        if person is not None and (before is None) != (after is None):
            self.tell(team.organisation, "membership", "added" if before is None else "removed", person, team=team)
        self.version += 1

    def teams_at(self, organisation: Organisation, moment: int) -> dict[Team, tuple[str, list[Person]]]:
        """Return the teams that there were at a moment: the slug that each had then, and who was in it."""
        slugs = {team: team.slug for team in organisation.teams}
        people = {team: dict(team.roles) for team in organisation.teams}
        for change in reversed(self.team_changes):
            if change.at <= moment:
                break
            if change.team.organisation is organisation:
                _undo(change, slugs, people.setdefault(change.team, {}))
        return {team: (slug, list(people[team])) for team, slug in slugs.items()}


def _undo(change: TeamChange, slugs: dict[Team, str], roles: dict[Person, str]) -> None:
    """Set back a team's slug or somebody's role to what it was before a change."""
    if change.person is None:
        slugs.pop(change.team, None)
        if change.before is not None:
            slugs[change.team] = change.before
    else:
        roles.pop(change.person, None)
        if change.before is not None:
            roles[change.person] = change.before


def _free_slug(organisation: Organisation, name: str) -> str:
    slug = slug_of(name)
    if slug in {team.slug for team in organisation.teams}:
        raise ValueError(f"{organisation.login} has a team {slug} already")
    return slug
