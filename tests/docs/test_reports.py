"""docs/reports.md and the README name every command and option that there is, and no other."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from reports.__main__ import COMMANDS, app
from reports.reading import NAMED
from tests.docs.pages import blocks, first_cells, section

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))}
LINE = re.compile(r"\.venv/bin/python -m reports ([^`|\n]*)")
# Where a placeholder stands for any command.
ANY = "COMMAND"
GROUP: Any = typer.main.get_command(app)
OPTIONS = {name: {text for each in command.params for text in each.opts} for name, command in GROUP.commands.items()}


def commands(page: str) -> list[list[str]]:
    """The arguments of each command on a page."""
    found = [shlex.split(line, comments=True) for line in LINE.findall(page)]
    return [words for words in found if words and words[0] != ANY]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if commands(page)])
def test_each_command_on_a_page_is_understood(name: str) -> None:
    for words in commands(PAGES[name]):
        assert words[0] in COMMANDS, words
        assert {word for word in words[1:] if word.startswith("--")} <= OPTIONS[words[0]] | {"--help"}, words


def test_each_command_is_documented_with_an_example() -> None:
    assert first_cells(section(PAGE, "Commands").split("###")[0], "Command") == list(COMMANDS)
    assert {words[0] for words in commands(PAGE)} == set(COMMANDS)


def test_each_option_is_documented() -> None:
    every = {option for options in OPTIONS.values() for option in options if option.startswith("--")}
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE)) - {"--help"} == every - {"--help"}


def test_the_views_that_a_report_is_said_to_read_are_read() -> None:
    rows = [line for line in section(PAGE, "Commands").split("###")[0].splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.rsplit("|", 2)[1])}
    assert named <= set(NAMED)


def test_the_readme_names_the_commands_and_their_page() -> None:
    assert {words[0] for words in commands(PAGES["README.md"])} >= {"sprint-burndown", "export"}
    assert "[docs/reports.md](docs/reports.md)" in PAGES["README.md"]


def test_no_example_is_in_another_form() -> None:
    assert blocks(PAGE, "sh") == blocks(PAGE, "shell") == []
