"""Views as PostgreSQL's catalogue has them: what stands on them, and how to make one again just as it was.

https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import NamedTuple

from sqlalchemy import Connection, text

# What needs some relations. Of views these are named by their number, everything else by PostgreSQL's description.
# A view needs what its rule _RETURN reads; whatever else needs a table is none of our business.
# https://www.postgresql.org/docs/current/catalog-pg-depend.html
DEPENDENTS = text("""
WITH needed AS (
  SELECT oid, relkind, CAST('pg_class' AS regclass) AS class, oid AS object FROM pg_class WHERE oid = ANY(:oids)
  UNION ALL
  SELECT pg_class.oid, relkind, 'pg_type', type.oid FROM pg_class
  JOIN pg_type AS row_type ON row_type.oid = reltype
  JOIN pg_type AS type ON type.oid IN (row_type.oid, row_type.typarray) WHERE pg_class.oid = ANY(:oids)
)
SELECT DISTINCT needed.oid AS needed, rule.ev_class AS view,
  CASE WHEN rule.oid IS NULL THEN pg_describe_object(classid, objid, objsubid) END AS other
FROM needed
JOIN pg_depend ON refclassid = needed.class AND refobjid = needed.object AND deptype <> 'i'
LEFT JOIN pg_rewrite AS rule ON classid = CAST('pg_rewrite' AS regclass) AND rule.oid = objid AND rulename = '_RETURN'
LEFT JOIN pg_index ON classid = CAST('pg_class' AS regclass) AND indexrelid = objid
WHERE indexrelid IS NULL AND rule.ev_class IS DISTINCT FROM needed.oid
  AND (rule.oid IS NOT NULL OR needed.relkind IN ('v', 'm'))
""")
FIND = text("""
SELECT relname, oid FROM pg_class WHERE relname = ANY(:names) AND relkind = ANY(:kinds)
  AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
""")
DESCRIBE = text("""
SELECT pg_get_viewdef(:oid) AS query, ARRAY(
  SELECT concat_ws(' ', quote_ident(attname), atttypid, atttypmod, attcollation)
  FROM pg_attribute WHERE attrelid = :oid AND attnum > 0 ORDER BY attnum) AS columns
""")
SAVE = text("""
SELECT format('%I.%I', nspname, relname) AS name,
  CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind,
  concat(' USING ' || quote_ident(amname), ' TABLESPACE ' || quote_ident(spcname)) AS storage,
  rtrim(pg_get_viewdef(pg_class.oid), ';') AS definition,
  quote_ident(pg_get_userbyid(relowner)) AS owner,
  (SELECT string_agg(format('%I=%L', split_part(option, '=', 1), substr(option, strpos(option, '=') + 1)), ', ')
    FROM unnest(reloptions) AS option) AS options,
  relkind = 'm' AND relispopulated AS is_populated
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
LEFT JOIN pg_am ON pg_am.oid = relam LEFT JOIN pg_tablespace ON pg_tablespace.oid = reltablespace
WHERE pg_class.oid = :oid
""")
# Rights on a relation (with an empty name) and on single columns of it, as GRANT takes them.
RIGHTS = text("""
WITH rights AS (
  SELECT '' AS attname, granted.*
  FROM pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) AS granted WHERE oid = :oid
  UNION ALL
  SELECT attname, granted.* FROM pg_attribute, aclexplode(attacl) AS granted WHERE attrelid = :oid
)
SELECT DISTINCT attname, privilege_type || CASE attname WHEN '' THEN '' ELSE format(' (%I)', attname) END,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, is_grantable
FROM rights
""")
COMMENTS = text("""
SELECT CASE objsubid WHEN 0 THEN format('COMMENT ON %s %I.%I IS %L', :kind, nspname, relname, description)
  ELSE format('COMMENT ON COLUMN %I.%I.%I IS %L', nspname, relname, attname, description) END
FROM pg_description JOIN pg_class ON pg_class.oid = objoid JOIN pg_namespace ON pg_namespace.oid = relnamespace
LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
WHERE classoid = CAST('pg_class' AS regclass) AND objoid = :oid ORDER BY objsubid
""")
INDEXES = text("SELECT indexrelid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = :oid ORDER BY 1")
COMMENTS_OF = text("""
SELECT objoid, coalesce(attname, ''), description FROM pg_description
LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
WHERE classoid = CAST('pg_class' AS regclass) AND objoid = ANY(:oids)
""")
SEARCH_PATH = text("SELECT set_config('search_path', :path, true)")


class Definition(NamedTuple):
    """What a view says: its query, and its columns with all that a replacement must not change."""

    query: str
    columns: list[str]


class Right(NamedTuple):
    """What somebody may do with a view, or with one `column` of it."""

    column: str
    right: str
    grantee: str
    is_grantable: bool


class SavedView(NamedTuple):
    """A view, materialised or not, with all that is needed to make it again; names are written as SQL writes them."""

    name: str
    kind: str
    storage: str
    definition: str
    owner: str
    options: str | None
    is_populated: bool
    rights: frozenset[Right]
    rest: tuple[str, ...]


def find(connection: Connection, names: Collection[str], *, kinds: str = "v") -> dict[str, int]:
    """Find the numbers of those named relations that this schema has, of kinds as `pg_class.relkind` tells them."""
    rows = connection.execute(FIND, {"names": list(names), "kinds": list(kinds)})
    return {row.relname: row.oid for row in rows}


def describe(connection: Connection, oid: int) -> Definition:
    """Give a view's definition as PostgreSQL writes it out."""
    return Definition._make(connection.execute(DESCRIBE, {"oid": oid}).one())


