"""The options that commands share: each means the same wherever it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

import typer

from chalicelib.settings import MAX_DAYS, ORG, REPO
from chalicelib.utils import parse_day

SPAN = re.compile(r"([0-9]{1,4})([dw])", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
WEEK = 7


@dataclass(frozen=True)
class Begin:
    """Where a report begins: on a day, or so long before today."""

    day: date | None = None
    span: timedelta = timedelta(0)


def parse_since(text: str) -> Begin:
    """Parse a date, or a span such as 90d or 12w; raises BadParameter when it is neither."""
    if span := SPAN.fullmatch(text):
        days = int(span[1]) * (WEEK if span[2] == "w" else 1)
        if 0 < days <= MAX_DAYS:
            return Begin(span=timedelta(days=days))
        raise typer.BadParameter(f"{text} is not from 1 day to {MAX_DAYS} days")
    try:
        return Begin(day=parse_day(text).date())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a date such as 2026-01-31 nor a span such as 90d or 12w"
        ) from None


def first_day(since: Begin | None, today: date, *, default: timedelta = timedelta(0)) -> date:
    """Give the day on which a report begins."""
    if since is None:
        return today - default
    return since.day or today - since.span


def midnight(day: date) -> datetime:
    """Give the moment at which a day begins, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def parse_org(text: str) -> str:
    """Check an organisation's name; raises BadParameter."""
    if not ORG.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not an organisation's name")
    return text


def parse_repo(text: str) -> str:
    """Check a repository's name, with or without its owner; raises BadParameter."""
    if not REPO.fullmatch(text) and not NAME.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is neither a repository's name nor owner/name")
    return text


Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="BOARD",
        help="The board, as ORG/NUMBER, by its number alone or its title; may be left out if there is one only",
    ),
]
Sprint = Annotated[
    str,
    typer.Option(
        "--sprint", metavar="SPRINT", help="@current, @previous, @next, a sprint's name, or a day of it (YYYY-MM-DD)"
    ),
]
Unit = Annotated[Literal["issues", "points"], typer.Option("--unit", help="What is counted")]
Org = Annotated[str | None, typer.Option("--org", metavar="ORG", parser=parse_org, help="Only this organisation")]
Repo = Annotated[
    str | None,
    typer.Option("--repo", metavar="REPO", parser=parse_repo, help="Only this repository: NAME or ORG/NAME"),
]
Team = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="Only this team, by its slug")]
Since = Annotated[
    Begin | None,
    typer.Option("--since", metavar="DATE|SPAN", parser=parse_since, help="Begin there: 2026-01-31, 90d or 12w"),
]
By = Annotated[Literal["month", "week"], typer.Option("--by", help="What a row is")]
Form = Annotated[
    Literal["table", "csv", "json", "html", "png"],
    typer.Option("--format", help="How it is shown; html and png are charts; png needs --output"),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="DIR",
        help="Write results.csv, source-data.csv, chart-static.png and chart-interactive.html into this folder; "
        "the tables only when a report has no chart",
    ),
]
Slack = Annotated[
    str | None,
    typer.Option("--slack", metavar="[CHANNEL]", help="Post it to Slack: to this channel, else to SLACK_CHANNEL"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --slack: print what would be posted, and post nothing")]

# Typer has no options whose value may be left out.
OPTIONAL_VALUES = ("--slack",)


def with_values(arguments: list[str]) -> list[str]:
    """Give an empty value to each option whose value may be left out, where it was."""
    following = [*arguments[1:], "--"][: len(arguments)]
    return [
        f"{each}=" if each in OPTIONAL_VALUES and after.startswith("-") else each
        for each, after in zip(arguments, following, strict=True)
    ]
