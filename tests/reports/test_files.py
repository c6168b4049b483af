"""The four files of a report."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from plotly.graph_objects import Figure

from reports.charts import bars
from reports.errors import OutputError, ReportError
from reports.files import csv_file, write_report
from reports.reading import Table

RESULTS = Table("Open issues", ["repository", "open"], [("a", 3), ("b", 0.5)])
SOURCE = Table("Issues", ["number", "title"], [(1, 'quoted "x", and\nmore'), (2, None)])
NAMES = ["results.csv", "source-data.csv", "chart-static.png", "chart-interactive.html"]


def png(figure: Figure) -> bytes:
    return b"PNG"


def no_browser(figure: Figure) -> bytes:
    raise ReportError("a PNG needs Chromium")


def test_a_report_is_four_files(tmp_path: Path) -> None:
    paths = write_report(tmp_path / "new" / "folder", RESULTS, SOURCE, bars(RESULTS), make_png=png)
    assert [path.name for path in paths] == NAMES
    assert paths[0].read_bytes() == b"repository,open\na,3\nb,0.5\n"
    assert paths[1].read_bytes() == b'number,title\n1,"quoted ""x"", and\nmore"\n2,\n'
    assert paths[2].read_bytes() == b"PNG"
    assert b"<title>Open issues</title>" in paths[3].read_bytes()
    assert sorted(each.name for each in paths[0].parent.iterdir()) == sorted(NAMES), "nothing half-written stays"


def test_an_earlier_report_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    for name in [*NAMES, "mine.txt"]:
        (tmp_path / name).write_text("old")
    write_report(tmp_path, RESULTS, SOURCE, None, make_png=png)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["mine.txt", "results.csv", "source-data.csv"]
    assert (tmp_path / "results.csv").read_text() != "old"


def test_without_a_browser_all_but_the_png_is_written_and_said(tmp_path: Path) -> None:
    (tmp_path / "chart-static.png").write_text("of an earlier report")
    with pytest.raises(ReportError, match=r"has the report without chart-static.png: a PNG needs Chromium$"):
        write_report(tmp_path, RESULTS, SOURCE, bars(RESULTS), make_png=no_browser)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted({*NAMES} - {"chart-static.png"})


def test_a_file_in_the_folders_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises((ReportError, OutputError), match=r"is no folder|can't be written: \w+"):
            write_report(folder, RESULTS, SOURCE, None)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="root may write everywhere else")
def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(OutputError, match=r"^/proc/reports can't be written: [\w ]+$"):
        write_report(Path("/proc/reports"), RESULTS, SOURCE, None)


def test_a_folder_in_a_files_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "results.csv").mkdir()
    with pytest.raises(OutputError, match=r"can't be written: "):
        write_report(tmp_path, RESULTS, SOURCE, None)


def test_spreadsheets_run_nothing() -> None:
    cells = ("=HYPERLINK(1)", "+1", "-x", "@SUM", -1, -0.5, True, date(2026, 3, 1), "a=b")
    rows = csv_file(Table("t", ["value"], [(cell,) for cell in cells])).decode().splitlines()
    assert rows == ["value", "'=HYPERLINK(1)", "'+1", "'-x", "'@SUM", "-1", "-0.5", "true", "2026-03-01", "a=b"]
