"""The reference page says what the domains declare, and leaves nothing out."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.domains import DOMAINS, all_settings, ordered_steps
from chalicelib.jobs import backfill as history
from chalicelib.jobs.health import kinds_with_limits
from chalicelib.jobs.schedules import JOBS
from chalicelib.models import Base
from chalicelib.settings import load_settings
from chalicelib.slack.settings import SETTINGS as SLACK
from chalicelib.views import VIEWS
from deployment.permissions import needs_of
from docs import reference
from docs.reference import COMMON, TITLES, main, render
from tests.docs.pages import first_cells, section

ASKED = re.compile(r"""(?:lookup|get)\(["']([A-Z_]+)["']\)""")


def rows_of(title: str) -> dict[str, list[str]]:
    """The rows of the tables below a heading, by their first cell."""
    lines = [line for line in section(render(), title).splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {first.strip("` "): rest for first, *rest in cells}


def test_the_page_is_not_stale(root: Path) -> None:
    page = (root / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == render(), "run `make docs`"


def test_it_has_every_setting_that_the_code_asks_for(root: Path) -> None:
    source = (root / "chalicelib" / "settings.py").read_text(encoding="utf-8")
    common = {setting.name for setting in COMMON}
    assert common == set(ASKED.findall(source))
    settings = [*all_settings(), *SLACK]
    documented = section(render(), "Settings").split("### Secrets in SSM")[0]
    assert sorted(first_cells(documented, "Setting")) == sorted([*common, *(setting.name for setting in settings)])
    for setting in settings:
        assert f"| {setting.help} |" in documented


@pytest.mark.parametrize("job", JOBS)
def test_it_has_every_step_of_every_job(job: str) -> None:
    rows = rows_of(job)
    assert list(rows) == [step.name for _, step in ordered_steps(job)]
    assert all(does for does, _ in rows.values())


@pytest.mark.parametrize(
    "line",
    [
        "Runs every 30 minutes.",
        "Runs every 10 minutes.",
        "Runs every day at 05:00 UTC.",
        "| `releases` | Read the list `/repos/{org}/{name}/releases` of each row of `repositories` | each run |",
        "| `NEW_DAYS` | 5 | The job stores the items that were created within this many days |",
        "| `GH_TOKEN` | `/contributor-metrics/{ENV_NAME}/token` |",
    ],
)
def test_a_line_says_what_the_declaration_says(line: str) -> None:
    assert line in render().splitlines()


def test_it_has_every_kind_and_how_old_it_may_be() -> None:
    rows = rows_of("Kinds of data")
    judged = {kind: allowed / timedelta(hours=1) for kind, allowed in kinds_with_limits(load_settings({}))}
    declared = [kind.name for domain in DOMAINS for kind in domain.all_kinds]
    assert list(rows) == ["access", *declared]
    assert {name: row[1] for name, row in rows.items() if row[1]} == {
        name: f"{hours:g} h" + (" (by `MEMBERS_HOURS`)" if name == "members" else "") for name, hours in judged.items()
    }


def test_it_says_of_each_kind_what_a_backfill_of_it_costs() -> None:
    rows = rows_of("Kinds of data")
    assert {name: row[2] for name, row in rows.items() if row[2]} == {
        kind.name: kind.cost for kind in history.ALL_KINDS
    }
    assert [name for name, row in rows.items() if row[3] == "yes"] == list(history.DEFAULT_KINDS)
    assert [name for name, row in rows.items() if row[4] == "yes"] == list(history.COUNTED_KINDS)


def test_each_kind_is_kept_current_by_some_job() -> None:
    rows = rows_of("Kinds of data")
    assert all(row[0] for row in rows.values())
    assert rows["issues"][0] == "`every_30_min`, `nrt_events`"
    assert rows["reconciliation"][0] == "`daily`"


def test_it_has_every_permission_and_all_that_it_is_for() -> None:
    rows = rows_of("Permissions")
    assert sorted(rows) == sorted(need.permission for need in needs_of(load_settings({})))
    assert TITLES.keys() <= rows.keys()
    assert rows["members"] == ["organisation", "Members", "members, teams, members of teams"]
    checked = "files and commits that are checked, unless SECURITY=off"
    assert rows["contents"] == ["repository", "Contents", f"releases, {checked}"]


def test_it_has_every_table_and_view_of_a_domain() -> None:
    linked = re.findall(r"\[`(\w+)`\]\(data-dictionary\.md#\1\)", section(render(), "Domains"))
    tables = [name for name, table in Base.metadata.tables.items() if name not in tables_of_the_app()]
    assert sorted(linked) == sorted([*tables, *(view.name for view in VIEWS if view.name != "data_health")])


def test_it_has_every_event_of_a_domain() -> None:
    listed = re.findall(r"^- \[Events\]\(webhook.md#the-events\) of the webhook: (.+)$", render(), re.MULTILINE)
    assert [name for line in listed for name in re.findall(r"`(\w+)`", line)] == [
        name for domain in DOMAINS for name in domain.events
    ]


def tables_of_the_app() -> set[str]:
    """The tables of the app itself."""
    models = [mapper.class_ for mapper in Base.registry.mappers]
    return {model.__tablename__ for model in models if model.__module__.startswith("chalicelib.store.")}


def test_it_says_how_a_domain_is_switched_off() -> None:
    assert re.findall(r"^- Switched off by (.+)$", render(), re.MULTILINE) == [
        "`COPILOT=off`",
        "`SECURITY=off`",
        "`WORKFLOWS=off`",
        "`PROJECTS=off`",
    ]


def test_make_docs_writes_it_and_a_check_says_when_it_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "reference.md"
    monkeypatch.setattr(reference, "PATH", page)
    stale = "docs/reference.md is stale: make docs\n"
    assert (main(["--check"]), capsys.readouterr().err) == (1, stale)
    assert (main([]), capsys.readouterr().err) == (0, "")
    assert page.read_text(encoding="utf-8") == render()
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


def test_it_runs_as_a_command(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "docs.reference", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
