"""The three lists of alerts, and what lists of repositories tell: fields, order, pages, filters, switches."""

import re
from typing import Any

import pytest

from sandbox import CodeAlert, DependabotAlert, Repository, RunningSandbox, SecretAlert
from sandbox.world.alerts import ALERT_KINDS, Alert
from tests.sandbox.answers import answered
from tests.sandbox.api.test_lists import all_rows
from tests.sandbox.conftest import Client

JSON = dict[str, Any]
ORG = "octo-sandbox"
PATHS: dict[type[Alert], str] = {
    DependabotAlert: f"/orgs/{ORG}/dependabot/alerts",
    SecretAlert: f"/orgs/{ORG}/secret-scanning/alerts",
    CodeAlert: f"/orgs/{ORG}/code-scanning/alerts",
}
PERMISSIONS = ("vulnerability_alerts", "secret_scanning_alerts", "security_events")
BY_NUMBER = (SecretAlert, CodeAlert)


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    return next(iter(changing.world.repositories.values()))


def numbers(client: Client, kind: type[Alert], **arguments: str) -> list[tuple[str, int]]:
    rows = client.get(PATHS[kind], params={"per_page": "100", **arguments})
    assert rows.status_code == 200, rows.text
    return [(row["repository"]["name"], row["number"]) for row in rows.json()]


def places(alerts: list[Any]) -> list[tuple[str, int]]:
    return [(alert.repository.name, alert.number) for alert in alerts]


def pages(client: Client, path: str) -> list[list[JSON]]:
    found, url = [], path
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        url = answer.links.get("next", {}).get("url", "")
    return found


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_lists_are_the_truth_without_what_they_leave_out(
    reading: RunningSandbox, reader: Client, kind: type[Alert]
) -> None:
    truth = reading.truth.alerts(kind)
    alerts = reading.world.alerts(kind)
    listed = [row for row, alert in zip(truth, alerts, strict=True) if is_listed(alert)]
    assert 15 < len(listed) <= len(alerts)
    rows = [row for page in pages(reader, f"{PATHS[kind]}?per_page=9") for row in page]
    assert sorted(rows, key=place) == sorted(listed, key=place)
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    assert reading.truth.alerts(kind, org=ORG) == truth
    # A number means something in its repository alone.
    assert len({row["number"] for row in rows}) < len(rows)


def place(row: JSON) -> tuple[int, int]:
    return row["repository"]["id"], row["number"]


def is_listed(alert: Alert) -> bool:
    on_branch = isinstance(alert, CodeAlert) and alert.branch != "main"
    return not on_branch and not (isinstance(alert, SecretAlert) and alert.is_generic)


