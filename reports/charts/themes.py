"""Charts on a dark page: each colour of ours has its counterpart there."""

from __future__ import annotations

from typing import Any

from plotly.graph_objects import Figure

from reports.charts import style

# The dark page's own background. https://docs.streamlit.io/develop/concepts/configuration/theming
DARK_PAPER = "#171614"
# The lines' colours are those for the colour-blind on either page, but black and brown: nobody would see them.
DARK = {
    style.PAPER: DARK_PAPER,
    style.INK: "#ececec",
    style.IDEAL: "#c4c4c4",
    style.AXIS: "#8a8f94",
    style.FAINT: "#3a3936",
    style.SHADE: "#2b2a27",
    style.OPEN: "#356a94",
    style.DONE: "#8fd0f5",
    style.AREA: "rgba(53, 106, 148, 0.45)",
    "#000000": "#ffffff",
    "#8c6d31": "#f0e442",
}


def darkened(figure: Figure) -> Figure:
    """Give a figure of ours as it looks on a dark page."""
    return Figure(_recoloured(figure.to_plotly_json(), is_color=False))


def _recoloured(part: Any, *, is_color: bool) -> Any:
    """Swap the colours in a part of a figure; a name that reads like a colour ("white") stays a name."""
    if isinstance(part, dict):
        return {key: _recoloured(value, is_color=_names_color(key)) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_recoloured(each, is_color=is_color) for each in part]
    return DARK.get(part, part) if is_color and isinstance(part, str) else part


def _names_color(key: str) -> bool:
    return "color" in key and key != "colorbar"
