"""All forms in which the API shows the world: those of timelines, of commits and reactions, and of releases."""

from typing import Any

from sandbox.api.nodeids import node_id
from sandbox.api.timelines import Entry, Timelines
from sandbox.api.times import moment, timestamp
from sandbox.world.assets import Asset
from sandbox.world.items import Change, Item, Release

JSON = dict[str, Any]
CONTENT_TYPES = {"gz": "application/gzip", "zip": "application/zip", "txt": "text/plain"}


class Forms(Timelines):
    """Builds everything for one base URL."""

    def pull_commit(self, item: Item, entry: Entry) -> JSON:
        """Return a commit as a pull request's list shows it."""
        row = self.row(item, entry)
        url = row["url"].replace("/git/commits/", "/commits/")
        inner = {name: row[name] for name in ("author", "committer", "tree", "message", "verification", "url")}
        user = self.any_user(entry.change.actor)
        return {
            "sha": row["sha"],
            "node_id": row["node_id"],
            "commit": {**inner, "comment_count": 0},
            "url": url,
            "html_url": row["html_url"],
            "comments_url": f"{url}/comments",
            "author": user,
            "committer": user,
            "parents": row["parents"],
        }

    def reaction(self, item: Item, change: Change) -> JSON:
        """Return a reaction as the lists of reactions show it."""
        return {
            "id": change.id,
            "node_id": node_id("REA", item.repository.id, change.id),
            "user": self.any_user(change.actor),
            "content": change.text,
            "created_at": timestamp(change.at),
        }

    def release(self, release: Release) -> JSON:
        """Return a release as lists show it."""
        repository_url = self.repository_url(release.repository)
        url = f"{repository_url}/releases/{release.id}"
        uploads = self.base.replace("//api.", "//uploads.", 1)
        # A draft's tag doesn't exist before it is published.
        tag = f"untagged-{release.id:x}" if release.is_draft else release.tag_name
        archives = {
            f"{kind}_url": None if release.is_draft else f"{repository_url}/{kind}/{release.tag_name}"
            for kind in ("tarball", "zipball")
        }
        return {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{url.replace(self.base, uploads, 1)}/assets{{?name,label}}",
            "html_url": f"{self.html}/{release.repository.full_name}/releases/tag/{tag}",
            "id": release.id,
            "author": self.user(release.author),
            "node_id": node_id("RE", release.repository.id, release.id),
            "tag_name": release.tag_name,
            "target_commitish": "main",
            "name": release.name,
            "draft": release.is_draft,
            "immutable": False,
            "prerelease": release.prerelease,
            "created_at": timestamp(release.created_at),
            "updated_at": timestamp(release.updated_at),
            "published_at": moment(release.published_at),
            "assets": [self._asset(release, asset, tag) for asset in release.assets],
            **archives,
            "body": release.body,
        }

    def _asset(self, release: Release, asset: Asset, tag: str) -> JSON:
        return {
            "url": f"{self.repository_url(release.repository)}/releases/assets/{asset.id}",
            "id": asset.id,
            "node_id": node_id("RA", release.repository.id, asset.id),
            "name": asset.name,
            "label": None,
            "uploader": self.user(release.author),
            "content_type": CONTENT_TYPES[asset.name.rpartition(".")[2]],
            "state": "uploaded",
            "size": asset.size,
            "digest": None,
            "download_count": 0 if release.is_draft else asset.downloads(self.world.now, release.repository.stars),
            "created_at": timestamp(asset.created_at),
            "updated_at": timestamp(asset.created_at),
            "browser_download_url": f"{self.html}/{release.repository.full_name}/releases/download/{tag}/{asset.name}",
        }
