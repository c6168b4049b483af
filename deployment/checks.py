"""The checks, in their order: each says what it found, or what is missing and how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import boto3
from botocore.exceptions import BotoCoreError

from chalicelib import domains
from chalicelib.errors import AwsError, ContributorMetricsError, DatabaseNotReadyError, GitHubError, SettingsError
from chalicelib.github import AppAuth, Budget, GitHubAPI
from chalicelib.ingest.messages import MESSAGES
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.ingest.scopes import ScopeAPI
from chalicelib.jobs.connections import open_database, open_github, scope_of
from chalicelib.runtime import aws
from chalicelib.settings import SSM_NAMES
from chalicelib.slack.api import open_slack
from chalicelib.store.urls import parse_db_url
from deployment.permissions import installation_of, lacks_of_installation, lacks_of_token, needs_of
from deployment.stage import CONFIG, Stage


class Finding(NamedTuple):
    """What a check found; a `fault` must be fixed before the deployment."""

    what: str
    sentence: str
    fault: bool = False


SHORTEST_SECRET = 16
Check = Callable[[Stage], Iterator[Finding]]


def check_stage(stage: Stage) -> Iterator[Finding]:
    """Run the checks in order; stop after a basic one that fails."""
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
    """Find the AWS account and region."""
    try:
        region = boto3.session.Session().region_name
        if region is None:
            yield Finding("AWS", "no region is set: set AWS_DEFAULT_REGION", fault=True)
            return
        account = aws.call("sts", "get_caller_identity").get("Account")
    except (AwsError, BotoCoreError) as error:
        yield Finding("AWS", f"no access ({_reason(error)}): set AWS_PROFILE", fault=True)
        return
    if account is None:
        yield Finding("AWS", f"no access ({aws.ODD})", fault=True)
        return
    yield Finding("AWS", f"account {account}, {region}")


def check_parameters(stage: Stage) -> Iterator[Finding]:
    """Check that the secrets are in SSM, and that none is in the stage's file, where everybody can read it."""
    for setting in SSM_NAMES:
        if stage.variables.get(setting):
            yield Finding("SSM", f"{setting} is in {CONFIG}, where everybody can read it: move it to SSM", fault=True)
    for setting in ("GH_TOKEN" if stage.settings.app_id is None else "GH_APP_PRIVATE_KEY", "DB_URL"):
        yield _check_parameter(stage.parameter(setting))


def _check_parameter(name: str) -> Finding:
    try:
        kind = aws.call("ssm", "get_parameter", Name=name).get("Parameter", {}).get("Type")
    except AwsError as error:
        put = f"aws ssm put-parameter --type SecureString --name {name} --value file://FILE"
        return Finding("SSM", f"{name} can't be read ({_reason(error)}); to store it: {put}", fault=True)
    if kind is None:
        return Finding("SSM", f"{name} can't be read: {aws.ODD}", fault=True)
    if kind != "SecureString":
        return Finding("SSM", f"{name} is a plain {kind}: delete it, and store it as a SecureString", fault=True)
    return Finding("SSM", f"{name} exists")


def check_settings(stage: Stage) -> Iterator[Finding]:
    """Read every setting once."""
    domains.check_settings(stage.settings)
    yield Finding("settings", f"organisations {', '.join(stage.settings.orgs)}")


def check_webhook(stage: Stage) -> Iterator[Finding]:
    """Check that the webhook's secret, where there is one, can't be guessed; without one the webhook is not used."""
    secrets, parameter = stage.settings.webhook_secrets, stage.parameter("WEBHOOK_SECRET")
    if not secrets:
        yield Finding("webhook", f"it is not used: {parameter} is not there (docs/webhook.md)")
        return
    yield _check_parameter(parameter)
    if min(map(len, secrets)) < SHORTEST_SECRET:
        words = (
            f"WEBHOOK_SECRET is too short: at least {SHORTEST_SECRET} characters, such as openssl rand -hex 32 gives"
        )
        yield Finding("webhook", words, fault=True)


