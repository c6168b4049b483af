"""Rules: how many repositories break each, how that changes, and which of GitHub's features are on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from reports import charts
from reports.dashboard.filters import Choice, choose_one, say_unknown
from reports.dashboard.parts import mark_unfinished, plain, say_limits, show_chart, show_figures
from reports.dashboard.screens.security import features, teams
from reports.dashboard.screens.security.alerts import counted
from reports.dashboard.screens.security.controls import of_all
from reports.dashboard.screens.security.known import CHECKS, gaps, say_gaps
from reports.dashboard.screens.security.presets import PRESETS
from reports.dashboard.source import Source
from reports.output import number
from reports.reading import Table, view

BROKEN = view("rules_broken", "org rule repositories passed broken errors excepted newly_broken")
TRENDS = view("rule_trends", "org rule month passed failed")
RATED = view("repository_compliance", "org repo repository_id visibility rules passed broken errors excepted rating")
CHECKED = view(
    "repository_checks",
    "org repo repository_id rule result known_result since message exception_reason exception_until",
)
NO_RULES = (
    "No rule is checked yet. The daily job checks rules unless `SECURITY=off`, and `CHECKS` chooses them; the token "
    "needs `administration`, `contents` and `pull_requests`: see docs/security.md."
)
ONE_REPOSITORY = " The part Repositories has what this one breaks."
ONE_TEAM = " Only the teams below are the chosen one."
FAIL, NOT_APPLICABLE = "fail", "not_applicable"
MOST_SAID = 5  # in a sentence
Rules = Sequence[str] | None


def show(source: Source, choice: Choice) -> None:
    """Show the part."""
    preset = choose_one("Rules", list(PRESETS), key="rules")
    say_gaps(gaps(source, choice.org, [CHECKS]))
    rules = PRESETS[preset]
    if choice.repo or choice.team:
        st.caption(of_all(choice).strip() + (ONE_REPOSITORY if choice.repo else ONE_TEAM))
    table = read_broken(source, choice, rules)
    show_figures(figures(source, choice, rules))
    if table.rows:
        st.markdown(f"Broken most: {plain(most_broken(table))}. Figures are of repositories, archived ones left out.")
    show_broken(table)
    show_trend(source, choice, table)
    features.show(source, choice)
    teams.show(source, choice, rules)


def among(rule: ColumnElement[Any], rules: Rules) -> list[ColumnElement[bool]]:
    """Limit rows to the rules of a preset."""
    return [] if rules is None else [rule.in_(rules)]


def read_broken(source: Source, choice: Choice, rules: Rules) -> Table:
    """Read how many repositories break each rule, of how many of which it is known."""
    rows = BROKEN.c
    of_known = rows.passed + rows.broken
    query = select(
        *(rows.rule, rows.broken, of_known.label("of_known")),
        (100.0 * rows.broken / func.nullif(of_known, 0)).label("percent_broken"),
        (rows.repositories - of_known - rows.excepted).label("not_known"),
        *(rows.excepted, rows.errors, rows.newly_broken),
    )
    query = query.where(rows.org == choice.org, *among(rows.rule, rules)).order_by(rows.broken.desc(), rows.rule)
    return source.read(query, title="Repositories that break each rule", kinds=[CHECKS], orgs=[choice.org])


def figures(source: Source, choice: Choice, rules: Rules) -> list[tuple[str, str]]:
    """Count the repositories that keep all rules; one that breaks none, but of which not all is known, is neither."""
    found = source.first(compliance_query(source, choice, rules)) or {}
    count = found.get("repositories", 0)
    if not count:
        return []
    unclear = found["unclear"]
    of = f"(n = {number(count)})"
    return [
        (f"Keep all rules {of}", number(count - found["breaking"] - unclear)),
        ("Break some", number(found["breaking"])),
        ("Not known", number(unclear)),
        (f"Broken on average {of}", f"{found['broken'] / count:.1f}"),
    ]


def most_broken(table: Table) -> str:
    """Name the rule that most repositories break; of several, all."""
    most = max(table.values("broken"), default=0)
    names = [f"{row[0]} ({number(row[1])} of {number(row[2])})" for row in table.rows if row[1] == most]
    return ", ".join(names) if most else "none"


def compliance_query(source: Source, choice: Choice, rules: Rules) -> Select[Any]:
    """Count the repositories by whether they keep some rules, as repository_compliance does for all rules."""
    each = checks_query(source, choice, rules).subquery("each_repository").c
    return select(
        func.count().label("repositories"),
        counted(each.broken > 0, "breaking"),
        counted(and_(each.broken == 0, each.not_known > 0), "unclear"),
        func.sum(each.broken).label("broken"),
    )


def checks_query(source: Source, choice: Choice, rules: Rules) -> Select[Any]:
    """Count what each repository breaks of some rules, and what of it is not known."""
    rows = CHECKED.c
    holds = or_(rows.exception_until.is_(None), rows.exception_until >= source.today)
    excepted = and_(rows.exception_reason.is_not(None), holds)
    current = select(RATED.c.repository_id).where(RATED.c.org == choice.org)
    return (
        select(
            rows.repository_id,
            counted(and_(rows.known_result == FAIL, ~excepted), "broken"),
            counted(and_(rows.known_result.is_(None), ~excepted), "not_known"),
        )
        .where(rows.org == choice.org, *among(rows.rule, rules), rows.repository_id.in_(current))
        .where(func.coalesce(rows.known_result, "") != NOT_APPLICABLE)
        .group_by(rows.repository_id)
    )


def show_broken(table: Table) -> None:
    """Show how many repositories break each rule."""
    about = (
        "`of known` is how many repositories a rule applies to, of which it is known whether they keep it. `not known` "
        "and `excepted` are neither. `errors` could not be checked last time, and count as they were before."
    )
    show_chart(
        table,
        charts.bars(table, x="rule", y=("broken", "not_known"), unit="repositories", n=("of_known",)),
        key="rules-broken",
        empty=NO_RULES,
        about=about,
        says=say_broken(table),
    )


def say_broken(table: Table) -> str:
    """Say in a sentence what the chart shows."""
    broken = [f"{row[0]} {row[1]} of {row[2]}" for row in table.rows if row[1]]
    first = f": {', '.join(broken[:MOST_SAID])}" if broken else ""
    more = f", and {len(broken) - MOST_SAID} more in the table" if len(broken) > MOST_SAID else ""
    unknown = sum(table.values("not_known"))
    doubt = f" Of {number(unknown)} checks the result is not known." if unknown else ""
    return f"{len(broken)} of {len(table.rows)} rules are broken{first}{more}.{doubt}"


def show_trend(source: Source, choice: Choice, broken: Table) -> None:
    """Show which part of the checks was kept at the end of each month, of one rule or of all that are chosen."""
    names = sorted(broken.values("rule"))
    if not names:
        return
    asked = st.query_params.to_dict()
    rule = st.selectbox("Rule", names, index=None, key="rule", bind="query-params", placeholder="All of these rules")
    say_unknown(asked, {"rule": names})
    title = f"Kept at the end of each month: {rule or 'all of these rules'}"
    query = trend_query(choice, [rule] if rule else names)
    table = source.read(query, title=title, kinds=[CHECKS], orgs=[choice.org])
    say_limits(table, by="month", begin=choice.begin, today=source.today)
    figure = charts.lines(table, x="month", y=("percent_kept",), unit="% of checks", n=("checks",))
    mark_unfinished(figure, table, by="month", today=source.today)
    about = (
        "n is how many checks had a result: a repository and a rule each. Here an exception counts as broken, and a "
    )
    about += "check that could not be done as it was before."
    empty = "No month of this rule is stored in this time: choose a longer period."
    show_chart(table, figure, key="rule-trend", empty=empty, about=about, says=say_trend(table))


def trend_query(choice: Choice, rules: Sequence[str]) -> Select[Any]:
    """Ask how many checks of some rules were kept at the end of each month."""
    rows = TRENDS.c
    passed, failed = func.sum(rows.passed), func.sum(rows.failed)
    both = passed + failed
    return (
        select(
            *(rows.month, passed.label("passed"), failed.label("failed"), both.label("checks")),
            case((both > 0, 100.0 * passed / both)).label("percent_kept"),
        )
        .where(rows.org == choice.org, rows.rule.in_(rules), rows.month >= choice.begin.replace(day=1))
        .group_by(rows.month)
        .order_by(rows.month)
    )


def say_trend(table: Table) -> str:
    """Say in a sentence what the last month was like."""
    if not table.rows:
        return ""
    last = dict(zip(table.columns, table.rows[-1], strict=True))
    return (
        f"In {last['month']:%B %Y}, {number(last['passed'])} of {number(last['checks'])} checks were kept, and "
        f"{number(last['failed'])} were not."
    )
