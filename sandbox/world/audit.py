"""What an audit looks at in a repository: files, branches and their protection, signatures, collaborators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random

from sandbox.world.people import Person

CODEOWNERS_PATHS = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS")
POLICY_PATHS = ("SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md")
# The rules that most rulesets have.
USUAL_RULES = ("DELETION", "NON_FAST_FORWARD", "PULL_REQUEST", "REQUIRED_STATUS_CHECKS")
COMMITS = 20


@dataclass(slots=True)
class Protection:
    """A rule of branch protection: for the branches of a pattern; `approvals` None means without reviews."""

    pattern: str = "main"
    approvals: int | None = 1
    signatures: bool = False
    admins: bool = False
    deletions: bool = False
    force_pushes: bool = False

    def matches(self, branch: str) -> bool:
        """Whether it is about a branch; a star stands for no slash."""
        return branch.count("/") == self.pattern.count("/") and fnmatchcase(branch, self.pattern)


@dataclass(slots=True)
class Rule:
    """A rule of a ruleset, by the name that GraphQL has for its type; `approvals` is for `PULL_REQUEST`."""

    type: str
    ruleset: str = "Everybody's"
    approvals: int = 1


@dataclass(slots=True)
class OwnersError:
    """What is wrong with a line of CODEOWNERS."""

    path: str = "CODEOWNERS"
    line: int = 1
    kind: str = "Unknown owner"


@dataclass(slots=True, eq=False)
class Audit:
    """What there is on the default branch and around it.

    `files` are texts by path, `rules` those of rulesets on the default branch. `signatures` are the states of the last
    commits', newest first, as GraphQL names them, None for a commit without one. `collaborators` are those who have
    access themselves, not through a team.
    """

    files: dict[str, str] = field(default_factory=dict)
    branches: list[str] = field(default_factory=lambda: ["main"])
    protections: list[Protection] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    signatures: list[str | None] = field(default_factory=list)
    collaborators: list[Person] = field(default_factory=list)
    owners_errors: list[OwnersError] = field(default_factory=list)

    def protection(self, branch: str) -> Protection | None:
        """Return the rule that protects a branch: of its very name, or else the first whose pattern matches."""
        found = [one for one in self.protections if one.matches(branch)]
        return next((one for one in found if one.pattern == branch), next(iter(found), None))


def draw_audit(number: int, people: Sequence[Person], *, private: bool) -> Audit:
    """Draw what an audit of a repository of this id sees; some of these people have access themselves."""
    rng = Random(f"{number}/audit")
    audit = Audit(files=_files(rng, people, private=private), branches=["main", *_branches(rng)])
    audit.signatures = ["VALID" if rng.random() < 0.9 else None for _ in range(COMMITS)]
    if rng.random() < 0.4:
        audit.signatures = ["VALID"] * COMMITS
    if rng.random() < 0.4:
        audit.protections = [Protection(approvals=rng.choice((None, 1, 2)), signatures=rng.random() < 0.3)]
    if rng.random() < 0.4:
        audit.rules = [Rule(name, approvals=rng.randrange(1, 3)) for name in USUAL_RULES if rng.random() < 0.8]
    if people and rng.random() < 0.3:
        audit.collaborators = rng.sample(people, min(len(people), rng.randrange(1, 4)))
    if any(path in audit.files for path in CODEOWNERS_PATHS) and rng.random() < 0.1:
        audit.owners_errors = [OwnersError(path=next(path for path in CODEOWNERS_PATHS if path in audit.files))]
    return audit


def _files(rng: Random, people: Sequence[Person], *, private: bool) -> dict[str, str]:
    shares = {
        "README.md": 0.95,
        ".gitignore": 0.85,
        "LICENSE": 0.75,
        "PIRR.md": 0.5 if private else 0.0,
        rng.choice(POLICY_PATHS): 0.4,
        rng.choice(CODEOWNERS_PATHS): 0.6,
    }
    files = {path: "Something to read\n" for path, share in shares.items() if rng.random() < share}
    for path in CODEOWNERS_PATHS:
        if path in files:
            files[path] = f"* @{rng.choice(people).login}\n" if people else ""
    return files | {"src/main.py": "print('Hello')\n"}


def _branches(rng: Random) -> list[str]:
    return [f"work-{number}" for number in range(1, 1 + int(rng.expovariate(0.3)))]
