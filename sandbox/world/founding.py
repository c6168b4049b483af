"""What is there when a world's history begins: organisations, their people, teams and repositories."""

from dataclasses import dataclass
from random import Random

from sandbox.world import words
from sandbox.world.hours import DAY
from sandbox.world.items import Label, Milestone, Organisation, Repository, Team, slug_of
from sandbox.world.people import Person

ADMINS_SHARE, MEMBERS_SHARE, COLLABORATORS_SHARE = 0.05, 0.68, 0.06
TEAM_SIZE = 7
CHILD_SHARE = 0.3
CORE_SIZE = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What to generate; `now` is the epoch second at which history becomes the present.

    `silent_changes`, `transfers` and `deletions` are how many a day happen by themselves, in history and afterwards;
    `releases` are those of each repository, `team_changes` of each organisation.
    `alerts` is how many alerts of each kind a repository gets in the history, on average; more come afterwards.
    Items, comments and events from before `legacy_until` (an epoch second) have node ids of the old form.
    `runs` is how many runs of workflows a repository starts a day, on average, in history and afterwards.
    Webhooks tell of the ends of jobs that deployed to production within the last `told_days` of the history.
    So many `rush_hours` after `now` (0: never), jobs wait for runners after an hour of many runs.
    So many members of each organisation leave on the two days after `now` (`turnover`), the first comes back.
    `boards` is how many boards each organisation has, with sprints that come and go; `board_items` is how many rows
    one more board has, on which nothing happens by itself.
    `copilot_days` is for how long all organisations have had Copilot by then (0: they have not).
    """

    now: int
    seed: int = 1
    organisations: tuple[str, ...] = ("octo-sandbox",)
    repositories: int = 12
    people: int = 60
    days: int = 400
    items: int = 2_000
    silent_changes: float = 0.0
    transfers: float = 0.0
    deletions: float = 0.0
    releases: float = 0.03
    team_changes: float = 0.1
    alerts: float = 0.0
    runs: float = 0.0
    told_days: int = 0
    rush_hours: int = 0
    turnover: int = 0
    boards: int = 0
    board_items: int = 0
    copilot_days: int = 0
    legacy_until: int = 0

    @property
    def start(self) -> int:
        """The epoch second at which history begins."""
        return self.now - self.days * DAY


def found_organisations(rng: Random, plan: Plan) -> list[Organisation]:
    """Return the organisations, without people and repositories."""
    return [
        Organisation(Person(rng.randrange(1_000_000, 89_000_000), name, name, "Organization", plan.start - 900 * DAY))
        for name in plan.organisations
    ]


def share_people(rng: Random, organisations: list[Organisation], people: list[Person]) -> list[Person]:
    """Make people members, admins or outside collaborators, each of mostly one organisation; return the others."""
    outsiders: list[Person] = []
    for index, person in enumerate(people):
        organisation = organisations[index % len(organisations)]
        draw = rng.random()
        if index < len(organisations) or draw < ADMINS_SHARE:
            organisation.members[person.login] = (person, "admin")
        elif draw < ADMINS_SHARE + MEMBERS_SHARE:
            organisation.members[person.login] = (person, "member")
            if len(organisations) > 1 and rng.random() < 0.1:
                rng.choice(organisations).members.setdefault(person.login, (person, "member"))
        elif draw < ADMINS_SHARE + MEMBERS_SHARE + COLLABORATORS_SHARE:
            organisation.collaborators[person.login] = person
        else:
            outsiders.append(person)
    return outsiders


def form_teams(rng: Random, organisation: Organisation) -> None:
    """Put the members into teams, all of them into the first; some are in more."""
    members = organisation.people
    count = min(max(len(members) // TEAM_SIZE, 1), len(words.TEAM_NAMES))
    for name in words.TEAM_NAMES[:count]:
        size = min(len(members), rng.randrange(3, TEAM_SIZE + 4))
        team = Team(rng.randrange(3_000_000, 12_000_000), organisation, name, slug_of(name))
        team.roles = dict.fromkeys(rng.sample(members, size) if organisation.teams else members, "member")
        organisation.teams.append(team)


def arrange_teams(rng: Random, organisation: Organisation) -> None:
    """Give each team a maintainer, and make some of them child teams."""
    for index, team in enumerate(organisation.teams):
        if team.roles:
            team.roles[rng.choice(team.members)] = "maintainer"
        if index and (index == 1 or rng.random() < CHILD_SHARE):
            team.parent = organisation.teams[rng.randrange(index)]


def _repository_names(rng: Random, count: int) -> list[str]:
    pairs = [f"{first}-{second}" for first in words.REPO_FIRST for second in words.REPO_SECOND if first != second]
    rng.shuffle(pairs)
    numbered = (f"{name}-{n}" for n in range(2, 1 + -(-count // len(pairs)) + 1) for name in pairs)
    return [*pairs, *numbered][:count]


def found_repositories(rng: Random, plan: Plan, organisations: list[Organisation]) -> list[Repository]:
    """Return all repositories, the most popular first, spread over the organisations."""
    repositories = []
    number = rng.randrange(300_000_000, 400_000_000)
    for rank, name in enumerate(_repository_names(rng, plan.repositories)):
        organisation = organisations[rank % len(organisations)]
        number += rng.randrange(1_000, 400_000)
        repositories.append(_found_repository(rng, plan, organisation, name=name, number=number, rank=rank))
    return repositories


def _found_repository(rng: Random, plan: Plan, owner: Organisation, *, name: str, number: int, rank: int) -> Repository:
    created_at = plan.start - rng.randrange(10, 800) * DAY + rng.randrange(DAY)
    first, _, second = name.partition("-")
    repository = Repository(
        id=number,
        owner=owner,
        name=name,
        description=f"The {second} of our {first} system" if rng.random() < 0.8 else None,
        language=rng.choices(words.LANGUAGES, weights=(8, 7, 5, 4, 2, 2, 1, 1))[0],
        private=rank > 0 and rng.random() < 0.45,
        archived=rank > 5 and rng.random() < 0.04,
        created_at=created_at,
        popularity=1.0 / (rank + 1) ** 0.9,
        conventional=rng.random() < 0.4,
        pushed_at=created_at,
    )
    owner.repositories.append(repository)
    members = owner.people
    repository.core = rng.sample(members, min(CORE_SIZE, len(members)))
    _add_labels_and_milestones(rng, plan, repository)
    return repository


def _add_labels_and_milestones(rng: Random, plan: Plan, repository: Repository) -> None:
    chosen = [label for index, label in enumerate(words.LABELS) if index <= words.DEFAULT_LABELS or rng.random() < 0.7]
    for index, (name, color, description) in enumerate(chosen):
        label_id = repository.id * 9 + index * 7 + rng.randrange(7)
        repository.labels[name] = Label(label_id, name, color, description, default=index < words.DEFAULT_LABELS)
    if not repository.core:
        return
    for index, title in enumerate(rng.sample(words.MILESTONES, rng.randrange(0, 4))):
        created_at = plan.start - rng.randrange(9) * DAY
        due_on = plan.now - plan.now % DAY + rng.randrange(-200, 90) * DAY if rng.random() < 0.7 else None
        milestone_id = 7_000_000 + repository.id // 100 + index
        creator = rng.choice(repository.core)
        repository.milestones.append(Milestone(milestone_id, index + 1, title, creator, created_at, due_on))
