"""What people do with Copilot: their habits, and the counts of each of their days."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from sandbox.world.copilot.settings import draw
from sandbox.world.hours import DAY, HOUR, SATURDAY, weekday
from sandbox.world.people import Person

IDES = (("vscode", 60), ("jetbrains", 22), ("visualstudio", 12), ("neovim", 6))
PLUGINS = {"vscode": "copilot-chat", "jetbrains": "copilot-intellij", "visualstudio": "copilot-vs", "neovim": "copilot"}
LANGUAGES = (
    ("typescript", 20), ("python", 20), ("go", 12), ("java", 10), ("csharp", 8), ("ruby", 6), ("markdown", 9),
    ("yaml", 7), ("shellscript", 5), ("sql", 3),
)  # fmt: skip
MODELS = (
    ("claude-sonnet-4.6", 30),
    ("gpt-5.4", 25),
    ("claude-opus-4.6", 15),
    ("gpt-5-mini", 20),
    ("gemini-3.0-pro", 10),
)
SKILLS = (("chat", 0.8), ("agent", 0.55), ("cli", 0.25), ("cloud", 0.12), ("review", 0.3))
NEVER, STOPS = 0.1, 0.18
WEEKEND = 0.06
CLI = "copilot_cli"


class Counts(NamedTuple):
    """What reports count, under the names they give it."""

    user_initiated_interaction_count: int
    code_generation_activity_count: int
    code_acceptance_activity_count: int
    loc_suggested_to_add_sum: int
    loc_suggested_to_delete_sum: int
    loc_added_sum: int
    loc_deleted_sum: int


class Cell(NamedTuple):
    """Counts that belong to one IDE (none: the command line), feature, language and model."""

    ide: str
    feature: str
    language: str
    model: str
    counts: Counts


class CliUse(NamedTuple):
    """A day's use of the command line, under the reports' names."""

    session_count: int
    request_count: int
    prompt_count: int
    output_tokens_sum: int
    prompt_tokens_sum: int


@dataclass(frozen=True, slots=True)
class Feature:
    """How a feature is used: by whom, on which share of days, and what comes of it.

    `asks` are interactions a day, `generations` are for each of them (or a day's, without), `accepted` is a share;
    lines are suggested by a generation, added and deleted by one that is accepted (`agent_edit`: by each).
    """

    name: str
    skill: str
    chance: float
    asks: float
    generations: float
    accepted: float
    suggested: float
    added: float
    deleted: float = 0.0


FEATURES = (
    Feature("code_completion", "", 0.92, 0, 38, 0.3, 2.2, 1.8),
    Feature("chat_panel_ask_mode", "chat", 0.6, 6, 0.9, 0.15, 9, 6),
    Feature("chat_inline", "chat", 0.25, 3, 1.1, 0.2, 7, 5, 1),
    Feature("chat_panel_agent_mode", "agent", 0.7, 9, 1.2, 0.03, 6, 8),
    Feature("agent_edit", "agent", 0.7, 0, 14, 0, 0, 24, 6),
    Feature("chat_panel_custom_mode", "agent", 0.12, 4, 0.6, 0, 5, 0),
    Feature(CLI, "cli", 0.65, 14, 1.1, 0.95, 0, 16, 3),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody uses Copilot: how often, with what, and after how many days no more."""

    ides: tuple[str, ...]
    languages: tuple[str, ...]
    models: tuple[str, ...]
    skills: frozenset[str]
    keenness: float
    stops_after: int | None

    def active(self, seed: str, person: Person, day: int, *, given_at: int) -> bool:
        """Whether the person uses a seat that was given at a moment on a day."""
        if self.stops_after is not None and day > given_at + self.stops_after * DAY:
            return False
        usual = WEEKEND if weekday(day) >= SATURDAY else 1.0
        return draw(seed, person.id, day, "active") < self.keenness * usual


@dataclass(frozen=True, slots=True)
class UserDay:
    """What somebody did on a day; `arrival` is the share of the day's users who are known before."""

    person: Person
    day: int
    cells: tuple[Cell, ...]
    cli: CliUse | None
    used: frozenset[str]
    arrival: float


def form_habits(seed: str, person: Person) -> Habits:
    """Return a person's habits, always the same."""
    rng = Random(f"{seed}/habit/{person.id}")
    never, stops, stops_after = rng.random() < NEVER, rng.random() < STOPS, rng.randrange(5, 110)
    return Habits(
        ides=_choose(rng, IDES, 2 if rng.random() < 0.15 else 1),
        languages=_choose(rng, LANGUAGES, 3),
        models=_choose(rng, MODELS, 2),
        skills=frozenset(skill for skill, share in SKILLS if rng.random() < share),
        keenness=0.0 if never else rng.uniform(0.3, 0.97),
        stops_after=stops_after if stops else None,
    )


def _choose(rng: Random, weighted: tuple[tuple[str, int], ...], count: int) -> tuple[str, ...]:
    names, weights = zip(*weighted, strict=True)
    return tuple(dict.fromkeys(rng.choices(names, weights, k=count)))


def spend_day(seed: str, person: Person, habits: Habits, day: int) -> UserDay:
    """Return what an active person does on a day, always the same."""
    rng = Random(f"{seed}/{person.id}/{day}")
    features = [one for one in FEATURES if one.skill in ("", *habits.skills) and rng.random() < one.chance]
    cells = [cell for feature in features or FEATURES[:1] for cell in _use(rng, habits, feature)]
    used: set[str] = {skill for skill in ("cloud", "review") if skill in habits.skills and rng.random() < 0.3}
    used |= {one.skill for one in features if one.skill}
    cli = _use_cli(rng, cells) if "cli" in used else None
    return UserDay(person, day, tuple(cells), cli, frozenset(used), draw(seed, person.id, day, "arrival"))


def _use(rng: Random, habits: Habits, feature: Feature) -> list[Cell]:
    """Return a feature's cells of a day: one or two languages, one IDE, one model."""
    ide = "" if feature.name == CLI else rng.choice(habits.ides)
    model = "auto" if feature.name == "code_completion" else rng.choice(habits.models)
    languages = habits.languages[: rng.randrange(1, 3)]
    return [Cell(ide, feature.name, language, model, _count(rng, feature, len(languages))) for language in languages]


def _count(rng: Random, feature: Feature, parts: int) -> Counts:
    vigour = rng.lognormvariate(0, 0.5) / parts
    asks = 1 + int(feature.asks * vigour) if feature.asks else 0
    generated = int(feature.generations * (asks or vigour) * rng.uniform(0.7, 1.3))
    accepted = min(int(generated * feature.accepted * rng.uniform(0.5, 1.4)), generated)
    written = accepted or (generated if not feature.accepted else 0)
    return Counts(
        asks,
        generated,
        accepted,
        int(generated * feature.suggested),
        int(accepted * feature.deleted * 0.5) if feature.suggested else 0,
        int(written * feature.added * rng.uniform(0.8, 1.2)),
        int(written * feature.deleted),
    )


def _use_cli(rng: Random, cells: list[Cell]) -> CliUse:
    prompts = sum(cell.counts[0] for cell in cells if cell.feature == CLI)
    requests = prompts * rng.randrange(2, 9)
    return CliUse(
        1 + prompts // 6, requests, prompts, requests * rng.randrange(300, 900), requests * rng.randrange(9_000, 90_000)
    )


def moment_of_use(seed: str, person: Person, day: int) -> int:
    """Return when on a day an active person used Copilot last."""
    return day + int((8 + draw(seed, person.id, day, "hour") * 12) * HOUR)
