"""Repositories: which break rules or have alerts; and of one of them, which, why, and whom to ask."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, Subquery, cast, func, literal, null, select, union_all

from reports.commands.alerts import KINDS
from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_figures, show_table
from reports.dashboard.screens.security import one_repository
from reports.dashboard.screens.security.alerts import OPEN, counted
from reports.dashboard.screens.security.controls import say_now
from reports.dashboard.screens.security.known import ALERTS, CHECKS, gaps, say_gaps
from reports.dashboard.screens.security.rules import RATED
from reports.dashboard.source import Source
from reports.output import number

COUNTS = ("broken", "errors", "excepted", "rules")


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    say_now(choice)
    found = gaps(source, choice.org, (*ALERTS.values(), CHECKS))
    say_gaps(found)
    if choice.repo:
        one_repository.show(source, choice, found)
        return
    show_figures(figures(source, choice))
    show_all(source, choice, is_known=not found)


def with_alerts(choice: Choice) -> Subquery:
    """Give each repository's rules and open alerts; no rule is about archived ones, which may have alerts."""
    rated, alert = RATED.c, OPEN.c
    rules = select(
        *(rated.repo, rated.visibility, rated.rating, *(rated[name] for name in COUNTS)),
        *(literal(0).label("open_alerts"), literal(0).label("over_limit")),
    ).where(rated.org == choice.org)
    nothing = [cast(null(), Integer).label(name) for name in COUNTS]
    alerts = select(
        *(alert.repo, null().label("visibility"), null().label("rating"), *nothing),
        *(func.count().label("open_alerts"), counted(alert.is_overdue.is_(True), "over_limit")),
    )
    alerts = alerts.where(alert.org == choice.org).group_by(alert.repo)
    both = union_all(rules, alerts).subquery("both").c
    # Of each repository there are at most two rows, one of each kind.
    return (
        select(
            *(both.repo, func.max(both.visibility).label("visibility"), func.max(both.rating).label("rating")),
            *(func.max(both[name]).label(name) for name in COUNTS),
            *(func.sum(both[name]).label(name) for name in ("open_alerts", "over_limit")),
        )
        .group_by(both.repo)
        .subquery(RATED.name)
    )


def figures(source: Source, choice: Choice) -> list[tuple[str, str]]:
    """Count them: the table may not have all."""
    rows = with_alerts(choice).c
    query = select(
        func.count().label("all"),
        counted(rows.broken > 0, "broken"),
        counted(rows.open_alerts > 0, "alerts"),
        counted(rows.over_limit > 0, "over"),
    )
    found: dict[str, Any] = source.first(query) or {}
    if not found.get("all"):
        return []
    of = f"(n = {number(found['all'])})"
    labels = {"broken": f"Break rules {of}", "alerts": f"Have open alerts {of}", "over": "Have alerts over their limit"}
    return [(label, number(found[name])) for name, label in labels.items()]


def show_all(source: Source, choice: Choice, *, is_known: bool) -> None:
    """List the repositories that break rules or have alerts, the most alerts over their limit first."""
    title = "Repositories that break rules or have open alerts"
    table = source.read(list_query(choice), title=title, kinds=[*KINDS, CHECKS], orgs=[choice.org])
    about = (
        "Choose a repository in the sidebar to see what it breaks, its alerts, and whom to ask. Alerts are those of "
        "the view `open_alerts`. `errors` could not be checked last time; `rules` is how many apply. Archived "
        "repositories have alerts, and no rules."
    )
    empty = "None that is stored breaks a rule or has an open alert."
    empty += "" if is_known else " That is no all-clear: not all is known, as is said above."
    show_table(table, key="repositories", empty=empty, about=about)


def list_query(choice: Choice) -> Select[Any]:
    """Ask for the repositories that break rules or have alerts."""
    each = with_alerts(choice)
    rows = each.c
    # Both databases put what is not known last.
    broken = func.coalesce(rows.broken, 0)
    query = select(each).where((broken > 0) | (rows.open_alerts > 0))
    return query.order_by(rows.over_limit.desc(), broken.desc(), rows.open_alerts.desc(), rows.repo)
