"""What audits read of repositories through GraphQL: all of it, as a test sets it, for those who may see it."""

from random import Random
from typing import Any

import pytest
from graphql import GraphQLObjectType

from sandbox import Audit, Kind, OwnersError, Protection, Repository, Rule, RunningSandbox, World
from sandbox.api.graphql import schema
from sandbox.api.nodeids import node_id
from tests.sandbox.conftest import Client, small_plan
from tests.sandbox.queries import ask, data, everything, kinds

JSON = dict[str, Any]
AUDIT = """query($ids: [ID!]!, $commits: Int!) {
  nodes(ids: $ids) {
    id
    ... on Repository {
      nameWithOwner
      isArchived
      visibility
      pushedAt
      hasVulnerabilityAlertsEnabled
      isSecurityPolicyEnabled
      licenseInfo { spdxId }
      defaultBranchRef {
        name
        branchProtectionRule {
          pattern allowsDeletions allowsForcePushes isAdminEnforced requiresApprovingReviews
          requiredApprovingReviewCount requiresCommitSignatures
        }
        rules(first: 50) {
          totalCount
          nodes {
            type parameters { ... on PullRequestParameters { requiredApprovingReviewCount } } repositoryRuleset { name }
          }
        }
        target { ... on Commit { history(first: $commits) { nodes { oid signature { isValid state } } } } }
      }
      refs(refPrefix: "refs/heads/", first: 30) {
        totalCount nodes { name branchProtectionRule { pattern } refUpdateRule { pattern } }
      }
      root: object(expression: "HEAD:") { ... on Tree { entries { name type } } }
      codeownersInRoot: object(expression: "HEAD:CODEOWNERS") { ... on Blob { byteSize isTruncated text } }
      codeownersInGithub: object(expression: "HEAD:.github/CODEOWNERS") { ... on Blob { byteSize isTruncated text } }
      codeownersInDocs: object(expression: "HEAD:docs/CODEOWNERS") { ... on Blob { byteSize isTruncated text } }
      codeowners { errors { kind path line } }
      pullRequests(states: OPEN, first: 50) { totalCount nodes { authorAssociation author { __typename login } } }
      collaborators(affiliation: DIRECT, first: 50) { totalCount nodes { login } }
    }
  }
}"""
BROKEN = "Something went wrong while executing your query."
FORBIDDEN = "Resource not accessible by personal access token"
OWNERS = ("codeownersInRoot", "codeownersInGithub", "codeownersInDocs")


@pytest.fixture
def repository(changing: RunningSandbox) -> Repository:
    return next(iter(changing.world.repositories.values()))


def audits(client: Client, *repositories: Repository, commits: int = 15) -> list[JSON]:
    ids = [node_id("R", one.id) for one in repositories]
    found: list[JSON] = data(client, AUDIT, ids=ids, commits=commits)["nodes"]
    return found


def test_every_field_of_a_repository_is_answered(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    kind = schema.load(schema.NEW).type_map["Repository"]
    assert isinstance(kind, GraphQLObjectType)
    repository.license = "MIT"
    repository.audit = Audit(
        files={"README.md": "Hello", "CODEOWNERS": "* @who"},
        protections=[Protection()],
        rules=[Rule("PULL_REQUEST"), Rule("REQUIRED_STATUS_CHECKS"), Rule("DELETION")],
        signatures=["VALID", None],
        collaborators=changing.world.people[:2],
        owners_errors=[OwnersError()],
    )
    tree = 'root: object(expression: "HEAD:") { ... on Tree { id oid entries { mode name oid path type } } }'
    blob = 'file: object(expression: "HEAD:README.md") { ... on Blob { id oid byteSize isBinary isTruncated text } }'
    refs = 'refs(refPrefix: "refs/heads/", first: 5) { nodes { id name refUpdateRule { pattern requiresSignatures } } }'
    selected = everything(schema.load(schema.NEW), kind, 3)[:-1]
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Repository {selected} {tree} {blob} {refs} }} }} }}"
    found = data(client, query, id=node_id("R", repository.id))["node"]
    assert found["file"]["text"] == "Hello"
    assert found["licenseInfo"]["spdxId"] == "MIT"
    assert found["codeowners"]["errors"][0]["source"] == "* @who"


