"""The pipeline that dlt's users write, run by dlt's own environment: API's URL, token, organisation, database URL."""

from __future__ import annotations

import sys
from typing import Any

import dlt
from dlt.destinations import postgres
from dlt.sources.rest_api import rest_api_source

PER_PAGE = 100
TIMELINE = "repos/{resources.issues._repositories_full_name}/issues/{resources.issues.number}/timeline"


def source(url: str, token: str, org: str) -> Any:
    """Return repositories, their items updated since the last run, and the timelines of those."""
    return rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {"type": "bearer", "token": token},
                "paginator": {"type": "header_link"},
            },
            "resource_defaults": {"endpoint": {"params": {"per_page": PER_PAGE}}},
            "resources": [
                {
                    "name": "repositories",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": {"path": f"orgs/{org}/repos"},
                },
                {
                    "name": "issues",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "include_from_parent": ["full_name"],
                    "endpoint": {
                        "path": "repos/{resources.repositories.full_name}/issues",
                        "params": {
                            "state": "all",
                            "sort": "updated",
                            "direction": "asc",
                            "since": "{incremental.start_value}",
                        },
                        "incremental": {"cursor_path": "updated_at", "initial_value": "2020-01-01T00:00:00Z"},
                    },
                },
                {
                    "name": "timelines",
                    # Some events have no id: an item's events are replaced together.
                    "merge_key": "_issues_id",
                    "write_disposition": "merge",
                    "include_from_parent": ["id"],
                    # Not its `timeline_url`: what ends with a parameter counts as one object, without pages.
                    "endpoint": {"path": TIMELINE},
                },
            ],
        }
    )


def main(url: str, token: str, org: str, db_url: str) -> None:
    """Load once."""
    pipeline = dlt.pipeline("github", destination=postgres(db_url), dataset_name="dlt", pipelines_dir="pipelines")
    print(pipeline.run(source(url, token, org)))


if __name__ == "__main__":
    main(*sys.argv[1:])
