"""The page Security: its numbers are its views', and what is not known is neither clear nor broken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from chalicelib.models import Organisation
from tests.reports.dashboard.data_security import HOSTILE_NAME
from tests.reports.dashboard.organisation import NOW
from tests.reports.dashboard.pages import ask, figures, only, open_page, rows, texts
from tests.security.views.rows import Audit, ago
from tests.views.world import World

PARTS = ("Alerts", "Trends", "Rules", "Repositories")
NO_ALL_CLEAR = "No open alert is stored. That is no all-clear"
REFUSED = "alerts of code scanning are not read: Resource not accessible"


def part(name: str, **asked: str) -> AppTest:
    page = open_page("security", part=name, **asked)
    assert not page.exception
    assert [each.value for each in page.error] == []
    return page


def said(page: AppTest) -> str:
    """What a page says, without what keeps names from being markup."""
    return texts(page).replace("\\", "")


def as_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose days are texts on each database."""
    return {name: str(value)[:10] if name in ("week", "month", "day") else value for name, value in row.items()}


# Alerts


@pytest.mark.parametrize(("asked", "where"), [({}, ""), ({"repo": "r"}, "AND repo = 'r'")])
def test_open_alerts_by_their_limit(organisation: Engine, asked: dict[str, str], where: str) -> None:
    page = part("Alerts", **asked)
    view = f"FROM open_alerts WHERE org = 'acme' {where}"
    counts = [
        only(organisation, f"SELECT count(*) {view} {more}")
        for more in ("", "AND is_overdue", "AND NOT is_overdue AND limit_days IS NOT NULL", "AND limit_days IS NULL")
    ]
    assert counts == ([5, 3, 2, 0] if where else [8, 5, 2, 1])
    assert list(figures(page).values()) == [str(count) for count in counts]
    expected = ask(organisation, f"SELECT kind, severity, limit_days, count(*) AS open_alerts {view} GROUP BY 1, 2, 3")
    found = [{name: each[name] for name in expected[0]} for each in rows(page, "alert-limits")]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert [sum(each[name] for each in rows(page, "alert-limits")) for name in ("over_limit", "within_limit")] == [
        counts[1],
        counts[2],
    ]


def test_the_worst_severity_of_a_kind_comes_first(organisation: Engine) -> None:
    found = [(each["kind"], each["severity"]) for each in rows(part("Alerts"), "alert-limits")]
    assert found == [
        ("code_scanning", "critical"),
        ("code_scanning", "warning"),
        ("dependabot", "high"),
        ("dependabot", "low"),
        ("secret_scanning", None),
    ]


def test_alerts_over_their_limit_are_listed_with_links_of_this_github_alone(organisation: Engine) -> None:
    page = part("Alerts")
    found = rows(page, "alerts-over")
    query = (
        "SELECT repo, kind, number, what, days_over FROM open_alerts WHERE is_overdue ORDER BY days_over DESC, number"
    )
    expected = ask(organisation, query)
    assert [{name: each[name] for name in expected[0]} for each in found] == expected
    assert [each["what"] for each in found].count(HOSTILE_NAME) == 1
    assert {(each["kind"], each["number"], each["repo"]): each["html_url"] for each in found} == {
        ("dependabot", 2, "r"): None,
        ("dependabot", 1, "s"): "https://github.example/acme/s/security/dependabot/1",
        ("dependabot", 1, "r"): "https://github.example/acme/r/security/dependabot/1",
        ("secret_scanning", 1, "r"): None,
        ("code_scanning", 1, "vault"): "https://github.example/acme/vault/security/code-scanning/1",
    }
    assert "2 addresses are left out: they are no page of an alert on this GitHub." in texts(page)


