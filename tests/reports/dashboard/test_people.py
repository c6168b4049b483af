from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from tests.reports.dashboard.data_people import CROWD, FIRST_DAY, HOSTILE_LOGIN, JOINED, LEFT, month
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts

PARTS = ("Taking part", "From whom", "Coming and going", "Drive-bys", "Members", "Absence")
KINDS = {"issues": "issue", "pull_requests": "pull_request", "reviews": "review", "comments": "comment"}
# Numbers of contributions that other pages show to everybody.
KNOWN_ELSEWHERE = ("total", "by_bots", *(f"n_{each}" for each in KINDS))
HERE = f"org = '{CROWD}'"
OF_ALL = f"{HERE} AND level = 'organisation'"


def people(part: str, **asked: str) -> Any:
    """Open the page People of the crowd."""
    return open_page("people", org=CROWD, part=part, period="2 years", **asked)


def by_period(shown: list[dict[str, Any]], period: str) -> dict[str, dict[str, Any]]:
    """The rows by their month or quarter, without it."""
    return {str(row[period])[:10]: {name: row[name] for name in row if name != period} for row in shown}


def assert_are_the_views(shown: list[dict[str, Any]], expected: list[dict[str, Any]], period: str) -> None:
    """Each number is the view's, but those that the row calls hidden: they are not there, and would be."""
    for row, own in zip(shown, expected, strict=True):
        assert str(row[period])[:10] == str(own[period])[:10]
        gone = row["hidden"].split(", ")
        for name in set(row) - {period, "hidden"}:
            is_hidden = name.replace("_", " ") in gone
            assert row[name] == (None if is_hidden else own[name]), (row, name)
            assert not is_hidden or own[name]


def day_of(back: int) -> str:
    return str(month(back).date())


def test_who_took_part_is_the_views(organisation: Engine) -> None:
    shown = rows(people("Taking part"), "active")
    expected = ask(organisation, f"SELECT * FROM contributors_monthly WHERE {OF_ALL} ORDER BY month")
    assert_are_the_views(shown, expected, "month")
    numbers = {
        each: (row["active_people"], row["active_non_members"]) for each, row in by_period(shown, "month").items()
    }
    assert numbers == {
        day_of(10): (13, None),  # one non-member
        day_of(9): (6, 0),
        day_of(8): (15, 7),
        day_of(7): (9, None),  # three
        day_of(1): (14, 5),
    }


def test_who_came_and_went_is_the_views(organisation: Engine) -> None:
    page = people("Coming and going")
    shown = rows(page, "moves")
    expected = ask(organisation, f"SELECT * FROM contributors_monthly WHERE {OF_ALL} ORDER BY month")
    assert_are_the_views(shown, expected, "month")
    moves = by_period(shown, "month")
    columns = ("new_people", "new_people_back", "returning_people", "gone_people", "hidden")
    assert {each: tuple(row[name] for name in columns) for each, row in moves.items()} == {
        day_of(10): (13, 8, 0, 5, ""),
        day_of(9): (0, 0, 0, 0, ""),
        # Of 31 people, all months but one would tell how many that month had.
        day_of(8): (None, 0, 0, 9, "new people"),
        day_of(7): (None, 0, 0, 9, "new people"),
        day_of(1): (8, None, 6, None, ""),
    }
    assert "the last month, " + day_of(1) + ": new people 8, new people back not known yet" in said(page)
    assert "**not known for the last six months**" in texts(page)


def said(page: Any) -> str:
    """What a page says, without the signs that keep names from being markup."""
    return texts(page).replace("\\", "")


def test_a_shorter_period_hides_the_same(organisation: Engine) -> None:
    page = open_page("people", org=CROWD, part="Coming and going", period="1 year")
    short, long = (by_period(rows(each, "moves"), "month") for each in (page, people("Coming and going")))
    assert short == long
    last = by_period(rows(open_page("people", org=CROWD, part="Coming and going", period="90 days"), "moves"), "month")
    assert last == {day_of(1): long[day_of(1)]}


@pytest.mark.parametrize(
    ("repo", "active", "hidden"),
    # Of the month's 14 people, 3 were in y only: x is hidden, which had 11. In y, three were members.
    [("x", None, "active people"), ("y", 8, "active non members")],
)
def test_a_repository_does_not_tell_how_few_were_elsewhere(
    organisation: Engine, repo: str, active: int | None, hidden: str
) -> None:
    page = people("Taking part", repo=repo)
    shown = rows(page, "active")
    where = f"{HERE} AND level = 'repository' AND repo = '{repo}'"
    assert_are_the_views(
        shown, ask(organisation, f"SELECT * FROM contributors_monthly WHERE {where} ORDER BY month"), "month"
    )
    last = by_period(shown, "month")[day_of(1)]
    assert (last["active_people"], last["hidden"].split(", ")[0]) == (active, hidden)
    whom = texts(people("From whom", repo=repo))
    assert "Known for the organisation only: these are all of crowd's." in whom
    assert f"crowd, repository {repo}, since" in said(page)


