"""The payloads of webhooks: what happened, as GitHub tells it."""

from collections.abc import Callable
from typing import Any

from sandbox.api.alert_forms import ALERT_FORMS
from sandbox.api.board_forms import project_form, told_changes, told_row
from sandbox.api.ci_forms import deployment_form, job_form, run_form, workflow_form
from sandbox.api.forms import Forms
from sandbox.api.nodeids import legacy_node_id, node_id
from sandbox.api.timelines import entries
from sandbox.api.times import timestamp
from sandbox.world.alerts import ALERT_KINDS, SecretAlert
from sandbox.world.apps import Installation
from sandbox.world.ci.model import Job
from sandbox.world.items import Change, Item, Kind, Release, Repository, commit
from sandbox.world.journal import Occurrence

JSON = dict[str, Any]
# What GitHub's description doesn't know of a run within a deployment's status.
NOT_THERE = ("head_commit", "repository", "head_repository")
# What lists say of an alert about a secret, and webhooks don't.
UNTOLD_OF_SECRETS = (
    *("repository", "secret", "state"),
    *("is_base64_encoded", "first_location_detected", "has_more_locations"),
)
Part = Callable[[Forms, Occurrence], JSON]


def payload_of(forms: Forms, occurrence: Occurrence, installation: Installation | None = None) -> JSON:
    """Return an event's payload; an App's has its installation, too."""
    repository = repository_of(occurrence)
    return {
        "action": occurrence.action,
        **PARTS[occurrence.event](forms, occurrence),
        **({} if repository is None else {"repository": forms.repository(repository)}),
        "organization": forms.simple_organisation(occurrence.organisation),
        "sender": forms.user(occurrence.sender),
        **({} if installation is None else {"installation": _installation(installation)}),
    }


def _installation(installation: Installation) -> JSON:
    return {"id": installation.id, "node_id": legacy_node_id("IntegrationInstallation", installation.id)}


def repository_of(occurrence: Occurrence) -> Repository | None:
    """Return the repository that an event is about, if it is about one."""
    subject = occurrence.subject.run if isinstance(occurrence.subject, Job) else occurrence.subject
    if isinstance(subject, Repository):
        return subject
    repository = getattr(subject, "repository", None)
    return repository if isinstance(repository, Repository) else None


def _job(forms: Forms, occurrence: Occurrence) -> JSON:
    job = occurrence.subject
    gate = {} if job.deployment is None else {"deployment": deployment_form(forms, job, job.deployment)}
    return {"workflow_job": job_form(forms, job), **gate}


def _deployment(forms: Forms, occurrence: Occurrence) -> JSON:
    job, about = occurrence.subject, occurrence.about
    deployment = deployment_form(forms, job, job.deployment)
    number, created_at = about["id"], timestamp(occurrence.at)
    page = f"{forms.html}/{job.run.repository.full_name}/actions/runs/{job.run.id}/job/{job.id}"
    status = {
        "url": f"{deployment['statuses_url']}/{number}",
        "id": number,
        "node_id": node_id("DES", job.run.repository.id, number),
        "state": about["state"],
        "creator": forms.user(occurrence.sender),
        "description": "",
        "environment": deployment["environment"],
        "target_url": page,
        "created_at": created_at,
        "updated_at": created_at,
        "deployment_url": deployment["url"],
        "repository_url": deployment["repository_url"],
        "environment_url": "",
        "log_url": page,
        "performed_via_github_app": None,
    }
    return {
        "deployment_status": status,
        "deployment": deployment,
        "check_run": None,
        "workflow": workflow_form(forms, job.run.workflow),
        "workflow_run": {name: value for name, value in run_form(forms, job.run).items() if name not in NOT_THERE},
    }


def _run(forms: Forms, occurrence: Occurrence) -> JSON:
    run = occurrence.subject
    return {"workflow_run": run_form(forms, run), "workflow": workflow_form(forms, run.workflow)}


def _issue(forms: Forms, occurrence: Occurrence) -> JSON:
    about = occurrence.about
    changes: JSON = {}
    for name in ("old", "new"):
        if (other := about.get(f"{name}_issue")) is not None:
            changes[f"{name}_issue"] = forms.issue(other)
            changes[f"{name}_repository"] = forms.repository(other.repository)
    return {
        "issue": forms.issue(occurrence.subject),
        **_detail(forms, occurrence.subject, about.get("change"), changes),
    }


def _pull(forms: Forms, occurrence: Occurrence) -> JSON:
    item: Item = occurrence.subject
    pull = {"number": item.number, "pull_request": forms.single_pull(item)}
    if occurrence.action == "synchronize":
        pull |= {"before": commit(item, f"head/{item.commits - 1}"), "after": commit(item, f"head/{item.commits}")}
    return pull | _detail(forms, item, occurrence.about.get("change"), {})


