"""Where a report goes: to standard output, into a folder, to Slack."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from reports.__main__ import main
from reports.browser import find_browser
from reports.errors import ReportError
from tests.reports.boards import NOW
from tests.reports.browsers import browser_here
from tests.reports.slack_server import TOKEN, running

Run = Callable[..., int]
BURNDOWN = ("sprint-burndown", "--project", "acme/1", "--unit", "points")
TABLES = ["results.csv", "source-data.csv"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_html_is_a_page_on_standard_output(boards: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert boards(*BURNDOWN, "--format", "html") == 0
    out, err = capsys.readouterr()
    assert out.startswith("<!doctype html>")
    assert "Burndown of Sprint 2 by points" in out
    assert err == ""


@pytest.mark.parametrize(
    "command",
    [BURNDOWN, ("sprint-burnup", *BURNDOWN[1:]), ("percent-complete", *BURNDOWN[1:])],
    ids=lambda command: command[0],
)
def test_a_folder_gets_both_tables_and_the_page(
    boards: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    folder = tmp_path / "made" / "here"
    assert boards(*command, "--format", "html", "--output", str(folder)) == 0
    assert names(folder) == ["chart-interactive.html", *TABLES]
    assert capsys.readouterr() == (
        "",
        f"wrote {folder}/results.csv\nwrote {folder}/source-data.csv\nwrote {folder}/chart-interactive.html\n",
    )


def test_the_rows_behind_a_report_are_in_its_folder(boards: Run, tmp_path: Path) -> None:
    assert boards(*BURNDOWN, "--format", "html", "--output", str(tmp_path)) == 0
    with (tmp_path / "source-data.csv").open(newline="") as file:
        (item,) = csv.DictReader(file)
    assert (item["repository"], item["number"], item["title"], item["points"]) == ("acme/api", "7", "'=2+3", "0.5")
    with (tmp_path / "results.csv").open(newline="") as file:
        assert [row["open_points"] for row in csv.DictReader(file)] == ["6.5", "6", ""]


@pytest.mark.slow
def test_the_picture_is_drawn_where_there_is_a_browser(boards: Run, tmp_path: Path) -> None:
    browser_here()
    assert boards(*BURNDOWN, "--format", "png", "--output", str(tmp_path)) == 0
    assert names(tmp_path) == ["chart-interactive.html", "chart-static.png", *TABLES]


@pytest.mark.parametrize(
    "command",
    [
        ("pull-requests",),
        ("issues", "--by", "week"),
        ("copilot",),
        ("copilot", "--team", "core"),
        ("alerts",),
        ("alerts", "--repo", "api"),
        ("queue",),
        ("queue", "--since", "3d"),
    ],
    ids=" ".join,
)
def test_each_report_has_a_chart_even_of_nothing(
    run: Run, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(*command, "--format", "html") == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_report_without_a_chart_has_its_table_alone(run: Run, tmp_path: Path) -> None:
    assert run("health", "--output", str(tmp_path)) == 0
    assert names(tmp_path) == TABLES


def test_a_dry_run_posts_nothing(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("health", "--format", "csv", "--slack", "#delivery", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "To #delivery, if this were no dry run:" in out
    assert "  results.csv (" in out


@pytest.mark.parametrize("channel", [["--slack", "#delivery"], ["--slack"]])
def test_it_is_posted_where_it_was_told_to(
    db_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], channel: list[str]
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as slack:
        variables = {"DB_URL": db_url, "SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": f"{slack.url}/api"}
        settings = Settings((variables | {"SLACK_CHANNEL": "C0DELIVERY"}).get)
        assert main(["health", "--format", "json", *channel], settings, now=lambda: NOW) == 0
        assert [message["channel"] for message in slack.messages] == [channel[-1] if channel[1:] else "C0DELIVERY"]
        assert slack.messages[0]["text"].startswith("*:github: How current the data of all organisations is*")
    assert TOKEN not in "".join(capsys.readouterr())


def test_without_a_browser_the_sentence_says_how(
    boards: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nothing"))
    with pytest.raises(ReportError):
        find_browser({"BROWSER_PATH": str(tmp_path / "nothing")})
    assert boards(*BURNDOWN, "--format", "png", "--output", str(tmp_path / "out")) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path}/out has the report without chart-static.png: ")
    assert error.count("\n") == 1
