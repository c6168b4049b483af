"""Text in charts is only ever text."""

from __future__ import annotations

import pytest

from chalicelib.utils import shown
from reports.charts.style import escaped, number


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("&lt;", "&amp;lt;"),
        ("%{meta.alternative}", "%&#123;meta.alternative}"),
        ("two\r\nlines\tand\u2028more", "two lines and more"),
        ("a\x00b\u202ec\u200bd", "abcd"),
        ("Zürich 東京", "Zürich 東京"),
    ],
)
def test_nothing_in_a_name_means_anything_to_plotly(name: str, expected: str) -> None:
    assert escaped(name) == expected


def test_a_long_name_is_cut_before_it_is_escaped() -> None:
    assert escaped("<" * 80, longest=4) == "&lt;&lt;&lt;…"
    assert shown("a" * 60) == "a" * 60


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, "3"), (3.0, "3"), (0.5, "0.5"), (12.254, "12.25"), (1234, "1,234"), (0, "0"), (100, "100")],
)
def test_numbers_have_no_needless_zeros(value: float, expected: str) -> None:
    assert number(value) == expected