def test_drive_bys_are_the_views(organisation: Engine) -> None:
    page = people("Drive-bys")
    count = f"SELECT count(*) FROM contributors WHERE {HERE}"
    every, drive_bys = only(organisation, count), only(organisation, f"{count} AND is_drive_by")
    assert (every, drive_bys) == (31, 14)
    assert figures(page) == {"People": "31", "Drive-bys": "14"}
    assert {row["person_kind"]: row["drive_by_people"] for row in rows(page, "drive-bys")} == {
        "member": 0,
        "non-member": only(organisation, f"{count} AND is_drive_by AND person_kind = 'non-member'"),
    }


@pytest.mark.parametrize("thing", ["issues", "pull requests", "reviews", "comments"])
def test_what_comes_from_whom_is_the_views(organisation: Engine, thing: str) -> None:
    shown = rows(people("From whom", what=thing), "community")
    kind = KINDS[thing.replace(" ", "_")]
    query = f"SELECT * FROM community_share WHERE {HERE} AND kind = '{kind}' ORDER BY month"
    assert_are_the_views(shown, ask(organisation, query), "month")


def test_what_few_people_of_a_kind_did_is_hidden(organisation: Engine) -> None:
    page = people("From whom")
    community, parts = (by_period(rows(page, key), "month") for key in ("community", "non-members"))
    # One non-member opened an issue, alone; three did in the month of 7, beside six members.
    assert (community[day_of(10)]["total"], community[day_of(10)]["hidden"]) == (1, "by non members")
    assert (community[day_of(7)]["total"], community[day_of(7)]["hidden"]) == (9, "by members, by non members")
    assert community[day_of(8)] == {
        "total": 8, "by_members": 8, "by_maintainers": 0, "by_non_members": 0, "by_bots": 0, "hidden": "",
    }  # fmt: skip
    assert parts[day_of(7)]["percent_of_issues"] is None
    assert parts[day_of(7)]["hidden"] == "percent of issues"
    assert (parts[day_of(8)]["percent_of_issues"], parts[day_of(8)]["percent_of_comments"]) == (0, 100)
    share = f"SELECT 100 * non_member_share FROM community_share WHERE {HERE} AND kind = 'issue' AND month = :month"
    assert parts[day_of(1)]["percent_of_issues"] == pytest.approx(only(organisation, share, month=day_of(1)))


def test_members_are_the_tables(organisation: Engine) -> None:
    page = people("Members")
    now = f"FROM memberships WHERE {HERE} AND inactive_dt IS NULL"
    roles = ask(organisation, f"SELECT role, count(*) AS members {now} GROUP BY role ORDER BY role")
    assert [{name: row[name] for name in ("role", "members")} for row in rows(page, "roles")] == roles
    assert [row["members"] for row in roles] == [5, 13]
    in_team = only(organisation, f"SELECT count(DISTINCT member_id) FROM team_members_current WHERE {HERE}")
    assert figures(page) == {"Members": "18", "In a team": str(in_team), "Teams": "2"}
    assert in_team == 7


def test_who_joined_and_left_is_shown_by_quarter(organisation: Engine) -> None:
    page = people("Members")
    shown = by_period(rows(page, "stays"), "quarter")
    [joined] = [quarter for quarter, row in shown.items() if row["joined"]]
    [left] = [quarter for quarter, row in shown.items() if row["hidden"]]
    assert (joined, shown[joined]["joined"]) == (f"{JOINED.year}-{(JOINED.month - 1) // 3 * 3 + 1:02}-01", 6)
    assert (left, shown[left]["hidden"]) == (f"{LEFT.year}-{(LEFT.month - 1) // 3 * 3 + 1:02}-01", "left")
    assert shown[left]["left"] is None
    assert sum(row["left"] or 0 for row in shown.values()) == 0
    assert f"Members are known since {FIRST_DAY.date()}: who was one on that day did not join" in texts(page)


def test_a_role_of_few_hides_the_other_one_too(organisation: Engine) -> None:
    page = open_page("people", part="Members")
    assert [(row["role"], row["members"], row["hidden"]) for row in rows(page, "roles")] == [
        ("member", None, "members")
    ]
    assert figures(page)["Members"] == figures(page)["In a team"] == "hidden"


