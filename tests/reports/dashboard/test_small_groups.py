from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from reports.dashboard.screens.people import community, months
from reports.dashboard.screens.people.months import Key
from reports.dashboard.screens.small_groups import Sum, say_hidden, say_last, small_groups, without
from reports.reading import Table


def told(people: Mapping[Key, int], sums: Sequence[Sum[Key]], known: set[Key]) -> set[Key]:
    """What a reader of the known numbers can work out: every unknown that the sums leave only one value."""
    unknown = sorted((key for key in people if key not in known), key=repr)
    places = {key: place for place, key in enumerate(unknown)}
    rows = []
    for each in sums:
        row = [Fraction(0)] * len(unknown)
        for sign, key in [(-1, each.total), *((1, part) for part in each.parts)]:
            if key in places:
                row[places[key]] += sign
        rows.append(row)
    return {unknown[row.index(Fraction(1))] for row in reduced(rows) if sum(map(bool, row)) == 1}


def reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Solve the sums: the reduced row echelon form."""
    done: list[list[Fraction]] = []
    for place in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[place]), None)
        if pivot is None:
            continue
        pivot_row = [value / pivot[place] for value in pivot]
        rows = [
            [value - row[place] * other for value, other in zip(row, pivot_row, strict=True)]
            for row in rows
            if row is not pivot
        ]
        done = [[value - row[place] * other for value, other in zip(row, pivot_row, strict=True)] for row in done] + [
            pivot_row
        ]
    return done


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ({"all": 12, "a": 7, "b": 5, "c": 0}, set()),
        ({"all": 12, "a": 8, "b": 4, "c": 0}, {"a", "b"}),
        ({"all": 15, "a": 9, "b": 4, "c": 2}, {"b", "c"}),
        # Together they are 2: each is 1.
        ({"all": 17, "a": 9, "b": 1, "c": 1, "d": 6}, {"b", "c", "d"}),
        ({"all": 4, "a": 4, "b": 0}, {"all", "a"}),
        ({"all": 3, "a": 2, "b": 1}, {"all", "a", "b"}),
        ({"all": 7, "a": 4, "b": 3}, {"a", "b"}),
        ({"all": 0, "a": 0, "b": 0}, set()),
    ],
)
def test_small_groups_are_hidden_and_what_would_tell_them(people: dict[str, int], hidden: set[str]) -> None:
    parts = [key for key in people if key != "all"]
    assert small_groups(people, [Sum("all", parts)]) == hidden


def test_the_rest_is_a_group_too() -> None:
    people = {"all": 12, "back": 10, "not back": 2}
    assert small_groups(people, [Sum("all", ("back", "not back"))], unseen={"not back"}) == {"back", "not back"}


def test_what_is_shown_nowhere_is_hidden_first() -> None:
    people = {"all": 20, "gone": 3, "stayed": 6, "others": 11}
    sums = [Sum("all", ("gone", "stayed", "others"))]
    assert small_groups(people, sums, unseen={"others"}) == {"gone", "others"}


def test_what_is_shown_elsewhere_can_be_hidden_no_more() -> None:
    people = {"org": 20, "repo": 18, "elsewhere": 2}
    sums = [Sum("org", ("repo", "elsewhere"))]
    assert small_groups(people, sums, unseen={"elsewhere"}, kept={"org"}) == {"repo", "elsewhere"}
    assert small_groups({**people, "elsewhere": 0}, sums, kept={"org"}, hidden={"org"}) == {"org", "repo"}


@pytest.mark.parametrize("seed", range(60))
def test_no_small_group_can_be_told_from_what_is_shown(seed: int) -> None:
    rows = made_up_months(Random(seed))
    gone = months.hidden_of(rows)
    groups = months.organisation_groups(rows)
    own = months.repository_groups(rows, groups.people)
    people = groups.people | own.people
    unseen = groups.unseen | own.unseen
    known = {key for key in people if key not in gone and key not in unseen}
    assert not [key for key in known if 0 < people[key] < 5]
    assert not [key for key in told(people, groups.sums + own.sums, known) if 0 < people[key] < 5]


def made_up_months(random: Random) -> list[dict[str, Any]]:
    """Months of an organisation and of one of its repositories, with small groups and large ones."""
    found: list[dict[str, Any]] = []
    for number in range(1, 5):
        for level, scale in (("organisation", 3), ("repository", 1)):
            own = [random.choice((0, 0, 1, 2, 3, 5, 8)) * random.randint(1, scale) for _ in range(3)]
            active = sum(own)
            if level == "repository" and active > found[-1]["active_people"]:
                own, active = [0, 0, 0], 0
            is_known = number < 3
            row = {"level": level, "month": date(2026, number, 1), "active_people": active, "new_people": own[0]}
            row |= {"returning_people": own[1], "active_non_members": random.randint(0, active)}
            row |= {"new_people_back": random.randint(0, own[0]) if is_known else None}
            found.append(row | {"gone_people": random.randint(0, active) if is_known else None})
    return found


@pytest.mark.parametrize(
    ("counts", "people", "hidden"),
    [
        # By members, maintainers, non-members and bots: the non-members' 4 were those of two people.
        ((30, 0, 4, 12), (9, 0, 2), {"by_members", "by_non_members"}),
        ((30, 20, 4, 12), (9, 6, 2), {"by_maintainers", "by_non_members"}),
        ((0, 0, 4, 12), (0, 0, 2), {"by_non_members"}),
        ((0, 0, 4, 0), (0, 0, 2), {"by_non_members"}),
        ((30, 0, 40, 1), (9, 0, 7), set()),
    ],
)
def test_what_bots_did_and_the_total_are_known_elsewhere_and_hide_nobody(
    counts: tuple[int, ...], people: tuple[int, ...], hidden: set[str]
) -> None:
    """Beside two people's number that of bots was hidden, which the page Pull requests gives."""
    month, names = date(2026, 4, 1), list(community.BY.values())
    row = {"month": month, "kind": "issue", "total": sum(counts)} | dict(zip(names, counts, strict=True))
    behind = {(month, "issue", name): count for name, count in zip(names, people, strict=False)}
    assert {name for *_, name in community.hidden_of([row], behind)} == hidden


TABLE = Table("People", ["month", "new", "gone"], [(date(2026, 4, 1), 8, 2), (date(2026, 5, 1), 3, None)])


def test_a_table_says_which_numbers_are_hidden() -> None:
    table = without(TABLE, [["gone"], ["new"]])
    assert table.rows == [(date(2026, 4, 1), 8, None, "gone"), (date(2026, 5, 1), None, None, "new")]
    assert say_hidden(table).endswith("2 are hidden here: the column “hidden” names them.")
    assert say_hidden(without(TABLE, [["gone"], []])).endswith("1 is hidden here: the column “hidden” names them.")
    assert say_hidden(without(TABLE, [[], []])).endswith("Nothing is hidden here.")


def test_a_sentence_tells_what_is_hidden_from_what_is_not_known_yet() -> None:
    table = without(TABLE, [[], ["new"]])
    sentence = "People: the last month, 2026-05-01: new hidden, gone not known yet (people)."
    assert say_last(table, ("new", "gone"), unit="people") == sentence
