"""GitHub's status page beside the API."""

from typing import Any

import pytest
import requests

from sandbox import RunningSandbox
from tests.sandbox.conftest import Client


def summary(sandbox: RunningSandbox) -> Any:
    answer = requests.get(f"{sandbox.url}/_status/summary.json", timeout=10)  # without a token
    assert answer.status_code == 200
    return answer.json()


def test_everything_works_until_somebody_reports_something(changing: RunningSandbox) -> None:
    page = changing.status_page
    found = summary(changing)
    assert found["status"] == {"indicator": "none", "description": "All Systems Operational"}
    assert {one["status"] for one in found["components"]} == {"operational"}
    assert "Visit www.githubstatus.com for more information" in [one["name"] for one in found["components"]]
    page.report("Jobs are late", impact="major", component="Actions", state="partial_outage")
    found = summary(changing)
    (incident,) = found["incidents"]
    assert (incident["name"], incident["impact"], incident["status"]) == ("Jobs are late", "major", "investigating")
    assert found["status"]["indicator"] == "major"
    assert [one["name"] for one in found["components"] if one["status"] == "partial_outage"] == ["Actions"]
    page.resolve()
    assert (summary(changing)["incidents"], summary(changing)["status"]["indicator"]) == ([], "none")
    page.reachable = False
    assert requests.get(f"{changing.url}/_status/summary.json", timeout=10).status_code == 503
    with pytest.raises(ValueError, match="unknown"):
        page.report("Nothing", component="Coffee")


def test_another_process_reports_an_incident(changing: RunningSandbox, client: Client) -> None:
    assert client.control("POST", "status", name="Slow", component="Webhooks").json()["name"] == "Slow"
    assert summary(changing)["status"]["indicator"] == "minor"
    assert client.control("DELETE", "status").status_code == 204
    assert summary(changing)["incidents"] == []
