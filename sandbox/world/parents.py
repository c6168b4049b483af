"""Issues within issues: which one is a part of which."""

from sandbox.world.core import Core
from sandbox.world.items import Change, Item, Kind
from sandbox.world.people import Person


class Parents(Core):
    """The part of the state that puts issues below others."""

    def set_parent(self, item: Item, parent: Item | None, *, actor: Person | None = None) -> None:
        """Put an issue below another one, or (None) below none; both timelines tell. ValueError for a circle."""
        if parent is not None and (item.is_pull or parent.is_pull or item in (parent, *ancestors(parent))):
            raise ValueError("an issue is a part of another issue, and never of itself")
        actor = actor or self.first_admin(item.repository.owner)
        with self.lock:
            before = None if item.parent is None else item.parent.now()
            if before is parent:
                return
            if before is not None:
                self.apply(item, Change(self.now, Kind.PARENT_ISSUE_REMOVED, actor, other=before))
                self.apply(before, Change(self.now, Kind.SUB_ISSUE_REMOVED, actor, other=item))
            if parent is not None:
                self.apply(item, Change(self.now, Kind.PARENT_ISSUE_ADDED, actor, other=parent))
                self.apply(parent, Change(self.now, Kind.SUB_ISSUE_ADDED, actor, other=item))


def ancestors(item: Item) -> list[Item]:
    """Return the issues above one, the nearest first."""
    found: list[Item] = []
    while item.parent is not None and item.parent.now() not in found:
        item = item.parent.now()
        found.append(item)
    return found
