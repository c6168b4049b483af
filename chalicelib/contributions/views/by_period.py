"""A cycle added up by month or week, for each repository, team and organisation.

An item has several moments: a pull request opened in May may be merged in June. It has a row for each of them, so that
the cycle is read once for a level. Values of different moments share columns: there are fewer to be sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, Table, case, select, true, union_all

from chalicelib.contributions.facts.people import BOT
from chalicelib.contributions.views.teams import stays, was_in_team
from chalicelib.store.functions import constant, count_if
from chalicelib.store.levels import ORGANISATION, REPOSITORY, TEAM, level_column, no_text
from chalicelib.store.percentiles import MEDIAN, P90, Ranked
from chalicelib.store.views import View, ViewColumn

# What a row of each level is about.
KEYS = {REPOSITORY: ("org", "repo"), TEAM: ("org", "team"), ORGANISATION: ("org",)}


class Figure(NamedTuple):
    """A column: how many items have a value in a cycle's column, or the value at a share (0 to 1) of those that do."""

    name: str
    column: str
    comment: str
    share: float | None = None


class Moment(NamedTuple):
    """A time of each item, by its column in the cycle, and what is counted in the period in which it lies."""

    at: str
    figures: Sequence[Figure]

    def places(self) -> Mapping[str, str]:
        """Say where the cycle's columns stand: in hours_1 and so on, and, if they are only counted, in known_1."""
        hours = dict.fromkeys(figure.column for figure in self.figures if figure.share is not None)
        known = dict.fromkeys(figure.column for figure in self.figures if figure.column not in hours)
        return {
            column: f"{kind}_{number}"
            for kind, columns in (("hours", hours), ("known", known))
            for number, column in enumerate(columns, 1)
        }


def hours_figures(hours: str, what: str) -> list[Figure]:
    """Give the figures of a column of hours: how many there are, the median and the 90th percentile."""
    return [
        Figure(f"n_{hours}", hours, f"Of how many the next two columns are: {what}"),
        Figure(f"median_{hours}", hours, f"Median of {hours} of {what}", MEDIAN),
        Figure(f"p90_{hours}", hours, f"90th percentile of {hours} of {what}", P90),
    ]


@dataclass(frozen=True)
class Period:
    """A month or a week: `first_day` gives it for a time."""

    name: str
    comment: str
    first_day: Callable[[Any], ColumnElement[Any]]


def by_period(name: str, comment: str, cycle: Table, moments: Sequence[Moment], period: Period) -> View:
    """Declare the view of a cycle by month or week."""
    row = union_all(*(_level(level, cycle, moments, period) for level in KEYS)).subquery("level").c
    return View(
        name,
        comment,
        [
            level_column(row.level, "a repository, a team, or the organisation as a whole"),
            ViewColumn("org", row.org, "Owner of the repositories"),
            ViewColumn("repo", row.repo, "Repository's name, without the owner; NULL unless level is repository"),
            ViewColumn(
                "team",
                row.team,
                "Team's name in addresses; NULL unless level is team. An item counts for each team that its author was "
                "in when opening it: don't add teams up",
            ),
            ViewColumn(period.name, row.period, period.comment),
            *(ViewColumn(each.name, row[each.name], each.comment) for moment in moments for each in moment.figures),
        ],
    )


def _level(level: str, cycle: Table, moments: Sequence[Moment], period: Period) -> Select[Any]:
    """All periods of a level. Who asks for another level, or for a repository, spares the database all of this one."""
    found = _added_up(level, cycle, moments, period).c
    return select(
        constant(level).label("level"),
        found.org,
        (found.repo if level == REPOSITORY else no_text()).label("repo"),
        (found.team if level == TEAM else no_text()).label("team"),
        found.period,
        *(found[figure.name] for moment in moments for figure in moment.figures),
    )


def _added_up(level: str, cycle: Table, moments: Sequence[Moment], period: Period) -> Subquery:
    """The figures of a level, by period."""
    keys = (*KEYS[level], "period")
    rows = _rows(level, cycle, moments, period)
    hours = [column.name for column in rows.c if column.name.startswith("hours_")]
    ranked = Ranked(rows, by=(*keys, "moment"), values=hours)
    by = [ranked.c[key] for key in keys]
    figures = (_figure(ranked, moment, figure) for moment in moments for figure in moment.figures)
    return select(*by, *figures).group_by(*by).subquery("by_period")


def _figure(ranked: Ranked, moment: Moment, figure: Figure) -> ColumnElement[Any]:
    place = moment.places()[figure.column]
    if figure.share is not None:
        return ranked.percentile(place, figure.share, moment=moment.at).label(figure.name)
    return count_if((ranked.c.moment == moment.at) & ranked.c[place].is_not(None)).label(figure.name)


def _rows(level: str, cycle: Table, moments: Sequence[Moment], period: Period) -> Subquery:
    """A row for each moment of each item, without those that bots opened, with the keys of the level."""
    item = cycle.alias("item")
    moment = union_all(*(select(constant(each.at).label("name")) for each in moments)).subquery("moment")
    at = case(*((moment.c.name == each.at, item.c[each.at]) for each in moments))
    keys: list[ColumnElement[Any]] = [moment.c.name.label("moment"), period.first_day(at).label("period")]
    source = item.join(moment, true())
    if level == TEAM:
        stay = stays()
        keys.append(stay.c.team)
        in_team = was_in_team(stay, item.c.org, item.c.author_id, item.c.created_at)
        source = item.join(stay, in_team).join(moment, true())
    keys += [item.c[key] for key in KEYS[level] if key != "team"]
    rows = select(*keys, *_values(item, moment.c.name, moments)).select_from(source)
    return rows.where(at.is_not(None), item.c.author_kind != BOT).subquery("item_moment")


def _values(item: Any, name: ColumnElement[str], moments: Sequence[Moment]) -> list[ColumnElement[Any]]:
    """The columns hours_1, … and known_1, …: in each row those of its moment."""
    cases: dict[str, list[tuple[Any, Any]]] = {}
    for moment in moments:
        for column, place in moment.places().items():
            value = item.c[column]
            # That it is known takes less room than what it is.
            taken = value if place.startswith("hours") else case((value.is_not(None), 1))
            cases.setdefault(place, []).append((name == moment.at, taken))
    return [case(*found).label(place) for place, found in cases.items()]
