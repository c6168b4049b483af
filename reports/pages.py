"""A chart as one HTML file: it asks no server for anything, and names in it stay text."""

from __future__ import annotations

from html import escape

from plotly.graph_objects import Figure
from plotly.io import to_html

from chalicelib.utils import shown
from reports.charts.style import FONT, WIDTH, alternative

# Without the logo, and without buttons that would send the data to a server.
CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",  # Plotly writes no address then
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d"],
    "toImageButtonOptions": {"format": "png", "filename": "chart", "width": WIDTH},
    "responsive": True,
}
# What the page holds is all that it may use: whatever gets into a name, no request leaves the page.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 1rem auto; max-width: {width}px; font-family: {font}; color: #222; background: white; }}
figure {{ margin: 0; }}
figcaption {{ font-size: 0.9rem; color: #444; margin: 0 0.5rem; }}
</style>
</head>
<body>
<figure>
<div role="img" aria-label="{says}">
{chart}
</div>
<figcaption>{says}</figcaption>
</figure>
</body>
</html>
"""


def html_page(figure: Figure, *, title: str) -> bytes:
    """Write a figure as a page of its own, with its sentence for those who can't see it."""
    chart = to_html(
        figure,
        config=CONFIG,
        full_html=False,
        include_plotlyjs=True,
        include_mathjax=False,
        default_height=f"{figure.layout.height}px",
        div_id="chart",  # a random one would make each file another one
    )
    page = PAGE.format(
        policy=POLICY,
        title=escape(shown(title, longest=200)),
        width=WIDTH,
        font=FONT,
        says=escape(alternative(figure)),
        chart=chart,
    )
    return page.encode("utf-8", "replace")
