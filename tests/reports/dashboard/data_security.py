"""Alerts, checks and features of the organisation that the pages show: some are not known, and some are hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from chalicelib.models import Repository, SyncRun, TeamCheck, Watermark
from tests.security.views.rows import Audit, ago
from tests.views.world import World

GITHUB = "https://github.example/acme"
HOSTILE_NAME = "[a](https://evil.example) <b>c</b> =1+2"
MAIL = "owner+sec@acme.example"
PROPERTY = "[x](https://evil.example), javascript:alert(1)@evil.example"
REPOSITORIES = {"r": 1, "s": 2, "clean": 34}
OPEN: tuple[tuple[str, int, str, float, str | None, str, dict[str, Any]], ...] = (
    # kind, number, repository, age in days, severity, its part of the address; what else it has
    ("dependabot", 1, "r", 20.5, "high", "dependabot", {"package": HOSTILE_NAME}),
    ("dependabot", 2, "r", 40.5, "high", "", {"html_url": "javascript:alert(1)"}),
    ("dependabot", 3, "r", 3.5, "high", "dependabot", {}),
    ("dependabot", 1, "s", 100.5, "low", "dependabot", {}),
    ("secret_scanning", 1, "r", 10.5, None, "", {"html_url": "https://other.example/acme/r/security/dependabot/1"}),
    ("secret_scanning", 2, "r", 2.5, None, "secret-scanning", {}),
    ("code_scanning", 1, "s", 35.5, "warning", "code-scanning", {}),
    ("code_scanning", 1, "vault", 9.5, "critical", "code-scanning", {}),
)
# Of Dependabot's in r: opened and fixed so many days ago.
FIXED = ((4, 95, 60, "high"), (5, 95, 62, "high"), (6, 50, 30, "low"))
CHECKS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("readme", "fail", "r", {"message": HOSTILE_NAME}),
    ("readme", "pass", "s", {}),
    ("readme", "fail", "clean", {"exception_reason": HOSTILE_NAME, "exception_until": ago(-30).date()}),
    ("readme", "fail", "vault", {}),
    ("license", "fail", "r", {}),
    ("license", "error", "s", {}),
    ("license", "pass", "clean", {}),
    ("codeowners", "pass", "r", {"evidence": {"path": "CODEOWNERS", "owners": ["@bob"]}}),
    ("codeowners", "fail", "s", {"evidence": {"path": None, "owners": []}}),
    ("codeowners", "error", "clean", {"known_result": "fail"}),
    ("signed_commits", "fail", "r", {}),
    ("signed_commits", "fail", "s", {"exception_reason": "was", "exception_until": ago(3).date()}),
    ("signed_commits", "fail", "clean", {}),
    ("point_of_contact", "pass", "r", {"evidence": {"contact": MAIL, "source": "owner", "emails": [MAIL]}}),
    ("point_of_contact", "pass", "s", {"evidence": {"contact": PROPERTY, "source": "custom_property", "emails": []}}),
    ("repository_access", "not_applicable", "s", {}),
    ("repository_access", "error", "t", {}),
    ("dependabot_alerts", "pass", "r", {}),
    ("dependabot_alerts", "fail", "clean", {}),
)


def write_security(session: Session) -> None:
    """Write it all."""
    audit = Audit(World(session))
    write_repositories(audit)
    audit.limits()
    for kind, number, repo, age, severity, part, more in OPEN:
        severities: dict[str, Any] = {} if kind == "secret_scanning" else {"severity": severity}
        address = {"html_url": f"{GITHUB}/{repo}/security/{part}/{number}"}
        where: dict[str, Any] = {"repository": id_of(repo), "repo": repo}
        audit.alert(kind, number, ago(age), **where, **(address | severities | more))
        audit.change(kind, number, ago(age), "opened", None, "open", repository_id=id_of(repo), repo=repo)
    write_closed(audit)
    write_checks(audit)
    write_ledger(session)


def id_of(repo: str) -> int:
    """A repository's id: some are those of other tables' rows."""
    return {**REPOSITORIES, "vault": 33, "t": 35}[repo]


def write_repositories(audit: Audit) -> None:
    for name, switch in (("r", "enabled"), ("s", None)):
        columns = {"html_url": f"{GITHUB}/{name}", "secret_scanning": switch, "visibility": "public"}
        audit.world.session.execute(update(Repository).where(Repository.id == id_of(name)).values(columns))
    audit.repository(33, name="vault", archived=True)
    audit.repository(34, name="clean", secret_scanning="disabled")
    audit.repository(35, name="t")


def write_closed(audit: Audit) -> None:
    for number, opened, fixed, severity in FIXED:
        audit.alert("dependabot", number, ago(opened), repo="r", state="fixed", severity=severity)
        audit.change("dependabot", number, ago(opened), "opened", None, "open", repo="r")
        audit.change("dependabot", number, ago(fixed), "fixed", "open", "fixed", repo="r")
    audit.alert("dependabot", 7, ago(20), repo="r", state="dismissed", dismissed_reason="not_used")
    audit.change("dependabot", 7, ago(20), "opened", None, "open", repo="r")
    audit.change("dependabot", 7, ago(10), "dismissed", "open", "dismissed", repo="r")


def write_checks(audit: Audit) -> None:
    for rule, result, repo, more in CHECKS:
        where: dict[str, Any] = {"repository": id_of(repo), "repo": repo}
        audit.check(rule, result, **where, **more)
        if result != "error":
            audit.check_change(rule, ago(70 if repo == "r" else 40), None, result, **where)
    audit.rating("bronze", repo="r")
    for day, *counts in ((3, 1, 2, 1), (2, 1, 2, 1), (1, 2, 1, 1)):
        audit.feature_day(ago(day).date(), "secret_scanning", *counts)
    audit.feature_day(ago(1).date(), "advanced_security", 0, 0, 4)
    team = {"rule": "team_maintainer", "org": "acme", "since": ago(9), "checked_at": ago(1), "evidence": {}}
    for key, slug, result in ((7, "core", "fail"), (8, "ops", "error"), (9, "a", "pass"), (10, "b", "pass")):
        audit.write(TeamCheck, team | {"team_id": key, "team": slug, "result": result, "message": HOSTILE_NAME}, {})


def write_ledger(session: Session) -> None:
    """In acme, alerts of code scanning may not be read; in other, all was read, and there is none."""
    now = datetime.now(UTC).replace(microsecond=0)
    refused = "alerts of code scanning are not read: Resource not accessible"
    for org, notes in (("acme", {"code_scanning_alerts": refused}), ("other", {})):
        for step in ("dependabot_alerts", "secret_scanning_alerts", "code_scanning_alerts", "repository_checks"):
            note = notes.get(step)
            run = {"job": "daily", "org": org, "step": step, "status": "ok", "fetched": 1, "note": note}
            times = {"started_at": now - timedelta(minutes=9), "finished_at": now - timedelta(minutes=8)}
            session.execute(insert(SyncRun), [run | times])
            if not note:
                session.execute(insert(Watermark), [{"name": step, "org": org, "scope": "*", "value": now}])
