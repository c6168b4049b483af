"""What can happen to a repository's releases."""

from random import Random

from sandbox.world import words
from sandbox.world.items import Release, Repository
from sandbox.world.population import Happen, Happening, Population

PRERELEASES, DRAFTS_FIRST = 0.15, 0.5
# The share of versions that change so much: major, minor, patch.
STEPS = (1, 4, 7)


def _report(kind: str, release: Release) -> list[Happening]:
    place = release.repository.full_name
    return [{"kind": kind, "repository": place, "release": release.id, "tag": release.tag_name}]


def _next_tag(rng: Random, repository: Repository) -> str:
    """Raise a repository's version to one that has no release and return it as a tag."""
    taken = {release.tag_name for release in repository.releases.values()}
    while True:
        major, minor, patch = repository.last_version
        versions = ((major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1))
        repository.last_version = rng.choices(versions, weights=STEPS)[0]
        tag = "v{}.{}.{}".format(*repository.last_version)
        if tag not in taken:
            return tag


def _notes(rng: Random) -> str | None:
    lines = [f"* {line}" for line in rng.sample(words.SENTENCES, rng.randrange(4))]
    return "\r\n".join(["## What's changed", *lines]) if lines else None


def _files(rng: Random, repository: Repository, tag: str) -> list[str]:
    name = f"{repository.name}-{tag.removeprefix('v')}"
    return [f"{name}.tar.gz", f"{name}.zip", "checksums.txt"][: rng.randrange(4)]


def _make(*, draft: bool) -> Happen:
    """Return a release of the next version, now or as a draft; one that waits as a draft may come first."""

    def run(world: Population, rng: Random) -> list[Happening]:
        if not world.has_active:
            return []
        repository = world.draw_repository(rng)
        drafts = [one for one in repository.releases.values() if one.is_draft]
        if drafts and not draft and rng.random() < DRAFTS_FIRST:
            world.publish(drafts[0])
            return _report("release_published", drafts[0])
        tag, prerelease = _next_tag(rng, repository), rng.random() < PRERELEASES
        release = world.release(
            repository,
            tag,
            world.draw_insider(rng, repository),
            name=tag if rng.random() < 0.7 else "",
            body=_notes(rng),
            draft=draft,
            prerelease=prerelease,
            assets=_files(rng, repository, tag),
        )
        return _report("release_drafted" if draft else "release_published", release)

    return run


def _draw(world: Population, rng: Random) -> Release | None:
    """Draw a release: of a repository that is in use or, if that has none, of any."""
    here = list(world.draw_repository(rng).releases.values()) if world.has_active else []
    releases = here or world.releases
    return rng.choice(releases) if releases else None


def _edit(world: Population, rng: Random) -> list[Happening]:
    """Change a release's text; a prerelease may become a full one by that."""
    release = _draw(world, rng)
    if release is None:
        return []
    prerelease = release.prerelease and rng.random() < 0.5
    body = f"{release.body or ''}\r\n\r\nEdit: {rng.choice(words.SENTENCES)}"
    world.edit_release(release, name=release.name, body=body, prerelease=prerelease)
    return _report("release_edited", release)


def _delete(world: Population, rng: Random) -> list[Happening]:
    release = _draw(world, rng)
    if release is None:
        return []
    world.delete_release(release)
    return _report("release_deleted", release)


RELEASE_HAPPENINGS: dict[str, tuple[int, Happen]] = {
    "release_published": (14, _make(draft=False)),
    "release_drafted": (2, _make(draft=True)),
    "release_edited": (3, _edit),
    "release_deleted": (1, _delete),
}
