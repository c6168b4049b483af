"""SQL that takes lists of JSON objects apart: a row for each element, and what is in it.

Nothing that is stored raises an error: what is no list has no elements, and what is no object has no fields.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, String

from chalicelib.store.functions import PatternFunction


class ElementsOf(PatternFunction):
    """The elements of a list of JSON values, a row each (`table_valued("value")`)."""

    inherit_cache = True
    # An array of JSON values, on PostgreSQL. As JSONB each is taken apart once, however many fields are read of it.
    plain = "jsonb_array_elements(to_jsonb({0}))"
    sqlite = "json_each(CASE WHEN json_valid({0}) THEN CASE WHEN json_type({0}) = 'array' THEN {0} END END)"


class TextIn(PatternFunction):
    """The text in a JSON object's field; NULL when it is no text. The second argument is a literal name."""

    type = String()
    inherit_cache = True
    plain = "CASE WHEN jsonb_typeof({0} -> {1}) = 'string' THEN {0} ->> {1} END"
    sqlite = (
        "CASE WHEN json_valid({0}) THEN"
        " CASE WHEN json_type({0}, '$.' || {1}) = 'text' THEN json_extract({0}, '$.' || {1}) END END"
    )


class IdIn(PatternFunction):
    """The whole number in a JSON object's field; NULL when it is none, or doesn't fit a BIGINT."""

    type = BigInteger()
    inherit_cache = True
    # A number of any length, first as text: not all of them can be cast.
    plain = (
        "CASE WHEN jsonb_typeof({0} -> {1}) = 'number' AND {0} ->> {1} ~ '^-?[0-9]{{1,19}}$' THEN"
        " CASE WHEN CAST({0} ->> {1} AS NUMERIC) BETWEEN -9223372036854775808 AND 9223372036854775807"
        " THEN CAST({0} ->> {1} AS BIGINT) END END"
    )
    # One that is too wide comes as a real number.
    sqlite = (
        "CASE WHEN json_valid({0}) THEN"
        " CASE WHEN json_type({0}, '$.' || {1}) = 'integer' AND typeof(json_extract({0}, '$.' || {1})) = 'integer'"
        " THEN json_extract({0}, '$.' || {1}) END END"
    )
