"""Rules about files that a repository must have in its root."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.security.rules.facts import PUBLIC, Facts, UnknownError, field_of
from chalicelib.security.rules.rule import POLICY, Rule, Tuning, Verdict, not_applicable

LICENSES = ("LICENSE", "LICENSE.md", "LICENSE.txt")


def root_files(facts: Facts) -> list[str]:
    """Name the files in the root of the default branch; none in an empty repository."""
    if not facts.has_branch():
        return []
    entries = facts.read("root", "entries", of=list)
    if not all(type(each) is dict for each in entries):
        raise UnknownError("GitHub left out some of the root's files")
    return [field_of(each, "name", of=str) for each in entries if field_of(each, "type", of=str) == "blob"]


def _find(facts: Facts, names: Sequence[str]) -> str | None:
    """Find a file by one of some names, in whatever case; as it is written here, rather than otherwise."""
    files = root_files(facts)
    exact = [name for name in names if name in files]
    alike = [file for name in names for file in files if file.casefold() == name.casefold()]
    return next(iter((*exact, *alike)), None)


def _judge_file(facts: Facts, *names: str) -> Verdict:
    file = _find(facts, names)
    return Verdict.of({"file": file}, passes=file is not None, good=f"it has {file}", bad=f"it has no {names[0]}")


def judge_readme(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether it says what it is."""
    return _judge_file(facts, "README.md")


def judge_license(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether a public one says what others may do with it."""
    if facts.visibility != PUBLIC:
        return not_applicable("it is not public", {"visibility": facts.visibility})
    return _judge_file(facts, *LICENSES)


def judge_pirr(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether one that is not public says why."""
    if facts.visibility == PUBLIC:
        return not_applicable("it is public", {"visibility": facts.visibility})
    return _judge_file(facts, "PIRR.md")


def judge_gitignore(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether it says which files to leave out."""
    return _judge_file(facts, ".gitignore")


README = Rule("readme", "Its root has `README.md`", (POLICY,), judge_readme, "readme_missing")
LICENSE = Rule(
    "license",
    "Its root has `LICENSE`, `LICENSE.md` or `LICENSE.txt`",
    (POLICY,),
    judge_license,
    "license_missing",
    about="public",
)
PIRR = Rule(
    "pirr",
    "Its root has `PIRR.md` (the Private Internal Reasoning Record: why it is not public)",
    (POLICY,),
    judge_pirr,
    "pirr_missing",
    about="private, internal",
)
GITIGNORE = Rule("gitignore", "Its root has `.gitignore`", (POLICY,), judge_gitignore, "gitignore_missing")