def test_an_audit_sees_what_was_set(changing: RunningSandbox, client: Client, repository: Repository) -> None:
    world = changing.world
    repository.private = repository.internal = repository.archived = True
    repository.license, repository.security.dependabot = "Apache-2.0", False
    outsider = next(person for person in world.people if person.login not in repository.owner.members)
    repository.audit = Audit(
        files={"README.md": "Hi", "src/main.py": "", "docs/CODEOWNERS": "* @ä\n", "docs/SECURITY.md": "Write to us"},
        branches=["main", "release/1", "old"],
        protections=[Protection("release/*", approvals=None, force_pushes=True), Protection(approvals=2, admins=True)],
        rules=[Rule("DELETION", "Keep"), Rule("PULL_REQUEST", "Review", approvals=2)],
        signatures=["VALID", "UNKNOWN_KEY", None],
        collaborators=[outsider],
        owners_errors=[OwnersError("docs/CODEOWNERS", 1, "Invalid pattern")],
    )
    for item in repository.items.values():
        if item.is_pull and item.state == "open":
            world.change(item, Kind.CLOSED)
    author = repository.owner.people[1]
    world.open(repository, world.now, author, "New", None, pull=True, rng=Random(1))
    (found,) = audits(client, repository, commits=2)
    history = found["defaultBranchRef"]["target"]["history"]["nodes"]
    assert len({commit.pop("oid") for commit in history}) == 2
    assert found == {
        "id": node_id("R", repository.id),
        "nameWithOwner": repository.full_name,
        "isArchived": True,
        "visibility": "INTERNAL",
        "pushedAt": found["pushedAt"],
        "hasVulnerabilityAlertsEnabled": False,
        "isSecurityPolicyEnabled": True,
        "licenseInfo": {"spdxId": "Apache-2.0"},
        "defaultBranchRef": {
            "name": "main",
            "branchProtectionRule": {
                "pattern": "main",
                "allowsDeletions": False,
                "allowsForcePushes": False,
                "isAdminEnforced": True,
                "requiresApprovingReviews": True,
                "requiredApprovingReviewCount": 2,
                "requiresCommitSignatures": False,
            },
            "rules": {
                "totalCount": 2,
                "nodes": [
                    {"type": "DELETION", "parameters": None, "repositoryRuleset": {"name": "Keep"}},
                    {
                        "type": "PULL_REQUEST",
                        "parameters": {"requiredApprovingReviewCount": 2},
                        "repositoryRuleset": {"name": "Review"},
                    },
                ],
            },
            "target": {
                "history": {
                    "nodes": [
                        {"signature": {"isValid": True, "state": "VALID"}},
                        {"signature": {"isValid": False, "state": "UNKNOWN_KEY"}},
                    ]
                }
            },
        },
        "refs": {
            "totalCount": 3,
            "nodes": [
                branch("main", "main"),
                branch("old", None),
                branch("release/1", "release/*"),
            ],
        },
        "root": {
            "entries": [
                {"name": "README.md", "type": "blob"},
                {"name": "docs", "type": "tree"},
                {"name": "src", "type": "tree"},
            ]
        },
        "codeownersInRoot": None,
        "codeownersInGithub": None,
        "codeownersInDocs": {"byteSize": 6, "isTruncated": False, "text": "* @ä\n"},
        "codeowners": {"errors": [{"kind": "Invalid pattern", "path": "docs/CODEOWNERS", "line": 1}]},
        "pullRequests": {
            "totalCount": 1,
            "nodes": [{"authorAssociation": "MEMBER", "author": {"__typename": "User", "login": author.login}}],
        },
        "collaborators": {"totalCount": 1, "nodes": [{"login": outsider.login}]},
    }


def branch(name: str, pattern: str | None) -> JSON:
    rule = pattern and {"pattern": pattern}
    return {"name": name, "branchProtectionRule": rule, "refUpdateRule": rule}


def test_an_empty_repository(client: Client, repository: Repository) -> None:
    repository.default_branch = None
    (found,) = audits(client, repository)
    assert found["defaultBranchRef"] is found["root"] is found["codeowners"] is None
    assert [found[name] for name in OWNERS] == [None, None, None]
    assert found["refs"] == {"totalCount": 0, "nodes": []}


def test_a_file_that_is_too_long_is_cut(client: Client, repository: Repository) -> None:
    repository.audit.files = {"CODEOWNERS": "x" * 600_000}
    (found,) = audits(client, repository)
    shown = found["codeownersInRoot"]
    assert (shown["byteSize"], shown["isTruncated"], len(shown["text"])) == (600_000, True, 512_000)
    assert found["root"] == {"entries": [{"name": "CODEOWNERS", "type": "blob"}]}