def test_the_ages_of_open_alerts(organisation: Engine) -> None:
    page = part("Alerts")
    found = rows(page, "alert-ages-all")
    expected = ask(organisation, f"SELECT {', '.join(found[0])} FROM open_alerts_by_age WHERE org = 'acme'")
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    bands = rows(page, "alert-ages")
    sums = {
        kind: [
            only(organisation, f"SELECT sum({days}) FROM open_alerts_by_age WHERE org = 'acme' AND kind = '{kind}'")
            for days in ("days_0_to_29", "days_30_to_59", "days_60_to_89", "days_90_or_more")
        ]
        for kind in ("dependabot", "secret_scanning", "code_scanning")
    }
    assert {kind: [each[kind] for each in bands] for kind in sums} == sums
    assert sums["dependabot"] == [2, 1, 0, 1]


def test_the_ages_of_one_repository_add_up_its_alerts(organisation: Engine) -> None:
    found = rows(part("Alerts", repo="r"), "alert-ages-all")
    [dependabot] = [each for each in found if each["kind"] == "dependabot"]
    where = "WHERE repo = 'r' AND kind = 'dependabot'"
    assert dependabot["oldest_days"] == only(organisation, f"SELECT max(age_days) FROM open_alerts {where}") == 40
    counts = ("open_alerts", "overdue", "days_0_to_29", "days_30_to_59", "days_60_to_89", "days_90_or_more")
    assert [dependabot[name] for name in counts] == [3, 2, 2, 1, 0, 0]


def test_the_limits_are_those_that_are_stored(organisation: Engine) -> None:
    found = rows(part("Alerts"), "alert-days")
    expected = ask(organisation, "SELECT kind, severity, days FROM alert_limits")
    assert {(each["kind"], each["severity"] or "", each["days"]) for each in found} == {
        tuple(each.values()) for each in expected
    }
    assert {each["limit_counts"] for each in found} == {"all days"}


# What is not known


@pytest.mark.parametrize("name", ["Alerts", "Repositories"])
def test_what_the_token_may_not_read_is_said(organisation: Engine, name: str) -> None:
    page = part(name)
    assert "Alerts of code scanning were never read to their end, or can't be read any more: what is here" in said(page)
    assert REFUSED in said(page)
    assert "Alerts of Dependabot" not in said(page)


def test_trends_say_only_what_is_not_known_of_their_kind(organisation: Engine) -> None:
    assert "Not all is known" not in texts(part("Trends"))
    assert REFUSED in said(part("Trends", alerts="code_scanning"))


def test_a_repository_without_alerts_is_no_all_clear_while_a_kind_is_not_read(organisation: Engine) -> None:
    assert NO_ALL_CLEAR in texts(part("Alerts", repo="t"))
    assert NO_ALL_CLEAR in texts(part("Repositories", repo="t"))


def test_an_all_clear_where_all_was_read(organisation: Engine) -> None:
    page = part("Alerts", org="other")
    assert "No alert is open, in all repositories where GitHub looks for them." in texts(page)
    assert "all is known" not in texts(page)
    assert "No rule is checked yet." in texts(part("Rules", org="other"))


