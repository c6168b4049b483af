"""`make check-setup`: what is missing is named, one by one, before anything is deployed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import make_url, text

from chalicelib.errors import SettingsError
from chalicelib.models import create_db_session
from deployment.checks import check_stage
from deployment.stage import load_stage
from sandbox.server.app import SCOPE_HEADERS
from tests.databases import Copies
from tests.organisation import Organisation, organisation
from tests.reports import slack_server
from tests.sandbox.keys import keys

pytestmark = pytest.mark.slow

# Each of these needs permissions of its own.
OFF = dict.fromkeys(("COPILOT", "SECURITY", "WORKFLOWS", "PROJECTS"), "off")
PERMISSIONS = {"metadata": "read", "issues": "read", "pull_requests": "read", "members": "read", "contents": "read"}
TOKEN, KEY, DB_URL, WEBHOOK_SECRET, SLACK = map(
    "/contributor-metrics/dev/{}".format, ("token", "app_private_key", "db_url", "webhook_secret", "slack_bot_token")
)


@dataclass
class Setup:
    """A checkout's stage dev, an AWS and an organisation: all that a deployment needs, and it can be taken away."""

    folder: Path
    org: Organisation
    shell: dict[str, str] = field(default_factory=dict)

    def configure(self, **variables: str) -> None:
        path = self.folder / ".chalice" / "config.json"
        config = json.loads(path.read_text())
        config.setdefault("environment_variables", {}).update(variables)
        path.write_text(json.dumps(config))

    def put(self, name: str, value: str, kind: str = "SecureString") -> None:
        boto3.client("ssm").put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)

    def faults(self) -> list[str]:
        """What must be fixed."""
        return [f"{found.what}: {found.sentence}" for found in self.findings() if found.fault]

    def findings(self) -> list[Any]:
        return list(check_stage(load_stage("dev", self.shell, root=self.folder)))


def test_without_credentials_nothing_else_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not moto's, which brings its own: there are none, and nobody on this machine gives any out."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    [found] = check_stage(load_stage("dev", {}, root=root))
    assert tuple(found) == ("AWS", "no access (Unable to locate credentials): set AWS_PROFILE", True)


