"""Security alerts as the lists of an organisation show them."""

from collections.abc import Callable
from hashlib import sha1
from typing import Any

from sandbox.api.profiles import Profiles
from sandbox.api.times import moment, timestamp
from sandbox.world.alerts import Alert, CodeAlert, DependabotAlert, Dismissible, SecretAlert
from sandbox.world.people import Person

JSON = dict[str, Any]
SCORES = {"low": 2.0, "medium": 5.3, "high": 7.5, "critical": 9.8}
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"


def _any_user(forms: Profiles, person: Person | None) -> JSON | None:
    return None if person is None else forms.user(person)


def _sha(alert: Alert, role: str) -> str:
    return sha1(f"alert/{alert.id}/{role}".encode(), usedforsecurity=False).hexdigest()


def _place(forms: Profiles, alert: Alert, path: str) -> JSON:
    """Return what all alerts begin with."""
    pages = f"{forms.html}/{alert.repository.full_name}"
    return {
        "number": alert.number,
        "state": alert.state,
        "url": f"{forms.repository_url(alert.repository)}/{path}/alerts/{alert.number}",
        "html_url": f"{pages}/security/{path}/{alert.number}",
        "created_at": timestamp(alert.created_at),
        "updated_at": timestamp(alert.updated_at),
    }


def _end(forms: Profiles, alert: Dismissible) -> JSON:
    """Return what became of an alert, and where it is."""
    return {
        "dismissed_at": moment(alert.dismissed_at),
        "dismissed_by": _any_user(forms, alert.dismissed_by),
        "dismissed_reason": alert.dismissed_reason,
        "dismissed_comment": alert.dismissed_comment,
        "fixed_at": moment(alert.fixed_at),
        "assignees": [forms.user(person) for person in alert.assignees],
        "repository": forms.simple_repository(alert.repository),
    }


def dependabot_alert(forms: Profiles, alert: DependabotAlert) -> JSON:
    """Return an alert of Dependabot."""
    patched = None if alert.patched_version is None else {"identifier": alert.patched_version}
    vulnerability = {
        "package": {"ecosystem": alert.ecosystem, "name": alert.package},
        "severity": alert.severity,
        "vulnerable_version_range": alert.vulnerable_range,
        "first_patched_version": patched,
    }
    dependency = {
        "package": vulnerability["package"],
        "manifest_path": alert.manifest_path,
        "scope": alert.scope,
        "relationship": alert.relationship,
    }
    return {
        **_place(forms, alert, "dependabot"),
        "dependency": dependency,
        "security_advisory": _advisory(forms, alert, vulnerability),
        "security_vulnerability": vulnerability,
        "dismissal_request": None,
        "auto_dismissed_at": moment(alert.auto_dismissed_at),
        **_end(forms, alert),
    }


def _advisory(forms: Profiles, alert: DependabotAlert, vulnerability: JSON) -> JSON:
    cvss = {"vector_string": VECTOR, "score": SCORES[alert.severity]}
    identifiers = [{"value": alert.ghsa_id, "type": "GHSA"}]
    if alert.cve_id is not None:
        identifiers.append({"value": alert.cve_id, "type": "CVE"})
    # Not every advisory has been scored.
    epss = {} if alert.epss is None else {"epss": {"percentage": alert.epss, "percentile": alert.epss}}
    return {
        "ghsa_id": alert.ghsa_id,
        "cve_id": alert.cve_id,
        "summary": alert.summary,
        "description": f"## Summary\n\n{alert.summary}",
        "severity": alert.severity,
        "identifiers": identifiers,
        "references": [{"url": f"{forms.html}/advisories/{alert.ghsa_id}"}],
        "published_at": timestamp(alert.created_at),
        "updated_at": timestamp(alert.created_at),
        "withdrawn_at": None,
        "vulnerabilities": [vulnerability],
        "cvss_severities": {"cvss_v3": cvss, "cvss_v4": {"vector_string": None, "score": 0.0}},
        **epss,
        "cvss": cvss,
        "cwes": [{"cwe_id": "CWE-400", "name": "Uncontrolled Resource Consumption"}],
        "classification": alert.classification,
    }


