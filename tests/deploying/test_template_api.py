"""What `chalice package` says of the read API: nobody gets in without AWS's signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("deploying")]  # one worker has the one deployment

SIGNED: list[dict[str, list[str]]] = [{"sigv4": []}]
OPEN = {("post", "/webhook")}


def apis(template: Path) -> Iterator[dict[str, Any]]:
    """The definition of each API in a template."""
    for resource in json.loads(template.read_text())["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Api":
            yield resource["Properties"]["DefinitionBody"]


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_route_but_the_webhook_demands_a_signature(templates: dict[str, Path], stage: str) -> None:
    (api,) = apis(templates[stage])
    routes = {
        (method, path): operation.get("security")
        for path, operations in api["paths"].items()
        for method, operation in operations.items()
    }
    assert routes["get", "/api/{name}"] == SIGNED
    assert {route for route, security in routes.items() if security != SIGNED} <= OPEN
    assert api["securityDefinitions"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
