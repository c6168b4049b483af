"""Files of Copilot's that somebody saved, of today's reports and of the two APIs that are gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import func, select

import backfill
from chalicelib.copilot.rows import any_day_rows, read_document
from chalicelib.models import (
    CopilotDay,
    CopilotDayRevision,
    CopilotDayTotal,
    CopilotSeat,
    CopilotUserDay,
    CopilotUserPeriod,
    RejectedRecord,
    create_db_session,
)
from chalicelib.settings import Settings
from tests.copilot.conftest import Copilot
from tests.copilot.records import ACTIVITY, METRICS, PERIOD, PLACE, REPORT, SEAT, TWICE, USAGE, USER, WINDOW

pytestmark = pytest.mark.slow

MakeCopilot = Callable[..., Copilot]
LEGACY = (
    *("enterprise_seats_with_duplicates", "organization_seats_response_sample"),
    *("organization_usage_response_sample", "organization_metrics_response_sample"),
)
REPORTS = (
    *("organization-1-day-report", "organization-28-day-report", "enterprise-28-day-report"),
    *("organization-users-1-day-report", "organization-users-28-day-report"),
    *("enterprise-users-1-day-report", "enterprise-users-28-day-report"),
    *("download-links-organization-1-day", "download-links-organization-28-day", "download-links-enterprise-28-day"),
)
FILES = [*(f"legacy/{name}.json" for name in LEGACY), *(f"reports/{name}.json" for name in REPORTS)]
OF_DAYS = [name for name in FILES if not any(other in name for other in ("users", "seats", "links"))]


def load(db_url: str, *files: object, **variables: str) -> int:
    settings = Settings({"DB_URL": db_url, "GH_ORGS": "acme", **variables}.get)
    return backfill.main(["--only", "copilot", "--from-file", *map(str, files)], settings)


def counts(db_url: str) -> dict[str, int]:
    with create_db_session(db_url) as session:
        tables = [table for table in CopilotDay.metadata.sorted_tables if table.name.startswith("copilot_")]
        found = {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
        found["rejected"] = session.scalar(select(func.count()).select_from(RejectedRecord)) or 0
        return {name: count for name, count in found.items() if count}


def rows_of(db_url: str, model: Any) -> list[Any]:
    with create_db_session(db_url) as session:
        return list(session.scalars(select(model).order_by(*model.__table__.primary_key)))


@pytest.mark.parametrize("file", FILES)
def test_each_file_loads_and_twice_changes_nothing(
    db_url: str, payloads: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = payloads / "copilot" / file
    assert load(db_url, path) == 0
    first = counts(db_url)
    assert "rejected" not in first
    capsys.readouterr()
    assert load(db_url, path) == 0
    assert " 0 new or changed, 0 rejected" in capsys.readouterr().out
    assert counts(db_url) == first
    assert bool(first) is not file.startswith("reports/download-links")


@pytest.mark.parametrize("file", OF_DAYS)
def test_the_days_add_up_to_the_file_s_own_totals(db_url: str, payloads: Path, file: str) -> None:
    path = payloads / "copilot" / file
    load(db_url, path)
    mapped = [any_day_rows(record, org="acme") for record in read_document(path.read_text()).records]
    for name in ("code_generation_activity_count", "code_acceptance_activity_count", "loc_added_sum"):
        assert sum(getattr(row, name) or 0 for row in rows_of(db_url, CopilotDay)) == sum(
            rows.day[name] or 0 for rows in mapped
        )
        told: dict[str, int] = {}
        for rows in mapped:
            for line in rows.totals:
                told[line["dimension"]] = told.get(line["dimension"], 0) + (line[name] or 0)
        found: dict[str, int] = {}
        for row in rows_of(db_url, CopilotDayTotal):
            found[row.dimension] = found.get(row.dimension, 0) + (getattr(row, name) or 0)
        assert found == told


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("reports/organization-users-28-day-report.json", CopilotUserDay),
        ("reports/organization-users-1-day-report.json", CopilotUserDay),
        ("reports/enterprise-users-1-day-report.json", CopilotUserDay),
        ("reports/enterprise-users-28-day-report.json", CopilotUserPeriod),
    ],
)
def test_people_add_up_to_the_file_s_own_totals(db_url: str, payloads: Path, file: str, model: Any) -> None:
    path = payloads / "copilot" / file
    load(db_url, path)
    records = read_document(path.read_text()).records
    rows = rows_of(db_url, model)
    assert len(rows) == len(records)
    for name in ("user_initiated_interaction_count", "code_generation_activity_count", "loc_added_sum"):
        assert sum(getattr(row, name) or 0 for row in rows) == sum(record.get(name) or 0 for record in records)


def test_all_files_in_any_order_end_alike(db_url: str, payloads: Path) -> None:
    paths = [payloads / "copilot" / file for file in FILES]
    assert load(db_url, *paths) == 0
    first = counts(db_url)
    assert load(db_url, *reversed(paths)) == 0
    assert counts(db_url) == first
    assert "rejected" not in first


def test_a_newer_source_wins_and_nothing_is_dropped(db_url: str, tmp_path: Path) -> None:
    day = "2026-05-01"
    reports: dict[str, Any] = {
        "usage": [USAGE | {"day": day}],
        "metrics": [METRICS | {"date": day}],
        "report": [REPORT | {"day": day, "of_tomorrow": 1}],
    }
    for name, content in reports.items():
        (tmp_path / name).write_text(json.dumps(content))
    for order in (("metrics", "usage"), ("usage", "metrics"), ("report", "metrics")):
        assert load(db_url, *(tmp_path / name for name in order)) == 0
    [row] = rows_of(db_url, CopilotDay)
    assert (row.source, row.revision, row.report["of_tomorrow"]) == ("report", 2, 1)
    kept = {revision.source: revision.report for revision in rows_of(db_url, CopilotDayRevision)}
    assert kept == {name: content[0] for name, content in reports.items()}


def test_a_broken_record_is_kept_and_the_others_stored(db_url: str, tmp_path: Path) -> None:
    (tmp_path / "days.json").write_text(json.dumps([REPORT, REPORT | {"day": "soon"}, 7]))
    assert load(db_url, tmp_path / "days.json") == 0
    assert counts(db_url)["copilot_days"] == 1
    assert counts(db_url)["rejected"] == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is empty; expected a Copilot usage report"),
        (b"<html>", "it is neither JSON nor NDJSON; expected"),
        (b'[{"id": 1}]', "its records are not Copilot's; expected"),
        (b"\xff\xfe", "can't be read"),
        (None, "can't be read: No such file"),
    ],
)
def test_what_is_nothing_of_copilot_s_is_one_sentence(
    db_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    assert load(db_url, path) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {path}")
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--only", "issues"], ["--only", "copilot", "--orgs", "a,b"], []])
def test_files_need_one_organisation_and_nothing_else(
    db_url: str, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    settings = Settings({"DB_URL": db_url, "GH_ORGS": "acme"}.get)
    assert backfill.main([*arguments, "--from-file", "x"], settings) == 2
    assert "--from-file needs --only copilot, and one organisation" in capsys.readouterr().err


def test_people_in_files_are_left_out_when_they_are_not_kept(
    db_url: str, payloads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [payloads / "copilot" / file for file in FILES if "users" in file or "seats" in file]
    assert load(db_url, *paths, COPILOT_USER_DATA="off") == 0
    assert counts(db_url) == {}
    assert "are not stored: COPILOT_USER_DATA is off" in capsys.readouterr().out


def test_files_may_lie_on_s3(db_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="saved", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="saved", Key="old/historic_usage_data.json", Body=json.dumps([USAGE]).encode())
        assert load(db_url, "s3://saved/old/historic_usage_data.json") == 0
        assert load(db_url, "s3://saved/nothing.json") == 2
    assert counts(db_url)["copilot_days"] == 1
    assert "AWS refused s3:get_object: NoSuchKey" in capsys.readouterr().err


def test_a_file_does_not_stand_against_what_github_says(copilot: Copilot, tmp_path: Path) -> None:
    """An early version of a day that somebody had saved replaced the final one, for good."""
    copilot.run()
    day, row = max(copilot.days().items())
    (tmp_path / "early.json").write_text(json.dumps(row.report | {"code_generation_activity_count": 1}))
    assert load(copilot.org.db_url, tmp_path / "early.json") == 0
    after = copilot.days()[day]
    assert (after.revision, after.code_generation_activity_count) == (row.revision, row.code_generation_activity_count)
    versions = [kept.report for kept in copilot.stored(CopilotDayRevision) if f"{kept.day}" == day]
    assert {kept["code_generation_activity_count"] for kept in versions} == {1, row.code_generation_activity_count}


def test_a_file_of_another_organisation_is_refused(
    copilot: Copilot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copilot.run()
    before = counts(copilot.org.db_url)
    report = max(copilot.days().items())[1].report
    (tmp_path / "other.json").write_text(json.dumps(report | {"organization_id": "7", "day": "2026-01-15"}))
    assert load(copilot.org.db_url, tmp_path / "other.json") == 1
    told = capsys.readouterr().err
    assert re.search(r"it is not of acme alone: it has data of the organisations .*\b7\b", told)
    assert counts(copilot.org.db_url) == before


def test_a_later_use_in_a_file_of_seats_wins(db_url: str, tmp_path: Path) -> None:
    for number, used in enumerate(("2026-09-01T00:00:00Z", "2026-01-05T00:00:00Z", "2026-10-01T00:00:00Z")):
        (tmp_path / str(number)).write_text(
            json.dumps({"total_seats": 1, "seats": [SEAT | {"last_activity_at": used}]})
        )
        assert load(db_url, tmp_path / str(number)) == 0
    [seat] = rows_of(db_url, CopilotSeat)
    assert f"{seat.last_activity_at:%Y-%m-%d}" == "2026-10-01"


def test_impossible_days_are_rejected(db_url: str, tmp_path: Path) -> None:
    (tmp_path / "days").write_text(json.dumps([REPORT | {"day": day} for day in ("0001-01-01", "9999-12-31")]))
    assert load(db_url, tmp_path / "days") == 0
    assert counts(db_url) == {"rejected": 2}


FILES_OF_A_DAY = {
    "usage": [USAGE | {"day": "2026-05-01"}],
    "twice": [REPORT, REPORT | {"loc_added_sum": 1}],
    "less": [REPORT | {"loc_added_sum": 2}],
    "more": [REPORT | {"loc_added_sum": 99, "totals_by_ide": []}],
}
LOWER, HIGHER = USER | ACTIVITY, USER | TWICE
FILES_OF_PEOPLE: dict[str, Any] = {
    "people": [HIGHER | {"user_id": 1}, LOWER | {"user_id": 1}, LOWER],
    "more people": [HIGHER, HIGHER | {"user_id": 1, "used_cli": True}],
    "periods": WINDOW | {"user_totals": [PERIOD | ACTIVITY, PERIOD | TWICE | {"user_id": 2}]},
    "more periods": WINDOW | {"user_totals": [PERIOD | TWICE, PERIOD | ACTIVITY | {"user_id": 2}]},
    "teams": [PLACE | {"slug": "core", "user_login": "ada"}, PLACE | {"slug": "edge", "user_login": "ada"}],
    "more teams": [PLACE | {"slug": "deep", "user_login": "ada"}],
    "seats": {"total_seats": 1, "seats": [SEAT, SEAT | {"plan_type": "enterprise"}]},
    "more seats": {"total_seats": 1, "seats": [SEAT | {"last_activity_at": None, "plan_type": "unknown"}]},
}


@pytest.mark.parametrize("files", [FILES_OF_A_DAY, FILES_OF_PEOPLE], ids=["days", "people"])
def test_files_that_overlap_end_alike_in_any_order(
    db_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, Any],
) -> None:
    """The first file won, or the last record; and each reading was another revision."""
    monkeypatch.setattr("chalicelib.copilot.sync.people.BATCH", 1)
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    paths = [tmp_path / name for name in files]
    ends = []
    for order in (paths, paths[::-1], [*paths[2:], *paths[:2]]):
        assert load(db_url, *order) == 0
        ends.append(contents(db_url))
        capsys.readouterr()
        assert load(db_url, *order[::-1]) == 0
        assert capsys.readouterr().out.count(" 0 new or changed") == len(files)
        assert contents(db_url) == ends[-1]
        forget(db_url)
    assert ends[0] == ends[1] == ends[2]
    assert {row["revision"] for rows in ends[0].values() for row in rows if "revision" in row} == {1}


def test_which_of_two_days_in_files_wins(db_url: str, tmp_path: Path) -> None:
    for name, content in FILES_OF_A_DAY.items():
        (tmp_path / name).write_text(json.dumps(content))
    assert load(db_url, *(tmp_path / name for name in FILES_OF_A_DAY)) == 0
    [day] = rows_of(db_url, CopilotDay)
    assert (day.source, day.loc_added_sum, day.revision) == ("report", 99, 1)
    assert not [row for row in rows_of(db_url, CopilotDayTotal) if row.dimension == "ide"]
    assert len(rows_of(db_url, CopilotDayRevision)) == 5


def contents(db_url: str) -> dict[str, list[dict[str, Any]]]:
    """All that is stored of Copilot, without the moments at which it was read."""
    found = {}
    with create_db_session(db_url) as session:
        for table in CopilotDay.metadata.sorted_tables:
            if table.name.startswith("copilot_"):
                rows = session.execute(select(table).order_by(*table.primary_key)).mappings()
                found[table.name] = [
                    {name: value for name, value in row.items() if name not in {"first_seen_at", "seen_at"}}
                    for row in rows
                ]
    return found


def forget(db_url: str) -> None:
    with create_db_session(db_url) as session:
        for table in CopilotDay.metadata.sorted_tables:
            session.execute(table.delete())
        session.commit()
