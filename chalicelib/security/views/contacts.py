"""Whom to ask about a repository: by a custom property, CODEOWNERS, the teams named there, or else the admins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    column,
    func,
    literal,
    select,
    table,
    true,
    union,
)

from chalicelib.inventory.models import Repository, Team, TeamMember
from chalicelib.security.models import RepositoryCheck
from chalicelib.store.functions import ByBytes, TextsOf, constant
from chalicelib.store.views import View, ViewColumn

CUSTOM_PROPERTY, CODEOWNERS, TEAM, ADMINS = "custom_property", "codeowners", "team", "admins"
# In the order in which they are asked; an e-mail address in CODEOWNERS comes before a login.
PLACES = (CUSTOM_PROPERTY, CODEOWNERS, CODEOWNERS, TEAM)
BY_PROPERTY, BY_ADDRESS, BY_LOGIN, BY_TEAM = range(len(PLACES))
SOURCE = (
    "custom_property; codeowners: an e-mail address in CODEOWNERS, or of somebody who is named there, else who is "
    "named there; team: maintainers of the teams that are named there; admins: the organisation's. NULL: nobody"
)

# The contributions' tables; written out and not imported, because domains don't import each other.
_members = table("members", column("id", BigInteger), column("login", String))
_memberships = table(
    "memberships",
    column("org", String),
    column("member_id", BigInteger),
    column("role", String),
    column("inactive", Boolean),
)


def _contact_points() -> Select[Any]:
    """What the rule point_of_contact found."""
    contact = RepositoryCheck.evidence["contact"].as_string()
    by_property = RepositoryCheck.evidence["source"].as_string() == CUSTOM_PROPERTY
    return select(
        RepositoryCheck.repository_id,
        case((by_property, BY_PROPERTY), else_=BY_ADDRESS).label("place"),
        contact.label("contact"),
    ).where(RepositoryCheck.rule == "point_of_contact", contact.is_not(None))


def _owners() -> Subquery:
    """Whom CODEOWNERS names: people (@login), teams (@org/team) and e-mail addresses."""
    name = TextsOf(RepositoryCheck.evidence["owners"]).table_valued(column("value", String), name="name")
    return (
        select(RepositoryCheck.org, RepositoryCheck.repository_id, name.c.value.label("name"))
        .join(name, true())
        .where(RepositoryCheck.rule == "codeowners")
        .subquery("owner")
    )


def _named_people() -> Select[Any]:
    owner = _owners().c
    return select(owner.repository_id, literal(BY_LOGIN), owner.name).where(~owner.name.contains("/"))


def _maintainers() -> Select[Any]:
    owner = _owners()
    is_named = func.lower(owner.c.name) == func.lower(constant("@") + Team.org + "/" + Team.slug)
    belongs = and_(TeamMember.team_id == Team.id, TeamMember.role == "maintainer", TeamMember.left_at.is_(None))
    return (
        select(owner.c.repository_id, literal(BY_TEAM), constant("@") + TeamMember.login)
        .select_from(owner)
        .join(Team, and_(Team.org == owner.c.org, is_named, Team.deleted_at.is_(None)))
        .join(TeamMember, belongs)
    )


def _in_one_text(contact: Subquery, *keys: ColumnElement[Any]) -> Subquery:
    """Each row with the contacts of all rows that have the same keys, in order and with a comma between."""
    # Not an aggregate of a group: SQLite's has no order before 3.44.
    joined = func.aggregate_strings(contact.c.contact, ", ").over(
        partition_by=keys, order_by=ByBytes(contact.c.contact), rows=(None, None)
    )
    return select(*keys, joined.label("contacts")).subquery("in_one_text")


def _named() -> Subquery:
    """Who is named for a repository: a text for each place, NULL where it names nobody."""
    each = union(_contact_points(), _named_people(), _maintainers()).subquery("each_contact")
    text = _in_one_text(each, each.c.repository_id, each.c.place).c
    places = (
        func.max(case((text.place == place, text.contacts))).label(f"place_{place}") for place in range(len(PLACES))
    )
    return select(text.repository_id, *places).group_by(text.repository_id).subquery("named")


def _admins() -> Subquery:
    """Each organisation's admins."""
    admin = (
        select(_memberships.c.org, (constant("@") + _members.c.login).label("contact"))
        .join(_members, _members.c.id == _memberships.c.member_id)
        .where(_memberships.c.role == "admin", _memberships.c.inactive.is_(False))
        .subquery("admin")
    )
    text = _in_one_text(admin, admin.c.org).c
    return select(text.org, func.max(text.contacts).label("contacts")).group_by(text.org).subquery("admins")


def _contacts() -> Subquery:
    named, admins = _named(), _admins()
    texts = [named.c[f"place_{place}"] for place in range(len(PLACES))] + [admins.c.contacts]
    sources = [(text.is_not(None), constant(source)) for text, source in zip(texts, (*PLACES, ADMINS), strict=True)]
    return (
        select(
            *(Repository.org, Repository.name, Repository.id),
            *(func.coalesce(*texts).label("contact"), case(*sources).label("source")),
        )
        .outerjoin(named, named.c.repository_id == Repository.id)
        .outerjoin(admins, admins.c.org == Repository.org)
        .where(Repository.deleted_at.is_(None))
        .subquery("contacts")
    )


_contact = _contacts().c

REPOSITORY_CONTACTS = View(
    "repository_contacts",
    "Whom to ask about each repository: those of the first source that names anybody. A custom property and CODEOWNERS "
    "are known by the rules point_of_contact and codeowners, when these are checked",
    [
        ViewColumn("org", _contact.org, "Owner of the repository"),
        ViewColumn("repo", _contact.name, "Repository's name, without the owner"),
        ViewColumn("repository_id", _contact.id, "repositories.id"),
        ViewColumn(
            "contact", _contact.contact, "The property's text, e-mail addresses or @logins, with a comma between"
        ),
        ViewColumn("contact_source", _contact.source, SOURCE),
    ],
)