def check_snapshots(stage: Stage) -> Iterator[Finding]:
    """Check that snapshots have a bucket, and that the Lambdas may write into it; nothing is written."""
    url = stage.settings.snapshot_url
    if url is None:
        return
    if not url.startswith("s3://"):
        yield Finding("snapshots", "a Lambda doesn't keep files: set SNAPSHOT_URL to s3://bucket/prefix", fault=True)
        return
    bucket = url.removeprefix("s3://").partition("/")[0]
    if not stage.allows("s3:PutObject", f"arn:aws:s3:::{bucket}/latest"):
        words = f"{stage.policy.name} allows no s3:PutObject in the bucket {bucket}"
        yield Finding("snapshots", f"{words}: take one called contributor-metrics-…, or allow it", fault=True)
    try:
        aws.call("s3", "get_bucket_location", Bucket=bucket)
    except AwsError as error:
        yield Finding("snapshots", f"the bucket {bucket} can't be reached ({error.reason})", fault=True)
    else:
        yield Finding("snapshots", f"the bucket {bucket} exists")


def check_slack(stage: Stage) -> Iterator[Finding]:
    """Check that Slack takes the token, when messages are to be posted; nothing is posted."""
    if not stage.settings.value(MESSAGES):
        return
    found = _check_parameter(stage.parameter("SLACK_BOT_TOKEN"))
    yield found
    if not found.fault:
        slack = open_slack(stage.settings, Budget())
        slack.check()
        yield Finding("Slack", f"it takes the token; the first message shows whether the app is in {slack.channel}")


def check_database(stage: Stage) -> Iterator[Finding]:
    """Connect to the database, and check that it is migrated."""
    url = parse_db_url(stage.settings.db_url)
    if url.get_backend_name() == "sqlite":
        yield Finding("database", "a Lambda doesn't keep SQLite's file: use PostgreSQL", fault=True)
        return
    certificate = url.query.get("sslrootcert")
    if isinstance(certificate, str) and not (stage.settings.folder / "vendor" / certificate).exists():
        yield Finding("database", f"sslrootcert={certificate} is not deployed: put it into vendor/", fault=True)
    try:
        with open_database(stage.settings):
            source = " (DB_URL of this shell, not SSM)" if stage.db_url_from_shell else ""
            yield Finding("database", f"{url.database} on {url.host} can be reached from here, and is migrated{source}")
    except DatabaseNotReadyError as error:
        sentence = str(error).replace("`make migrate`", f"`make migrate STAGE={stage.name}`")
        yield Finding("database", sentence, fault=True)


def check_github(stage: Stage) -> Iterator[Finding]:
    """Check that the credentials may read what the tables need, in every organisation."""
    with open_github(stage.settings) as github:
        for org in stage.settings.orgs:
            yield from _check_org(stage, github(org), org)


def _check_org(stage: Stage, github: GitHubAPI, org: str) -> Iterator[Finding]:
    settings = stage.settings
    try:
        ScopeAPI(github).resolve(scope_of(settings, org))
        needs = needs_of(settings)
        lacks = list(lacks_of_token(github, org, needs) if settings.app_id is None else _app_lacks(stage, org, needs))
    except (GitHubError, SettingsError) as error:
        lacks = [Lack(str(error))]
    for lack in lacks:
        yield Finding("GitHub", f"{org}: {lack.sentence}", fault=lack.certain)
    if not lacks:
        yield Finding("GitHub", f"{org}: the credentials may read everything that is needed")


def _app_lacks(stage: Stage, org: str, needs: Sequence[Need]) -> Iterator[Lack]:
    settings = stage.settings
    auth = AppAuth(settings.app_id or "", settings.app_private_key)
    with GitHubAPI(auth=auth, api_url=settings.api_url) as app:
        yield from lacks_of_installation(installation_of(app, org, settings.app_installation_id), org, needs)


def _reason(error: AwsError | BotoCoreError) -> str:
    return error.reason if isinstance(error, AwsError) else str(error)


CHECKS: dict[str, Check] = {
    "AWS": check_aws,
    "SSM": check_parameters,
    "settings": check_settings,
    "webhook": check_webhook,
    "snapshots": check_snapshots,
    "Slack": check_slack,
    "database": check_database,
    "GitHub": check_github,
}
# When one of these fails, the others could only fail in the same way.
BASIC = {"AWS", "SSM", "settings"}