@pytest.fixture
def setup(root: Path, tmp_path: Path, postgres_copies: Copies, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    shutil.copytree(root / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    plan = {"organisations": ("acme", "umbrella"), "items": 30}
    with postgres_copies.borrow() as url, organisation(url, **plan) as org, mock_aws():
        made = Setup(tmp_path, org)
        made.configure(GH_ORGS="acme", GH_API_URL=org.sandbox.url, **OFF)
        made.put(TOKEN, org.sandbox.token)
        made.put(DB_URL, url)
        yield made


def as_app(setup: Setup, **permissions: str) -> Any:
    app = setup.org.sandbox.integrations.register(public_key=keys().public, permissions=permissions)
    setup.configure(GH_APP_ID=str(app.id))
    setup.put(KEY, keys().private)
    return app


def test_when_all_is_there_it_says_so(setup: Setup) -> None:
    assert [tuple(found) for found in setup.findings()] == [
        ("AWS", "account 123456789012, eu-west-1", False),
        ("SSM", f"{TOKEN} exists", False),
        ("SSM", f"{DB_URL} exists", False),
        ("settings", "organisations acme", False),
        ("webhook", f"it is not used: {WEBHOOK_SECRET} is not there (docs/webhook.md)", False),
        ("database", f"{make_url(setup.org.db_url).database} on None can be reached from here, and is migrated", False),
        ("GitHub", "acme: the credentials may read everything that is needed", False),
    ]


@pytest.mark.parametrize("secret", ["0123456789abcdef", "0123456789abcdef,fedcba9876543210"])
def test_a_webhooks_secret_is_found(setup: Setup, secret: str) -> None:
    setup.put(WEBHOOK_SECRET, secret)
    assert setup.faults() == []
    assert [found.sentence for found in setup.findings() if WEBHOOK_SECRET in found.sentence] == [
        f"{WEBHOOK_SECRET} exists"
    ]


@pytest.mark.parametrize(
    ("secret", "kind", "fault"),
    [
        ("0123456789abcde", "SecureString", "webhook: WEBHOOK_SECRET is too short: at least 16 characters"),
        ("0123456789abcdef,short", "SecureString", "webhook: WEBHOOK_SECRET is too short: at least 16 characters"),
        ("0123456789abcdef", "String", f"SSM: {WEBHOOK_SECRET} is a plain String"),
        ("0123456789abcdef,two,three", "SecureString", "webhook: WEBHOOK_SECRET is malformed: it may hold two"),
    ],
)
def test_a_webhooks_secret_that_will_not_do_is_named_and_not_shown(
    setup: Setup, secret: str, kind: str, fault: str
) -> None:
    setup.put(WEBHOOK_SECRET, secret, kind)
    [found] = setup.faults()
    assert found.startswith(fault)
    assert "0123456789" not in found


def test_an_app_needs_its_key_and_no_token(setup: Setup) -> None:
    boto3.client("ssm").delete_parameter(Name=TOKEN)
    setup.configure(GH_ORGS="acme,umbrella")
    as_app(setup, **PERMISSIONS, organization_hooks="write")
    assert setup.faults() == []
    assert [found.sentence for found in setup.findings() if found.what == "GitHub"] == [
        "acme: the credentials may read everything that is needed",
        "umbrella: the credentials may read everything that is needed",
    ]


def test_without_a_region_nothing_else_is_asked(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert [tuple(found) for found in setup.findings()] == [("AWS", "no region is set: set AWS_DEFAULT_REGION", True)]


@pytest.mark.parametrize("name", [TOKEN, DB_URL])
def test_a_parameter_that_is_missing_is_named_with_the_command_to_put_it(setup: Setup, name: str) -> None:
    boto3.client("ssm").delete_parameter(Name=name)
    [fault] = setup.faults()
    command = f"aws ssm put-parameter --type SecureString --name {name} --value file://FILE"
    assert fault == f"SSM: {name} can't be read (ParameterNotFound); to store it: {command}"


def test_a_secret_that_is_kept_in_the_clear_is_named_and_not_shown(setup: Setup) -> None:
    boto3.client("ssm").delete_parameter(Name=TOKEN)
    setup.put(TOKEN, setup.org.sandbox.token, "String")
    assert setup.faults() == [f"SSM: {TOKEN} is a plain String: delete it, and store it as a SecureString"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"GH_ORGS": ""}, "GH_ORGS is not set: name the organisations to read"),
        ({"NEW_DAYS": "soon"}, "NEW_DAYS is malformed: 'soon'"),
        ({"SNS_TOPIC_ARN": "topic"}, "SNS_TOPIC_ARN is malformed"),
        ({"GH_API_URL": "http://ghe.example/api/v3"}, "GH_API_URL must begin with https://"),
    ],
)
def test_a_setting_that_is_wrong_is_named(setup: Setup, variables: dict[str, str], sentence: str) -> None:
    setup.configure(**variables)
    [fault] = setup.faults()
    assert fault.startswith(f"settings: {sentence}")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////tmp/x.db", "a Lambda doesn't keep SQLite's file: use PostgreSQL"),
        ("postgresql://app:hunter2@127.0.0.1:1/none", "the database postgresql+psycopg2://app:***@127.0.0.1:1/none"),
    ],
)
def test_a_database_that_will_not_do_is_named(setup: Setup, url: str, sentence: str) -> None:
    setup.put(DB_URL, url)
    [fault] = setup.faults()
    assert fault.startswith(f"database: {sentence}")
    assert "hunter2" not in fault


def test_a_database_that_is_not_migrated(setup: Setup) -> None:
    with create_db_session(setup.org.db_url) as session:
        session.execute(text("DROP TABLE alembic_version"))
        session.commit()
    assert setup.faults() == ["database: the database has no tables of this app yet: run `make migrate STAGE=dev`"]


def test_a_tunnel_s_address_may_be_given_in_the_shell(setup: Setup) -> None:
    setup.put(DB_URL, "postgresql://app:hunter2@10.0.0.1/unreachable-from-here")
    setup.shell["DB_URL"] = setup.org.db_url
    assert setup.faults() == []
    [found] = [found.sentence for found in setup.findings() if found.what == "database"]
    assert found.endswith("(DB_URL of this shell, not SSM)")  # which may be that of another stage


def test_what_an_app_may_not_read_is_named_one_by_one(setup: Setup) -> None:
    as_app(setup, metadata="read", issues="read")
    assert setup.faults() == [
        "GitHub: acme: the permission pull_requests=read is missing (pull requests)",
        "GitHub: acme: the permission members=read is missing (members)",
        "GitHub: acme: the permission contents=read is missing (releases)",
    ]