def code_alert(forms: Profiles, alert: CodeAlert) -> JSON:
    """Return an alert of code scanning, with its newest instance."""
    place = _place(forms, alert, "code-scanning")
    # A rule that is not about security has no such key at all.
    severe = {} if alert.security_severity is None else {"security_severity_level": alert.security_severity}
    rule = {
        "id": alert.rule,
        "severity": alert.severity,
        "description": alert.rule_description,
        "name": alert.rule or "",
        "tags": list(alert.tags),
        **severe,
    }
    instance = {
        "ref": f"refs/heads/{alert.branch}",
        "analysis_key": ".github/workflows/codeql.yml:analyze",
        "environment": "{}",
        "category": "/language:python",
        "state": alert.state,
        "commit_sha": _sha(alert, "commit"),
        "message": {"text": alert.message},
        "location": {"path": alert.path, "start_line": alert.line, "end_line": alert.line, **_columns(80)},
        "classifications": [],
    }
    return {
        **place,
        "rule": rule,
        "tool": {"name": alert.tool, "guid": None, "version": "2.23.9"},
        "most_recent_instance": instance,
        "instances_url": f"{place['url']}/instances",
        "dismissal_approved_by": None,
        **_end(forms, alert),
    }


def _columns(end: int) -> JSON:
    return {"start_column": 1, "end_column": end}


def secret_alert(forms: Profiles, alert: SecretAlert, *, hidden: bool = False) -> JSON:
    """Return an alert of secret scanning; if it is hidden, without the secret."""
    place = _place(forms, alert, "secret-scanning")
    provider = None if alert.is_generic else alert.secret_type.split("_")[0]
    return {
        **place,
        "locations_url": f"{place['url']}/locations",
        "resolution": alert.resolution,
        "resolved_at": moment(alert.resolved_at),
        "resolved_by": _any_user(forms, alert.resolved_by),
        "resolution_comment": alert.resolution_comment,
        "secret_type": alert.secret_type,
        "secret_type_display_name": alert.secret_type.replace("_", " ").title(),
        "provider": provider and provider.title(),
        "provider_slug": provider,
        "secret": None if hidden else alert.secret,
        "validity": alert.validity,
        "publicly_leaked": alert.publicly_leaked,
        "multi_repo": alert.multi_repo,
        "is_base64_encoded": False,
        "first_location_detected": _location(forms, alert),
        "has_more_locations": False,
        "assigned_to": _any_user(forms, next(iter(alert.assignees), None)),
        **_bypass(forms, alert),
        "closure_request_comment": alert.closure_request_comment,
        "closure_request_reviewer_comment": alert.closure_request_reviewer_comment,
        "closure_request_reviewer": _any_user(forms, alert.closure_request_reviewer),
        "repository": forms.simple_repository(alert.repository),
    }


def _bypass(forms: Profiles, alert: SecretAlert) -> JSON:
    """Return who pushed it although it was seen, and how that was asked for."""
    asked = alert.push_protection_bypass_request_comment is not None
    page = f"{forms.html}/{alert.repository.full_name}/exemptions/secret_scanning/{alert.number}"
    return {
        "push_protection_bypassed": alert.push_protection_bypassed_at is not None,
        "push_protection_bypassed_by": _any_user(forms, alert.push_protection_bypassed_by),
        "push_protection_bypassed_at": moment(alert.push_protection_bypassed_at),
        "push_protection_bypass_request_reviewer": _any_user(forms, alert.push_protection_bypass_request_reviewer),
        "push_protection_bypass_request_reviewer_comment": alert.push_protection_bypass_request_reviewer_comment,
        "push_protection_bypass_request_comment": alert.push_protection_bypass_request_comment,
        "push_protection_bypass_request_html_url": page if asked else None,
    }


def _location(forms: Profiles, alert: SecretAlert) -> JSON:
    url, blob, commit = forms.repository_url(alert.repository), _sha(alert, "blob"), _sha(alert, "commit")
    return {
        "path": alert.path,
        "start_line": 1,
        "end_line": 1,
        **_columns(64),
        "blob_sha": blob,
        "blob_url": f"{url}/git/blobs/{blob}",
        "commit_sha": commit,
        "commit_url": f"{url}/git/commits/{commit}",
    }


ALERT_FORMS: dict[type[Alert], Callable[[Profiles, Any], JSON]] = {
    DependabotAlert: dependabot_alert,
    SecretAlert: secret_alert,
    CodeAlert: code_alert,
}
