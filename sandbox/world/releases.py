"""Releases of repositories: drafted, published, edited and deleted."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.world.assets import Asset
from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.items import Release, Repository
from sandbox.world.people import Person


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A release that was deleted, and when."""

    release: Release
    at: int


class Releases(Core):
    """The part of the state that is about releases, and the ways to change it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.withdrawals: list[Withdrawal] = []
        self._release_ids = Random(f"{plan.seed}/releases")
        self._last_release = self._release_ids.randrange(200_000_000, 250_000_000)

    @property
    def releases(self) -> list[Release]:
        """All releases of all repositories, drafts too."""
        return [release for repository in self.repositories.values() for release in repository.releases.values()]

    def release(
        self,
        repository: Repository,
        tag_name: str,
        author: Person | None = None,
        *,
        name: str | None = None,
        body: str | None = None,
        draft: bool = False,
        prerelease: bool = False,
        assets: Iterable[str] = (),
    ) -> Release:
        """Release a repository now, with files of these names, or only draft it; ValueError for a tag that is taken."""
        with self.lock:
            if tag_name in {release.tag_name for release in repository.releases.values()}:
                raise ValueError(f"{repository.full_name} has a release {tag_name} already")
            release = Release(
                id=self._next_id_of_release(),
                repository=repository,
                author=author or self.first_admin(repository.owner),
                tag_name=tag_name,
                name=name,
                body=body,
                prerelease=prerelease,
                created_at=self.now,
                updated_at=self.now,
                published_at=None if draft else self.now,
            )
            release.assets = tuple(self._asset(release.id * 9 + index, one) for index, one in enumerate(assets))
            repository.releases[release.id] = release
            self._tell_release(release, "created" if draft else "published")
            self.version += 1
            return release

    def publish(self, release: Release) -> None:
        """Publish a draft; ValueError for what is published."""
        with self.lock:
            if not release.is_draft:
                raise ValueError(f"{release.tag_name} is published already")
            release.published_at = release.updated_at = self.now
            self._tell_release(release, "published")
            self.version += 1

    def edit_release(self, release: Release, *, name: str | None, body: str | None, prerelease: bool) -> None:
        """Give a release another name, text and state."""
        with self.lock:
            before = {"name": release.name, "body": release.body}
            release.name, release.body, release.prerelease = name, body, prerelease
            release.updated_at = self.now
            self._tell_release(release, "edited", before=before)
            self.version += 1

    def delete_release(self, release: Release) -> None:
        """Delete a release; its tag may be used again."""
        with self.lock:
            del release.repository.releases[release.id]
            self.withdrawals.append(Withdrawal(release, self.now))
            self._tell_release(release, "deleted")
            self.version += 1

    def _tell_release(self, release: Release, action: str, **about: Any) -> None:
        if self.journal.watched:
            self.tell(release.repository.owner, "release", action, copy.copy(release), **about)

    def _next_id_of_release(self) -> int:
        self._last_release += self._release_ids.randrange(20, 9_000)
        return self._last_release

    def _asset(self, number: int, name: str) -> Asset:
        size = int(self._release_ids.lognormvariate(14, 1.5))
        return Asset(number, name, size, self.now, self._release_ids.random())
