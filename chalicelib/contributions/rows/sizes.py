"""Maps what GraphQL tells of a pull request to columns of `pull_requests`.

https://docs.github.com/en/graphql/reference/objects#pullrequest
"""

from __future__ import annotations

from typing import Any

from chalicelib.contributions.rows.accounts import JSON, Node, account, login_of
from chalicelib.errors import RejectedError
from chalicelib.ingest.fields import Row, cleaned, moment, number, text


def size_row(node: Any) -> Row:
    """Map a pull request of GraphQL to the columns that searches don't tell; RejectedError when a field is missing.

    Without `reviewRequests` the row lacks the requested reviewers, so that the stored ones stay.
    """
    pull = cleaned(node)
    try:
        return _columns(pull) | _reviewers(pull)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise RejectedError(f"a pull request of GraphQL is not as its schema says: {error!r}") from error


def _columns(pull: Node) -> Row:
    first, decision, merge = pull["commits"]["nodes"], pull["reviewDecision"], pull["mergeCommit"]
    return {
        "additions": number("additions", pull["additions"]),
        "deletions": number("deletions", pull["deletions"]),
        "changed_files": number("changedFiles", pull["changedFiles"]),
        "commits": number("commits.totalCount", pull["commits"]["totalCount"]),
        "review_decision": decision.lower() if decision else None,
        "merge_commit_oid": text("mergeCommit.oid", merge["oid"]) if merge else None,
        "merged_by": login_of(pull["mergedBy"]) if pull["mergedBy"] else None,
        "base_ref": text("baseRefName", pull["baseRefName"]),
        "head_ref": text("headRefName", pull["headRefName"]),
        "first_commit_authored_at": moment("authoredDate", first[0]["commit"]["authoredDate"]) if first else None,
    }


def _reviewers(pull: Node) -> Row:
    if "reviewRequests" not in pull:
        return {}
    asked = [request["requestedReviewer"] for request in pull["reviewRequests"]["nodes"] if request]
    return {"requested_reviewers": [_reviewer(each) for each in asked if each]}


def _reviewer(node: Node) -> JSON:
    if node["__typename"] == "Team":
        return {"type": "Team", "id": node["databaseId"], "slug": node["slug"]}
    person = account(node, "") or {}
    return {name: person[name] for name in ("type", "id", "login")}
