"""The real `chalice deploy`, a redeploy and `chalice delete`, by what AWS has after each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.jobs.schedules import JOBS
from tests.deploying.deployment import APP, Life, State
from tests.organisation import ORG, Organisation

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploying")]  # one worker has the one deployment

NAMES = {f"{APP}-dev-{job}": job for job in JOBS}
API = f"{APP}-dev"  # Chalice's name of the function behind the REST API
SCHEDULES = {
    "every_30_min": "rate(30 minutes)",
    "nrt_events": "rate(10 minutes)",
    "daily": "cron(0 5 * * ? *)",
}
LOG_GROUPS = {f"/aws/lambda/{name}" for name in NAMES}
# What another upload changes, and the clock.
OF_THE_CODE = {"CodeSha256", "CodeSize", "LastModified", "RevisionId", "LastUpdateStatus"}


def config(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / ".chalice" / "config.json").read_text())
    return found


def picked(function: State, *names: str) -> State:
    return {name: function[name] for name in names}


def rule_of(function: str) -> str:
    return f"{function}-event"


def test_one_worker_has_the_one_deployment(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> None:
    """pytest 9.2 did not let pytest-xdist 3.8 keep a group together: all was deployed twice."""
    if hasattr(pytestconfig, "workerinput"):
        assert request.node.nodeid.endswith("@deploying")


def test_there_are_four_functions_as_configured(root: Path, life: Life) -> None:
    found = life.deployed["functions"]
    api = config(root)["lambda_functions"]["api_handler"]
    for_all = {"Runtime": f"python3.{sys.version_info.minor}", "Architectures": ["x86_64"]}
    assert {
        name: picked(function, "Handler", "Runtime", "Timeout", "MemorySize", "Architectures")
        for name, function in found.items()
    } == {
        API: {
            "Handler": "app.app",
            "Timeout": api["lambda_timeout"],
            "MemorySize": api["lambda_memory_size"],
            **for_all,
        },
        **{
            name: {
                "Handler": f"app.{job}",
                "Timeout": 900,
                "MemorySize": config(root)["lambda_memory_size"],
                **for_all,
            }
            for name, job in NAMES.items()
        },
    }


def test_there_is_a_rest_api_with_the_webhook(life: Life) -> None:
    assert list(life.deployed["apis"]) == [APP]
    api = life.deployed["apis"][APP]
    function = life.deployed["functions"][API]["FunctionArn"]
    service = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions"
    assert api["Stages"] == ["dev"]
    # GitHub can't sign in: the signature of each delivery is checked instead.
    assert api["Methods"]["POST /webhook"] == {
        "Authorization": None,
        "Type": "aws_proxy",
        "Uri": f"{service}/{function}/invocations",
    }
    assert life.redeployed["apis"][APP]["Types"] == ["REGIONAL"]


def test_chalice_says_where_it_is(life: Life) -> None:
    """docs/webhook.md has its reader ask for it."""
    api = life.deployed["apis"][APP]["Id"]
    assert life.url == f"https://{api}.execute-api.eu-west-1.amazonaws.com/dev/"


def test_only_the_api_may_call_its_function(life: Life) -> None:
    (allowed,) = life.deployed["functions"][API]["Permissions"]
    source = f"arn:aws:execute-api:eu-west-1:123456789012:{life.deployed['apis'][APP]['Id']}/*"
    assert picked(allowed, "Effect", "Action", "Principal", "Condition") == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def test_they_know_their_stage_and_organisations_and_no_secret(life: Life, github: Organisation) -> None:
    for function in life.deployed["functions"].values():
        assert function["Environment"]["Variables"] == {
            "ENV_NAME": "dev",
            "GH_ORGS": ORG,
            "GH_API_URL": github.sandbox.url,
        }


def test_they_are_tagged(life: Life) -> None:
    for function in life.deployed["functions"].values():
        tags = {name: value for name, value in function["Tags"].items() if name != "aws-chalice"}
        assert tags == {"app": APP, "stage": "dev"}


def test_each_has_one_schedule_which_starts_it_and_nothing_else(life: Life) -> None:
    functions = life.deployed["functions"]
    assert {
        name: picked(rule, "ScheduleExpression", "State", "Targets") for name, rule in life.deployed["rules"].items()
    } == {
        rule_of(name): {
            "ScheduleExpression": SCHEDULES[job],
            "State": "ENABLED",
            "Targets": [functions[name]["FunctionArn"]],
        }
        for name, job in NAMES.items()
    }


def test_only_its_rule_may_start_a_function(life: Life) -> None:
    for name in NAMES:
        function = life.deployed["functions"][name]
        (allowed,) = function["Permissions"]
        assert picked(allowed, "Effect", "Action", "Principal", "Resource", "Condition") == {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Principal": {"Service": "events.amazonaws.com"},
            "Resource": function["FunctionArn"],
            "Condition": {"ArnLike": {"AWS:SourceArn": life.deployed["rules"][rule_of(name)]["Arn"]}},
        }


def test_each_may_do_what_the_policy_says_and_nothing_else(root: Path, life: Life) -> None:
    policy = json.loads((root / "policy.json").read_text())
    assert {role["Arn"] for role in life.deployed["roles"].values()} == {
        function["Role"] for function in life.deployed["functions"].values()
    }
    for role in life.deployed["roles"].values():
        (trusted,) = role["Trust"]["Statement"]
        assert trusted["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert (role["Inline"], role["Managed"]) == ([policy], [])


def test_logs_are_kept_for_30_days(life: Life) -> None:
    assert life.deployed["retention"] == dict.fromkeys(LOG_GROUPS, 30)


def test_a_redeploy_changes_nothing_but_the_code(life: Life) -> None:
    assert without_code(life.redeployed) == without_code(life.deployed)
    for name, function in life.deployed["functions"].items():
        assert life.redeployed["functions"][name]["CodeSha256"] != function["CodeSha256"]


def without_code(state: State) -> State:
    functions = {
        name: {key: value for key, value in function.items() if key not in OF_THE_CODE}
        for name, function in state["functions"].items()
    }
    # moto's import of an API leaves its endpoint's type out; the update has it.
    apis = {name: {**api, "Types": None} for name, api in state["apis"].items()}
    return {**state, "functions": functions, "apis": apis}


def test_delete_leaves_only_the_logs(life: Life) -> None:
    """Chalice keeps the log groups, and no longer lets their entries expire: docs/deploy.md says how to delete them.

    That of the API's function is made by Lambda, when it first logs.
    """
    nothing: State = {"functions": {}, "rules": {}, "roles": {}, "apis": {}}
    assert life.deleted == {**nothing, "retention": dict.fromkeys(LOG_GROUPS)}
