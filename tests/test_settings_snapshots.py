"""Where snapshots go, by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.settings import load_settings
from tests.test_settings import COMPLETE, problem, sentence, settings


@pytest.mark.parametrize(
    "url",
    [
        *("s3://", "s3://a", "s3://Bucket/x", "s3://bucket//x", "s3://bucket/../x", "s3://bucket/a b", "s3:bucket/x"),
        *("https://bucket.s3.amazonaws.com/x", "file:///tmp/x", "one\ntwo", "x" * 5_000, "file"),
    ],
)
def test_a_place_for_snapshots_that_is_none(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = load_settings({**COMPLETE, "SNAPSHOT_URL": url}, folder=tmp_path)
    expected = "SNAPSHOT_URL is malformed: it must look like s3://bucket/prefix, or be a folder"
    assert problem(told) == sentence(told, "snapshot_url") == expected


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", None),
        ("s3://my-bucket", "s3://my-bucket"),
        ("s3://my.bucket/audit/v1.2/", "s3://my.bucket/audit/v1.2"),
        ("/srv/audit", "/srv/audit"),
    ],
)
def test_where_snapshots_go(text: str, url: str | None) -> None:
    assert settings(SNAPSHOT_URL=text).snapshot_url == url


def test_a_relative_folder_of_snapshots_is_in_the_project_s(tmp_path: Path) -> None:
    """cron starts at home."""
    told = load_settings({"SNAPSHOT_URL": "audit"}, folder=tmp_path)
    assert told.snapshot_url == str(tmp_path / "audit")