def test_where_an_app_is_not_installed_is_named(setup: Setup) -> None:
    app = as_app(setup, **PERMISSIONS)
    setup.configure(GH_ORGS="acme,umbrella")
    setup.org.sandbox.integrations.change(app.id, organisations=["acme"])
    [fault] = setup.faults()
    assert fault.startswith("GitHub: umbrella: GitHub answered 404")
    assert "the GitHub App is not installed in umbrella" in fault


def test_what_a_fine_grained_token_may_not_read_is_named_one_by_one(setup: Setup) -> None:
    setup.org.sandbox.tokens.add("fine", ["acme"], permissions={"metadata": "read", "pull_requests": "read"})
    setup.put(TOKEN, "fine")
    assert setup.faults() == [
        # A search doesn't say what it leaves out, but the repositories count open ones.
        "GitHub: acme: no issues can be seen: the permission issues=read is missing",
        "GitHub: acme: members: Resource not accessible by personal access token (needs the permission members=read)",
        "GitHub: acme: releases: Resource not accessible by personal access token (needs the permission contents=read)",
    ]
    assert not any("may read all" in found.sentence for found in setup.findings())


def test_copilot_s_permissions_are_asked_for_when_it_is_read(setup: Setup) -> None:
    setup.configure(COPILOT="on")
    setup.org.sandbox.copilot.set_up("acme")
    setup.org.sandbox.tokens.add("fine", ["acme"], permissions=PERMISSIONS)
    setup.put(TOKEN, "fine")
    data = [fault.split(": ")[2] for fault in setup.faults()]
    assert data == ["Copilot's use, unless COPILOT=off", "Copilot's seats, unless COPILOT=off"]
    as_app(setup, **PERMISSIONS)
    assert setup.faults() == [
        f"GitHub: acme: the permission {need}=read is missing ({data}, unless COPILOT=off)"
        for need, data in (
            ("organization_copilot_metrics", "Copilot's use"),
            ("organization_copilot_seat_management", "Copilot's seats"),
        )
    ]


def test_what_not_everybody_needs_is_named_and_is_no_fault(setup: Setup) -> None:
    setup.configure(WORKFLOWS="on")
    permissions = {**PERMISSIONS, "actions": "read"}
    setup.org.sandbox.tokens.add("fine", ["acme"], permissions=permissions)
    setup.put(TOKEN, "fine")
    assert setup.faults() == []
    [said] = [found.sentence for found in setup.findings() if "runners" in found.sentence]
    assert said.startswith("acme: self-hosted runners: Resource not accessible")
    as_app(setup, **permissions)
    assert setup.faults() == []
    assert "acme: the permission organization_self_hosted_runners=read is missing (self-hosted runners)" in [
        found.sentence for found in setup.findings()
    ]


def test_to_read_webhooks_is_not_enough(setup: Setup) -> None:
    as_app(setup, **PERMISSIONS, organization_hooks="read")
    assert setup.faults() == []
    [said] = [found.sentence for found in setup.findings() if found.what == "GitHub"]
    assert said.startswith("acme: the permission organization_hooks=write is missing (deliveries that")


def test_an_installation_of_another_organisation(setup: Setup) -> None:
    """It was not looked at: the check was content, and every run failed."""
    app = as_app(setup, **PERMISSIONS)
    setup.configure(GH_APP_INSTALLATION_ID=str(app.installations["umbrella"].id))
    [fault] = setup.faults()
    assert fault.startswith("GitHub: acme: ")
    setup.configure(GH_APP_INSTALLATION_ID="12")
    [fault] = setup.faults()
    assert "404 to POST /app/installations/12/access_tokens" in fault


def test_a_repository_that_is_not_there(setup: Setup) -> None:
    setup.configure(GH_REPOS="acme/nope")
    [fault] = setup.faults()
    assert "there is no repository acme/nope, or this token can't see it" in fault


@pytest.fixture
def bucket(setup: Setup, root: Path) -> str:
    """A bucket that the policy allows, and the policy."""
    shutil.copy(root / "policy.json", setup.folder)
    name = "contributor-metrics-audit"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    setup.configure(SNAPSHOT_URL=f"s3://{name}/audit")
    return name


