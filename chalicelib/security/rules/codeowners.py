"""CODEOWNERS: the file that GitHub uses, and who owns something by it.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chalicelib.security.rules.facts import Facts, UnknownError
from chalicelib.security.rules.files import root_files

# In the order in which GitHub looks for it.
PLACES = {
    ".github/CODEOWNERS": "codeownersInGithub",
    "CODEOWNERS": "codeownersInRoot",
    "docs/CODEOWNERS": "codeownersInDocs",
}
# A space within a path has a backslash before it.
GAP = re.compile(r"(?<!\\)\s+")
USER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*(?:\[bot\])?")
OWNER = re.compile(rf"{USER.pattern}(?:/[\w.-]+)?")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Codeowners:
    """The file that GitHub uses (None without one), all that there are, and the owners in the one that is used."""

    path: str | None
    paths: list[str]
    owners: list[str]

    @property
    def emails(self) -> list[str]:
        """The owners that are e-mails."""
        return [owner for owner in self.owners if not owner.startswith("@")]

    @property
    def users(self) -> list[str]:
        """The logins of the owners that are people, in lower case."""
        return [owner[1:].lower() for owner in self.owners if USER.fullmatch(owner)]


def read_codeowners(facts: Facts) -> Codeowners:
    """Read the CODEOWNERS that there are; UnknownError when one could not be had."""
    in_root = "CODEOWNERS" in root_files(facts)
    if not facts.has_branch():
        return Codeowners(None, [], [])
    found = {path: facts.find(field, of=dict) for path, field in PLACES.items()}
    # What is no file, such as a folder of that name, is an empty object.
    files = {path: blob for path, blob in found.items() if blob}
    if in_root != ("CODEOWNERS" in files):
        raise UnknownError("GitHub's answer contradicts itself about CODEOWNERS")
    path = next(iter(files), None)
    return Codeowners(path, list(files), _owners_of(files[path]) if path else [])


def _owners_of(blob: dict[str, Any]) -> list[str]:
    text = blob.get("text")
    if not isinstance(text, str):
        raise UnknownError("GitHub does not show the text of CODEOWNERS")
    owners = list(owners_in(text))
    if not owners and blob.get("isTruncated") is not False:
        raise UnknownError("GitHub shows a part of CODEOWNERS only")
    return owners


def owners_in(text: str) -> dict[str, None]:
    """Give the owners that a file names, each once, in their order."""
    owners: dict[str, None] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        for word in GAP.split(line.strip())[1:]:
            if word.startswith("#"):
                break
            if OWNER.fullmatch(word) or (not word.startswith("@") and EMAIL.fullmatch(word)):
                owners.setdefault(word)
    return owners
