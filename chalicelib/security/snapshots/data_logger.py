"""The same in the form of the Data Logger's files: its keys in its order, and its rules where ours are other ones.

In its checklist true means that a rule is broken. What could not be checked is null: the Data Logger wrote true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from chalicelib.ingest.context import Context
from chalicelib.security.api.alerts import GENERIC_SECRETS
from chalicelib.security.models import DEPENDABOT, SECRET_SCANNING
from chalicelib.security.snapshots.alerts import OpenAlert, limits_of, open_alerts
from chalicelib.security.snapshots.repositories import Checks, checked_repositories
from chalicelib.security.snapshots.values import as_json
from chalicelib.store.base import JsonObject

NAME = re.compile(r"[a-z0-9_-]+")
# The results of checks.
FAIL, ERROR, NOT_APPLICABLE = "fail", "error", "not_applicable"
# It asked for alerts of four severities; others, should GitHub invent any, were none to it.
UNLIMITED = math.inf
OWN_BOT = "dependabot"
CODEOWNERS = {"CODEOWNERS", ".github/CODEOWNERS"}
PUBLIC, NOT_PUBLIC = {"public"}, {"private", "internal"}


def repositories(context: Context, as_of: datetime) -> list[JsonObject]:  # noqa: ARG001 - what every snapshot gets
    """Show each repository that is not archived, with its checklist."""
    return [
        {
            "name": each.name,
            "type": each.visibility.upper() if each.visibility else None,
            "url": each.html_url,
            **as_json(each, ("created_at",)),
            "checklist": checklist(each, checks),
        }
        for each, checks in checked_repositories(context)
        if not each.archived
    ]


def checklist(repository: Any, checks: Checks) -> JsonObject:
    """Say which of the Data Logger's rules a repository breaks; None: it could not be checked, or never was."""
    return {
        "inactive": _fails(checks, "active"),
        "unprotected_branches": _fails(checks, "protected_branches"),
        "unsigned_commits": _fails(checks, "signed_commits"),
        "readme_missing": _lacks(checks, "readme", "README.md"),
        "license_missing": _where(repository, PUBLIC, _lacks(checks, "license", "LICENSE")),
        "pirr_missing": _where(repository, NOT_PUBLIC, _lacks(checks, "pirr", "PIRR.md")),
        "gitignore_missing": _lacks(checks, "gitignore", ".gitignore"),
        "external_pr": _has_external_pull_request(checks),
        "breaks_naming_convention": NAME.fullmatch(repository.name) is None,
        "secret_scanning_disabled": _where(repository, PUBLIC, _fails(checks, "secret_scanning")),
        "push_protection_disabled": _where(repository, PUBLIC, _fails(checks, "push_protection")),
        "dependabot_disabled": _fails(checks, "dependabot_alerts"),
        "codeowners_missing": _lacks_codeowners(checks),
        "point_of_contact_missing": _lacks_contact(checks),
    }


def _where(repository: Any, visibilities: Set[str], value: bool | None) -> bool | None:  # noqa: FBT001 - a cell
    """Give a value where a rule applies, and False elsewhere; None when it is not known who sees the repository."""
    if repository.visibility is None:
        return None
    return value if repository.visibility in visibilities else False


def _made(checks: Checks, rule: str) -> Row[Any] | None:
    """Give a check; None when it could not be made, or when the repository was archived then."""
    check = checks.get(rule)
    return None if check is None or check.result == ERROR or "archived" in check.evidence else check


def _fails(checks: Checks, rule: str) -> bool | None:
    check = _made(checks, rule)
    return None if check is None else bool(check.result == FAIL)


def _lacks(checks: Checks, rule: str, file: str) -> bool | None:
    """Tell whether a file is missing that must be called exactly so; None too where our rule doesn't apply."""
    check = _made(checks, rule)
    return None if check is None or check.result == NOT_APPLICABLE else bool(check.evidence["file"] != file)


def _has_external_pull_request(checks: Checks) -> bool | None:
    """Tell whether an open pull request is a stranger's: all bots but one are."""
    check = _made(checks, "external_pull_requests")
    return None if check is None else bool({*check.evidence["authors"], *check.evidence["apps"]} - {OWN_BOT})


def _lacks_codeowners(checks: Checks) -> bool | None:
    """Tell whether CODEOWNERS is missing in the places that it looked at: what is in the file was the same to it."""
    check = _made(checks, "codeowners")
    return None if check is None else CODEOWNERS.isdisjoint(check.evidence["paths"])


def _lacks_contact(checks: Checks) -> bool | None:
    """Tell whether no user in CODEOWNERS shows an e-mail; without CODEOWNERS, none was missing to it.

    None too when the e-mails could not be looked up.
    """
    is_without, check = _lacks_codeowners(checks), _made(checks, "point_of_contact")
    if is_without:
        return False
    emails = check.evidence["emails"] if check is not None and is_without is not None else None
    return None if emails is None else not emails


def secret_scanning(context: Context, as_of: datetime) -> list[JsonObject] | None:
    """Show the secrets that are open for longer than the limit; None when no limit is known.

    Without those of generic types: GitHub lists these only when they are named, and the Data Logger named none.
    """
    return _overdue(context, as_of, SECRET_SCANNING, _secret)


def dependabot(context: Context, as_of: datetime) -> list[JsonObject] | None:
    """Show Dependabot's alerts that are open for longer than the limit of their severity; None: no limit is known."""
    return _overdue(context, as_of, DEPENDABOT, _dependency)


def _secret(each: OpenAlert) -> JsonObject:
    shown = each.as_json(("created_at",))
    names = {"repository": "repository", "repository_url": "repository_url", "creation_date": "created_at"}
    return {**{theirs: shown[ours] for theirs, ours in names.items()}, "alert_url": shown["url"]}


def _dependency(each: OpenAlert) -> JsonObject:
    shown = each.as_json(("created_at", "severity"))
    names = ("repository", "repository_url", "created_at", "severity")
    return {**{name: shown[name] for name in names}, "alert_url": shown["url"]}


def _overdue(
    context: Context, as_of: datetime, kind: str, to_record: Callable[[OpenAlert], JsonObject]
) -> list[JsonObject] | None:
    """Show the alerts that are open for more whole days than the limit says; weekends count, as they did for it."""
    limits = {limit.severity: limit.days for limit in limits_of(context, kind)}
    if not limits:
        context.note(f"{kind}.json is not written as the Data Logger did: how long alerts may be open is not known")
        return None
    alerts = (each for each in open_alerts(context, kind, as_of) if not _is_generic(each))
    return [to_record(each) for each in alerts if each.days_open > limits.get(_severity(each), UNLIMITED)]


def _is_generic(each: OpenAlert) -> bool:
    """Tell whether an alert is about a secret of a generic type, such as a password."""
    return getattr(each.alert, "secret_type", None) in GENERIC_SECRETS


def _severity(each: OpenAlert) -> str:
    """Give an alert's severity; secrets have none."""
    severity: str = getattr(each.alert, "severity", "")
    return severity
