"""GitHub Apps that somebody registered (the API calls them integrations), and where they are installed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.world.items import Organisation
from sandbox.world.people import App


@dataclass(frozen=True, slots=True)
class Installation:
    """An App's place in an organisation."""

    id: int
    organisation: Organisation
    created_at: int


@dataclass(slots=True, eq=False)
class Integration:
    """A GitHub App; `installations` by their organisation's name in lower case."""

    app: App
    client_id: str
    permissions: Mapping[str, str]
    updated_at: int
    installations: dict[str, Installation] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The App's id."""
        return self.app.id
