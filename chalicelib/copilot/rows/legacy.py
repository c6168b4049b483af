"""Maps saved days of the two retired APIs, `/copilot/metrics` and `/copilot/usage`, to rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.copilot.rows.days import DayRows, Line, day_rows_of, required_day
from chalicelib.copilot.rows.fields import count, day, name_of, objects, people, picked, sum_known
from chalicelib.ingest.fields import Record, Row, cleaned, json_object

METRICS, USAGE = "metrics", "usage"
COMPLETIONS, CHAT = "copilot_ide_code_completions", "copilot_ide_chat"

METRICS_PEOPLE = {"daily_active_users": "total_active_users", "engaged_users": "total_engaged_users"}
METRICS_LINE = {
    "code_generation_activity_count": "total_code_suggestions",
    "code_acceptance_activity_count": "total_code_acceptances",
    "loc_suggested_to_add_sum": "total_code_lines_suggested",
    "lines_accepted": "total_code_lines_accepted",
}
TAKEN_FROM_CHAT = ("total_chat_copy_events", "total_chat_insertion_events")

USAGE_PEOPLE = {"daily_active_users": "total_active_users", "chat_users": "total_active_chat_users"}
USAGE_DAY = {
    "code_generation_activity_count": "total_suggestions_count",
    "code_acceptance_activity_count": "total_acceptances_count",
    "loc_suggested_to_add_sum": "total_lines_suggested",
    "lines_accepted": "total_lines_accepted",
    "chat_turns": "total_chat_turns",
    "chat_acceptances": "total_chat_acceptances",
}
USAGE_LINE = {
    "code_generation_activity_count": "suggestions_count",
    "code_acceptance_activity_count": "acceptances_count",
    "loc_suggested_to_add_sum": "lines_suggested",
    "lines_accepted": "lines_accepted",
}


def metrics_day_rows(record: Any, *, org: str) -> DayRows:
    """Map a day of `/copilot/metrics` to its rows.

    This API gave no totals, so a day's counters are the sums of its code completions. The breakdowns `ide_model` and
    `language_ide_model` have completions only, so that each adds up to the day. Chats in IDEs are columns of the day.
    Chats on github.com, pull request summaries, and people by language have no column; they are kept in `report`.
    https://docs.github.com/en/rest/copilot/copilot-metrics
    """
    metrics = cleaned(record)
    lines = list(_completions(metrics))
    counters = picked(metrics, METRICS_PEOPLE, people) | _chats(metrics)
    if metrics.get(COMPLETIONS) is not None:
        by_model = [line.counters for line in lines if line.dimension == "ide_model"]
        counters |= {name: sum_known(name, [line[name] for line in by_model]) for name in METRICS_LINE}
    on = required_day("date", day("date", metrics.get("date")))
    return day_rows_of(metrics, org=org, day=on, source=METRICS, counters=counters, lines=lines)


def _models(metrics: Record, section: str) -> Iterator[tuple[Row, Record]]:
    """Give each model of each editor, with the names of both."""
    found = json_object(section, metrics.get(section)) or {}
    for editor in objects(f"{section}.editors", found.get("editors")):
        ide = name_of(editor, "name", within=f"{section}.editors")
        for model in objects(f"{section}.models", editor.get("models")):
            yield {"ide": ide, "model": name_of(model, "name", within=f"{section}.models")}, model


def _completions(metrics: Record) -> Iterator[Line]:
    for names, model in _models(metrics, COMPLETIONS):
        languages = objects(f"{COMPLETIONS}.languages", model.get("languages"))
        lines = [_language(names, language) for language in languages]
        yield from lines
        sums = {name: sum_known(name, [line.counters[name] for line in lines]) for name in METRICS_LINE}
        yield Line("ide_model", names, sums | _engaged(model))


def _language(names: Row, language: Record) -> Line:
    within = f"{COMPLETIONS}.languages"
    named = names | {"language": name_of(language, "name", within=within)}
    counters = picked(language, METRICS_LINE, count, within=f"{within}.") | _engaged(language)
    return Line("language_ide_model", named, counters)


def _engaged(record: Record) -> Row:
    return {"engaged_users": people("total_engaged_users", record.get("total_engaged_users"))}


def _chats(metrics: Record) -> Row:
    chat = json_object(CHAT, metrics.get(CHAT))
    if chat is None:
        return {}
    models = [model for _, model in _models(metrics, CHAT)]
    taken = [count(name, model.get(name)) for model in models for name in TAKEN_FROM_CHAT]
    return {
        "chat_users": people("total_engaged_users", chat.get("total_engaged_users")),
        "chat_turns": sum_known("total_chats", [count("total_chats", model.get("total_chats")) for model in models]),
        "chat_acceptances": sum_known("chat_acceptances", taken),
    }


def usage_day_rows(record: Any, *, org: str) -> DayRows:
    """Map a day of `/copilot/usage` to its rows: GitHub's own totals, and its `breakdown` as `language_ide`.

    The totals may be a little higher than the sum of the breakdown, which leaves some activity out.
    """
    usage = cleaned(record)
    counters = picked(usage, USAGE_PEOPLE, people) | picked(usage, USAGE_DAY, count)
    on = required_day("day", day("day", usage.get("day")))
    return day_rows_of(usage, org=org, day=on, source=USAGE, counters=counters, lines=_breakdown(usage))


def _breakdown(usage: Record) -> Iterator[Line]:
    within = "breakdown"
    for line in objects(within, usage.get(within)):
        names = {"ide": name_of(line, "editor", within=within), "language": name_of(line, "language", within=within)}
        counters = picked(line, USAGE_LINE, count, within=f"{within}.")
        counters |= picked(line, {"engaged_users": "active_users"}, people, within=f"{within}.")
        yield Line("language_ide", names, counters)
