"""Pull requests: how long they take, how big they are, who reviews how much, and which stand still."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from reports import charts
from reports.commands import cycles
from reports.dashboard.filters import Choice
from reports.dashboard.parts import mark_unfinished, monday, plain, show_chart, show_table
from reports.dashboard.screen import ALL, Screen
from reports.dashboard.screens.periods import show_periods
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

KINDS = ("pull_requests", "events")
SIZES = view("pull_request_sizes_monthly", "level org repo month size merged merged_without_review")
ORDER = ("XS", "S", "M", "L", "XL", "unknown")
LOAD = view("review_load_weekly", "org week user_id reviews share")
STALE = view(
    "stale_pull_requests",
    "org repo number title html_url days_idle waiting_for is_draft username author_kind days_open waiting_since",
)
STALE_DAYS = 30


def show(source: Source, choice: Choice) -> None:
    """Show the page."""
    show_periods(cycles.pull_requests, cycles.PULL_REQUESTS, source, choice)
    show_sizes(source, choice)
    show_load(source, choice)
    show_stale(source, choice)


def show_sizes(source: Source, choice: Choice) -> None:
    """Show how many were merged of each size."""
    read = source.read(sizes_query(choice), title="Merged pull requests by size", kinds=KINDS, orgs=[choice.org])
    table = by_size(read)
    show_chart(
        table,
        charts.bars(table, x="size", y=("merged", "merged_without_review"), unit="pull requests"),
        key="sizes",
        empty="No pull request was merged in this time: choose a longer period.",
        about=f"XS is up to 10 changed lines, S 50, M 250, L 1,000. In the months since {choice.begin:%B %Y}."
        + without_team(choice),
        says=say_sizes(table),
    )


def say_sizes(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    merged, unseen = sum(table.values("merged")), sum(table.values("merged_without_review"))
    sizes = ", ".join(f"{row[1]} {row[0]}" for row in table.rows)
    return f"{number(merged)} pull requests were merged, {number(unseen)} of them without a review. By size: {sizes}."


def sizes_query(choice: Choice) -> Select[Any]:
    """Ask how many were merged of each size; a size that there was none of has no row."""
    rows = SIZES.c
    counts = (func.sum(rows[name]).label(name) for name in ("merged", "merged_without_review"))
    query = select(rows.size, *counts).where(rows.org == choice.org, rows.month >= choice.begin.replace(day=1))
    level = [rows.level == "repository", rows.repo == choice.repo] if choice.repo else [rows.level == "organisation"]
    return query.where(*level).group_by(rows.size)


def by_size(table: Table) -> Table:
    """Put the smallest first."""
    rows = sorted(table.rows, key=lambda row: ORDER.index(row[0]))
    return Table(table.title, table.columns, rows, table.as_of, table.view)


def show_load(source: Source, choice: Choice) -> None:
    """Show how reviews spread over reviewers, without saying who they are."""
    rows = LOAD.c
    query = (
        select(
            rows.week,
            func.count(rows.user_id).label("reviewers"),
            func.sum(rows.reviews).label("reviews"),
            (100 * func.max(rows.share)).label("percent_by_one"),
        )
        .where(rows.org == choice.org, rows.week >= monday(choice.begin))
        .group_by(rows.week)
        .order_by(rows.week)
    )
    table = source.read(query, title="Review load by week", kinds=KINDS, orgs=[choice.org])
    figure = charts.lines(table, x="week", y=("percent_by_one",), unit="% of all reviews", n=("reviewers",))
    mark_unfinished(figure, table, by="week", today=source.today)
    about = (
        "Which part of a week's reviews came from the one who did most, without names; n is how many people reviewed."
    )
    if choice.repo or choice.team:
        about += f" Known for the organisation only: these are all of {plain(choice.org)}'s."
    show_chart(
        table, figure, key="review-load", empty="Nobody has reviewed in this time.", about=about, says=say_load(table)
    )


def say_load(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    if not table.rows:
        return ""
    last = dict(zip(table.columns, table.rows[-1], strict=True))
    return (
        f"In the week of {last['week']}, {last['reviewers']} people reviewed; "
        f"{last['percent_by_one']:.0f} % of all reviews came from one of them."
    )


def show_stale(source: Source, choice: Choice) -> None:
    """Show which open pull requests nobody has moved for a month."""
    rows = STALE.c
    query = select(*(each for each in rows if each.name != "org"))
    query = query.where(*cycles.Scope(choice.org, choice.repo, choice.team).source_conditions(rows))
    query = query.where(rows.days_idle >= STALE_DAYS).order_by(rows.days_idle.desc(), rows.repo, rows.number)
    title = f"Open pull requests that nobody has moved for {STALE_DAYS} days"
    table = source.read(query, title=title, kinds=KINDS, orgs=[choice.org])
    empty = "There is none: every open pull request was moved since."
    show_table(table, key="stale", empty=empty, figures=stale_figures(source, query))


def stale_figures(source: Source, query: Select[Any]) -> list[tuple[str, str]]:
    """Count the stale ones, and for whom they wait: the table may not have all."""
    us, author = STALE.c.waiting_for == "us", STALE.c.waiting_for == "author"
    counts = source.tally(query, us=us, author=author, drafts=STALE.c.is_draft)
    labels = {"all": "Stale", "us": "Wait for us", "author": "Wait for the author", "drafts": "Drafts"}
    return [(label, number(counts[name])) for name, label in labels.items()]


def without_team(choice: Choice) -> str:
    """Say that a number is not known by team."""
    return f" Not known by team: these are all of {plain(choice.org)}'s." if choice.team else ""


SCREEN = Screen(
    "Pull requests",
    "pull-requests",
    "How long do pull requests take, and what holds them up?",
    show,
    kinds=cycles.PULL_REQUESTS.kinds,
    filters=ALL,
)