def test_without_administration_nobody_sees_rules_and_collaborators(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    repository.audit.protections = [Protection()]
    (before,) = audits(client, repository)
    changing.tokens.add("reads", permissions={"contents": "read", "pull_requests": "read"})
    with Client(client.url, "reads") as reader:
        (found,) = audits(reader, repository)
    assert before["collaborators"] is not None
    assert (found["collaborators"], found["defaultBranchRef"]["branchProtectionRule"]) == (None, None)
    assert found["refs"]["nodes"][0] == {**branch("main", "main"), "branchProtectionRule": None}
    assert found["defaultBranchRef"]["rules"] == before["defaultBranchRef"]["rules"]


def test_files_and_pull_requests_need_their_permissions(
    changing: RunningSandbox, client: Client, repository: Repository
) -> None:
    changing.tokens.add("pulls", permissions={"pull_requests": "read"})
    changing.tokens.add("files", permissions={"contents": "read"})
    variables: JSON = {"ids": [node_id("R", repository.id)], "commits": 15}
    with Client(client.url, "pulls") as reader:
        answer = ask(reader, AUDIT, **variables)
    fields = ["defaultBranchRef", "refs", "root", *OWNERS, "codeowners"]
    assert [error["path"] for error in answer["errors"]] == [["nodes", 0, name] for name in fields]
    assert {error["message"] for error in answer["errors"]} == {FORBIDDEN}
    assert [answer["data"]["nodes"][0][name] for name in fields] == [None] * len(fields)
    with Client(client.url, "files") as reader:
        answer = ask(reader, AUDIT, **variables)
    # It can't be null, so that the whole repository is.
    assert answer["data"]["nodes"] == [None]
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [
        ("FORBIDDEN", ["nodes", 0, "pullRequests"])
    ]


def test_a_part_or_all_of_a_repository_is_broken(changing: RunningSandbox, client: Client) -> None:
    some = list(changing.world.repositories.values())[:3]
    changing.graphql.update(broken={some[0].full_name: "", some[2].full_name.upper(): "collaborators"})
    ids = [node_id("R", one.id) for one in some]
    answer = ask(client, AUDIT, ids=ids, commits=15)
    assert [(error["path"], error["message"]) for error in answer["errors"]] == [
        (["nodes", 0], BROKEN),
        (["nodes", 2, "collaborators"], BROKEN),
    ]
    nodes = answer["data"]["nodes"]
    assert nodes[0] is None
    assert nodes[1]["collaborators"] is not None
    assert nodes[2]["collaborators"] is None
    assert nodes[2]["root"] is not None
    changing.graphql.update(broken={})
    assert None not in audits(client, *some)


@pytest.mark.parametrize(("count", "points"), [(20, 1), (25, 1), (30, 2)])
def test_what_it_costs(reading: RunningSandbox, reader: Client, count: int, points: int) -> None:
    query = AUDIT.replace("nodes(ids", "rateLimit { cost } nodes(ids", 1)
    known = [node_id("R", one.id) for one in reading.world.repositories.values()]
    ids = (known * 3)[:count]
    found = data(reader, query, ids=ids, commits=15)
    assert (found["rateLimit"]["cost"], len(found["nodes"])) == (points, count)


def test_it_is_drawn_when_somebody_looks_the_same_each_time() -> None:
    one, other = World(small_plan(repositories=60, items=0)), World(small_plan(repositories=60, items=0))
    assert {repository.drawn for repository in one.repositories.values()} == {None}
    seen = [shown(repository.audit) for repository in one.repositories.values()]
    assert seen == [shown(repository.audit) for repository in reversed(other.repositories.values())][::-1]
    audits = [repository.audit for repository in one.repositories.values()]
    for there in (
        [bool(audit.protections) for audit in audits],
        [bool(audit.rules) for audit in audits],
        [None in audit.signatures for audit in audits],
        [bool(audit.collaborators) for audit in audits],
        ["LICENSE" in audit.files for audit in audits],
    ):
        assert 5 < sum(there) < 55


def shown(audit: Audit) -> JSON:
    people = [person.login for person in audit.collaborators]
    return {
        "files": audit.files,
        "branches": audit.branches,
        "protections": audit.protections,
        "rules": audit.rules,
        "signatures": audit.signatures,
        "collaborators": people,
    }


def test_users_by_login_and_their_addresses(changing: RunningSandbox, client: Client) -> None:
    people = changing.world.people[:3]
    people[1].email = "somebody@example.test"
    fields = [f'u{index}: user(login: "{person.login}") {{ login email }}' for index, person in enumerate(people)]
    found = data(client, f"{{ {' '.join(fields)} }}")
    assert found == {
        f"u{index}": {"login": person.login, "email": person.email or ""} for index, person in enumerate(people)
    }
    assert client.get(f"/users/{people[1].login}").json()["email"] == "somebody@example.test"
    answer = ask(client, '{ a: user(login: "octo-sandbox") { login } b: user(login: "nobody-here") { login } }')
    assert answer["data"] == {"a": None, "b": None}
    assert kinds(answer) == ["NOT_FOUND", "NOT_FOUND"]
    assert [error["path"] for error in answer["errors"]] == [["a"], ["b"]]