def comments(connection: Connection, oids: Collection[int]) -> dict[tuple[int, str], str]:
    """Give the comments of views (with an empty name) and of their columns."""
    return {(oid, name): comment for oid, name, comment in connection.execute(COMMENTS_OF, {"oids": list(oids)})}


def find_dependents(connection: Connection, relations: Collection[int]) -> tuple[list[int], list[str]]:
    """Find the views that stand on some relations, those among these included, in the order in which to make them.

    The other list describes what stands on such views and is no view.
    """
    graph: dict[int, set[int]] = {oid: set() for oid in relations}
    others: set[str] = set()
    new = set(relations)
    while new:
        rows = connection.execute(DEPENDENTS, {"oids": sorted(new)}).all()
        others |= {row.other for row in rows if row.view is None}
        new = {row.view for row in rows if row.view is not None} - set(graph)
        for row in rows:
            if row.view is not None:
                graph.setdefault(row.view, set()).add(row.needed)
    return list(TopologicalSorter(graph).static_order()), sorted(others)


def save(connection: Connection, oid: int) -> SavedView:
    """Read all that is needed to make a view again."""
    with _names_in_full(connection):
        row = connection.execute(SAVE, {"oid": oid}).one()
        indexes = connection.execute(INDEXES, {"oid": oid}).all()
    rest = [definition for _, definition in indexes]
    for number, kind in [(oid, row.kind), *((index, "INDEX") for index, _ in indexes)]:
        rest += connection.scalars(COMMENTS, {"oid": number, "kind": kind})
    return SavedView._make((*row, _rights(connection, oid), tuple(rest)))


@contextmanager
def _names_in_full(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL write every name with its schema: a short one might mean a new view of ours after the upgrade."""
    path = connection.scalar(text("SELECT current_setting('search_path')"))
    connection.execute(SEARCH_PATH, {"path": "pg_catalog"})
    yield
    connection.execute(SEARCH_PATH, {"path": path})


def restore(connection: Connection, view: SavedView) -> None:
    """Make a view again that was dropped, materialised ones with their content if they had one."""
    if view.kind == "VIEW":
        run(connection, f"CREATE VIEW {view.name} AS {view.definition}")
    else:
        run(connection, f"CREATE {view.kind} {view.name}{view.storage} AS {view.definition} WITH NO DATA")
    for statement in view.rest:
        run(connection, statement)
    restore_rights(connection, view)
    if view.is_populated:
        run(connection, f"REFRESH {view.kind} {view.name}")  # as its owner, whoever says it


def restore_rights(connection: Connection, view: SavedView) -> None:
    """Give a view that was made again its owner, options and rights; rights on columns that are gone go with them.

    Who had handed a right on is forgotten: its owner gives it now.
    """
    restore_options(connection, view)
    if view.owner != connection.scalar(text("SELECT quote_ident(current_user)")):
        run(connection, f"ALTER {view.kind} {view.name} OWNER TO {view.owner}")
    oid = connection.scalar(text("SELECT CAST(CAST(:name AS regclass) AS oid)"), {"name": view.name})
    made = _rights(connection, oid)  # by the schema's default privileges
    if made == view.rights:
        return
    for grantee in sorted({right.grantee for right in made}):
        run(connection, f"REVOKE ALL ON {view.name} FROM {grantee}")
    columns = {"", *connection.scalars(text("SELECT attname FROM pg_attribute WHERE attrelid = :oid"), {"oid": oid})}
    for right in sorted(right for right in view.rights if right.column in columns):
        option = " WITH GRANT OPTION" if right.is_grantable else ""
        run(connection, f"GRANT {right.right} ON {view.name} TO {right.grantee}{option}")


def restore_options(connection: Connection, view: SavedView) -> None:
    """Give a view the options again that it had, such as security_barrier."""
    if view.options:
        run(connection, f"ALTER {view.kind} {view.name} SET ({view.options})")


def run(connection: Connection, statement: str) -> None:
    """Run a statement as it is: its percent signs and colons mean nothing to the driver."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _rights(connection: Connection, oid: int | None) -> frozenset[Right]:
    return frozenset(map(Right._make, connection.execute(RIGHTS, {"oid": oid})))
