"""The database's URL: what it must look like, and how it is shown without what is secret in it."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from chalicelib.errors import SettingsError

MALFORMED = "DB_URL is malformed: it must look like postgresql://user:password@host/name or sqlite:///file.db"
# The parameters whose values hold no secret. Any other may: libpq and SQLAlchemy's drivers take passwords among them.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
HARMLESS = frozenset(
    {
        *("host", "hostaddr", "port", "client_encoding", "connect_timeout"),
        *("sslmode", "sslrootcert", "gssencmode", "channel_binding", "target_session_attrs"),
        *("mode", "cache", "uri", "timeout"),  # SQLite's
    }
)


def parse_db_url(db_url: str) -> URL:
    """Parse a database URL; raises SettingsError, without the password, when it is malformed."""
    try:
        url = make_url(db_url)
    except (ArgumentError, ValueError):
        # Not chained: SQLAlchemy's message may quote a part of the password.
        raise SettingsError(MALFORMED) from None
    # After an @ inside the password its rest would be taken for the host, and after a / for the database: and be shown.
    if "@" in (url.host or "") or (url.host and "@" in (url.database or "")):
        raise SettingsError("DB_URL is malformed: in the user's name and password, write %40 for @ and %2F for /")
    # A driver's own words for a NUL would be a traceback.
    if not db_url.isprintable() or "%00" in db_url:
        raise SettingsError(MALFORMED)
    # Many providers give out postgres:// URLs, and plain postgresql:// need not mean our driver.
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg2")
    return url


def private_parameters(url: URL) -> dict[str, str]:
    """Give the parameters of a URL that may hold a secret; of one that is repeated the last counts, as for libpq."""
    values = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    return {name: value for name, value in values.items() if name.lower() not in HARMLESS}


def without_private(url: URL) -> URL:
    """Leave out the parameters of a URL that may hold a secret."""
    return url.difference_update_query(private_parameters(url))


def redact_url(db_url: str) -> str:
    """Write a database URL for people: without its password, and without what else may be secret."""
    return without_private(parse_db_url(db_url)).render_as_string(hide_password=True)


def redact_text(text: str, db_url: str) -> str:
    """Replace the secrets of a database URL wherever a text quotes them, as a driver's message may."""
    url = parse_db_url(db_url)
    secrets = {str(url.password or ""), *private_parameters(url).values()} - {""}
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "***", text)
    return text
