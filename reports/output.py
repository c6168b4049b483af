"""How a report is written to standard output: a table for people, CSV and JSON for programs.

People see hours, shares and percentages rounded, with their unit; programs get the numbers as they are.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TextIO

from chalicelib.utils import format_utc
from reports.reading import Table
from reports.report import Report

NOTHING = "-"
# What a spreadsheet takes for a formula. https://owasp.org/www-community/attacks/CSV_Injection
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
MINUTE, HOUR, DAY = 60, 3600, 86_400
# Where nothing reads but a program, a line may be as long as it needs to be.
ENDLESS = 10_000
Writer = Callable[[Any], str]


def show(report: Report, form: str, *, out: TextIO | None = None, notes: TextIO | None = None) -> None:
    """Write a report as a table, as CSV or as JSON; that there are no rows is said beside it."""
    out, notes = out or sys.stdout, notes or sys.stderr
    if form == "csv":
        write_csv(report.results, out)
    elif form == "json":
        write_json(report, out)
    else:
        write_table(report, out)
    if not report.results.rows and form != "table":
        notes.write(f"{clean(report.title)}: {clean(report.empty)}\n")


# For programs


def write_csv(table: Table, out: TextIO) -> None:
    """Write a table as CSV, in which no text is a formula."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(map(row_writer(out), table.rows))


def csv_row(row: Iterable[Any]) -> list[Any]:
    """Give a row as CSV has it: an apostrophe goes before a text that a spreadsheet would take for a formula."""
    return [_harmless(value) for value in row]


def row_writer(out: TextIO) -> Callable[[Iterable[Any]], list[Any]]:
    """Give what makes CSV's rows for an output: a terminal gets nothing that would steer it, a file gets the data."""
    return visible_row if out.isatty() else csv_row


def visible_row(row: Iterable[Any]) -> list[Any]:
    """Give a row as CSV has it, without control characters but line ends and tabs."""
    return [CONTROLS.sub("", value) if isinstance(value, str) else value for value in csv_row(row)]


def _harmless(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.15g}"
    written = as_text(value)
    return f"'{written}" if isinstance(written, str) and written.startswith(FORMULAS) else written


def as_text(value: Any) -> Any:
    """Write what neither CSV nor a column of texts can hold: times as GitHub does, objects as JSON."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else as_json(value)


def as_json(value: Any) -> Any:
    """Write what JSON can't hold: times as GitHub does, days as YYYY-MM-DD."""
    if isinstance(value, datetime):
        return format_utc(value)
    return value.isoformat() if isinstance(value, date) else value


def write_json(report: Report, out: TextIO) -> None:
    """Write a report as one JSON object, with where its rows come from and how current they are."""
    table = report.results
    answer = {
        "report": report.name,
        "title": report.title,
        "summary": dict(report.summary),
        "view": table.view,
        "orgs": list(report.orgs),
        "as_of": as_json(table.as_of),
        "rows": [dict(zip(table.columns, map(as_json, row), strict=True)) for row in table.rows],
    }
    out.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def write_nothing(name: str, sentence: str, *, out: TextIO | None = None) -> None:
    """Write a report that has nothing to tell of yet as the same JSON object, without rows."""
    nothing: Report = Report(name, sentence, [], Table(sentence, [], []), Table("", [], []))
    write_json(nothing, out or sys.stdout)


# For people


def write_table(report: Report, out: TextIO) -> None:
    """Write a report for people."""
    lines = [report.title, "", *(f"  {label}: {text}" for label, text in report.summary)]
    out.write("\n".join(map(clean, lines)) + "\n" * (2 if report.summary else 1))
    if report.results.rows:
        _draw(report, out)
    else:
        out.write(clean(report.empty[:1].upper() + report.empty[1:]) + ".\n")
    out.write(f"\n{clean(report.origin)}\n")


def _draw(report: Report, out: TextIO) -> None:
    from rich import box  # noqa: PLC0415 - CSV and JSON need none of it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table as Drawn  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = report.results
    shown = columns_to_show(report)
    drawn = Drawn(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, name in shown.items():
        is_text = any(isinstance(value, (str, date)) for value in table.values(name))
        drawn.add_column(title, justify="left" if is_text else "right", overflow="fold")
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        drawn.add_row(*(Text(cell(cells, name)) for name in shown.values()))
    # Rich asks the environment how wide a terminal is; a file or a pipe has no width.
    console = Console(file=out, width=None if out.isatty() else ENDLESS, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(drawn)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    out.write("\n".join(line for line in lines if line) + "\n")


def columns_to_show(report: Report) -> dict[str, str]:
    """Give the columns that people see, by their title: not what the report's title says already.

    How many values a median is of stands beside it.
    """
    names = report.results.columns
    known = {"project", "sprint", *(["org"] if report.orgs else [])}
    known |= {name for name in names if name.startswith("n_") and f"median_{name.removeprefix('n_')}" in names}
    return {name.replace("_", " "): name for name in names if name not in known}


def cell(cells: Mapping[str, Any], name: str) -> str:
    """Write a value of a row for people."""
    text = written(name, cells[name])
    count = cells.get(f"n_{name.removeprefix('median_')}") if name.startswith("median_") else None
    return text if count is None or text == NOTHING else f"{text} (n={count})"


def written(name: str, value: Any) -> str:
    """Write a value for people; its unit follows from its column's name."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return _unit(name)(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return clean(str(as_text(value)))


def _unit(name: str) -> Writer:
    words = name.split("_")
    if name.startswith("n_"):
        return str
    if words[0] == "percent":
        return lambda value: f"{value:.0f} %"
    if words[-1] in ("share", "rate", "ratio"):
        return lambda value: f"{value:.1%}".replace("%", " %")
    if "hours" in words:
        return lambda value: duration(value * HOUR)
    return duration if words[-1] == "seconds" else number


def duration(seconds: float) -> str:
    """Write a span of time in the unit that fits it."""
    for unit, name in ((2 * DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if abs(seconds) >= unit:
            return f"{seconds / (DAY if name == 'd' else unit):.1f} {name}"
    return f"{seconds:.0f} s"


def number(value: float) -> str:
    """Write a number without what it doesn't need: 3, 3.5, 12,000."""
    return f"{value:,d}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def clean(text: str) -> str:
    """Leave out what would move a terminal's cursor or turn its text: titles come from anybody."""
    return "".join(each if each.isprintable() else " " for each in text)
