"""The labels of items: lists in JSON, which take long to take apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, String, literal_column, select, true, union_all

from chalicelib.contributions.facts.people import ISSUE, PULL_REQUEST
from chalicelib.contributions.models import Issue, LabelFact, PullRequest
from chalicelib.store.elements import ElementsOf, TextIn
from chalicelib.store.facts import Chosen
from chalicelib.store.functions import constant

# Not bound: a view has no parameters.
NAME = literal_column("'name'", String)


def label_facts(chosen: Chosen) -> Select[Any]:
    """The labels of chosen items, in the columns of LabelFact; what has no name is none."""
    each = union_all(_of(Issue, ISSUE, chosen), _of(PullRequest, PULL_REQUEST, chosen)).subquery("label_of")
    return select(*(each.c[column.name] for column in LabelFact.__table__.c)).distinct()


def _of(model: type[Issue | PullRequest], kind: str, chosen: Chosen) -> Select[Any]:
    label = ElementsOf(model.labels).table_valued("value", name="element")
    name = TextIn(label.c.value, NAME)
    place = (model.id.label("item_id"), constant(kind).label("kind"), model.org, model.repo, model.number)
    labels = select(*place, name.label("name")).select_from(model).join(label, true())
    return labels.where(model.deleted_at.is_(None), name.is_not(None), chosen(model.id))
