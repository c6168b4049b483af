"""Self-hosted runners: how many there are now, and how busy they were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, case, column, func, select

from reports import charts
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_chart, show_figures, show_table
from reports.dashboard.screens.ci.asking import (
    LONGER,
    NO_LABELS,
    RUNNER_KINDS,
    Lines,
    of_all,
    percent,
    say_sums,
    show_lines,
    since,
    with_labels,
)
from reports.dashboard.screens.ci.queue import pick_labels
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import view

RUNNERS = view("runners", "org name status os version runner_group_id label_set first_seen_at removed_at")
# Their names don't tell their type.
for each in ("busy", "ephemeral"):
    RUNNERS.append_column(column(each, Boolean()))
SAMPLES = view("runner_samples", "org sampled_at label_set runners online busy")
UTILISATION = view("runner_utilisation_daily", "org day label_set busy_seconds online_seconds samples")
STATES = ("busy", "idle", "offline")
LATELY = timedelta(hours=24)
NONE = (
    "No self-hosted runner of this organisation is listed. The token needs to see runners (docs/workflows.md); "
    "organisations that use GitHub's own runners have none."
)


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    label_set = pick_labels(names(source, choice))
    chosen = [] if label_set is None else [label_set]
    show_now(source, choice, chosen)
    show_samples(source, choice, chosen)
    show_utilisation(source, choice, chosen)
    show_runners(source, choice, chosen)


def none_listed(chosen: list[str]) -> str:
    """Say that no runner is listed."""
    return "No runner of these labels is listed now." if chosen else NONE


def names(source: Source, choice: Choice) -> list[str]:
    """List the sets of labels that runners have, or had."""
    rows = RUNNERS.c
    query = select(rows.label_set).where(rows.org == choice.org).distinct().order_by(rows.label_set)
    return [row["label_set"] for row in source.all(query)]


def _listed(choice: Choice, chosen: list[str]) -> list[ColumnElement[bool]]:
    rows = RUNNERS.c
    return [rows.org == choice.org, rows.removed_at.is_(None), *_labelled(rows, chosen)]


def _labelled(rows: Any, chosen: list[str]) -> list[ColumnElement[bool]]:
    return [rows.label_set.in_(chosen)] if chosen else []


def state() -> ColumnElement[str]:
    """Tell what a runner did when it was last listed: one of STATES."""
    rows = RUNNERS.c
    return case((rows.status != "online", "offline"), (rows.busy, "busy"), else_="idle")


def show_now(source: Source, choice: Choice, chosen: list[str]) -> None:
    """Show how many runners are busy, idle and offline, by labels and group."""
    rows, each = RUNNERS.c, {name: func.sum(case((state() == name, 1), else_=0)).label(name) for name in STATES}
    query = select(rows.label_set, rows.runner_group_id, func.count().label("runners"), *each.values())
    query = query.where(*_listed(choice, chosen)).group_by(rows.label_set, rows.runner_group_id)
    query = query.order_by(func.count().desc(), rows.label_set, rows.runner_group_id)
    title = "Self-hosted runners now, by their labels and group"
    read = source.read(query, title=title, kinds=RUNNER_KINDS, orgs=[choice.org])
    table = with_labels(read)
    if table.rows:
        counts = ((name.capitalize(), number(sum(table.values(name)))) for name in ("runners", *STATES))
        show_figures(list(counts))
    x = ["label_set", "runner_group_id"] if len(set(table.values("runner_group_id"))) > 1 else ["label_set"]
    about = "As they were when they were last listed, which happens every ten minutes. How many of GitHub's own "
    about += "runners are free, GitHub doesn't tell." + of_all(choice)
    show_chart(
        table,
        charts.bars(table, x=x, y=STATES, unit="runners"),
        key="runners-now",
        empty=none_listed(chosen),
        about=about,
        says=say_sums(table, STATES, "runners"),
    )


def show_samples(source: Source, choice: Choice, chosen: list[str]) -> None:
    """Show how many runners were online and busy in the last hours."""
    rows = SAMPLES.c
    counts = (func.sum(rows[name]).label(name) for name in ("runners", "online", "busy"))
    query = select(rows.sampled_at, *counts).group_by(rows.sampled_at).order_by(rows.sampled_at)
    # The minute makes the question the same for a while, and so it is kept.
    begin = (source.now() - LATELY).replace(second=0, microsecond=0)
    query = query.where(rows.org == choice.org, rows.sampled_at >= begin, *_labelled(rows, chosen))
    title = f"Self-hosted runners in the last 24 hours{whose(chosen)}"
    table = source.read(query, title=title, kinds=RUNNER_KINDS, orgs=[choice.org])
    empty = "No runner was listed in the last 24 hours."
    drawn = Lines(("online", "busy"), "runners", by="sampled_at")
    about = "A line breaks where there was no sample for more than an hour." + of_all(choice)
    show_lines(source, table, drawn, key="samples", empty=empty, about=about)


def whose(chosen: list[str]) -> str:
    """Say which runners, where not all."""
    return f", of {chosen[0] or NO_LABELS}" if chosen else ""


def show_utilisation(source: Source, choice: Choice, chosen: list[str]) -> None:
    """Show for which part of the time in which they were online runners had jobs, by day."""
    title = f"How busy self-hosted runners were, by day{whose(chosen)}"
    table = source.read(utilisation_query(choice, chosen), title=title, kinds=RUNNER_KINDS, orgs=[choice.org])
    show_lines(
        source,
        table,
        Lines(("percent_busy",), "% of the time online", ["samples"], by="day"),
        key="utilisation",
        empty=f"No self-hosted runner was busy or online in this time: {LONGER}",
        about="The time in which runners had jobs, of the time in which they were online by the day's samples (n). "
        "Days without samples are unknown. More than 100 % comes from runners that came and went between two samples. "
        "Today is not over." + of_all(choice),
    )


def utilisation_query(choice: Choice, chosen: list[str]) -> Select[Any]:
    """Ask for the days; of several sets of labels, those whose time online is known are added up."""
    rows = UTILISATION.c
    busy = case((rows.online_seconds.is_not(None), rows.busy_seconds))
    columns = (
        func.sum(rows.busy_seconds).label("busy_seconds"),
        func.sum(rows.online_seconds).label("online_seconds"),
        percent(busy, rows.online_seconds).label("percent_busy"),
        func.max(rows.samples).label("samples"),
    )
    begin = since(rows, choice, "day")
    query = select(rows.day, *columns).where(rows.org == choice.org, begin, *_labelled(rows, chosen))
    return query.group_by(rows.day).order_by(rows.day)


def show_runners(source: Source, choice: Choice, chosen: list[str]) -> None:
    """Show each runner."""
    rows, mark = RUNNERS.c, state().label("state")
    is_ephemeral = rows.ephemeral.label("is_ephemeral")
    query = select(
        rows.name, mark, rows.label_set, rows.runner_group_id, rows.os, rows.version, is_ephemeral, rows.first_seen_at
    )
    query = query.where(*_listed(choice, chosen)).order_by(mark, rows.label_set, rows.name)
    table = source.read(query, title="Each self-hosted runner", kinds=RUNNER_KINDS, orgs=[choice.org])
    show_table(with_labels(table), key="runners", empty=none_listed(chosen))
