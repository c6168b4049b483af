"""docs/deploy.md and docs/operations.md say what the code, AWS's own models and a real PostgreSQL say."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from chalice.app import CloudWatchEvent
from chalice.config import Config
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from app import main
from chalicelib.jobs import deliveries, health, lambdas
from chalicelib.jobs.health import FREQUENT, Health, Measures
from chalicelib.jobs.schedules import JOBS
from chalicelib.models import create_all
from chalicelib.settings import SSM_NAMES, Settings, load_settings
from chalicelib.store.engine import REVISIONS
from chalicelib.views import prepare_upgrade
from docs.reference import all_needs
from tests.docs.pages import blocks, first_cells, section, squeezed

PAGES = ("deploy.md", "operations.md", "webhook.md")
AWS_COMMAND = re.compile(r"(?:^|\(|;)\s*(aws [a-z][^)\n]*)", re.MULTILINE)
# What the command line itself takes, whatever the call.
GLOBAL_OPTIONS = {"query", "output", "cli-binary-format"}
# The command line has calls of its own under `s3`. --endpoint would be taken for --endpoint-url.
SERVICES = {"s3api": "s3"}
RENAMED = {("sns", "subscribe", "endpoint"): "notification-endpoint"}


@pytest.fixture(scope="module")
def pages(root: Path) -> Mapping[str, str]:
    return {name: (root / "docs" / name).read_text(encoding="utf-8") for name in PAGES}


# Configuration


def test_each_key_for_the_config_is_one_that_chalice_reads(root: Path, pages: Mapping[str, str]) -> None:
    known = {name for name in dir(Config) if not name.startswith("_")} | {"stages", "lambda_functions"}
    for block in (*blocks(pages["deploy.md"], "json"), *blocks(pages["webhook.md"], "json")):
        content = json.loads(block)
        if "stages" in content:
            stage = content["stages"]["prod"]
            functions = stage.get("lambda_functions", {})
            assert set(content) | set(stage) | {key for keys in functions.values() for key in keys} <= known
            assert set(functions) <= {"api_handler", *JOBS}
    config = json.loads((root / ".chalice" / "config.json").read_text())
    for name in re.findall(r"`(lambda_\w+)`", pages["operations.md"]):
        assert name in config
    for limits in (config, config["lambda_functions"]["api_handler"]):
        words = f"{limits['lambda_timeout']} seconds and {limits['lambda_memory_size']} MB"
        assert words in squeezed(pages["deploy.md"])


def test_each_parameter_is_told(pages: Mapping[str, str]) -> None:
    told = set(re.findall(r"/contributor-metrics/prod/(\w+)", pages["deploy.md"]))
    assert told == set(SSM_NAMES.values())


def test_permissions_are_named_on_the_reference_page_only(pages: Mapping[str, str]) -> None:
    for title in ("A GitHub App (better)", "Or a token"):
        part = section(pages["deploy.md"], title)
        assert "(reference.md#permissions)" in part
        assert [need.permission for need in all_needs() if f"`{need.permission}`" in part] == []


def test_each_function_has_its_log_group_deleted(pages: Mapping[str, str]) -> None:
    deleted = re.findall(r"delete-log-group --log-group-name /aws/lambda/(\S+)", pages["deploy.md"])
    assert sorted(deleted) == ["contributor-metrics-prod", *(f"contributor-metrics-prod-{job}" for job in sorted(JOBS))]


def test_each_alarm_is_deleted(pages: Mapping[str, str]) -> None:
    made = set(re.findall(r"--alarm-name (\S+)", pages["operations.md"]))
    made = {name.replace("$job", job) for name in made for job in JOBS}
    (command,) = re.findall(r"delete-alarms --alarm-names (.*?)```", pages["deploy.md"], re.DOTALL)
    assert set(command.replace("\\\n", " ").split()) == made


def test_the_downgrade_names_a_migration(pages: Mapping[str, str]) -> None:
    (named,) = re.findall(r"alembic -x stage=prod downgrade (\w+)", pages["deploy.md"])
    assert named in REVISIONS[:-1]


# AWS


@pytest.mark.parametrize("name", PAGES)
def test_each_aws_command_is_one_that_aws_knows(pages: Mapping[str, str], name: str) -> None:
    session = botocore.session.get_session()
    script = "\n".join(blocks(pages[name], "sh")).replace("\\\n", " ")
    commands = AWS_COMMAND.findall(script)
    assert len(commands) == len(re.findall(r"\baws [a-z0-9]+ [a-z]", script))
    for command in commands:
        _, service, operation, *rest = shlex.split(command)
        wanted = {word[2:] for word in rest if word.startswith("--")} - GLOBAL_OPTIONS
        assert wanted <= options(session, service, operation), command


def options(session: botocore.session.Session, service: str, operation: str) -> set[str]:
    """What a call takes, as the command line spells it."""
    model = session.get_service_model(SERVICES.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(names[operation]).input_shape.members
    spelled = {xform_name(name, "-"): member.type_name for name, member in members.items()}
    negated = {f"no-{option}" for option, kind in spelled.items() if kind == "boolean"}
    return negated | {RENAMED.get((service, operation, option), option) for option in spelled}


def test_the_event_to_run_a_job_by_is_one_that_chalice_takes(pages: Mapping[str, str]) -> None:
    (event,) = map(json.loads, blocks(section(pages["operations.md"], "Running a job now"), "json"))
    settings = Settings({"GH_ORGS": "my-org,other-org"}.get)
    sent = CloudWatchEvent(event, None).to_dict()
    assert lambdas.chosen_orgs(sent, settings) == ("my-org", "other-org")
    assert lambdas.chosen_orgs({**sent, "detail": {"organisation": "my-org"}}, settings) == ["my-org"]


def policies(pages: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for page in pages.values():
        for block in blocks(page, "json"):
            content = json.loads(block)
            yield from content.get("Statement", [content] if "Action" in content else [])


def test_each_policy_statement_is_whole_and_of_real_services(pages: Mapping[str, str]) -> None:
    statements = list(policies(pages))
    assert len({statement["Sid"] for statement in statements}) == len(statements) > 2
    for statement in statements:
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource"}
        for action in statement["Action"]:
            assert is_operation(*action.split(":")), action


def is_operation(service: str, operation: str) -> bool:
    # The right to hand a role to a service is no call. Those of API Gateway are called as HTTP's methods.
    if (service, operation) == ("iam", "PassRole"):
        return True
    if service == "apigateway":
        return operation in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    try:
        names = botocore.session.get_session().get_service_model(service).operation_names
    except UnknownServiceError:
        return False
    # Of some calls there are newer versions, such as AddPermission20150331; the right has the plain name.
    return any(re.fullmatch(rf"{operation}\d*(?:v\d)?", name) for name in names)


# What is measured and told


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """The metrics of a run that has them all, with their units and dimensions."""
    found: dict[str, Any] = {}
    well = [Health("my-org", "issues", FREQUENT, timedelta(1), lag=timedelta(0))]

    def log(values: Mapping[str, Any], *, dimensions: Mapping[str, str], now: datetime) -> None:
        found.update(values=values, dimensions=dimensions)

    @contextmanager
    def nothing(*_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("chalicelib.jobs.lambdas.open_database", nothing)
    monkeypatch.setattr(lambdas, "measure", lambda *_, **__: Measures(1, 1, 1, 1, 1))
    monkeypatch.setattr(lambdas, "read_health", lambda *_, **__: well)
    monkeypatch.setattr(lambdas, "log_metrics", log)
    lambdas.report("daily", Settings({"ENV_NAME": "prod"}.get), "my-org", datetime.now(UTC))
    return found


WEBHOOKS = dict.fromkeys((*deliveries.METRICS.values(), deliveries.REFUSED), "Count")


def test_each_metric_is_explained_and_no_other(pages: Mapping[str, str], emitted: Mapping[str, Any]) -> None:
    part = section(pages["operations.md"], "Metrics")
    rows = [line.split(" | ") for line in part.splitlines() if line.startswith("| `")]
    told = {name.strip("|` "): unit.capitalize() for name, unit, *_ in rows}
    assert told == {name: unit for name, (_, unit) in emitted["values"].items()} | WEBHOOKS


def test_alarms_are_on_metrics_that_there_are(pages: Mapping[str, str], emitted: Mapping[str, Any]) -> None:
    whole_lines = pages["operations.md"].replace("\\\n", " ")
    ours = re.findall(r"--namespace ContributorMetrics --metric-name (\w+) --dimensions (.+?) --statistic", whole_lines)
    assert ours
    for metric, dimensions in ours:
        assert metric in {**emitted["values"], **WEBHOOKS}
        expected = {"Environment": "prod"} if metric in WEBHOOKS else emitted["dimensions"]
        assert dict(re.findall(r"Name=(\w+),Value=(\S+)", dimensions)) == expected


def test_the_cost_counts_them_all(pages: Mapping[str, str], emitted: Mapping[str, Any]) -> None:
    assert f"| CloudWatch metrics | {len(emitted['values'])} an organisation" in pages["deploy.md"]
    assert f"| its metrics | {len(WEBHOOKS)}, " in pages["deploy.md"]


def test_the_cost_of_the_webhook_is_multiplied_right(pages: Mapping[str, str]) -> None:
    count, seconds, gigabytes = 100_000, 0.1, 0.5
    functions = count * (seconds * gigabytes * 0.0000166667 + 0.0000002)
    cost = count * 3.5 / 1_000_000 + functions + 0.060 * 0.50 + 0.03
    assert f"{seconds} seconds of {gigabytes} GB each; 60 MB of logs; SSM" in pages["deploy.md"]
    assert f"| ${cost:.2f} |" in section(pages["deploy.md"], "Cost")


def test_the_cost_is_multiplied_right(pages: Mapping[str, str]) -> None:
    part = section(pages["deploy.md"], "Cost")
    total = 0.0
    for job in JOBS:
        (line,) = [line for line in part.splitlines() if line.startswith(f"| `{job}`")]
        runs, _, seconds, used, cost = (float(cell.strip(" |$").replace(",", "")) for cell in line.split(" | ")[1:])
        assert used == runs * seconds * 0.25
        assert cost == round(used * 0.0000166667 + runs * 0.0000002, 3)
        total += cost
    assert f"**${total:.2f}**" in part


def test_kinds_are_named_on_the_reference_page_only(pages: Mapping[str, str]) -> None:
    part = section(pages["operations.md"], "Health")
    assert "(reference.md#kinds-of-data)" in part
    kinds = [kind for kind, _ in health.kinds_with_limits(load_settings({}))]
    assert [cell for cell in first_cells(part, "state") if cell in kinds] == []


WELL = Health("my-org", "issues", timedelta(hours=2), since_first_run=timedelta(days=9), lag=timedelta(0))
STATES = [
    WELL,
    replace(WELL, incomplete=1),
    replace(WELL, failed=1, error="…"),
    replace(WELL, lag=None, since_first_run=timedelta(0)),
    replace(WELL, lag=None),
    replace(WELL, lag=timedelta(hours=3)),
    replace(WELL, lag=timedelta(hours=-3)),
]


def test_each_state_is_explained_and_no_other(pages: Mapping[str, str]) -> None:
    told = first_cells(section(pages["operations.md"], "Health").split("### Exit codes")[0], "state")
    assert sorted(told) == sorted(state.state for state in STATES)


def test_health_asks_for_no_credentials(db_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health"], Settings({"DB_URL": db_url, "GH_ORGS": "my-org"}.get)) == 1
    assert "stale: never read completely" in capsys.readouterr().out


@pytest.mark.parametrize(
    "sentence",
    [
        "would go past the run's deadline",
        "the run's deadline has passed",
        "GH_APP_ID and GH_APP_PRIVATE_KEY don't fit, or this machine's clock is wrong",
        "the GitHub App is not installed in ",
        "is running it already; its lease ends at",
        "took over while this run waited",
        "can't be used",
        "run `make migrate`",
        "newer than this code",
        "the run was killed",
        "can't be reached",
        "can't be read",
        "could not send the alert",
        "GitHub announced ",
        "when asked first, and ",
        "the requests of this run are spent",
        "its share of the searches is spent",
        "nothing was compared: ",
        " organisations share a rate limit",
        "GitHub's search finds no ",
        " more than it lists for ",
        "GitHub has no report of ",
        "GitHub has no reports of this organisation's use of Copilot",
        "the organisation has no Copilot",
        "are not stored: COPILOT_USER_DATA is off",
        " was never read completely",
        "is not written as the Data Logger did: ",
        "AWS refused ",
        "SNAPSHOT_URL can't be written to: ",
        "switch on the policy 'Copilot usage metrics'",
        "DB_URL is malformed",
        "GitHub's search timed out again and again",
        "it changed while it was read",
        "GitHub and the table still count different ",
        "needs the permission ",
        "a bug",
        "passed over ",
        "could not read ",
        "none of ",
        "the credentials need ",
        "can't be made again after it",
        "would be lost",
        "is to be made anew, and can't be dropped",
    ],
)
def test_what_is_quoted_is_what_the_code_says(root: Path, pages: Mapping[str, str], sentence: str) -> None:
    assert sentence in squeezed(pages["operations.md"])
    assert any(sentence in path.read_text() for path in (root / "chalicelib").rglob("*.py"))


# SQL


@pytest.fixture
def as_role(pages: Mapping[str, str], postgres: Engine) -> Iterator[Callable[[str | None], Engine]]:
    """Engines as the roles that the page makes, in the database that it makes; all gone afterwards."""
    if not is_superuser(postgres):
        pytest.skip("the user of TEST_DATABASE_URL may not make roles")
    # Names of this test's own: the server may be somebody's.
    name = f"docs_{uuid.uuid4().hex[:12]}"
    (script,) = blocks(pages["deploy.md"], "sql")
    before, after = script.replace("contributor_metrics", name).split(f"\\connect {name}\n")
    engines: list[Engine] = []

    def engine(suffix: str | None) -> Engine:
        # The tests' server asks for no password, and a superuser may take any role on.
        options = {} if suffix is None else {"options": f"-c role={name}{suffix}"}
        engines.append(create_engine(postgres.url.set(database=name).update_query_dict(options)))
        return engines[-1]

    try:
        run(postgres, before)
        run(engine(None), after)
        yield engine
    finally:
        for each in engines:
            each.dispose()
        run(postgres, f"DROP DATABASE IF EXISTS {name}; DROP ROLE IF EXISTS {name}, {name}_readers;")


def is_superuser(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar())


def run(engine: Engine, script: str) -> None:
    """Run statements as psql does, each by itself, without psql's own commands."""
    lines = [line for line in script.splitlines() if not line.startswith("\\")]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in filter(str.strip, "\n".join(lines).split(";")):
            connection.execute(text(statement))


def test_readers_still_read_after_the_views_were_made_anew(as_role: Callable[[str | None], Engine]) -> None:
    owner, reader = as_role(""), as_role("_readers")
    create_all(owner.url.render_as_string(hide_password=False))
    with owner.begin() as connection:
        upgrade = prepare_upgrade(connection, all_views=True)
        upgrade.clear()
        upgrade.make()

    with reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM data_health")).scalar() == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("DELETE FROM issues"))
