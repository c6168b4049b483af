"""Issues and pull requests as GitHub's JSON; the world itself knows no URLs."""

from typing import Any

from sandbox.api.nodeids import node_id
from sandbox.api.profiles import Profiles
from sandbox.api.times import moment, timestamp
from sandbox.world.boards import IssueType
from sandbox.world.effects import REACTIONS
from sandbox.world.items import Item, Label, Milestone, commit
from sandbox.world.people import App, Person

JSON = dict[str, Any]


class Payloads(Profiles):
    """Builds items' JSON for one base URL."""

    def item_node_id(self, item: Item) -> str:
        """Return the node id that both forms share: a pull request's carries the id of `/pulls`."""
        if item.pull_id is not None:
            return self.node_id("PullRequest", "PR", item.repository.id, item.pull_id, at=item.created_at)
        return self.node_id("Issue", "I", item.repository.id, item.id, at=item.created_at)

    def label(self, label: Label, item: Item) -> JSON:
        """Return a label as items carry it."""
        return {
            "id": label.id,
            "node_id": node_id("LA", item.repository.id, label.id),
            "url": f"{self.repository_url(item.repository)}/labels/{label.name}",
            "name": label.name,
            "color": label.color,
            "default": label.default,
            "description": label.description,
            "archived_at": None,
            "archived_by": None,
        }

    def milestone(self, milestone: Milestone, item: Item) -> JSON:
        """Return a milestone as items carry it."""
        url = f"{self.repository_url(item.repository)}/milestones/{milestone.number}"
        return {
            "url": url,
            "html_url": f"{self.html}/{item.repository.full_name}/milestone/{milestone.number}",
            "labels_url": f"{url}/labels",
            "id": milestone.id,
            "node_id": node_id("MI", item.repository.id, milestone.id),
            "number": milestone.number,
            "title": milestone.title,
            "description": None,
            "creator": self.user(milestone.creator),
            "open_issues": milestone.open_issues,
            "closed_issues": milestone.closed_issues,
            "state": "open" if milestone.closed_at is None else "closed",
            "created_at": timestamp(milestone.created_at),
            "updated_at": timestamp(milestone.updated_at or milestone.created_at),
            "due_on": moment(milestone.due_on),
            "closed_at": moment(milestone.closed_at),
        }

    def app(self, app: App, owner: Person) -> JSON:
        """Return a GitHub App as `performed_via_github_app` carries it."""
        return {
            "id": app.id,
            "client_id": f"Iv1.{app.id:016x}",
            "slug": app.slug,
            "node_id": node_id("A", app.id),
            "owner": self.user(owner),
            "name": app.name,
            "description": "",
            "external_url": f"{self.html}/apps/{app.slug}",
            "html_url": f"{self.html}/apps/{app.slug}",
            "created_at": timestamp(app.created_at),
            "updated_at": timestamp(app.created_at),
            "permissions": {"contents": "write", "issues": "write", "metadata": "read", "pull_requests": "write"},
            "events": ["issues", "pull_request", "push"],
        }

    def reactions(self, url: str, counts: dict[str, int]) -> JSON:
        """Return the summary of the reactions to what has this URL."""
        numbers = {name: counts.get(name, 0) for name in REACTIONS}
        return {"url": f"{url}/reactions", "total_count": sum(numbers.values()), **numbers}

    def issue_type(self, issue_type: IssueType) -> JSON:
        """Return the type of an issue."""
        return {
            "id": issue_type.id,
            "node_id": node_id("IT", issue_type.owner.id, issue_type.id),
            "name": issue_type.name,
            "description": None,
            "color": issue_type.color,
            "created_at": timestamp(issue_type.owner.created_at),
            "updated_at": timestamp(issue_type.owner.created_at),
            "is_enabled": True,
        }

    def any_user(self, person: Person | None) -> JSON | None:
        """Return the short form of somebody, if it is known who."""
        return None if person is None else self.user(person)

    def _common(self, item: Item) -> JSON:
        """Return the fields that the issue form and the pull request form write alike."""
        assignees = [self.user(person) for person in item.assignees]
        return {
            "node_id": self.item_node_id(item),
            "number": item.number,
            "title": item.title,
            "user": self.any_user(item.author),
            "labels": [self.label(label, item) for label in item.labels],
            "state": item.state,
            "locked": item.locked,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None if item.milestone is None else self.milestone(item.milestone, item),
            "created_at": timestamp(item.created_at),
            "updated_at": timestamp(item.updated_at),
            "closed_at": moment(item.closed_at),
            "author_association": self.association(item),
            "active_lock_reason": "resolved" if item.locked else None,
            "body": item.body,
        }

    def html_url(self, item: Item) -> str:
        """Return an item's web page."""
        return f"{self.html}/{item.repository.full_name}/{'pull' if item.is_pull else 'issues'}/{item.number}"

    def issue(self, item: Item) -> JSON:
        """Return the form of `/issues`, which pull requests have too."""
        repository_url = self.repository_url(item.repository)
        url = f"{repository_url}/issues/{item.number}"
        html_url = self.html_url(item)
        payload = {
            "url": url,
            "repository_url": repository_url,
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": html_url,
            "id": item.id,
            **self._common(item),
            "comments": item.comments,
            "type": None if item.issue_type is None else self.issue_type(item.issue_type),
            "reactions": self.reactions(url, {}),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None if item.app is None else self.app(item.app, item.repository.owner.account),
            "state_reason": item.state_reason,
        }
        return payload | (self._pull_part(item, html_url) if item.is_pull else self._issue_part(item))

    def _pull_part(self, item: Item, html_url: str) -> JSON:
        return {
            "draft": item.draft,
            "pull_request": {
                "url": f"{self.repository_url(item.repository)}/pulls/{item.number}",
                "html_url": html_url,
                "diff_url": f"{html_url}.diff",
                "patch_url": f"{html_url}.patch",
                "merged_at": moment(item.merged_at),
            },
        }

    def _issue_part(self, item: Item) -> JSON:
        parts = [one.now() for one in item.sub_issues if one.now().id in self.world.items]
        closed = sum(one.state == "closed" for one in parts)
        percent = 100 * closed // max(len(parts), 1)
        dependencies = dict.fromkeys(("blocked_by", "total_blocked_by", "blocking", "total_blocking"), 0)
        return {
            "sub_issues_summary": {"total": len(parts), "completed": closed, "percent_completed": percent},
            "issue_dependencies_summary": dependencies,
        }

    def single_issue(self, item: Item) -> JSON:
        """Return the form of `/issues/{n}`: who closed it as well."""
        return {**self.issue(item), "closed_by": self.any_user(item.closed_by)}

    def found(self, item: Item) -> JSON:
        """Return the form of a search result."""
        return {**self.issue(item), "score": 1.0}

    def pull(self, item: Item) -> JSON:
        """Return the form of `/pulls`, with an id of its own."""
        repository_url = self.repository_url(item.repository)
        url = f"{repository_url}/pulls/{item.number}"
        issue_url = f"{repository_url}/issues/{item.number}"
        html_url = f"{self.html}/{item.repository.full_name}/pull/{item.number}"
        head = commit(item, f"head/{item.commits}")
        links = {
            "self": url,
            "html": html_url,
            "issue": issue_url,
            "comments": f"{issue_url}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{repository_url}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{repository_url}/statuses/{head}",
        }
        return {
            "url": url,
            "id": item.pull_id,
            "html_url": html_url,
            "diff_url": f"{html_url}.diff",
            "patch_url": f"{html_url}.patch",
            "issue_url": issue_url,
            **{f"{name}_url": links[name] for name in PULL_LINKS},
            **self._common(item),
            "merged_at": moment(item.merged_at),
            "merge_commit_sha": commit(item, "merge"),
            "requested_reviewers": [self.user(person) for person in item.reviewers],
            "requested_teams": [self.team(team) for team in item.requested_teams],
            "draft": item.draft,
            "head": self._side(item, f"{item.branch}-{item.number}", head),
            "base": self._side(item, item.base, commit(item, "base")),
            "_links": {name: {"href": href} for name, href in links.items()},
            "auto_merge": None,
        }

    def _side(self, item: Item, branch: str, sha: str) -> JSON:
        repository = item.repository
        return {
            "label": f"{repository.owner.login}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.user(repository.owner.account),
            "repo": self.repository(repository),
        }

    def single_pull(self, item: Item) -> JSON:
        """Return the form of `/pulls/{n}`: merging and sizes as well."""
        is_open = item.state == "open"
        return {
            **self.pull(item),
            "merged": item.merged_at is not None,
            "mergeable": True if is_open else None,
            "rebaseable": True if is_open else None,
            "mergeable_state": "clean" if is_open else "unknown",
            "merged_by": self.any_user(item.merged_by),
            "comments": item.comments,
            "review_comments": item.review_comments,
            "maintainer_can_modify": False,
            "commits": item.commits,
            "additions": item.additions,
            "deletions": item.deletions,
            "changed_files": item.changed_files,
        }


PULL_LINKS = ("commits", "review_comments", "review_comment", "comments", "statuses")
