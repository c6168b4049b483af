"""A report's files: both tables as CSV, and the chart as PNG and as HTML."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from plotly.graph_objects import Figure

from chalicelib.runtime.files import check_writable, write_whole
from reports.browser import find_browser, png
from reports.errors import OutputError, ReportError
from reports.output import write_csv
from reports.pages import html_page
from reports.reading import Table

RESULTS, SOURCE = "results.csv", "source-data.csv"
STATIC, INTERACTIVE = "chart-static.png", "chart-interactive.html"
NAMES = (RESULTS, SOURCE, STATIC, INTERACTIVE)

MakePng = Callable[[Figure], bytes]


def png_here(figure: Figure) -> bytes:
    """Draw a figure with this machine's browser; raises ReportError when there is none."""
    return png(figure, browser=find_browser(os.environ))


def report_files(
    results: Table, source: Table, figure: Figure | None, *, make_png: MakePng = png_here
) -> dict[str, bytes]:
    """Make a report's files, by name; a report without a chart has the tables only. Raises ReportError."""
    return text_files(results, source, figure) | ({} if figure is None else {STATIC: make_png(figure)})


def text_files(results: Table, source: Table, figure: Figure | None) -> dict[str, bytes]:
    """Make the files that need no browser."""
    files = {RESULTS: csv_file(results), SOURCE: csv_file(source)}
    return files if figure is None else files | {INTERACTIVE: html_page(figure, title=results.title)}


def write_report(
    folder: Path, results: Table, source: Table, figure: Figure | None, *, make_png: MakePng = png_here
) -> list[Path]:
    """Write a report's files into a folder, and give their paths; those of an earlier report are gone.

    Raises OutputError when the folder can't be written, and ReportError, after the other files are, without a PNG.
    """
    files, problem = text_files(results, source, figure), None
    check_folder(folder)
    if figure is not None:
        try:
            files[STATIC] = make_png(figure)
        except ReportError as error:
            problem = error
    replace_files(folder, files)
    if problem:
        raise ReportError(f"{folder} has the report without {STATIC}: {problem}") from problem
    return [folder / name for name in NAMES if name in files]


def check_folder(folder: Path) -> None:
    """Raise an error unless files can be written into a folder; a browser is started only then."""
    try:
        if folder.exists() and not folder.is_dir():
            raise ReportError(f"{folder} is no folder: name one for the report's files")
        check_writable(folder)
    except OSError as error:
        raise OutputError(f"{folder} can't be written: {error.strerror or error}") from error


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files whole, and remove what is an earlier report's; raises OutputError."""
    try:
        for name, content in files.items():
            write_whole(folder / name, content)
        for name in NAMES:
            if name not in files:
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} can't be written: {error.strerror or error}") from error


def csv_file(table: Table) -> bytes:
    """Write a table as CSV."""
    text = io.StringIO(newline="")
    write_csv(table, text)
    return text.getvalue().encode("utf-8", "replace")
