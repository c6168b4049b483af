"""Writes docs/openapi.json from the declared resources: `.venv/bin/python -m docs.openapi [--check]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.domains import DOMAINS
from chalicelib.ingest.resources import Filter, Resource
from chalicelib.jobs.read_api import AFTER, CURSOR, DEFAULT_LIMIT, LIMIT_NAME, MOST_ROWS, ORG, SECONDS
from docs.pages import write_or_check

PATH = Path(__file__).with_name("openapi.json")
DESCRIPTION = (
    "Read-only lists for front ends. Requests are signed with AWS Signature Version 4; docs/api.md says how. "
    "Times are UTC. This file is written from the code (`make docs`)."
)
SERVER = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/{stage}",
    "variables": {"api": {"default": "abc123"}, "region": {"default": "eu-west-1"}, "stage": {"default": "prod"}},
}
SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "AWS Signature Version 4 of an identity that may execute-api:Invoke",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string", "description": "What is wrong, in a sentence"}},
    "required": ["error"],
}
ERRORS = {
    "400": "A parameter is wrong; the sentence names it",
    "404": "The resource's domain is switched off",
    "503": f"The database can't be used now, or the answer takes longer than {SECONDS} seconds",
}


def document() -> dict[str, Any]:
    """Describe the read API as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "contributor-metrics", "version": "1", "description": DESCRIPTION},
        "servers": [SERVER],
        "security": [{"sigv4": []}],
        "paths": {f"/api/{each.name}": {"get": _operation(each)} for domain in DOMAINS for each in domain.resources},
        "components": {"securitySchemes": {"sigv4": SIGNATURE}, "schemas": {"Error": ERROR}},
    }


def _operation(resource: Resource) -> Mapping[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "operationId": resource.name,
        "summary": resource.summary,
        "parameters": list(_parameters(resource)),
        "responses": {
            "200": {
                "description": "A page of rows",
                "content": {"application/json": {"schema": page_schema(resource)}},
            },
            **{status: {"description": words, "content": error} for status, words in ERRORS.items()},
            "403": {"description": "API Gateway's own answer: the signature is wrong, or its identity has no right"},
        },
    }


def _parameters(resource: Resource) -> Iterator[Mapping[str, Any]]:
    yield _parameter(ORG, "One of the organisations that are read", {"type": "string"})
    yield from (_filter(each) for each in resource.filters)
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_LIMIT}
    yield _parameter(LIMIT_NAME, "How many rows a page may have", limit)
    yield _parameter(AFTER, "What stood in `next` on the page before", {"type": "string", "pattern": _whole(CURSOR)})


def _whole(pattern: Any) -> str:
    return f"^{pattern.pattern}$"


def _filter(each: Filter) -> Mapping[str, Any]:
    # Several values stand in one parameter, with commas between.
    lists = {"style": "form", "explode": False} if each.schema["type"] == "array" else {}
    return {**_parameter(each.name, each.comment, each.schema), **lists}


def _parameter(name: str, words: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": schema}


def page_schema(resource: Resource) -> Mapping[str, Any]:
    """Give the JSON Schema of a page of a resource."""
    cursor = {"type": ["string", "null"], "description": "`after` of the next page; null on the last one"}
    return {
        "type": "object",
        "properties": {resource.name: {"type": "array", "items": _row(resource)}, "next": cursor},
        "required": [resource.name, "next"],
    }


def _row(resource: Resource) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: {**each.schema, "description": each.comment} for each in resource.fields},
        "required": [each.name for each in resource.fields],
    }


def render() -> str:
    """Write the whole file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with --check only say whether it is stale (exit 1)."""
    return write_or_check(render(), PATH, arguments, name="docs.openapi")


if __name__ == "__main__":
    sys.exit(main())
