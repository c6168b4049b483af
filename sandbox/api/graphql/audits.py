"""What audits read of repositories, as GraphQL shows it: files, branches, protection, rules, collaborators."""

from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Any

from graphql import GraphQLError

from sandbox.api.graphql.accounts import JSON, Field
from sandbox.api.graphql.boards import Boards
from sandbox.api.graphql.oddities import BROKEN
from sandbox.api.nodeids import commit_node_id, node_id
from sandbox.api.profiles import license_of
from sandbox.api.times import timestamp
from sandbox.world.audit import CODEOWNERS_PATHS, POLICY_PATHS, Audit, OwnersError, Protection, Rule
from sandbox.world.hours import DAY
from sandbox.world.items import Item, Repository
from sandbox.world.people import Person

HEADS = "refs/heads/"
LARGEST_TEXT = 512_000  # what a file has beyond that is not shown
FOLDER_MODE, FILE_MODE = 0o040000, 0o100644
UNKNOWN_OWNER = "make sure it exists and has write access to the repository"


def _oid(repository: Repository, role: str) -> str:
    return sha1(f"{repository.id}/{role}".encode(), usedforsecurity=False).hexdigest()


def _number(repository: Repository, role: str) -> int:
    """Return a number for something of a repository that has none in the world."""
    return int(_oid(repository, role)[:7], 16)


