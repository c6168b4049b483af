"""Users, organisations, teams and repositories as GitHub's JSON."""

from typing import Any
from zlib import crc32

from sandbox.api.nodeids import account_node_id, legacy_node_id, node_id
from sandbox.api.times import timestamp
from sandbox.world.apps import Installation, Integration
from sandbox.world.items import Organisation, Repository, Team
from sandbox.world.people import Person
from sandbox.world.world import World

JSON = dict[str, Any]
# Web pages aren't served; a reserved name, so that no link leads to a stranger's account.
HTML = "https://github.example"


def _links(plain: str, **others: str) -> dict[str, str]:
    """Return paths by the fields that carry them: `keys{/key_id}` is that of `keys_url`."""
    return {f"{path.partition('{')[0].rstrip('/')}_url": path for path in plain.split()} | others


USER_LINKS = _links(
    "followers following{/other_user} gists{/gist_id} starred{/owner}{/repo} subscriptions repos events{/privacy} "
    "received_events",
    organizations_url="orgs",
)
REPOSITORY_LINKS = _links(
    "forks keys{/key_id} collaborators{/collaborator} teams hooks events assignees{/user} branches{/branch} tags "
    "statuses/{sha} languages stargazers contributors subscribers subscription commits{/sha} comments{/number} "
    "contents/{+path} compare/{base}...{head} merges downloads issues{/number} pulls{/number} milestones{/number} "
    "notifications{?since,all,participating} labels{/name} releases{/id} deployments",
    issue_events_url="issues/events{/number}",
    issue_comment_url="issues/comments{/number}",
    archive_url="{archive_format}{/ref}",
    blobs_url="git/blobs{/sha}",
    trees_url="git/trees{/sha}",
    git_tags_url="git/tags{/sha}",
    git_refs_url="git/refs{/sha}",
    git_commits_url="git/commits{/sha}",
)
SIMPLE_REPOSITORY = (
    *("id", "node_id", "name", "full_name", "private", "owner", "html_url", "description", "fork", "url"),
    *REPOSITORY_LINKS,
)
REPOSITORY_CONSTANTS: JSON = {
    "fork": False,
    "homepage": None,
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": False,
    "has_pages": False,
    "has_discussions": False,
    "mirror_url": None,
    "disabled": False,
    "allow_forking": True,
    "is_template": False,
    "web_commit_signoff_required": False,
    "permissions": {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
}


class Profiles:
    """Builds the JSON of accounts and repositories for one base URL."""

    def __init__(self, world: World, base_url: str, *, public_url: str = "", new_ids: bool = False) -> None:
        self.world = world
        self.new_ids = new_ids  # whether all node ids have the new form
        # What pages link to each other by, and what the objects on them carry: not the same behind a public name.
        self.links, self.base = base_url, public_url or base_url
        self.html = HTML
        self.association = world.association
        self._users: dict[Person, JSON] = {}
        self._repositories: dict[Repository, JSON] = {}
        self._version = -1

    def node_id(self, kind: str, prefix: str, *numbers: int, at: int) -> str:
        """Return a node id of this kind: in the old form if what was made then has it, unless all have the new one."""
        if at < self.world.plan.legacy_until and not self.new_ids:
            return legacy_node_id(kind, numbers[-1])
        return node_id(prefix, *numbers)

    def repository_url(self, repository: Repository) -> str:
        """Return a repository's API URL."""
        return f"{self.base}/repos/{repository.full_name}"

    def user(self, person: Person) -> JSON:
        """Return the short form of an account, made once for each of its names."""
        if person not in self._users or self._users[person]["login"] != person.login:
            name = person.login.replace("[", "%5B").replace("]", "%5D")
            url = f"{self.base}/users/{name}"
            path = f"apps/{person.name}" if person.type == "Bot" else person.login
            self._users[person] = {
                "login": person.login,
                "id": person.id,
                "node_id": account_node_id(person.type, person.id, new=self.new_ids),
                "avatar_url": f"https://avatars.github.example/u/{person.id}?v=4",
                "gravatar_id": "",
                "url": url,
                "html_url": f"{self.html}/{path}",
                **{field: f"{url}/{path}" for field, path in USER_LINKS.items()},
                "type": person.type,
                "user_view_type": "public",
                "site_admin": person.site_admin,
            }
        return self._users[person]

    def public_user(self, person: Person) -> JSON:
        """Return the long form of an account."""
        return {
            **self.user(person),
            "name": person.name,
            "company": None,
            "blog": "",
            "location": person.location,
            "email": person.email,
            "hireable": None,
            "bio": None,
            "twitter_username": None,
            "public_repos": person.id % 40,
            "public_gists": person.id % 7,
            "followers": person.id % 300,
            "following": person.id % 50,
            "created_at": timestamp(person.created_at),
            "updated_at": timestamp(person.created_at),
        }

    def private_user(self, person: Person) -> JSON:
        """Return the token's own account."""
        numbers = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
        return {**self.public_user(person), **dict.fromkeys(numbers, 0), "two_factor_authentication": True}

    def simple_organisation(self, organisation: Organisation) -> JSON:
        """Return an organisation as lists show it."""
        account = organisation.account
        url = f"{self.base}/orgs/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": account_node_id(account.type, account.id, new=self.new_ids),
            "url": url,
            **{f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")},
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"https://avatars.github.example/u/{account.id}?v=4",
            "description": "A generated organisation",
        }

    def organisation(self, organisation: Organisation) -> JSON:
        """Return an organisation's long form."""
        account = organisation.account
        public = sum(not repository.private for repository in organisation.repositories)
        return {
            **self.simple_organisation(organisation),
            "name": account.name,
            "company": None,
            "blog": None,
            "location": None,
            "email": None,
            "is_verified": False,
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": public,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "html_url": f"{self.html}/{account.login}",
            "created_at": timestamp(account.created_at),
            "updated_at": timestamp(account.created_at),
            "archived_at": None,
            "type": "Organization",
            "total_private_repos": len(organisation.repositories) - public,
            "owned_private_repos": len(organisation.repositories) - public,
        }

    def team(self, team: Team) -> JSON:
        """Return a team as lists show it, with its parent."""
        return {**self._team(team), "parent": None if team.parent is None else self._team(team.parent)}

    def _team(self, team: Team) -> JSON:
        url = f"{self.base}/organizations/{team.organisation.id}/team/{team.id}"
        return {
            "name": team.name,
            "id": team.id,
            "node_id": node_id("T", team.organisation.id, team.id),
            "slug": team.slug,
            "description": f"Everybody who works on {team.name.lower()}",
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "url": url,
            "html_url": f"{self.html}/orgs/{team.organisation.login}/teams/{team.slug}",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "organization_id": team.organisation.id,
            "permission": "pull",
        }

    def installation(self, integration: Integration, installation: Installation) -> JSON:
        """Return an App's installation."""
        account = installation.organisation.account
        return {
            "id": installation.id,
            "client_id": integration.client_id,
            "account": self.user(account),
            "repository_selection": "all",
            "access_tokens_url": f"{self.base}/app/installations/{installation.id}/access_tokens",
            "repositories_url": f"{self.base}/installation/repositories",
            "html_url": f"{self.html}/organizations/{account.login}/settings/installations/{installation.id}",
            "app_id": integration.id,
            "app_slug": integration.app.slug,
            "target_id": account.id,
            "target_type": "Organization",
            "permissions": integration.permissions,
            "events": [],
            "created_at": timestamp(installation.created_at),
            "updated_at": timestamp(max(installation.created_at, integration.updated_at)),
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "suspended_by": None,
            "suspended_at": None,
        }

    def repository(self, repository: Repository) -> JSON:
        """Return a repository as lists and pull requests show it; counting its issues takes long, so it is kept."""
        if self._version != self.world.version:
            self._version = self.world.version
            self._repositories.clear()
        if repository not in self._repositories:
            self._repositories[repository] = self._repository(repository)
        return self._repositories[repository]

    def _repository(self, repository: Repository) -> JSON:
        url = self.repository_url(repository)
        html_url = f"{self.html}/{repository.full_name}"
        host = self.html.removeprefix("https://")
        stars = repository.stars
        open_issues = _open_issues(repository)
        return {
            "id": repository.id,
            "node_id": node_id("R", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "owner": self.user(repository.owner.account),
            "html_url": html_url,
            "description": repository.description,
            "url": url,
            **{field: f"{url}/{path}" for field, path in REPOSITORY_LINKS.items()},
            "created_at": timestamp(repository.created_at),
            "updated_at": timestamp(repository.pushed_at),
            "pushed_at": timestamp(repository.pushed_at),
            "git_url": f"git://{host}/{repository.full_name}.git",
            "ssh_url": f"git@{host}:{repository.full_name}.git",
            "clone_url": f"{html_url}.git",
            "svn_url": html_url,
            **REPOSITORY_CONSTANTS,
            **_inventory(repository),
            "stargazers_count": stars,
            "watchers_count": stars,
            "forks_count": stars // 9,
            "open_issues_count": open_issues,
            "forks": stars // 9,
            "open_issues": open_issues,
            "watchers": stars,
        }

    def simple_repository(self, repository: Repository) -> JSON:
        """Return a repository as alerts carry it."""
        row = self.repository(repository)
        return {name: row[name] for name in SIMPLE_REPOSITORY}

    def listed_repository(self, repository: Repository, *, administers: bool) -> JSON:
        """Return a repository as organisations list it, to those who may see that with its security features.

        What a test sets is shown at once, also where the row itself was kept.
        """
        features = {"security_and_analysis": _features(repository)} if administers else {}
        properties = {"custom_properties": repository.custom_properties}
        return {**self.repository(repository), **_inventory(repository), **properties, **features}

    def full_repository(self, repository: Repository, *, administers: bool) -> JSON:
        """Return a repository's own page."""
        return {
            **self.listed_repository(repository, administers=administers),
            "organization": self.user(repository.owner.account),
            "network_count": 0,
            "subscribers_count": len(repository.core),
        }


def _inventory(repository: Repository) -> JSON:
    """Return what may be set at any time."""
    size = 120 + repository.last_number * 3 if repository.size is None else repository.size
    return {
        "private": repository.private,
        "archived": repository.archived,
        "visibility": repository.visibility,
        "language": repository.language,
        "topics": repository.topics,
        "license": repository.license and license_of(repository.license),
        "size": size,
        "default_branch": repository.default_branch or "main",
        "pushed_at": timestamp(repository.pushed_at),
    }


def license_of(spdx_id: str) -> JSON:
    """Return a licence by its SPDX id."""
    identifier = legacy_node_id("License", crc32(spdx_id.encode()) % 1_000)
    return {"key": spdx_id.lower(), "name": spdx_id, "spdx_id": spdx_id, "url": None, "node_id": identifier}


def _features(repository: Repository) -> JSON:
    """Return which security features are on; public repositories have the advanced ones anyway."""
    security = repository.security
    shown = {
        "secret_scanning": security.secret_scanning,
        "secret_scanning_push_protection": security.push_protection,
        "dependabot_security_updates": security.security_updates,
        **({"advanced_security": security.advanced_security} if repository.private else {}),
    }
    return {name: {"status": "enabled" if on else "disabled"} for name, on in shown.items()}


def _open_issues(repository: Repository) -> int:
    return sum(item.state == "open" for item in repository.items.values())
