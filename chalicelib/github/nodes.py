"""The numeric ids that GitHub's node ids carry.

A node id is either `012:LabeledEvent217046016` in base64 (the length of the type's name, the name, the id), or a
type's letters, `_` and base64url of a msgpack array `[0, repository id, …, id]`. The library `msgpack` would ship a
compiled extension to the Lambda for these three forms of number.

https://docs.github.com/en/graphql/guides/using-global-node-ids
"""

from __future__ import annotations

import base64
import binascii
import re

_NEW = re.compile(r"[A-Z][A-Za-z0-9]*_([A-Za-z0-9_-]+)")
_LEGACY = re.compile(r"0([1-9][0-9]{0,2}):([A-Za-z0-9]+)")
_DIGITS = re.compile(r"[0-9]{1,19}")

_IN_REPOSITORIES = ("I_", "PR_")
_PARTS = 3  # zero, the repository's id, its own

_FIXARRAY, _FIXINT_END = 0x90, 0x80
_MAX_FIXARRAY = 15
_LARGEST = 2**63 - 1  # what a database's big integer holds
_WIDTHS = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}  # unsigned integers, big-endian: bytes after the marker


def numeric_id(node_id: str) -> int | None:
    """Decode the number that REST calls `id` from a node id; None for a node id without one (commits, refs).

    A pull request's node id carries the `id` of `/pulls`, which isn't the issue id that searches and lists give it.
    """
    new = _NEW.fullmatch(node_id)
    try:
        number = _from_array(_decode(new[1])) if new else _from_legacy(_decode(node_id, altchars=b"+/"))
    except ValueError:  # not base64, or not text
        return None
    return number if number is not None and number <= _LARGEST else None


def repository_id(node_id: str) -> int | None:
    """Decode the id of the repository that an issue's or a pull request's node id carries; None in the old form.

    It stays what it is when the repository is renamed, or moves to another owner.
    """
    new = _NEW.fullmatch(node_id)
    try:
        numbers = _unpack(_decode(new[1])) if new and node_id.startswith(_IN_REPOSITORIES) else None
    except ValueError:
        return None
    return numbers[1] if numbers and len(numbers) == _PARTS and numbers[1] <= _LARGEST else None


def _decode(text: str, *, altchars: bytes = b"-_") -> bytes:
    """Decode base64 with or without padding; raises ValueError for text that no encoder writes."""
    raw = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=altchars, validate=True)
    if base64.b64encode(raw, altchars=altchars).rstrip(b"=") != text.rstrip("=").encode():
        raise binascii.Error("bits beyond the last byte")
    return raw


def _from_legacy(raw: bytes) -> int | None:
    parts = _LEGACY.fullmatch(raw.decode("ascii"))
    if parts is None:
        return None
    digits = parts[2][int(parts[1]) :]  # cut by length, because a type's name may end in a digit
    return int(digits) if _DIGITS.fullmatch(digits) else None


def _from_array(raw: bytes) -> int | None:
    numbers = _unpack(raw)
    return numbers[-1] if numbers and len(numbers) > 1 else None


def _unpack(raw: bytes) -> list[int] | None:
    """Read a msgpack array of at most 15 unsigned integers; None for anything else.

    https://github.com/msgpack/msgpack/blob/master/spec.md
    """
    if not raw or not 0 <= raw[0] - _FIXARRAY <= _MAX_FIXARRAY:
        return None
    numbers, rest = [], raw[1:]
    for _ in range(raw[0] - _FIXARRAY):
        width = _width(rest)
        if width is None or len(rest) <= width:
            return None
        numbers.append(int.from_bytes(rest[1 : 1 + width]) if width else rest[0])
        rest = rest[1 + width :]
    return None if rest else numbers


def _width(rest: bytes) -> int | None:
    """How many bytes follow the number's first one; None when no unsigned integer starts here."""
    if not rest:
        return None
    return 0 if rest[0] < _FIXINT_END else _WIDTHS.get(rest[0])