def test_a_bucket_for_snapshots_is_looked_for_and_left_as_it_is(setup: Setup, bucket: str) -> None:
    assert [found.sentence for found in setup.findings() if found.what == "snapshots"] == [
        f"the bucket {bucket} exists"
    ]
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert setup.faults() == []


@pytest.mark.parametrize(
    ("url", "sentences"),
    [
        ("s3://contributor-metrics-other", ["the bucket contributor-metrics-other can't be reached (NoSuchBucket)"]),
        (
            "s3://ours/audit",
            [
                "policy.json allows no s3:PutObject in the bucket ours: take one called contributor-metrics-…, or "
                "allow it",
                "the bucket ours can't be reached (NoSuchBucket)",
            ],
        ),
        ("audit", ["a Lambda doesn't keep files: set SNAPSHOT_URL to s3://bucket/prefix"]),
    ],
)
def test_a_place_that_snapshots_can_t_go_to(setup: Setup, bucket: str, url: str, sentences: list[str]) -> None:
    """The daily job would have failed, at its end."""
    setup.configure(SNAPSHOT_URL=url)
    assert setup.faults() == [f"snapshots: {sentence}" for sentence in sentences]


def test_a_policy_that_is_not_there_is_one_sentence(setup: Setup, bucket: str) -> None:
    (setup.folder / "policy.json").unlink()
    [fault] = setup.faults()
    assert fault.startswith("snapshots: policy.json can't be read: ")


@pytest.mark.parametrize(
    ("token", "found"),
    [
        (None, (f"{SLACK} can't be read (ParameterNotFound); to store it: aws ssm put-parameter", True)),
        ("hunter2", ("SLACK_BOT_TOKEN is malformed: it must be a bot token", True)),
        ("xoxb-hunter2", ("SLACK_BOT_TOKEN is wrong or was revoked", True)),
        (slack_server.TOKEN, ("it takes the token; the first message shows whether the app is in #delivery", False)),
    ],
)
def test_slack_is_asked_when_messages_are_wanted(setup: Setup, token: str | None, found: tuple[str, bool]) -> None:
    setup.configure(PROJECTS="on", SLACK_CHANNEL="#delivery", SLACK_MESSAGES="sprints")
    with slack_server.running() as slack:
        setup.configure(SLACK_API_URL=f"{slack.url}/api")
        if token is not None:
            setup.put(SLACK, token)
        last = [each for each in setup.findings() if each.what == "Slack" or SLACK in each.sentence][-1]
    assert (last.sentence[: len(found[0])], last.fault) == found
    assert ("hunter2" in last.sentence, slack.messages) == (False, [])


def test_a_secret_in_the_file_that_is_committed(setup: Setup) -> None:
    setup.configure(GH_TOKEN="ghp_made_up")
    assert setup.faults() == ["SSM: GH_TOKEN is in .chalice/config.json, where everybody can read it: move it to SSM"]


def test_a_number_without_quotes_is_one_sentence(setup: Setup) -> None:
    """GH_APP_ID is a number, so it was written as one: a traceback."""
    setup.configure(GH_APP_ID=123456)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r'GH_APP_ID must be a text in quotes: "123456"'):
        setup.findings()


def test_a_certificate_that_lambda_will_not_have(setup: Setup) -> None:
    setup.put(DB_URL, f"{setup.org.db_url}&sslrootcert=rds.pem")
    assert setup.faults()[0] == "database: sslrootcert=rds.pem is not deployed: put it into vendor/"


def test_a_classic_token_without_its_scopes(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCOPE_HEADERS, "X-OAuth-Scopes", "public_repo")
    assert setup.faults() == [
        "GitHub: acme: the scope repo is missing: private repositories stay unseen",
        "GitHub: acme: the scope read:org is missing: only public members are listed",
    ]


def test_a_token_that_github_refuses(setup: Setup) -> None:
    setup.put(TOKEN, "wrong")
    [fault] = setup.faults()
    assert fault.startswith("GitHub: acme: GitHub answered 401 to GET /orgs/acme: Bad credentials")


def test_an_organisation_that_a_token_can_t_see(setup: Setup) -> None:
    setup.configure(GH_ORGS="acme,nobody")
    [fault] = setup.faults()
    assert "there is no organisation nobody, or this token can't see it" in fault


def test_a_stage_that_is_none(root: Path) -> None:
    command = [sys.executable, "-m", "deployment", "--stage", "staging"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: .chalice/config.json has no stage 'staging': use one of dev, prod\n"
