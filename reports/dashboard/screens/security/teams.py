"""Rules that teams must keep."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_table
from reports.dashboard.screens.security.known import CHECKS
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import view

TEAMS = view("team_checks", "org team rule result checked_at message")
KEPT = "pass"
RESULTS = {KEPT: "Teams that keep it", "fail": "Break it", "error": "Could not be checked"}


def show(source: Source, choice: Choice, rules: Sequence[str] | None) -> None:
    """Show which teams break a rule, or could not be checked."""
    rows = TEAMS.c
    conditions = [rows.org == choice.org, *([rows.team == choice.team] if choice.team else [])]
    conditions += [] if rules is None else [rows.rule.in_(rules)]
    counts = source.all(select(rows.result, func.count().label("teams")).where(*conditions).group_by(rows.result))
    by_result = {row["result"]: row["teams"] for row in counts}
    query = select(rows.team, rows.rule, rows.result, rows.message, rows.checked_at)
    query = query.where(*conditions, rows.result.in_([each for each in RESULTS if each != KEPT]))
    title = "Teams that break a rule, or could not be checked"
    table = source.read(query.order_by(rows.result.desc(), rows.team), title=title, kinds=[CHECKS], orgs=[choice.org])
    figures = [(label, number(by_result.get(result, 0))) for result, label in RESULTS.items()]
    show_table(table, key="teams", empty=empty_of(by_result), about="The rule `team_maintainer`.", figures=figures)


def empty_of(by_result: dict[str, int]) -> str:
    """Say what it means that there are none."""
    if not by_result:
        return "No rule of teams is checked here: `team_maintainer` is one of security, which `CHECKS` may leave out."
    return f"None: {number(by_result.get(KEPT, 0))} teams keep it."