def test_on_how_few_the_work_rests_is_the_views(organisation: Engine) -> None:
    page = people("Absence")
    shown = rows(page, "absence")
    query = f"SELECT * FROM absence_factor_quarterly WHERE {OF_ALL} ORDER BY quarter"
    assert_are_the_views(shown, ask(organisation, query), "quarter")
    first = shown[0]
    # Six of twelve authors wrote half; four of seven reviewers did half, whose number is hidden.
    assert (first["authors"], first["authors_absence_factor"]) == (12, 6)
    assert (first["reviewers"], first["reviewers_absence_factor"]) == (7, None)
    assert first["hidden"] == "reviewers absence factor"
    assert "Hidden usually means that fewer than 5 did half of it" in texts(page)


def test_what_few_people_did_is_no_number_of_the_page(organisation: Engine) -> None:
    [row] = {tuple(each.items())[1:] for each in rows(open_page("people", part="Absence"), "absence")}
    assert dict(row)["authors"] is dict(row)["merged_pull_requests"] is dict(row)["reviews"] is None


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("asked", [{}, {"repo": "x"}, {"repo": "y"}])
def test_no_number_of_people_is_below_five_nor_is_anybody_named(
    organisation: Engine, part: str, asked: dict[str, str]
) -> None:
    page = people(part, **asked)
    assert not page.exception
    numbers = [
        value
        for frame in page.dataframe
        for name in frame.value.columns
        for value in frame.value[name].dropna()
        if not isinstance(value, str) and name not in ("month", "quarter", *KNOWN_ELSEWHERE)
    ]
    assert not [value for value in numbers if 0 < value < 5]
    written = texts(page) + repr([frame.value.to_dict() for frame in page.dataframe])
    assert not [person for person in range(1, 38) if f"P{person:02}" in written]


def test_single_persons_are_shown_to_who_asks_for_them(organisation: Engine) -> None:
    page = people("Absence", names="true")
    shown = rows(page, "names-of-people")
    assert list(shown[0]) == ["username", "person_kind", "first_at", "last_at", "is_drive_by"]
    logins = [each["username"] for each in ask(organisation, f"SELECT username FROM contributors WHERE {HERE}")]
    assert [row["username"] for row in shown] == sorted(logins, key=str.lower)
    assert HOSTILE_LOGIN in logins
    assert "evil.example" not in texts(page)
    assert {row["username"] for row in shown if row["is_drive_by"]} == {
        each["username"]
        for each in ask(organisation, f"SELECT username FROM contributors WHERE {HERE} AND is_drive_by")
    }
    assert "It is no list of merits: it is alphabetical" in texts(page)


def test_the_period_says_which_persons(organisation: Engine) -> None:
    page = open_page("people", org=CROWD, period="90 days", names="true")
    assert {row["username"] for row in rows(page, "names-of-people")} == {
        f"P{person:02}" for person in [*range(7, 13), *range(16, 24)]
    }


def test_the_toggle_shows_names_and_hides_them_again(organisation: Engine) -> None:
    page = people("Members")
    assert "Single persons, by name" not in said(page)
    page.toggle(key="names").set_value(True).run()
    assert "Single persons, by name" in said(page)
    page.toggle(key="names").set_value(False).run()
    assert "Single persons, by name" not in said(page)


@pytest.mark.parametrize(
    ("part", "empty"),
    [
        ("Taking part", "Nobody has contributed in this time: choose a longer period, or another repository."),
        ("Coming and going", "Nobody has contributed in this time: choose a longer period, or another repository."),
        ("Members", "the token needs `read:org`, and the next job reads members."),
        ("Absence", "Nothing was merged or reviewed in this time: choose a longer period, or another repository."),
    ],
)
def test_a_part_without_data_says_what_to_do(organisation: Engine, part: str, empty: str) -> None:
    page = open_page("people", org="other", part=part, names="true")
    assert not page.exception
    assert empty in texts(page)
    assert "Nobody has contributed in this time: choose a longer period." in texts(page)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"part": "Ranking"}, "The URL asks for part = “Ranking”, which is not here"),
        ({"names": "all"}, "The URL asks for names = “all”, which is not here"),
        ({"part": "From whom", "what": "[x](y)"}, "The URL asks for what = “[x](y)”, which is not here"),
    ],
)
def test_what_a_url_asks_for_and_is_not_there_is_said(organisation: Engine, asked: dict[str, str], says: str) -> None:
    assert says in said(open_page("people", org=CROWD, **asked))


def test_the_team_does_not_change_the_page(organisation: Engine) -> None:
    header = open_page("people", org=CROWD, team="a").markdown[0].value
    assert header.startswith("Who takes part, who comes, and who goes? crowd, since ")
    assert header.endswith("The filter of the team doesn't change this page.")
