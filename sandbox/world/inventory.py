"""What a repository has beside its name and its items; a test sets it, and nothing here changes by itself."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Features:
    """Which kinds of alerts there are: without a feature an organisation has no list, a repository no rows on it."""

    dependabot: bool = True
    secret_scanning: bool = True
    code_scanning: bool = True


@dataclass(slots=True)
class RepositoryFeatures(Features):
    """A repository's features: those with alerts, and others that are only shown to be on or off."""

    push_protection: bool = True
    security_updates: bool = True
    advanced_security: bool = True


@dataclass(slots=True, eq=False, kw_only=True)
class Inventory:
    """What lists of repositories tell of one.

    `internal` goes with `private`. `license` is an SPDX id. Without `size` (kilobytes) it follows from the number of
    items. An empty repository has no `default_branch`. Custom properties are texts, also "true" and "false", or lists
    of texts.
    """

    internal: bool = False
    topics: list[str] = field(default_factory=list)
    license: str | None = None
    size: int | None = None
    default_branch: str | None = "main"
    custom_properties: dict[str, str | list[str]] = field(default_factory=dict)
    security: RepositoryFeatures = field(default_factory=RepositoryFeatures)