@pytest.mark.parametrize("name", PARTS)
def test_an_organisation_of_which_nothing_was_read(
    engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DB_URL", db_url)
    with engine.begin() as connection:
        connection.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
    page = part(name)
    what = "The checks of rules" if name == "Rules" else "Alerts of Dependabot"
    assert f"{what} were not read by any job in 30 days" in texts(page)
    assert "No alert is open" not in texts(page)
    assert page.info


# Trends


@pytest.mark.parametrize("kind", ["dependabot", "secret_scanning", "code_scanning"])
def test_alerts_by_week_are_the_view(organisation: Engine, kind: str) -> None:
    found = [as_text(each) for each in rows(part("Trends", alerts=kind), "alert-weeks")]
    query = "SELECT week, sum(opened) AS opened, sum(reopened) AS reopened, sum(closed) AS closed FROM alerts_weekly"
    expected = [
        as_text(each) for each in ask(organisation, f"{query} WHERE kind = '{kind}' GROUP BY week ORDER BY week")
    ]
    assert [{name: each[name] for name in expected[0]} for each in found if any_change(each)] == expected
    net = only(organisation, f"SELECT sum(net) FROM alerts_weekly WHERE kind = '{kind}'")
    assert found[-1]["open_at_end"] == net == {"dependabot": 4}.get(kind, 2)


def test_alerts_that_were_opened_before_the_period_are_not_called_unknown(
    engine: Engine, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said that nothing is stored of this kind of alert, while one was open."""
    monkeypatch.setenv("DB_URL", db_url)
    with Session(engine) as session:
        session.execute(insert(Organisation), [{"id": 1, "login": "acme"}])
        audit = Audit(World(session))
        audit.repository(1)
        audit.alert("dependabot", 1, ago(60))
        audit.change("dependabot", 1, ago(60), "opened", None, "open")
        session.commit()
    page = part("Trends", period="30 days")
    assert "Nothing happened to alerts of this kind in this time" in texts(page)
    assert "Nothing is stored" not in texts(page)


def any_change(row: dict[str, Any]) -> bool:
    return any(row[name] for name in ("opened", "reopened", "closed"))


def test_the_period_cuts_weeks_but_not_what_was_open(organisation: Engine) -> None:
    begin = NOW.date() - timedelta(days=30)
    found = rows(part("Trends", period="30 days"), "alert-open")
    weeks = [str(each["week"])[:10] for each in found]
    assert len(weeks) < len(rows(part("Trends"), "alert-open"))
    assert min(weeks) > str(begin - timedelta(days=7))
    query = "SELECT sum(net) FROM alerts_weekly WHERE kind = 'dependabot' AND week <= :week"
    assert found[0]["open_at_end"] == only(organisation, query, week=weeks[0])


def test_fix_times_by_month_are_the_view_with_its_n(organisation: Engine) -> None:
    page = part("Trends")
    query = (
        "SELECT month, severity, fixed, median_days, p90_days FROM alert_fix_times_monthly WHERE kind = 'dependabot'"
    )
    by_month = {str(each["month"])[:10]: each for each in rows(page, "alert-fixes")}
    cells = {
        (month, name): tuple(row[f"{before}{name}"] for before in ("n_", "", "p90_"))
        for month, row in by_month.items()
        for name in ("high", "low")
        if row[f"n_{name}"]
    }
    assert cells == {
        (str(each["month"])[:10], each["severity"]): (each["fixed"], each["median_days"], each["p90_days"])
        for each in ask(organisation, query)
    }
    assert sum(each[0] for each in cells.values()) == 3


def test_fix_times_over_all_time(organisation: Engine) -> None:
    view = "fixed AS n_fixed, median_days, p90_days FROM alert_fix_times_by"
    expected = ask(organisation, f"SELECT severity, {view}_organisation WHERE kind = 'dependabot' ORDER BY severity")
    assert rows(part("Trends"), "alert-fixes-all") == expected
    assert [each["n_fixed"] for each in expected] == [2, 1]
    page = part("Trends", repo="r")
    expected = ask(organisation, f"SELECT {view}_repository WHERE kind = 'dependabot' AND repo = 'r'")
    assert rows(page, "alert-fixes-all") == expected
    assert "Not known by repository: these are all of acme's." in texts(page)


def test_reasons_are_the_view(organisation: Engine) -> None:
    found = rows(part("Trends"), "alert-reasons")
    query = "SELECT reason, alerts, 100 * share AS percent FROM alert_close_reasons WHERE kind = 'dependabot'"
    assert found == ask(organisation, f"{query} ORDER BY alerts DESC")
    assert [(each["reason"], each["alerts"]) for each in found] == [("fixed", 3), ("not_used", 1)]


@pytest.mark.parametrize(
    ("name", "asked"),
    [("Nothing", {}), ("Trends", {"alerts": "x"}), ("Rules", {"rules": "x"}), ("Rules", {"rule": "x"})],
)
def test_what_a_url_asks_for_and_is_not_there_is_said(organisation: Engine, name: str, asked: dict[str, str]) -> None:
    key, value = next(iter(asked.items()), ("part", name))
    assert f"The URL asks for {key} = “{value}”, which is not here" in texts(part(name, **asked))
