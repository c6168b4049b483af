"""Boards (GitHub Projects), their fields and what is on them, from GitHub's GraphQL API.

Whatever a query can't have, GitHub leaves out as a null. Such a hole is never taken for an absence.

https://docs.github.com/en/graphql/reference/objects#projectv2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.errors import IncompleteReadError
from chalicelib.github import GitHubAPI
from chalicelib.github.batches import Node, dig, is_node
from chalicelib.projects.api import queries
from chalicelib.projects.api.answers import connection_of, next_cursor
from chalicelib.projects.api.items import ItemReader, ItemsRead
from chalicelib.projects.api.timelines import Timelines


@dataclass
class ProjectsAPI:
    """Asks for boards; a server that doesn't know them raises UnprocessableError.

    All methods raise a GitHubError when GitHub can't be asked, or refuses the whole board.
    """

    github: GitHubAPI
    _names_archived: bool | None = field(default=None, repr=False)
    _timelines: Timelines | None = field(default=None, repr=False)

    def projects(self, org: str) -> Iterator[Node]:
        """Give the boards of an organisation by number, closed ones too.

        Raises IncompleteReadError after the last one when GitHub left some out: what is not listed need not be gone.
        """
        where = ("organization", "projectsV2")
        yield from self._pages(queries.PROJECTS, {"org": org}, where, what=f"the boards of {org}")

    def fields(self, project_id: str) -> list[Node]:
        """Fetch the fields of a board, with options and iterations; IncompleteReadError when GitHub left some out."""
        where = ("node", "fields")
        return list(self._pages(queries.FIELDS, {"id": project_id}, where, what=f"the fields of board {project_id}"))

    def items(self, project_id: str) -> ItemsRead:
        """Fetch the items of a board with all their values, archived and redacted ones too."""
        return ItemReader(self.github, project_id, with_archived=self._must_name_archived()).read()

    def timelines(self, content_node_ids: Sequence[str]) -> dict[str, list[Node] | None]:
        """Fetch what the timelines of issues and pull requests tell of boards, closing and reopening.

        None for one that can't be had. Where events of boards are forbidden, the others come alone.
        """
        return self._of_timelines.fetch(content_node_ids)

    @property
    def is_without_boards(self) -> bool:
        """Whether timelines came without the events of boards, because GitHub refuses these."""
        return self._of_timelines.is_without_boards

    @property
    def without_boards(self) -> set[str]:
        """Whose timelines came without the events of boards."""
        return self._of_timelines.without_boards

    @property
    def _of_timelines(self) -> Timelines:
        if self._timelines is None:
            self._timelines = Timelines(self.github)
        return self._timelines

    def _must_name_archived(self) -> bool:
        """Find out, once, whether a list of items has archived ones only when it is asked for them."""
        if self._names_archived is None:
            fields = dig(self.github.query(queries.SERVER, {}).data, "board", "fields") or ()
            arguments = [each["name"] for one in fields if one["name"] == "items" for each in one["args"]]
            self._names_archived = queries.ARCHIVED_STATES in arguments
        return self._names_archived

    def _pages(self, text: str, variables: dict[str, str], where: tuple[str, ...], *, what: str) -> Iterator[Node]:
        cursors, cursor, holes = set[str](), None, 0
        while True:
            answer = self.github.query(text, {**variables, "after": cursor})
            page = connection_of(answer, *where, what=what)
            broken = {error.path[len(where) + 1] for error in answer.errors if len(error.path) > len(where) + 1}
            holes += len(broken) if broken else bool(answer.errors)
            for place, node in enumerate(page["nodes"]):
                if place not in broken and is_node(node):
                    yield node
                elif place not in broken:
                    holes += 1
            cursor = next_cursor(page, cursors)
            if cursor is None:
                break
            cursors.add(cursor)
        if holes:
            raise IncompleteReadError(f"GitHub left out {holes} of {what}")