class Audits(Boards):
    """Builds what a repository has beside its items; `broken` names, by its full name, the field that is an error."""

    broken: Mapping[str, str]

    def repository(self, repository: Repository) -> JSON:
        """Return a repository, with an error in place of the field that is broken."""
        row = super().repository(repository)
        broken = self.broken.get(repository.full_name.lower())
        return {**row, broken: _break} if broken else row

    def audited(self, repository: Repository) -> JSON:
        """Return the fields of a repository that audits read."""
        return {
            "visibility": repository.visibility.upper(),
            "pushedAt": timestamp(repository.pushed_at),
            "hasVulnerabilityAlertsEnabled": repository.security.dependabot,
            "isSecurityPolicyEnabled": lambda _: any(path in repository.audit.files for path in POLICY_PATHS),
            "licenseInfo": repository.license and self._license(repository.license),
            "defaultBranchRef": self._of_contents(lambda: self._default_branch(repository)),
            "refs": lambda info, **arguments: self._refs(repository, info, **arguments),
            "object": lambda _, expression=None: self._object(repository, expression or ""),
            "codeowners": self._of_contents(lambda: self._codeowners(repository)),
            "pullRequests": self._pull_requests(repository),
            "collaborators": lambda info, **arguments: self._collaborators(repository, info, **arguments),
        }

    def _license(self, spdx_id: str) -> JSON:
        row = license_of(spdx_id)
        shown = {"__typename": "License", "id": row["node_id"], "key": row["key"], "name": row["name"]}
        return {**shown, "spdxId": spdx_id, "url": row["url"]}

    def _of_contents(self, find: Callable[[], Any]) -> Field:
        """Return a field that needs the permission to read files."""

        def field(_: Any) -> Any:
            self._demand("contents")
            return find()

        return field

    def _demand(self, permission: str) -> None:
        if not self.token.permits(permission):
            raise GraphQLError(str(self.token.refusal().body["message"]), extensions={"type": "FORBIDDEN"})

    # Files

    def _object(self, repository: Repository, expression: str) -> JSON | None:
        """Return the folder, the file or the commit that `HEAD:path` (or the default branch's name) leads to."""
        self._demand("contents")
        branch, colon, path = expression.partition(":")
        if repository.default_branch is None or branch not in ("HEAD", repository.default_branch):
            return None
        if not colon:
            return self._commit(repository, 0)
        files = repository.audit.files
        if path in files:
            return self._blob(repository, path, files[path])
        return self._tree(repository, path.rstrip("/"))

    def _blob(self, repository: Repository, path: str, text: str) -> JSON:
        size = len(text.encode())
        return {
            **self._git_object(repository, "Blob", f"blob/{path}/{text}"),
            "byteSize": size,
            "isBinary": False,
            "isTruncated": size > LARGEST_TEXT,
            "text": text[:LARGEST_TEXT],
        }

    def _tree(self, repository: Repository, folder: str) -> JSON | None:
        start = f"{folder}/" if folder else ""
        below = [path.removeprefix(start) for path in repository.audit.files if path.startswith(start)]
        if folder and not below:
            return None
        names = {path.partition("/")[0]: "/" in path for path in below}
        entries = [self._entry(repository, start + name, is_folder=names[name]) for name in sorted(names)]
        return {**self._git_object(repository, "Tree", f"tree/{folder}"), "entries": entries}

    def _entry(self, repository: Repository, path: str, *, is_folder: bool) -> JSON:
        return {
            "name": path.rpartition("/")[2],
            "path": path,
            "type": "tree" if is_folder else "blob",
            "mode": FOLDER_MODE if is_folder else FILE_MODE,
            "oid": _oid(repository, path),
        }

    def _git_object(self, repository: Repository, kind: str, role: str) -> JSON:
        oid = _oid(repository, role)
        return {
            "__typename": kind,
            "id": commit_node_id(repository.id, oid, prefix=kind[0]),
            "oid": oid,
            "abbreviatedOid": oid[:7],
            "repository": lambda _: self.repository(repository),
        }

    def _codeowners(self, repository: Repository) -> JSON | None:
        """Return what is wrong with CODEOWNERS, if there is such a file."""
        audit = repository.audit
        if repository.default_branch is None or not any(path in audit.files for path in CODEOWNERS_PATHS):
            return None
        return {"errors": [self._owners_error(audit, one) for one in audit.owners_errors]}

    def _owners_error(self, audit: Audit, error: OwnersError) -> JSON:
        lines = audit.files.get(error.path, "").splitlines()
        return {
            "column": 3,
            "kind": error.kind,
            "line": error.line,
            "message": f"{error.kind} on line {error.line}: {UNKNOWN_OWNER}",
            "path": error.path,
            "source": lines[error.line - 1] if error.line <= len(lines) else "",
            "suggestion": UNKNOWN_OWNER,
        }

    # Branches

    def _default_branch(self, repository: Repository) -> JSON | None:
        branch = repository.default_branch
        return None if branch is None else self._branch(repository, branch)

    def _refs(self, repository: Repository, info: Any, *, refPrefix: str, **arguments: Any) -> JSON:  # noqa: N803
        self._demand("contents")
        there = refPrefix == HEADS and repository.default_branch is not None
        branches = sorted(repository.audit.branches) if there else []
        found: JSON = self.rows(branches, lambda name: self._branch(repository, name))(info, **arguments)
        return found

    def _branch(self, repository: Repository, name: str) -> JSON:
        audit = repository.audit
        protection = audit.protection(name)
        # Only who administers the repository sees the rule itself; everybody sees what it does.
        shown = protection if self.token.administers else None
        rules = audit.rules if name == repository.default_branch else []
        return {
            "__typename": "Ref",
            "id": node_id("REF", repository.id, _number(repository, name)),
            "name": name,
            "prefix": HEADS,
            "repository": lambda _: self.repository(repository),
            "target": lambda _: self._commit(repository, 0),
            "branchProtectionRule": shown and self._protection(repository, shown),
            "refUpdateRule": protection and _update_rule(protection),
            "rules": self.rows(rules, lambda rule: self._rule(repository, rule)),
        }

    def _protection(self, repository: Repository, protection: Protection) -> JSON:
        number = _number(repository, f"protection/{protection.pattern}")
        return {
            "__typename": "BranchProtectionRule",
            "id": node_id("BPR", repository.id, number),
            "databaseId": number,
            "pattern": protection.pattern,
            "repository": lambda _: self.repository(repository),
            "allowsDeletions": protection.deletions,
            "allowsForcePushes": protection.force_pushes,
            "isAdminEnforced": protection.admins,
            "requiresApprovingReviews": protection.approvals is not None,
            "requiredApprovingReviewCount": protection.approvals,
            "requiresCommitSignatures": protection.signatures,
        }

    def _rule(self, repository: Repository, rule: Rule) -> JSON:
        number = _number(repository, f"ruleset/{rule.ruleset}")
        return {
            "__typename": "RepositoryRule",
            "id": node_id("RRU", repository.id, _number(repository, f"rule/{rule.ruleset}/{rule.type}")),
            "type": rule.type,
            "parameters": _parameters(rule),
            "repositoryRuleset": {
                "__typename": "RepositoryRuleset",
                "id": node_id("RRS", repository.id, number),
                "databaseId": number,
                "name": rule.ruleset,
            },
        }

    def _commit(self, repository: Repository, index: int) -> JSON | None:
        """Return a commit of the default branch, of which the newest is the first; None if there is none."""
        states = repository.audit.signatures
        if index >= len(states):
            return None
        at, person = repository.pushed_at - index * DAY, self.world.first_admin(repository.owner)
        sha = _oid(repository, f"commit/{index}")
        row = self.commit(repository, sha, message=f"Change {sha[:7]}", at=at, person=person)

        def history(info: Any, **arguments: Any) -> Any:
            return self.rows(range(index, len(states)), lambda one: self._commit(repository, one))(info, **arguments)

        return {**row, "history": history, "signature": self._signature(states[index], person)}

    def _signature(self, state: str | None, person: Person) -> JSON | None:
        if state is None:
            return None
        return {
            "__typename": "GpgSignature",
            "email": person.email or f"{person.login}@users.noreply.github.example",
            "isValid": state == "VALID",
            "keyId": f"{person.id:016X}",
            "payload": "tree",
            "signature": "-----BEGIN PGP SIGNATURE-----",
            "signer": self.user_only(person),
            "state": state,
            "wasSignedByGitHub": False,
        }

    # People and pull requests

    def _collaborators(
        self, repository: Repository, info: Any, *, affiliation: str = "ALL", **arguments: Any
    ) -> JSON | None:
        """Return who has access: only those who administer the repository see that."""
        if not self.token.administers:
            return None
        members = repository.owner.people
        found = list(repository.audit.collaborators)
        if affiliation == "ALL":
            found += [person for person in members if person not in found]
        if affiliation == "OUTSIDE":
            found = [person for person in found if person not in members]
        answer: JSON = self.rows(found, self.person)(info, **arguments)
        return answer

    def _pull_requests(self, repository: Repository) -> Field:
        def field(info: Any, *, states: list[str] | None = None, **arguments: Any) -> Any:
            self._demand("pull_requests")
            pulls = [item for item in repository.items.values() if item.is_pull]
            found = [item for item in pulls if states is None or _state(item) in states]
            return self.rows(found, self.item)(info, **arguments)

        return field


def _state(pull: Item) -> str:
    return pull.state.upper() if pull.merged_at is None else "MERGED"


def _break(*_: Any, **__: Any) -> None:
    raise GraphQLError(BROKEN)


def _update_rule(protection: Protection) -> JSON:
    return {
        "allowsDeletions": protection.deletions,
        "allowsForcePushes": protection.force_pushes,
        "pattern": protection.pattern,
        "requiredApprovingReviewCount": protection.approvals,
        "requiresSignatures": protection.signatures,
    }


def _parameters(rule: Rule) -> JSON | None:
    """Return what a rule is told: of the types that have something to tell, those of reviews and of checks."""
    if rule.type == "REQUIRED_STATUS_CHECKS":
        return {"__typename": "RequiredStatusChecksParameters", "strictRequiredStatusChecksPolicy": False}
    if rule.type != "PULL_REQUEST":
        return None
    switches = ("dismissStaleReviewsOnPush", "requireCodeOwnerReview", "requireLastPushApproval")
    return {
        "__typename": "PullRequestParameters",
        "requiredApprovingReviewCount": rule.approvals,
        "requiredReviewThreadResolution": False,
        **dict.fromkeys(switches, False),
    }
