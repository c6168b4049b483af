"""What a domain needs to be allowed, and how to find out whether it is.

https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI


@dataclass(frozen=True)
class Lack:
    """What credentials lack; not `certain` when there may just be nothing to see."""

    sentence: str
    certain: bool = True


FindLacks = Callable[[GitHubAPI, str], Iterator[Lack]]


@dataclass(frozen=True)
class Need:
    """A permission of a GitHub App or a fine-grained token, and what it is for.

    `find_lacks` asks GitHub, for an organisation, whether a token has it; an App's installation lists its own.
    `level` is read or write. `is_optional`: not everybody has such data, so to lack it is no fault.
    """

    permission: str
    data: str
    find_lacks: FindLacks
    level: str = "read"
    is_optional: bool = False


def unique_needs(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Give each permission once, as it is first needed."""
    unique: dict[str, Need] = {}
    for need in needs:
        unique.setdefault(need.permission, need)
    return tuple(unique.values())


def need_path(permission: str, data: str, path: str, *, may_be_absent: bool = False) -> Need:
    """Make a need that is there when a path (`/orgs/{org}/…`) is answered.

    `may_be_absent`: a 404 doesn't say that the permission is missing, for not every organisation has such data.
    """

    def find_lacks(github: GitHubAPI, org: str) -> Iterator[Lack]:
        try:
            github.get(path.format(org=org), allow_empty=True)
        except ForbiddenError as error:
            yield Lack(f"{data}: {error.message}")
        except NotFoundError as error:
            if not may_be_absent:
                yield Lack(f"{data}: {error.message}")

    return Need(permission, data, find_lacks)
