"""Paging as GitHub does it: page numbers or cursors, and the `Link` header that leads on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.api.errors import DOCUMENTATION, ApiError

DEFAULT_PER_PAGE, MAXIMUM_PER_PAGE = 30, 100
DEEPEST_PAGE = 100
PAGING_GUIDE = f"{DOCUMENTATION}/using-the-rest-api/using-pagination-in-the-rest-api"
Arguments = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """What a request asks for: the number of a page (from 1) and its length."""

    number: int
    length: int

    @property
    def span(self) -> slice:
        """The page's place in the whole list."""
        return slice((self.number - 1) * self.length, self.number * self.length)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and int(text) > 0 else default


def read_page(arguments: Arguments, *, length: int = DEFAULT_PER_PAGE) -> Page:
    """Return the page asked for, by default of this length; what makes no sense is the default, as with GitHub."""
    values = dict(arguments)
    length = min(_positive(values.get("per_page"), length), MAXIMUM_PER_PAGE)
    return Page(_positive(values.get("page"), 1), length)


def with_arguments(url: str, arguments: Arguments, **replaced: str) -> str:
    """Return a URL with these arguments, some of them replaced or added."""
    kept = [(name, replaced.pop(name, value)) for name, value in arguments]
    return f"{url}?{urlencode([*kept, *replaced.items()])}"


def _header(links: dict[str, str]) -> dict[str, str]:
    if not links:
        return {}
    return {"Link": ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())}


def is_later_page(arguments: Arguments) -> bool:
    """Whether the request goes on where another one ended."""
    return read_page(arguments).number > 1 or pages_by_cursor(arguments)


def pages_by_cursor(arguments: Arguments) -> bool:
    """Whether the request names a cursor."""
    return not {"after", "before"}.isdisjoint(dict(arguments))


def number_links(url: str, arguments: Arguments, page: Page, total: int) -> dict[str, str]:
    """Return the `Link` header of a list paged by number."""
    last = -(-total // page.length)
    numbers = {}
    if page.number > 1:
        numbers["prev"] = min(page.number - 1, max(last, 1))
    if page.number < last:
        numbers |= {"next": page.number + 1, "last": last}
    if page.number > 1:
        numbers["first"] = 1
    return _header({name: with_arguments(url, arguments, page=str(number)) for name, number in numbers.items()})


def encode_cursor(key: tuple[int, int]) -> str:
    """Return an opaque cursor for the place of an item in its order."""
    return urlsafe_b64encode(f"cursor:v2:{key[0]}:{key[1]}".encode()).decode()


def decode_cursor(cursor: str) -> tuple[int, int]:
    """Return the place that a cursor means; raise the API's 422 for anything else."""
    try:
        head, version, first, second = urlsafe_b64decode(cursor).decode().split(":")
        if (head, version) != ("cursor", "v2"):
            raise ValueError(cursor)
        return int(first), int(second)
    except ValueError:
        raise ApiError(422, "Invalid cursor") from None


def _start(keys: Sequence[tuple[int, int]], arguments: Arguments, page: Page, *, descending: bool) -> int:
    values = dict(arguments)
    if values.get("after"):
        place = decode_cursor(values["after"])
        return sum(key >= place for key in keys) if descending else sum(key <= place for key in keys)
    if values.get("before"):
        place = decode_cursor(values["before"])
        before = sum(key > place for key in keys) if descending else sum(key < place for key in keys)
        return max(before - page.length, 0)
    if page.number > DEEPEST_PAGE:
        message = (
            "Pagination with the page parameter is not supported for large datasets, "
            "please use cursor based pagination (after/before)"
        )
        raise ApiError(422, message, documentation=PAGING_GUIDE)
    return (page.number - 1) * page.length


def cursor_page(
    keys: Sequence[tuple[int, int]], arguments: Arguments, url: str, *, descending: bool, numbered: bool = True
) -> tuple[slice, dict[str, str]]:
    """Return the place of the page in an ordered list, and the header that leads to the one after and before.

    An empty cursor is the beginning. With `numbered` False the links name no page's number beside the cursor.
    """
    page = read_page(arguments)
    start = _start(keys, arguments, page, descending=descending)
    end = min(start + page.length, len(keys))
    links = {}
    rest = [(name, value) for name, value in arguments if name not in ("after", "before", "page")]

    def link(side: str, key: tuple[int, int], number: int) -> str:
        return with_arguments(url, [*rest, (side, encode_cursor(key)), *([("page", str(number))] if numbered else [])])

    if end < len(keys):
        links["next"] = link("after", keys[end - 1], page.number + 1)
    if 0 < start < len(keys):
        links["prev"] = link("before", keys[start], max(page.number - 1, 1))
    return slice(start, end), _header(links)
