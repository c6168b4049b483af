"""What can happen to an organisation's teams."""

from random import Random

from sandbox.world import words
from sandbox.world.items import Team, slug_of
from sandbox.world.people import Person
from sandbox.world.population import Happen, Happening, Population

CHILD_SHARE = 0.5
KINDS_OF_TEAM = ("Core", "Tools", "Enablement", "EMEA", "Americas", "Reliability")


def _report(kind: str, team: Team, **more: object) -> list[Happening]:
    return [{"kind": kind, "organisation": team.organisation.login, "team": team.id, "slug": team.slug, **more}]


def _is_lasting(team: Team) -> bool:
    """Tell whether it is everybody's: by chance nobody leaves it, so that reports of teams never run dry."""
    return team is team.organisation.teams[0]


def _join(world: Population, rng: Random) -> list[Happening]:
    places = [(team, one) for team in world.teams for one in team.organisation.people if one not in team.roles]
    return _change_role(world, rng, places, "team_joined", "member")


def _leave(world: Population, rng: Random) -> list[Happening]:
    places = [(team, person) for team, person in _in_teams(world, None) if not _is_lasting(team)]
    return _change_role(world, rng, places, "team_left", None)


def _promote(world: Population, rng: Random) -> list[Happening]:
    return _change_role(world, rng, _in_teams(world, "member"), "team_promoted", "maintainer")


def _in_teams(world: Population, role: str | None) -> list[tuple[Team, Person]]:
    return [(team, person) for team in world.teams for person, held in team.roles.items() if role in (None, held)]


def _change_role(
    world: Population, rng: Random, places: list[tuple[Team, Person]], kind: str, role: str | None
) -> list[Happening]:
    if not places:
        return []
    team, person = rng.choice(places)
    world.set_team_role(team, person, role)
    return _report(kind, team, login=person.login)


def _new_name(rng: Random, taken: list[Team]) -> str | None:
    """Return a name that no team has, if the one that is drawn is free."""
    name = f"{rng.choice(words.TEAM_NAMES)} {rng.choice(KINDS_OF_TEAM)}"
    return None if slug_of(name) in {team.slug for team in taken} else name


def _create(world: Population, rng: Random) -> list[Happening]:
    organisation = rng.choice(list(world.organisations.values()))
    name = _new_name(rng, organisation.teams)
    if name is None:
        return []
    parent = rng.choice(organisation.teams) if organisation.teams and rng.random() < CHILD_SHARE else None
    team = world.create_team(organisation, name, rng, parent=parent)
    for person in rng.sample(organisation.people, min(rng.randrange(2, 6), len(organisation.people))):
        world.set_team_role(team, person, "member")
    return _report("team_created", team)


def _rename(world: Population, rng: Random) -> list[Happening]:
    team = rng.choice(world.teams or [None])
    name = _new_name(rng, team.organisation.teams) if team else None
    if team is None or name is None:
        return []
    before = team.slug
    world.rename_team(team, name)
    return _report("team_renamed", team, before=before)


def _delete(world: Population, rng: Random) -> list[Happening]:
    """Delete a team that has none below it, for those would go as well."""
    teams = [team for team in world.teams if not team.children and not _is_lasting(team)]
    if not teams:
        return []
    team = rng.choice(teams)
    world.delete_team(team)
    return _report("team_deleted", team)


TEAM_HAPPENINGS: dict[str, tuple[int, Happen]] = {
    "team_joined": (6, _join),
    "team_left": (4, _leave),
    "team_promoted": (1, _promote),
    "team_created": (2, _create),
    "team_renamed": (1, _rename),
    "team_deleted": (1, _delete),
}
