"""The checks, in their order: each says what it found, or what is missing and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ContributorMetricsError, DatabaseNotReadyError, GitHubError, NotFoundError
from chalicelib.github import AppAuth, Budget, GitHubAPI, TokenAuth
from chalicelib.jobs import open_database
from deployment.permissions import Lack, installation_of, lacks_of_installation, lacks_of_token
from deployment.stage import Stage


class Finding(NamedTuple):
    """What a check found: `fault` when something is to be done first."""

    what: str
    sentence: str
    fault: bool = False


Check = Callable[[Stage], Iterator[Finding]]


def check_stage(stage: Stage) -> Iterator[Finding]:
    """Run every check that the ones before it let through."""
    for name, check in CHECKS.items():
        failed = False
        try:
            for finding in check(stage):
                failed = failed or finding.fault
                yield finding
        except ContributorMetricsError as error:
            failed = True
            yield Finding(name, str(error), fault=True)
        if failed and name in BASIC:
            return


def check_aws(_stage: Stage) -> Iterator[Finding]:
    """Find out who asks, and where."""
    region = boto3.session.Session().region_name
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        yield Finding("AWS", f"no access: {_reason(error)} (set AWS_PROFILE)", fault=True)
        return
    if region is None:
        yield Finding("AWS", "no region is named (set AWS_DEFAULT_REGION)", fault=True)
        return
    yield Finding("AWS", f"account {account}, {region}")


def check_parameters(stage: Stage) -> Iterator[Finding]:
    """Look for the secrets in SSM, without reading them."""
    for setting in ("GH_TOKEN" if stage.settings.app_id is None else "GH_APP_PRIVATE_KEY", "DB_URL"):
        yield _check_parameter(stage.parameter(setting))


def _check_parameter(name: str) -> Finding:
    try:
        parameter: dict[str, Any] = boto3.client("ssm").get_parameter(Name=name)["Parameter"]
    except (BotoCoreError, ClientError) as error:
        put = f"aws ssm put-parameter --type SecureString --name {name} --value file://FILE"
        return Finding("SSM", f"{name}: {_reason(error)}: {put}", fault=True)
    if parameter["Type"] != "SecureString":
        return Finding("SSM", f"{name} is a plain {parameter['Type']}: put it again as SecureString", fault=True)
    return Finding("SSM", f"{name} is there")


def check_settings(stage: Stage) -> Iterator[Finding]:
    """Read every setting once."""
    stage.settings.check()
    yield Finding("settings", f"organisations {', '.join(stage.settings.orgs)}")


def check_database(stage: Stage) -> Iterator[Finding]:
    """Connect to the database, and see that it is migrated."""
    if stage.settings.db_url.startswith("sqlite"):
        yield Finding("database", "SQLite is a file, which a Lambda doesn't keep: name a PostgreSQL", fault=True)
        return
    try:
        with open_database(stage.settings):
            yield Finding("database", "reached from here, and migrated")
    except DatabaseNotReadyError as error:
        yield Finding(
            "database", str(error).replace("`make migrate`", f"`make migrate STAGE={stage.name}`"), fault=True
        )


def check_github(stage: Stage) -> Iterator[Finding]:
    """See that the credentials may read what the tables need, in every organisation."""
    settings = stage.settings
    auth = TokenAuth(settings.token) if settings.app_id is None else AppAuth(settings.app_id, settings.app_private_key)
    with GitHubAPI(auth=auth, api_url=settings.api_url, budget=Budget()) as github:
        for org in settings.orgs:
            yield from _check_org(github, org, is_app=settings.app_id is not None)


def _check_org(github: GitHubAPI, org: str, *, is_app: bool) -> Iterator[Finding]:
    try:
        if is_app:
            lacks = list(lacks_of_installation(installation_of(github, org)))
        else:
            github.get(f"/orgs/{org}")
            lacks = list(lacks_of_token(github, org))
    except NotFoundError:
        unseen = "the GitHub App is not installed there" if is_app else "it is not there, or this token can't see it"
        lacks = [Lack(unseen)]
    except GitHubError as error:
        lacks = [Lack(str(error))]
    for lack in lacks:
        yield Finding("GitHub", f"{org}: {lack.sentence}", fault=lack.certain)
    if not any(lack.certain for lack in lacks):
        yield Finding("GitHub", f"{org}: the credentials may read all that is needed")


def _reason(error: BotoCoreError | ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code")) if isinstance(error, ClientError) else str(error)


CHECKS: dict[str, Check] = {
    "AWS": check_aws,
    "SSM": check_parameters,
    "settings": check_settings,
    "database": check_database,
    "GitHub": check_github,
}
# Without these the others could only fail in the same way.
BASIC = {"AWS", "SSM", "settings"}
