"""What stands where on a page of the docs."""

from __future__ import annotations

import re


def blocks(page: str, language: str) -> list[str]:
    """The code blocks in a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def section(page: str, title: str) -> str:
    """What stands below a heading, up to the next one of its level."""
    (level,) = re.findall(rf"^(#+) {re.escape(title)}$", page, re.MULTILINE)
    begin = page.index(f"{level} {title}\n") + len(level) + len(title) + 2
    return re.split(rf"^#{{1,{len(level)}}} ", page[begin:], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(part: str, head: str) -> list[str]:
    """The first cell of each row of the tables in a part whose first column is called so."""
    rows = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if line.startswith("| ")]
    return [cell.strip("`") for cell in rows if cell != head]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def squeezed(page: str) -> str:
    """The page on one line."""
    return " ".join(page.split())
