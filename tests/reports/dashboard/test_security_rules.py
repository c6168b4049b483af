"""The page Security: rules and repositories, each number as its view has it; what is not known is counted apart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from chalicelib.security.rules import PRESETS as RULES_OF
from reports.dashboard.screens.security.presets import PRESETS
from tests.reports.dashboard.data_security import HOSTILE_NAME, MAIL
from tests.reports.dashboard.pages import ask, figures, only, rows, texts
from tests.reports.dashboard.test_security import as_text, part, said

OF_ACME = "WHERE org = 'acme'"


def among(rules: Sequence[str] | None) -> str:
    return "" if rules is None else "AND rule IN ({})".format(", ".join(f"'{rule}'" for rule in rules))


def test_the_presets_are_those_of_the_setting() -> None:
    assert list(PRESETS.values()) == [None, RULES_OF["policy"], RULES_OF["security"]]


@pytest.mark.parametrize("preset", PRESETS)
def test_how_many_repositories_break_each_rule(organisation: Engine, preset: str) -> None:
    found = rows(part("Rules", rules=preset), "rules-broken")
    query = "SELECT rule, broken, passed + broken AS of_known, excepted, errors, newly_broken FROM rules_broken"
    expected = ask(organisation, f"{query} {OF_ACME} {among(PRESETS[preset])} ORDER BY broken DESC, rule")
    assert [{name: each[name] for name in expected[0]} for each in found] == expected
    rest = "repositories - (passed + broken + excepted)"
    query = f"SELECT {rest} AS not_known FROM rules_broken {OF_ACME} AND rule = :rule"
    assert [each["not_known"] for each in found] == [only(organisation, query, rule=each["rule"]) for each in found]


def test_what_is_not_known_is_neither_broken_nor_kept(organisation: Engine) -> None:
    by_rule = {each["rule"]: each for each in rows(part("Rules"), "rules-broken")}
    license_rule = by_rule["license"]
    counts = ("broken", "of_known", "not_known", "percent_broken")
    assert [license_rule[name] for name in counts] == [1, 2, 1, 50]
    assert [by_rule["repository_access"][name] for name in counts] == [0, 0, 1, None]
    assert [by_rule["readme"][name] for name in (*counts, "excepted")] == [1, 2, 0, 50, 1]


def test_how_many_repositories_keep_all_rules(organisation: Engine) -> None:
    found = figures(part("Rules"))
    view = f"FROM repository_compliance {OF_ACME}"
    unknown = "rules - passed - broken - excepted"
    expected = {
        "Keep all rules (n = 4)": only(organisation, f"SELECT count(*) {view} AND broken = 0 AND {unknown} = 0"),
        "Break some": only(organisation, f"SELECT count(*) {view} AND broken > 0"),
        "Not known": only(organisation, f"SELECT count(*) {view} AND broken = 0 AND {unknown} > 0"),
    }
    assert {name: found[name] for name in expected} == {name: str(value) for name, value in expected.items()}
    assert list(expected.values()) == [0, 3, 1]
    broken = only(organisation, f"SELECT sum(broken) {view}")
    assert (broken, found["Broken on average (n = 4)"]) == (8, "2.0")


@pytest.mark.parametrize("preset", ["Policy rules", "Security rules"])
def test_the_figures_of_a_preset_are_those_of_its_rules(organisation: Engine, preset: str) -> None:
    found = figures(part("Rules", rules=preset))
    view = f"FROM broken_rules {OF_ACME} {among(PRESETS[preset])}"
    assert found["Break some"] == str(only(organisation, f"SELECT count(DISTINCT repo) {view}"))
    [(label, average)] = [each for each in found.items() if each[0].startswith("Broken on average")]
    count = int(label.removeprefix("Broken on average (n = ").removesuffix(")"))
    assert average == f"{only(organisation, f'SELECT count(*) {view}') / count:.1f}"
    # Of t only a rule of security could be checked, and it was not.
    assert (count, found["Not known"]) == {"Policy rules": (3, "0"), "Security rules": (4, "1")}[preset]


def test_the_rule_that_is_broken_most(organisation: Engine) -> None:
    assert "Broken most: signed_commits (3 of 3)." in said(part("Rules"))
    assert only(organisation, f"SELECT max(broken) FROM rules_broken {OF_ACME}") == 3


@pytest.mark.parametrize("rule", [None, "readme"])
def test_rules_by_month_are_the_view(organisation: Engine, rule: str | None) -> None:
    page = part("Rules", **({"rule": rule} if rule else {}))
    found = [as_text(each) for each in rows(page, "rule-trend")]
    sums = "SELECT month, sum(passed) AS passed, sum(failed) AS failed, sum(passed + failed) AS checks FROM rule_trends"
    where = f"{OF_ACME} {among([rule] if rule else None)}"
    expected = [as_text(each) for each in ask(organisation, f"{sums} {where} GROUP BY month ORDER BY month")]
    assert [{name: each[name] for name in expected[0]} for each in found] == expected
    assert [each["percent_kept"] for each in found] == [
        pytest.approx(100 * each["passed"] / each["checks"]) for each in expected
    ]


def test_features_are_the_view(organisation: Engine) -> None:
    page = part("Rules")
    view = f"FROM security_enablement {OF_ACME}"
    expected = ask(organisation, f"SELECT feature, enabled, disabled, unknown {view} "
                                 "AND day = (SELECT max(day) FROM security_enablement) ORDER BY feature")  # fmt: skip
    assert [{name: each[name] for name in expected[0]} for each in rows(page, "features")] == expected
    days = [(each["secret_scanning"], each["n_secret_scanning"]) for each in rows(page, "features-days")]
    query = f"SELECT 100 * share AS share, enabled + disabled AS n {view} AND feature = 'secret_scanning' ORDER BY day"
    assert days == [tuple(each.values()) for each in ask(organisation, query)]
    # Of none GitHub tells: that is no share.
    assert [each["advanced_security"] for each in rows(page, "features-days")] == [None, None, None]


@pytest.mark.parametrize(("asked", "where"), [({}, ""), ({"team": "core"}, "AND team = 'core'")])
def test_rules_of_teams(organisation: Engine, asked: dict[str, str], where: str) -> None:
    page = part("Rules", **asked)
    query = f"SELECT team, result FROM team_checks {OF_ACME} {where} AND result <> 'pass' ORDER BY team"
    expected = ask(organisation, query)
    found = rows(page, "teams")
    assert [{name: each[name] for name in expected[0]} for each in found] == expected
    assert {each["message"] for each in found} == {HOSTILE_NAME}
    counts = [figures(page)[name] for name in ("Teams that keep it", "Break it", "Could not be checked")]
    assert counts == (["0", "1", "0"] if where else ["2", "1", "1"])


# Repositories


def test_repositories_that_break_rules_or_have_alerts(organisation: Engine) -> None:
    page = part("Repositories")
    found = {each["repo"]: each for each in rows(page, "repositories")}
    rated = ask(
        organisation, f"SELECT repo, broken, errors, excepted, rules, rating FROM repository_compliance {OF_ACME}"
    )
    assert [found[each["repo"]] | each for each in rated if each["repo"] != "t"] == [
        found[each["repo"]] for each in rated if each["repo"] != "t"
    ]
    counted = ask(organisation, f"SELECT repo, count(*) AS open FROM open_alerts {OF_ACME} GROUP BY repo")
    assert {each["repo"]: each["open"] for each in counted} == {
        name: each["open_alerts"] for name, each in found.items() if each["open_alerts"]
    }
    over = ask(organisation, f"SELECT repo, count(*) AS over FROM open_alerts {OF_ACME} AND is_overdue GROUP BY repo")
    assert {each["repo"]: each["over"] for each in over} == {
        name: each["over_limit"] for name, each in found.items() if each["over_limit"]
    }
    # No rule is about an archived one; one that is only not known breaks none.
    assert (list(found), found["vault"]["broken"]) == (["r", "s", "vault", "clean"], None)
    assert list(figures(page).values()) == ["3", "3", "3"]


def test_what_a_repository_breaks_and_why(organisation: Engine) -> None:
    page = part("Repositories", repo="r")
    since = {each["rule"]: str(each["broken_since"])[:19] for each in rows(page, "repository-rules")}
    stored = ask(organisation, "SELECT rule, since FROM broken_rules WHERE repo = 'r'")
    assert since == {each["rule"]: str(each["since"])[:19] for each in stored}
    query = f"SELECT rule, message AS why, days FROM broken_rules {OF_ACME} AND repo = 'r' ORDER BY days DESC, rule"
    expected = ask(organisation, query)
    assert [{name: each[name] for name in expected[0]} for each in rows(page, "repository-rules")] == expected
    assert [each["rule"] for each in expected] == ["license", "readme", "signed_commits"]
    kept = only(organisation, f"SELECT passed FROM repository_compliance {OF_ACME} AND repo = 'r'")
    found = figures(page)
    assert (found["Rules kept (of 6)"], found["Rules broken"]) == (str(kept), "3")
    assert "Rating: bronze." in texts(page)
    assert {each["limit_counts"] for each in rows(page, "repository-alerts")} == {"all days"}
    alerts = ask(organisation, "SELECT kind, number FROM open_alerts WHERE repo = 'r' ORDER BY kind, number")
    shown = [{name: each[name] for name in ("kind", "number")} for each in rows(page, "repository-alerts")]
    assert sorted(shown, key=repr) == alerts


def test_what_could_not_be_checked_is_not_broken(organisation: Engine) -> None:
    page = part("Repositories", repo="clean")
    unknown = {each["rule"]: each for each in rows(page, "repository-unknown")}
    assert (unknown["codeowners"]["last_check"], unknown["codeowners"]["last_known"]) == (
        "could not be checked",
        "broken",
    )
    assert unknown["readme"]["exception"] == HOSTILE_NAME
    until = only(organisation, "SELECT exception_until FROM repository_checks WHERE rule = 'readme' AND repo = 'clean'")
    assert str(unknown["readme"]["exception_until"])[:10] == str(until)
    assert figures(page)["Excepted"] == "1"
    broken = {each["rule"]: each["last_check"] for each in rows(page, "repository-rules")}
    assert broken == {"codeowners": "could not be checked", "dependabot_alerts": "broken", "signed_commits": "broken"}
    of_s = {each["rule"]: each["last_known"] for each in rows(part("Repositories", repo="s"), "repository-unknown")}
    assert of_s == {"license": "not known"}  # its exception has ended


def test_a_repository_of_which_nothing_is_known_is_not_called_compliant(organisation: Engine) -> None:
    page = part("Repositories", repo="t")
    assert "It is not known to break a rule. Of 1 rules it is not known: see below." in texts(page)
    assert figures(page)["Not known"] == "1"


def test_an_archived_repository_has_no_rules(organisation: Engine) -> None:
    assert "No rule is checked here: it is archived" in texts(part("Repositories", repo="vault"))


@pytest.mark.parametrize(
    ("repo", "sentence"),
    [
        ("r", f"[{MAIL}](mailto:owner%2Bsec@acme.example?subject=Security%20of%20acme%2Fr). Named by its CODEOWNERS."),
        ("s", "Named by the repository's custom property. No e-mail address of theirs is known"),
        ("t", "Nobody is known who can be asked"),
    ],
)
def test_whom_to_ask(organisation: Engine, repo: str, sentence: str) -> None:
    page = part("Repositories", repo=repo)
    assert sentence in said(page)
    assert "From the view `repository_contacts`." in texts(page)
    assert ("so there may be somebody closer" in texts(page)) == (repo == "t")


def test_a_contact_is_never_markup(organisation: Engine) -> None:
    [sentence] = [each.value for each in part("Repositories", repo="s").markdown if "custom property" in each.value]
    assert "evil.example" not in sentence
    assert "](" not in sentence
