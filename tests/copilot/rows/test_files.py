"""Every file of Copilot's is recognised and becomes rows, none rejected, that add up to the file's own totals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chalicelib.copilot.rows import (
    DayRows,
    Document,
    any_day_rows,
    read_document,
    seat_row,
    shape_of,
    user_day_row,
    user_period_row,
)
from tests.payloads.copilot import SIZES
from tests.payloads.folder import MADE_UP

Json = dict[str, Any]
Size = tuple[int, str | None, str | None]

ACTIVITY = [
    "user_initiated_interaction_count",
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
]
ACTIVE = ["daily_active_users", "weekly_active_users", "monthly_active_users"]
ACTIVE += ["monthly_active_chat_users", "monthly_active_agent_users"]
PULL_REQUESTS = {
    "pull_requests_created": "total_created",
    "pull_requests_created_by_copilot": "total_created_by_copilot",
    "pull_requests_reviewed_by_copilot": "total_reviewed_by_copilot",
    "pull_requests_merged": "total_merged",
}
DIMENSIONS = ["ide", "feature", "language_feature", "language_model", "model_feature"]
# Column of ours, total of a day of /copilot/usage, the same in its breakdown.
USAGE = [
    ("code_generation_activity_count", "total_suggestions_count", "suggestions_count"),
    ("code_acceptance_activity_count", "total_acceptances_count", "acceptances_count"),
    ("loc_suggested_to_add_sum", "total_lines_suggested", "lines_suggested"),
    ("lines_accepted", "total_lines_accepted", "lines_accepted"),
    ("daily_active_users", "total_active_users", None),
    ("chat_users", "total_active_chat_users", None),
    ("chat_turns", "total_chat_turns", None),
    ("chat_acceptances", "total_chat_acceptances", None),
    ("engaged_users", None, "active_users"),
]
# Column of ours, the same of a language in /copilot/metrics.
METRICS = [
    ("code_generation_activity_count", "total_code_suggestions"),
    ("code_acceptance_activity_count", "total_code_acceptances"),
    ("loc_suggested_to_add_sum", "total_code_lines_suggested"),
    ("lines_accepted", "total_code_lines_accepted"),
]

# What each file holds.
FILES = {
    "legacy/enterprise_seats_with_duplicates": "seats",
    "legacy/organization_metrics_response_sample": "days",
    "legacy/organization_seats_response_sample": "seats",
    "legacy/organization_usage_response_sample": "days",
    "reports/download-links-enterprise-28-day": "links",
    "reports/download-links-organization-1-day": "links",
    "reports/download-links-organization-28-day": "links",
    "reports/enterprise-28-day-report": "days",
    "reports/enterprise-users-1-day-report": "user_days",
    "reports/enterprise-users-28-day-report": "user_periods",
    "reports/organization-1-day-report": "days",
    "reports/organization-28-day-report": "days",
    "reports/organization-users-1-day-report": "user_days",
    "reports/organization-users-28-day-report": "user_days",
}
# Of each recorded file: how many records it has, and its first and its last day.
RECORDED_SIZES: dict[str, Size] = {
    "legacy/enterprise_seats_with_duplicates": (4, None, None),
    "legacy/organization_metrics_response_sample": (21, "2024-11-04", "2024-11-24"),
    "legacy/organization_seats_response_sample": (9, None, None),
    "legacy/organization_usage_response_sample": (24, "2024-03-18", "2024-04-13"),
    "reports/download-links-enterprise-28-day": (0, "2026-02-04", "2026-03-03"),
    "reports/download-links-organization-1-day": (0, "2026-02-20", "2026-02-20"),
    "reports/download-links-organization-28-day": (0, "2026-02-04", "2026-03-03"),
    "reports/enterprise-28-day-report": (26, "2026-02-04", "2026-03-03"),
    "reports/enterprise-users-1-day-report": (1, "2026-03-03", "2026-03-03"),
    "reports/enterprise-users-28-day-report": (8, "2026-02-04", "2026-03-03"),
    "reports/organization-1-day-report": (1, "2026-04-25", "2026-04-25"),
    "reports/organization-28-day-report": (28, "2026-03-29", "2026-04-25"),
    "reports/organization-users-1-day-report": (2, "2026-04-25", "2026-04-25"),
    "reports/organization-users-28-day-report": (107, "2026-03-29", "2026-04-25"),
}
REPORTS = ["enterprise-28-day-report", "organization-1-day-report", "organization-28-day-report"]
PEOPLE = ["enterprise-users-1-day-report", "organization-users-1-day-report", "organization-users-28-day-report"]


@pytest.fixture(scope="session")
def folder(payloads: Path) -> Path:
    return payloads / "copilot"


def size_of(folder: Path, name: str) -> Size:
    return (SIZES if folder.parent.name == MADE_UP else RECORDED_SIZES)[name]


def text_of(folder: Path, name: str) -> str:
    return (folder / f"{name}.json").read_text()


def loaded(folder: Path, name: str) -> Any:
    return json.loads(text_of(folder, name))


def day_rows(folder: Path, name: str) -> list[DayRows]:
    return [any_day_rows(record, org="acme") for record in read_document(text_of(folder, name)).records]


def total(lines: list[Json], column: str) -> int:
    return sum(line.get(column) or 0 for line in lines)


def of_dimension(rows: DayRows, dimension: str) -> list[Json]:
    return [row for row in rows.totals if row["dimension"] == dimension]


def test_every_file_is_known_here(folder: Path) -> None:
    assert {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.json")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_recognised(folder: Path, name: str) -> None:
    document = read_document(text_of(folder, name))
    days = [day and day.isoformat() for day in (document.start_day, document.end_day)]
    assert (document.kind, (len(document.records), *days)) == (FILES[name], size_of(folder, name))


@pytest.mark.parametrize("name", FILES)
def test_each_record_becomes_a_row(folder: Path, name: str) -> None:
    document = read_document(text_of(folder, name))
    assert len(list(mapped(document))) == size_of(folder, name)[0]


def mapped(document: Document) -> Iterator[Any]:
    for record in document.records:
        if document.kind == "days":
            yield any_day_rows(record, org="acme")
        elif document.kind == "seats":
            yield seat_row(record, org="acme")
        elif document.kind == "user_days":
            yield user_day_row(record, org="acme")
        else:
            assert document.start_day is not None
            assert document.end_day is not None
            yield user_period_row(record, org="acme", start_day=document.start_day, end_day=document.end_day)


@pytest.mark.parametrize("name", [name for name, kind in FILES.items() if kind == "days"])
def test_no_two_rows_of_a_file_have_one_key(folder: Path, name: str) -> None:
    rows = day_rows(folder, name)
    assert len({row.day["day"] for row in rows}) == len(rows)
    keys = Counter(tuple(line.values())[:7] for row in rows for line in row.totals)
    assert list(rows[0].totals[0])[:7] == ["org", "day", "dimension", "ide", "feature", "language", "model"]
    assert keys.most_common(1)[0][1] == 1


# Reports


@pytest.mark.parametrize("name", REPORTS)
def test_a_day_of_a_report_has_the_counters_of_the_file(folder: Path, name: str) -> None:
    days = loaded(folder, f"reports/{name}")["day_totals"]
    for told, rows in zip(days, day_rows(folder, f"reports/{name}"), strict=True):
        expected = {column: told.get(column) for column in [*ACTIVITY, *ACTIVE]}
        pulls = told.get("pull_requests", {})
        expected |= {column: pulls.get(field) for column, field in PULL_REQUESTS.items()}
        assert {column: rows.day[column] for column in expected} == expected
        assert rows.day["day"].isoformat() == told["day"]
        assert (rows.day["source"], rows.day["report"]) == ("report", told)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_breakdowns_of_a_report_add_up_to_the_file(folder: Path, name: str, dimension: str) -> None:
    lines = 0
    days = loaded(folder, f"reports/{name}")["day_totals"]
    for told, rows in zip(days, day_rows(folder, f"reports/{name}"), strict=True):
        mine, theirs = of_dimension(rows, dimension), told[f"totals_by_{dimension}"]
        assert [total(mine, column) for column in ACTIVITY] == [total(theirs, column) for column in ACTIVITY]
        lines += len(mine)
    assert lines, "there must be something to add up"


@pytest.mark.parametrize("name", PEOPLE)
def test_a_persons_day_has_the_counters_of_the_file(folder: Path, name: str) -> None:
    content = loaded(folder, f"reports/{name}")
    for told, row in zip(
        content.get("day_totals") or content["user_totals"],
        mapped(read_document(text_of(folder, f"reports/{name}"))),
        strict=True,
    ):
        expected = {
            column: told.get(column) for column in [*ACTIVITY, "user_id", "used_agent", "used_chat", "used_cli"]
        }
        assert {column: row[column] for column in expected} == expected
        assert row["login"] == told.get("user_login", told.get("login"))
        assert row["day"].isoformat() == told.get("day", content.get("report_day"))
        assert row["ai_credits_used"] == told.get("ai_credits_used")
        assert row["report"] == {"day": row["day"].isoformat()} | told


def test_a_persons_28_days_have_the_counters_of_the_file(folder: Path) -> None:
    name = "reports/enterprise-users-28-day-report"
    people = loaded(folder, name)["user_totals"]
    start_day, end_day = (date.fromisoformat(str(day)) for day in size_of(folder, name)[1:])
    expected = [
        {column: told[column] for column in [*ACTIVITY, "user_id", "login", "total_active_days"]}
        | {"org": "acme", "start_day": start_day, "end_day": end_day, "report": told}
        for told in people
    ]
    assert list(mapped(read_document(text_of(folder, name)))) == expected


# The APIs that are gone


def test_days_of_usage_add_up_to_the_file(folder: Path) -> None:
    name = "legacy/organization_usage_response_sample"
    for told, rows in zip(loaded(folder, name), day_rows(folder, name), strict=True):
        assert {rows.day["source"], shape_of(told)} == {"usage"}
        assert rows.day["report"] == told
        assert {row["dimension"] for row in rows.totals} <= {"language_ide"}
        for column, field, broken_down in USAGE:
            assert rows.day[column] == (told[field] if field else None)
            if broken_down:
                assert total(rows.totals, column) == total(told["breakdown"], broken_down)


def test_days_of_metrics_add_up_to_the_file(folder: Path) -> None:
    name = "legacy/organization_metrics_response_sample"
    for told, rows in zip(loaded(folder, name), day_rows(folder, name), strict=True):
        assert {rows.day["source"], shape_of(told)} == {"metrics"}
        assert rows.day["report"] == told
        languages = list(languages_of(told))
        for column, field in METRICS:
            expected = total(languages, field)
            assert rows.day[column] == expected
            assert total(of_dimension(rows, "language_ide_model"), column) == expected
            assert total(of_dimension(rows, "ide_model"), column) == expected


def test_people_and_chats_of_metrics_are_those_of_the_file(folder: Path) -> None:
    name = "legacy/organization_metrics_response_sample"
    for told, rows in zip(loaded(folder, name), day_rows(folder, name), strict=True):
        models = list(models_of(told["copilot_ide_chat"]))
        taken = total(models, "total_chat_copy_events") + total(models, "total_chat_insertion_events")
        assert {column: rows.day[column] for column in ["daily_active_users", "engaged_users", "chat_users"]} == {
            "daily_active_users": told["total_active_users"],
            "engaged_users": told["total_engaged_users"],
            "chat_users": told["copilot_ide_chat"]["total_engaged_users"],
        }
        assert (rows.day["chat_turns"], rows.day["chat_acceptances"]) == (total(models, "total_chats"), taken)
        by_model = list(models_of(told["copilot_ide_code_completions"]))
        mine = of_dimension(rows, "ide_model"), of_dimension(rows, "language_ide_model")
        assert [total(lines, "engaged_users") for lines in mine] == [
            total(lines, "total_engaged_users") for lines in (by_model, list(languages_of(told)))
        ]


def models_of(section: Json) -> Iterator[Json]:
    for editor in section.get("editors", []):
        yield from editor["models"]


def languages_of(told: Json) -> Iterator[Json]:
    for model in models_of(told["copilot_ide_code_completions"]):
        yield from model.get("languages", [])


# The same, saved in other ways


def test_a_file_of_both_old_shapes_is_one_list_of_days(folder: Path) -> None:
    """The old dashboard went on with its file when it changed from one API to the other."""
    names = ["legacy/organization_usage_response_sample", "legacy/organization_metrics_response_sample"]
    days = [day for name in names for day in loaded(folder, name)]
    (usages, first, _), (metrics, _, last) = (size_of(folder, name) for name in names)
    document = read_document(json.dumps(days))
    assert document == Document("days", days, date.fromisoformat(str(first)), date.fromisoformat(str(last)))
    assert [shape_of(day) for day in document.records] == ["usage"] * usages + ["metrics"] * metrics


@pytest.mark.parametrize("name", [*REPORTS, *PEOPLE, "enterprise-users-28-day-report"])
def test_a_report_reads_the_same_as_a_line_of_ndjson(folder: Path, name: str) -> None:
    text = text_of(folder, f"reports/{name}")
    assert read_document(f"\ufeff{json.dumps(json.loads(text))}\n") == read_document(text)


@pytest.mark.parametrize("name", ["organization-28-day-report", *PEOPLE[1:]])
def test_a_report_reads_the_same_without_its_envelope(folder: Path, name: str) -> None:
    content = loaded(folder, f"reports/{name}")
    lines = "\n".join(json.dumps(record) for record in content["day_totals"])
    bare = json.dumps(content["day_totals"])
    assert read_document(lines) == read_document(bare) == read_document(text_of(folder, f"reports/{name}"))


def test_pages_of_seats_are_one_list(folder: Path) -> None:
    pages = [loaded(folder, name) for name, kind in FILES.items() if kind == "seats"]
    document = read_document(json.dumps(pages))
    assert document == Document("seats", [seat for page in pages for seat in page["seats"]], None, None)