def test_a_dependabot_alert(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world, person = changing.world, changing.world.people[0]
    alert = world.open_alert(repository, DependabotAlert, severity="high", package="axe", cve_id="CVE-2026-1", epss=0.5)
    world.dismiss_alert(alert, "not_used", actor=person, comment="Nobody calls it")
    (row,) = client.get(PATHS[DependabotAlert]).json()
    advisory = row.pop("security_advisory")
    package = {"ecosystem": "npm", "name": "axe"}
    vulnerability = {
        "package": package,
        "severity": "high",
        "vulnerable_version_range": "< 1.3.1",
        "first_patched_version": {"identifier": "1.3.1"},
    }
    assert row == {
        "number": 1,
        "state": "dismissed",
        "dependency": {
            "package": package,
            "manifest_path": "package-lock.json",
            "scope": "runtime",
            "relationship": "direct",
        },
        "security_vulnerability": vulnerability,
        "url": f"{client.url}/repos/{repository.full_name}/dependabot/alerts/1",
        "html_url": f"https://github.example/{repository.full_name}/security/dependabot/1",
        "created_at": "2026-06-01T12:00:00Z",
        "updated_at": "2026-06-01T12:00:00Z",
        "dismissed_at": "2026-06-01T12:00:00Z",
        "dismissed_by": changing.app.payloads.user(person),
        "dismissed_reason": "not_used",
        "dismissed_comment": "Nobody calls it",
        "fixed_at": None,
        "auto_dismissed_at": None,
        "dismissal_request": None,
        "assignees": [],
        "repository": changing.app.payloads.simple_repository(repository),
    }
    assert (advisory["severity"], advisory["cve_id"], advisory["vulnerabilities"]) == (
        "high",
        "CVE-2026-1",
        [vulnerability],
    )
    assert advisory["epss"] == {"percentage": 0.5, "percentile": 0.5}
    assert "visibility" not in row["repository"]


def test_a_secret_and_its_comments(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world, person = changing.world, changing.world.people[0]
    comments = {
        name: f"planted {index}"
        for index, name in enumerate(
            (
                "push_protection_bypass_request_comment",
                "push_protection_bypass_request_reviewer_comment",
                "closure_request_comment",
                "closure_request_reviewer_comment",
            )
        )
    }
    alert = world.open_alert(
        repository,
        SecretAlert,
        secret="planted-x",
        push_protection_bypassed_at=world.now,
        assignees=(person,),
        **comments,
    )
    world.resolve_alert(alert, "revoked", actor=person, comment="planted 9")
    (row,) = client.get(PATHS[SecretAlert]).json()
    assert {name: row[name] for name in comments} == comments
    expected = {
        "secret": "planted-x",
        "resolution": "revoked",
        "resolution_comment": "planted 9",
        "state": "resolved",
        "push_protection_bypassed": True,
        "validity": "unknown",
        "provider_slug": "github",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["resolved_by"]["login"] == row["assigned_to"]["login"] == person.login
    (hidden,) = client.get(PATHS[SecretAlert], params={"hide_secret": "true"}).json()
    assert hidden == {**row, "secret": None}


def test_a_code_alert(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world = changing.world
    plain = world.open_alert(repository, CodeAlert)
    world.open_alert(repository, CodeAlert, severity="error", security_severity="high")
    world.open_alert(repository, CodeAlert, branch="next")
    world.fix_alert(plain)
    severe, fixed = client.get(PATHS[CodeAlert]).json()
    assert (severe["rule"]["security_severity_level"], severe["state"]) == ("high", "open")
    assert "security_severity_level" not in fixed["rule"]
    assert (fixed["state"], fixed["most_recent_instance"]["state"]) == ("fixed", "fixed")
    assert fixed["fixed_at"] == "2026-06-01T12:00:00Z"
    # An empty repository has no default branch to list.
    repository.default_branch = None
    assert client.get(PATHS[CodeAlert]).json() == []


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_the_newest_update_first(
    changing: RunningSandbox, client: Client, repository: Repository, kind: type[Alert]
) -> None:
    world = changing.world
    found = []
    for _ in range(4):
        found.append(world.open_alert(repository, kind))
        world.advance(changing.clock.set(advance=60))
    world.edit_alert(found[1])
    assert numbers(client, kind) == places(found[::-1])
    assert numbers(client, kind, direction="asc") == places(found)
    assert numbers(client, kind, sort="updated") == places([found[1], found[3], found[2], found[0]])
    assert client.get(PATHS[kind], params={"sort": "size"}).status_code == 422


def test_filters(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world = changing.world
    low, high = (world.open_alert(repository, DependabotAlert, severity=severity) for severity in ("low", "high"))
    world.fix_alert(low)
    for arguments, expected in (
        ({"state": "open"}, [high]),
        ({"state": "fixed,open"}, [high, low]),
        ({"severity": "low,critical"}, [low]),
        ({"severity": "low", "state": "open"}, []),
        ({"ecosystem": "pip"}, []),
    ):
        assert numbers(client, DependabotAlert, **arguments) == places(expected), arguments
    assert client.get(PATHS[DependabotAlert], params={"state": "lost"}).status_code == 422
    note = world.open_alert(repository, CodeAlert)
    severe = world.open_alert(repository, CodeAlert, severity="error", security_severity="critical")
    world.dismiss_alert(severe, "mitigated")
    for arguments, code in (
        ({"state": "closed"}, [severe]),
        ({"severity": "critical"}, [severe]),
        ({"severity": "note"}, [note]),
    ):
        assert numbers(client, CodeAlert, **arguments) == places(code), arguments


def test_generic_secrets_are_listed_only_when_they_are_named(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    world = changing.world
    usual = world.open_alert(repository, SecretAlert)
    password = world.open_alert(repository, SecretAlert, secret_type="password")
    key = world.open_alert(repository, SecretAlert, secret_type="generic_private_key")
    assert numbers(client, SecretAlert) == places([usual])
    assert numbers(client, SecretAlert, secret_type="password,generic_private_key") == places([key, password])
    assert numbers(client, SecretAlert, secret_type=f"password,{usual.secret_type}") == places([password, usual])


def test_dependabot_has_cursors_alone(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world, path = changing.world, PATHS[DependabotAlert]
    opened = [world.open_alert(repository, DependabotAlert) for _ in range(7)]
    found = pages(client, f"{path}?per_page=3")
    assert [len(page) for page in found] == [3, 3, 1]
    assert [row["number"] for page in found for row in page] == [alert.number for alert in reversed(opened)]
    link = client.get(f"{path}?per_page=3").headers["Link"]
    assert re.fullmatch(r'<[^>]+/organizations/\d+/dependabot/alerts\?per_page=3&after=[^&>]+>; rel="next"', link)
    answer = client.get(f"{path}?page=1")
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Pagination using the `page` parameter is not supported.",
    )


@pytest.mark.parametrize("kind", BY_NUMBER)
def test_the_others_have_numbers_and_cursors(
    changing: RunningSandbox, client: Client, repository: Repository, kind: type[Alert]
) -> None:
    opened = [changing.world.open_alert(repository, kind) for _ in range(5)]
    by_number = pages(client, f"{PATHS[kind]}?per_page=2")
    assert [row["number"] for page in by_number for row in page] == [alert.number for alert in reversed(opened)]
    assert "page=3" in client.get(f"{PATHS[kind]}?per_page=2").links["last"]["url"]
    assert pages(client, f"{PATHS[kind]}?per_page=2&after=") == by_number
    assert "after=" in client.get(f"{PATHS[kind]}?per_page=2&after=").links["next"]["url"]


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_only_dependabots_list_is_unmodified(
    changing: RunningSandbox, client: Client, repository: Repository, kind: type[Alert]
) -> None:
    changing.world.open_alert(repository, kind)
    first = client.get(PATHS[kind])
    if kind is DependabotAlert:
        again = {"If-None-Match": first.headers["ETag"]}
        assert client.get(PATHS[kind], headers=again).status_code == 304
        changing.world.open_alert(repository, kind)
        assert client.get(PATHS[kind], headers=again).status_code == 200
    else:
        assert "ETag" not in first.headers
        assert first.headers["Cache-Control"] == "private, max-age=60, s-maxage=60"


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        (DependabotAlert, 403, "Dependabot alerts are disabled for this organization."),
        (SecretAlert, 404, "Secret scanning is disabled on this organization."),
        (CodeAlert, 404, "Code scanning is not enabled for this organization."),
    ],
)
def test_what_is_off(changing: RunningSandbox, client: Client, kind: type[Alert], status: int, message: str) -> None:
    one, other = list(changing.world.repositories.values())[:2]
    there, left_out = (changing.world.open_alert(place, kind) for place in (one, other))
    setattr(other.security, kind.feature, False)
    assert numbers(client, kind) == places([there])
    setattr(other.security, kind.feature, True)
    assert sorted(numbers(client, kind)) == sorted(places([there, left_out]))
    security = changing.world.organisations[ORG].security
    setattr(security, kind.feature, False)
    for path in (PATHS[kind], PATHS[kind].replace(f"/orgs/{ORG}", f"/organizations/{one.owner.id}")):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["message"]) == (status, message)
    setattr(security, kind.feature, True)
    assert len(numbers(client, kind)) == 2


@pytest.mark.parametrize(("kind", "permission"), list(zip(ALERT_KINDS, PERMISSIONS, strict=True)))
def test_who_sees_them(changing: RunningSandbox, client: Client, kind: type[Alert], permission: str) -> None:
    one, archived = list(changing.world.repositories.values())[:2]
    archived.archived = True
    alerts = [changing.world.open_alert(place, kind) for place in (one, archived)]
    changing.tokens.add("may", permissions={permission: "read"})
    changing.tokens.add("may not", permissions={"metadata": "read"})
    assert answered(client.get(PATHS[kind], headers={"Authorization": "Bearer may not"}))[0] == 403
    with Client(client.url, "may") as allowed:
        assert sorted(numbers(allowed, kind)) == sorted(places(alerts))
        changing.tokens.hide("may", [one.full_name])
        assert numbers(allowed, kind) == places(alerts[1:])


def test_what_the_list_of_repositories_tells(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    path = f"/orgs/{ORG}/repos"
    before = all_rows(client, path)
    assert {row["visibility"] for row in before} == {"public", "private"}
    assert all(row["custom_properties"] == {} and row["license"] is None for row in before)
    repository.private = repository.internal = repository.archived = True
    repository.topics, repository.language, repository.license, repository.size = ["web"], None, "MIT", 7
    repository.custom_properties = {"team": "core", "tiers": ["a", "b"], "audited": "true"}
    repository.security.push_protection = False
    (row,) = [one for one in all_rows(client, path) if one["id"] == repository.id]
    expected = {
        "visibility": "internal",
        "private": True,
        "archived": True,
        "topics": ["web"],
        "language": None,
        "size": 7,
        "custom_properties": {"team": "core", "tiers": ["a", "b"], "audited": "true"},
        "security_and_analysis": {
            "secret_scanning": {"status": "enabled"},
            "secret_scanning_push_protection": {"status": "disabled"},
            "dependabot_security_updates": {"status": "enabled"},
            "advanced_security": {"status": "enabled"},
        },
    }
    assert {name: row[name] for name in expected} == expected
    assert row["license"]["spdx_id"] == "MIT"
    assert "advanced_security" not in next(one for one in before if not one["private"])["security_and_analysis"]
    changing.tokens.add("reads", permissions={"metadata": "read"})
    changing.tokens.add("administers", permissions={"administration": "read"})
    for token, shown in (("reads", False), ("administers", True)):
        rows = client.get(path, headers={"Authorization": f"Bearer {token}"}).json()
        assert {"security_and_analysis" in one for one in rows} == {shown}
        assert all("custom_properties" in one for one in rows)


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_a_repository_shows_each_alert_but_not_where_it_is(
    changing: RunningSandbox, client: Client, repository: Repository, kind: type[Alert]
) -> None:
    alert = changing.world.open_alert(repository, kind)
    truth = changing.truth.alerts(kind)[0]
    single = f"/repos/{repository.full_name}/{PATHS[kind].removeprefix(f'/orgs/{ORG}/')}"
    shown = client.get(f"{single}/{alert.number}").json()
    assert shown == {name: value for name, value in truth.items() if name != "repository"}
    assert client.get(f"{single}/9999").status_code == 404
    setattr(repository.security, kind.feature, False)
    off = client.get(f"{single}/{alert.number}")
    assert off.status_code in (403, 404)
    assert "disabled" in off.text or "not enabled" in off.text
