"""A token: whose it is, which organisations it reaches and what it may do there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import Self

from sandbox.api.errors import ApiError
from sandbox.api.permissions import Permissions, allows, includes, narrowed
from sandbox.world.items import Item, Organisation, Repository
from sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `organisations` None means all of them, `hidden` are repositories it may not read nevertheless.

    `permissions` None means everything, as a classic personal access token; `installation` is whose token it is, if it
    is an installation's; `app` is the App that signed it, if it is a JWT. `expires` is in epoch seconds.
    """

    value: str
    organisations: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()
    permissions: Permissions | None = None
    installation: int | None = None
    app: int | None = None
    expires: float = inf

    @property
    def is_classic(self) -> bool:
        """Whether it is a token with scopes, not permissions."""
        return self.permissions is None and self.app is None

    @property
    def holder(self) -> str:
        """Who is charged, as the limits' refusals call them."""
        if self.installation is not None:
            return f"installation ID {self.installation}"
        return "user ID 1" if self.app is None else f"app ID {self.app}"

    @property
    def account(self) -> str:
        """Whose limits it draws on: an installation's tokens share them, any other has its own."""
        return self.value if self.installation is None and self.app is None else self.holder

    def sees(self, organisation: Organisation) -> bool:
        """Whether the organisation and all that belongs to it is visible."""
        names = {organisation.login.lower(), *organisation.former_logins}
        return self.organisations is None or not names.isdisjoint(self.organisations)

    def reads(self, repository: Repository) -> bool:
        """Whether the repository is visible."""
        return self.sees(repository.owner) and repository.full_name.lower() not in self.hidden

    def visible(self, world: World) -> list[Organisation]:
        """Return the organisations that are visible."""
        return [organisation for organisation in world.organisations.values() if self.sees(organisation)]

    def reads_kind(self, *, pulls: bool) -> bool:
        """Whether it has the permission for pull requests, or for issues."""
        return self.permits("pull_requests" if pulls else "issues")

    def permits(self, name: str, level: str = "read") -> bool:
        """Whether it has a permission at this level or above."""
        return self.permissions is None or includes(self.permissions, name, level)

    @property
    def pushes(self) -> bool:
        """Whether it may write to the repositories that it reads."""
        return self.permits("contents", "write")

    @property
    def administers(self) -> bool:
        """Whether it may see how the repositories that it reads are set up."""
        return self.permits("administration")

    def shows(self, items: Iterable[Item]) -> list[Item]:
        """Return those items that its permissions show."""
        if self.permissions is None:
            return list(items)
        kinds = {pulls for pulls in (False, True) if self.reads_kind(pulls=pulls)}
        return [item for item in items if item.is_pull in kinds]

    def demand(self, accepted: str) -> None:
        """Raise the API's 403 unless its permissions are among those accepted."""
        if self.permissions is not None and not allows(self.permissions, accepted):
            raise self.refusal()

    def refusal(self) -> ApiError:
        """Return the 403 for what its permissions don't allow; the header that names them comes with every answer."""
        kind = "personal access token" if self.installation is None else "integration"
        return ApiError(403, f"Resource not accessible by {kind}")

    def narrow(self, limit: Permissions) -> Self:
        """Return it with no more permissions than these."""
        return replace(self, permissions=limit if self.permissions is None else narrowed(self.permissions, limit))
