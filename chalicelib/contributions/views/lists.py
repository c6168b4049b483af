"""What issues and pull requests hold as lists, a row for each: for tools that can't look into JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, Subquery, literal_column, select, true, union_all

from chalicelib.contributions.facts import LABELS
from chalicelib.contributions.facts.people import ISSUE, PULL_REQUEST
from chalicelib.contributions.models import Issue, PullRequest
from chalicelib.store.elements import ElementsOf, IdIn, TextIn
from chalicelib.store.functions import constant
from chalicelib.store.views import View, ViewColumn

# Not bound: a view has no parameters.
ID = literal_column("'id'", String)
LOGIN = literal_column("'login'", String)


def _assignees() -> Subquery:
    def of(model: type[Issue | PullRequest]) -> Select[Any]:
        person = _elements(model.assignees)
        user_id = IdIn(person.c.value, ID)
        login = TextIn(person.c.value, LOGIN)
        return _rows(model, person, user_id.label("user_id"), login.label("login")).where(user_id.is_not(None))

    return union_all(of(Issue), of(PullRequest)).subquery("assignee_of")


def _elements(column: Any) -> Any:
    return ElementsOf(column).table_valued("value", name="element")


def _rows(model: type[Issue | PullRequest], elements: Any, *columns: ColumnElement[Any]) -> Select[Any]:
    """A row for each element of each item that GitHub shows."""
    kind = constant(PULL_REQUEST if model is PullRequest else ISSUE).label("kind")
    place = (model.id.label("item_id"), kind, model.org, model.repo, model.number)
    joined = select(*place, *columns).select_from(model).join(elements, true())
    return joined.where(model.deleted_at.is_(None))


def _place(item: Any) -> list[ViewColumn]:
    return [
        ViewColumn("item_id", item.item_id, "issues.id or pull_requests.id"),
        ViewColumn("kind", item.kind, "issue or pull_request"),
        ViewColumn("org", item.org, "Owner of the repository"),
        ViewColumn("repo", item.repo, "Repository's name, without the owner"),
        ViewColumn("number", item.number, "Number within the repository"),
    ]


_label, _assignee = LABELS.current().c, _assignees().c

ITEM_LABELS = View(
    "item_labels",
    "A row for each label of each issue and pull request that GitHub shows. An item without labels has no row",
    [*_place(_label), ViewColumn("name", _label.name, "Label's name when the item last changed")],
)
ITEM_ASSIGNEES = View(
    "item_assignees",
    "A row for each assignee of each issue and pull request that GitHub shows. An item without assignees has no row",
    [
        *_place(_assignee),
        ViewColumn("user_id", _assignee.user_id, "Assignee's id (members.id), which stays with a person"),
        ViewColumn("login", _assignee.login, "Assignee's login when the item last changed"),
    ],
)
