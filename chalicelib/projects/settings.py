"""The settings of projects: which boards are read, and what their fields mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chalicelib.errors import SettingsError
from chalicelib.projects.rules import Choice
from chalicelib.settings import Setting, Settings, name_list, switch

BOARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}/[1-9][0-9]{0,8}")
# A comma ends an entry only where the next one begins: names of fields may hold commas.
NEXT_ENTRY = re.compile(rf",(?=\s*{BOARD.pattern}\s*:)")
SINGLE = ("sprint", "points", "status", "deliverable")
SEVERAL = ("done", "in_progress")
FORM = "must look like my-org/5: sprint=Sprint; points=Points; done=Done|Shipped"


def project_fields(text: str) -> Mapping[str, Choice]:
    """Read what the fields of boards mean, by `org/number` in small letters; ValueError when it is malformed."""
    found: dict[str, Choice] = {}
    for entry in filter(None, (part.strip().rstrip(",") for part in NEXT_ENTRY.split(text))):
        board, colon, rest = (part.strip() for part in entry.partition(":"))
        if not colon or not BOARD.fullmatch(board):
            raise ValueError(f"{entry!r} {FORM}")
        if board.casefold() in found:
            raise ValueError(f"it names {board} twice")
        found[board.casefold()] = _choice(board, rest)
    return found


def _choice(board: str, text: str) -> Choice:
    values: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, sign, value = (word.strip() for word in part.partition("="))
        if not sign:
            raise ValueError(f"{part!r} of {board} has no = between a role and a name")
        if name not in (*SINGLE, *SEVERAL):
            raise ValueError(f"{name!r} of {board} is none of {', '.join((*SINGLE, *SEVERAL))}")
        if name in values:
            raise ValueError(f"{board} has {name} twice")
        values[name] = value
    lists = {name: tuple(filter(None, map(str.strip, values.get(name, "").split("|")))) for name in SEVERAL}
    return Choice(**{name: values.get(name) for name in SINGLE}, done=lists["done"], in_progress=lists["in_progress"])


def choice_text(board: str, choice: Choice) -> str:
    """Write a choice as the setting has it."""
    parts = [f"{name}={value}" for name in SINGLE if (value := choice.field_of(name)) is not None]
    parts += [f"{name}={'|'.join(values)}" for name in SEVERAL if (values := getattr(choice, name))]
    return f"{board}: {'; '.join(parts)}"


PROJECTS_ENABLED = Setting(
    "PROJECTS",
    default=True,
    parse=switch,
    help="`off`: boards are not read, and the webhook keeps nothing of them",
    shown="`on`",
)
GH_PROJECTS: Setting[tuple[str, ...]] = Setting(
    "GH_PROJECTS",
    (),
    name_list(BOARD, "a board such as my-org/5"),
    "The only boards (GitHub Projects) to read, each as its organisation and number, such as `my-org/5,my-org/7`",
    shown="all of the organisations",
)
GH_PROJECT_FIELDS: Setting[Mapping[str, Choice]] = Setting(
    "GH_PROJECT_FIELDS",
    {},
    project_fields,
    "What the fields of boards mean, such as `my-org/5: sprint=Sprint; points=Story Points; status=Status; "
    "deliverable=Deliverable; done=Done; in_progress=Doing`, with a comma before the next board, and a vertical bar "
    "between several statuses. A role that is left out is guessed; `points=` means that there are none. "
    "`deliverable=parents` takes the topmost issue above, `deliverable=parents:Epic` the nearest one of that type. "
    "`app.py projects` prints it with the guesses",
    shown="guesses by name and type",
)
SETTINGS = (PROJECTS_ENABLED, GH_PROJECTS, GH_PROJECT_FIELDS)


def is_wanted(settings: Settings, org: str, number: int) -> bool:
    """Tell whether a board is to be read."""
    wanted = settings.value(GH_PROJECTS)
    return not wanted or key_of(org, number) in {board.casefold() for board in wanted}


def choice_of(settings: Settings, org: str, number: int) -> Choice | None:
    """Give what the setting says of a board's fields; None when it doesn't name the board."""
    return settings.value(GH_PROJECT_FIELDS).get(key_of(org, number))


def key_of(org: str, number: int) -> str:
    """Name a board as the settings do; GitHub's names ignore case."""
    return f"{org}/{number}".casefold()


def agree(settings: Settings) -> None:
    """Raise SettingsError when the fields of a board are chosen that is not read."""
    wanted = {board.casefold() for board in settings.value(GH_PROJECTS)}
    for board in settings.value(GH_PROJECT_FIELDS) if wanted else ():
        if board not in wanted:
            raise SettingsError(f"{GH_PROJECT_FIELDS.name} names {board}, which {GH_PROJECTS.name} leaves out")
