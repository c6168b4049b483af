"""Every page: its links lead somewhere, its commands are written one way and understood, and its SQL runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import app
import backfill
from chalicelib.domains import COMMANDS, all_settings
from chalicelib.jobs.schedules import JOBS
from chalicelib.models import Base
from chalicelib.security.domain import SECURITY
from chalicelib.slack.settings import SETTINGS as SLACK
from chalicelib.views import VIEWS
from chalicelib.workflows.domain import WORKFLOWS
from docs.reference import COMMON
from tests.docs.pages import anchors, blocks, section

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "sandbox" / "README.md")
)
# The sandbox is a programme of its own, and speaks for itself.
OWN = [name for name in PAGES if name != "sandbox/README.md"]
GENERATED = {"docs/reference.md", "docs/data-dictionary.md"}
# Of the shell, of AWS and of SQL.
FOREIGN = re.compile(r"AWS_.*|BROWSER_PATH|REPORTS_.*|CURRENT_USER|TEST_DATABASE_URL|PIP_.*")
SETTING = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
LINK = re.compile(r"\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)")
# A command of ours, up to where the code ends.
COMMAND = re.compile(r"(?:\S*python[\d.]* )((?:app|backfill)\.py)([^`|\n]*)")
PYTHON = ".venv/bin/python "


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(name: str) -> str:
    """All that is written as code on a page, a piece a line."""
    content = page(name)
    indented = re.findall(r"^ {4,}\S.*$", content, re.MULTILINE)
    fenced = re.findall(r"^```\w*\n(.*?)^```$", content, re.MULTILINE | re.DOTALL)
    return "\n".join([*indented, *fenced, *re.findall(r"`([^`\n]+)`", content)])


@pytest.mark.parametrize("name", PAGES)
def test_each_link_leads_somewhere(name: str) -> None:
    for path, anchor in LINK.findall(page(name)):
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), path
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{path}#{anchor}"


def test_the_readme_leads_to_every_page() -> None:
    linked = {path for path, _ in LINK.findall(page("README.md"))}
    assert {name for name in PAGES if name != "README.md"} <= linked


@pytest.mark.parametrize("name", PAGES)
def test_each_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^\.PHONY: ([\w-]+)$", page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^\s*make (?:[A-Z]+=\S+ )*([a-z-]+)", code(name), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("name", [name for name in OWN if name != "CONTRIBUTING.md"])  # it names constants of the code
def test_each_setting_exists(name: str) -> None:
    settings = {setting.name for setting in COMMON} | {setting.name for setting in [*all_settings(), *SLACK]}
    assert {found for found in SETTING.findall(code(name)) if not FOREIGN.fullmatch(found)} <= settings


@pytest.mark.parametrize("name", OWN)
def test_commands_are_written_one_way(name: str) -> None:
    for line in code(name).splitlines():
        for found in re.finditer(r"\S*python[\d.]* (?=(?:app|backfill|demo)\.py|-m \w)", line):
            # In a crontab a path comes before it.
            assert found[0].endswith(PYTHON), line


@pytest.mark.parametrize("name", OWN)
def test_each_module_that_is_named_exists(name: str) -> None:
    modules = [f"/{path.relative_to(ROOT)}" for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    # In CONTRIBUTING.md a placeholder stands for any domain, and labels is one that there is not.
    named = [path for path in re.findall(r"`([\w/]+\.py)`", page(name)) if "labels" not in path]
    assert [path for path in named if not any(module.endswith(f"/{path}") for module in modules)] == []


def commands(script: str) -> Iterator[list[str]]:
    """The arguments of each whole command that starts a script."""
    for line in code_of_all().splitlines():
        for name, rest in COMMAND.findall(line):
            words = shlex.split(rest, comments=True)
            if name == script and not any("…" in word or word.isupper() for word in words):
                yield words


def code_of_all() -> str:
    return "\n".join(code(name) for name in PAGES)


def test_backfill_understands_each_of_its_commands() -> None:
    found = [words for words in commands("backfill.py") if words]
    assert len(found) > 5
    for words in found:
        # A sentence may stop at the option that it is about.
        backfill.parser().parse_args([*words, "2024-01-01"] if words[-1] == "--since" else words)


def test_app_understands_each_of_its_commands() -> None:
    found = {word for words in commands("app.py") for word in words}
    assert found == {*JOBS, app.HEALTH, app.REFRESH, *COMMANDS}


def test_the_readme_names_tables_and_views_that_there_are() -> None:
    """Every one of them is in the data dictionary; the README has those that people ask first."""
    parts = section(page("README.md"), "Tables and views")
    named = set(re.findall(r"`(\w+)`", parts))
    named |= {f"{cycle}_monthly" for cycle in re.findall(r"`(\w+)`, `…_monthly`", parts)}
    assert named <= {*Base.metadata.tables, *(view.name for view in VIEWS)}
    assert "`copilot_…`" in parts


def test_copilots_page_names_all_of_its_views() -> None:
    views = {view.name for view in VIEWS if view.name.startswith("copilot_")}
    assert set(re.findall(r"`(copilot_\w+)`", section(page("docs/copilot.md"), "Views"))) == views


def test_securitys_page_names_all_of_its_views_and_asks_each() -> None:
    views = {view.name for view in SECURITY.views}
    part = section(page("docs/security.md"), "Views")
    assert set(re.findall(r"`(\w+)`(?=[, ].*\|$)", part, re.MULTILINE)) >= views
    assert set(re.findall(r"FROM (\w+)", part)) == views


def test_workflows_page_names_all_of_its_views_and_asks_each() -> None:
    views = {view.name for view in WORKFLOWS.views}
    content = page("docs/workflows.md")
    assert set(re.findall(r"`(\w+)`(?=[, ].*\|$)", section(content, "Views"), re.MULTILINE)) == views
    asked = set(re.findall(r"FROM (\w+)", section(content, "Queries")))
    assert asked == views | {"workflow_jobs"}


def test_the_readme_names_every_job() -> None:
    assert all(f"`{PYTHON}app.py {job}`" in section(page("README.md"), "Commands") for job in JOBS)


# The SQL of deploy.md makes roles: its test stands beside the others of that page.
WITH_SQL = (
    *("README.md", "docs/copilot.md", "docs/operations.md", "docs/security.md"),
    *("docs/webhook.md", "docs/workflows.md"),
)


@pytest.mark.parametrize("name", WITH_SQL)
def test_each_sql_statement_runs(name: str, engine: Engine) -> None:
    statements = list(filter(str.strip, "".join(blocks(page(name), "sql")).split(";")))
    assert statements
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("name", [name for name in OWN if name not in GENERATED])
def test_lines_are_short_enough_to_read_in_a_terminal(name: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith(("|", "    "))] == []
