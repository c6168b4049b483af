"""moto_server, whose API Gateway takes what AWS's takes: Swagger 2.0, and an API without a description.

Run as a script, never imported by tests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from moto.apigateway.models import APIGatewayBackend
from moto.server import main


def understood(document: Any) -> Any:
    """Write an API's description as moto reads it; it looks at no more than the version and the paths."""
    if not isinstance(document, dict) or "swagger" not in document:
        return document
    plain = {name: value for name, value in document.items() if name != "swagger"}
    return {**plain, "openapi": "3.0.1", "info": {"description": "", **document["info"]}}


def patch() -> None:
    """Let both calls that take such a description take Swagger's."""
    for name in ("import_rest_api", "put_rest_api"):
        setattr(APIGatewayBackend, name, taking_swagger(getattr(APIGatewayBackend, name)))


def taking_swagger(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method which is given a description, at whatever place."""

    @functools.wraps(method)
    def call(*given: Any, **named: Any) -> Any:
        return method(*map(understood, given), **{name: understood(value) for name, value in named.items()})

    return call


if __name__ == "__main__":
    patch()
    main()
