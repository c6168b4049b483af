from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from tests.reports.dashboard.organisation import BEFORE, NOW
from tests.reports.dashboard.pages import PATHS, figures, go_to, open_page, rows, texts


def opened(engine: Engine, where: str) -> str:
    with engine.connect() as connection:
        query = f"SELECT sum(opened) FROM pull_request_cycle_monthly WHERE org = 'acme' AND {where}"
        return str(connection.execute(text(query)).scalar())


def test_all_of_the_first_organisation_is_shown_by_default(organisation: Engine) -> None:
    page = open_page("pull-requests")
    chosen = {each.key: each.value for each in page.sidebar.selectbox}
    assert chosen == {"org": "acme", "repo": None, "team": None, "period": "1 year"}
    assert page.sidebar.selectbox(key="org").options[0] == "acme"
    assert "other" in page.sidebar.selectbox(key="org").options


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"repo": "s"}, "level = 'repository' AND repo = 's'"),
        ({"team": "core"}, "level = 'team' AND team = 'core'"),
        ({"repo": "s", "team": "core"}, "level = 'repository' AND repo = 's'"),
    ],
)
def test_a_shared_url_shows_the_same_to_everybody(organisation: Engine, asked: dict[str, str], where: str) -> None:
    page = open_page("pull-requests", **asked)
    assert figures(page)["Opened in these months"] == opened(organisation, where)


def test_what_is_chosen_changes_the_page_and_stays_on_the_next_one(organisation: Engine) -> None:
    page = open_page("pull-requests")
    page.sidebar.selectbox(key="repo").select("s").run()
    of_repo = opened(organisation, "level = 'repository' AND repo = 's'")
    assert figures(page)["Opened in these months"] == of_repo
    assert page.sidebar.selectbox(key="team").disabled
    assert "repository s" in go_to(page, "issues").markdown[0].value


def test_what_is_chosen_on_a_page_only_is_forgotten_on_the_next_one(organisation: Engine) -> None:
    """Streamlit keeps it for the control of the same name there, and would write it into that page's URL."""
    page = open_page("security", repo="s")
    page.button_group(key="part").set_value("Rules").run()
    assert page.button_group(key="part").value == "Rules"
    go_to(page, "ci")
    assert page.button_group(key="part").value == "Now"
    assert page.sidebar.selectbox(key="repo").value == "s"


def test_another_organisation_has_other_repositories(organisation: Engine) -> None:
    page = open_page("pull-requests", repo="s")
    page.sidebar.selectbox(key="org").select("other").run()
    assert not page.exception, page.exception
    assert not page.warning
    assert {each.key: each.value for each in page.sidebar.selectbox}["repo"] is None


@pytest.mark.parametrize("path", ["sprints", "data"])
def test_a_page_says_which_filters_it_does_not_heed(organisation: Engine, path: str) -> None:
    assert "The filter of the repository doesn't change this page." in open_page(path, repo="s").markdown[0].value


def test_another_organisation_is_another_page(organisation: Engine) -> None:
    page = open_page("pull-requests", org="other")
    assert "There were no pull requests in this time: choose a longer period" in texts(page)
    assert "Or none has been read yet: see the page Data." in texts(page)
    assert "Bots are left out of these counts and medians." in texts(page)
    assert figures(page)["Opened in these months"] == "0"


@pytest.mark.parametrize("path", PATHS)
def test_every_page_of_an_organisation_without_data_says_what_to_do(organisation: Engine, path: str) -> None:
    page = open_page(path, org="other", period="30 days")
    assert not page.exception
    assert page.info or path == "sprints"


def test_the_period_begins_where_it_says(organisation: Engine) -> None:
    page = open_page("issues", period="30 days")
    begin = NOW.date() - timedelta(days=30)
    assert f"since {begin}" in page.markdown[0].value
    assert rows(page, "backlog")[0]["day"] >= begin
    assert min(each["month"] for each in rows(page, "issues-hours")) >= begin.replace(day=1)


def test_a_period_that_begins_without_rows_is_said(organisation: Engine) -> None:
    page = open_page("issues", period="5 years")
    assert f"; the first month in it that has a row is {BEFORE:%Y-%m}-01." in texts(page)
    assert "that has a row" not in texts(open_page("issues", period="30 days"))


def test_a_month_that_is_not_over_is_said(organisation: Engine) -> None:
    page = open_page("pull-requests", by="week", period="5 years")
    last = max(each["week"] for each in rows(page, "pull-requests-hours"))
    is_over = as_date(last) + timedelta(days=7) <= NOW.date()
    assert (f"The week of {last} is not over" in texts(page)) != is_over


def as_date(day: object) -> date:
    return date.fromisoformat(str(day)[:10])


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("overview", {"org": "nobody"}, "The URL asks for org = “nobody”, which is not here"),
        ("overview", {"repo": "[x](y)"}, "The URL asks for repo = “\\[x\\]\\(y\\)”, which is not here"),
        ("overview", {"period": "1 day"}, "The URL asks for period = “1 day”, which is not here"),
        ("issues", {"by": "year"}, "The URL asks for by = “year”, which is not here"),
        ("sprints", {"board": "9 Theirs"}, "The URL asks for board = “9 Theirs”, which is not here"),
        ("sprints", {"sprint": "Sprint 99"}, "The URL asks for sprint = “Sprint 99”, which is not here"),
    ],
)
def test_what_a_url_asks_for_and_is_not_there_is_said(
    organisation: Engine, path: str, asked: dict[str, str], said: str
) -> None:
    assert said in texts(open_page(path, **asked))