def _detail(forms: Forms, item: Item, change: Change | None, changes: JSON) -> JSON:
    """Return what a change was about: a label, a milestone, a person, or what stood there before."""
    found: JSON = {}
    if change is not None:
        if change.kind in (Kind.RENAMED, Kind.EDITED):
            changes = {"title" if change.kind is Kind.RENAMED else "body": {"from": change.before or ""}}
        if change.label is not None:
            found["label"] = forms.label(change.label, item) | {"archived_at": None, "archived_by": None}
        if change.milestone is not None:
            found["milestone"] = forms.milestone(change.milestone, item)
        if change.team is not None:
            found["requested_team"] = forms.team(change.team)
        if change.person is not None:
            reviewer = change.kind in (Kind.REVIEW_REQUESTED, Kind.REVIEW_REQUEST_REMOVED)
            found["requested_reviewer" if reviewer else "assignee"] = forms.user(change.person)
    return {**found, **({"changes": changes} if changes else {})}


def _comment(forms: Forms, occurrence: Occurrence) -> JSON:
    about, item = occurrence.about, occurrence.subject
    change = about["change"]
    changes = {"changes": {"body": {"from": change.before or ""}}} if change.kind is Kind.COMMENT_EDITED else {}
    return {**changes, "issue": forms.issue(item), "comment": forms.comment(item, about["remark"])}


def _review(forms: Forms, occurrence: Occurrence) -> JSON:
    item: Item = occurrence.subject
    remark: Change = occurrence.about["remark"]
    entry = next(one for one in entries(item) if one.kind is Kind.REVIEWED and one.id == remark.id)
    review = forms.review(item, entry)
    return {"review": {**review, "state": review["state"].lower()}, "pull_request": forms.pull(item)}


def _release(forms: Forms, occurrence: Occurrence) -> JSON:
    release: Release = occurrence.subject
    before = occurrence.about.get("before", {})
    after = {"name": release.name, "body": release.body}
    changes = {name: {"from": text or ""} for name, text in before.items() if text != after[name]}
    return {"release": forms.release(release), **({"changes": changes} if before else {})}


def _repository(forms: Forms, occurrence: Occurrence) -> JSON:
    about = occurrence.about
    if "name" in about:
        return {"changes": {"repository": {"name": {"from": about["name"]}}}}
    if "owner" in about:
        return {"changes": {"owner": {"from": {"organization": forms.simple_organisation(about["owner"])}}}}
    return {}


def _organisation(forms: Forms, occurrence: Occurrence) -> JSON:
    about = occurrence.about
    if "login" in about:
        return {"changes": {"login": {"from": about["login"]}}}
    url = f"{forms.base}/orgs/{occurrence.organisation.login}"
    person = occurrence.subject
    membership = {
        "url": f"{url}/memberships/{person.login}",
        "state": "active",
        "role": about["role"],
        "organization_url": url,
        "user": forms.user(person),
    }
    return {"membership": membership}


def _membership(forms: Forms, occurrence: Occurrence) -> JSON:
    return {"scope": "team", "member": forms.user(occurrence.subject), "team": forms.team(occurrence.about["team"])}


def _alert(forms: Forms, occurrence: Occurrence) -> JSON:
    alert = occurrence.subject
    form = ALERT_FORMS[type(alert)](forms, alert)
    place: JSON = {}
    if (instance := form.get("most_recent_instance")) is not None:
        # What somebody does to an alert happens on no branch.
        by_user = occurrence.action.endswith("_by_user")
        place = {"ref": "" if by_user else instance["ref"], "commit_oid": "" if by_user else instance["commit_sha"]}
    left_out = UNTOLD_OF_SECRETS if isinstance(alert, SecretAlert) else ("repository",)
    return {"alert": {name: value for name, value in form.items() if name not in left_out}, **place}


def _board(forms: Forms, occurrence: Occurrence) -> JSON:
    project, before = occurrence.subject, occurrence.about.get("before", {})
    form = project_form(forms, project)
    if occurrence.action == "deleted":
        form |= {"deleted_at": timestamp(occurrence.at), "deleted_by": forms.user(occurrence.sender)}
    changes = {name: {"from": value, "to": getattr(project, name)} for name, value in before.items()}
    return {"projects_v2": form, **({"changes": changes} if before else {})}


def _board_row(forms: Forms, occurrence: Occurrence) -> JSON:
    row = occurrence.subject
    changes = told_changes(forms, row, occurrence.action, occurrence.about)
    return {"projects_v2_item": told_row(forms, row), **({"changes": changes} if changes else {})}


PARTS: dict[str, Part] = {
    "workflow_job": _job,
    "workflow_run": _run,
    "deployment_status": _deployment,
    "issues": _issue,
    "pull_request": _pull,
    "issue_comment": _comment,
    "pull_request_review": _review,
    "release": _release,
    "repository": _repository,
    "organization": _organisation,
    "membership": _membership,
    "projects_v2": _board,
    "projects_v2_item": _board_row,
    **{kind.event: _alert for kind in ALERT_KINDS},
}
