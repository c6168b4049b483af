"""How well a colour is seen on another: https://www.w3.org/TR/WCAG22/#contrast-minimum."""

from __future__ import annotations

import re

LEAST_CONTRAST = 4.5  # of text
LEAST_OF_SHAPES = 3  # https://www.w3.org/TR/WCAG22/#non-text-contrast


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    digits = hexadecimal(color)[1:]
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def hexadecimal(color: str) -> str:
    """A colour as #rrggbb, from that, from a name of ours, or from what a browser says."""
    if color in ("white", "black"):
        return {"white": "#ffffff", "black": "#000000"}[color]
    if color.startswith("#"):
        return color.lower()
    found = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", color)
    assert found, color
    return "#" + "".join(f"{int(part):02x}" for part in found.groups())
