"""Addresses that become links: GitHub's pages of alerts, and e-mail addresses. All else stays text."""

from __future__ import annotations

import re
from urllib.parse import quote

from sqlalchemy import select

from reports.dashboard.parts import escaped, plain
from reports.dashboard.screens.security.controls import with_rows
from reports.dashboard.screens.security.known import REPOSITORIES
from reports.dashboard.source import Source
from reports.reading import Table

# https://github.com/acme/api; a GitHub of one's own has another host, perhaps with a port.
REPOSITORY = re.compile(
    r"https://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?)/[\w.-]+/[\w.-]+", re.IGNORECASE | re.ASCII
)
ALERT = re.compile(
    REPOSITORY.pattern + r"/security/(?:dependabot|secret-scanning|code-scanning)/[0-9]+", re.IGNORECASE | re.ASCII
)
# Of what RFC 5321 allows, what people have: nothing that means something in a mailto address comes unquoted.
# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
EMAIL = re.compile(
    rf"[a-z0-9_](?:[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{0,63}})@(?:{LABEL}\.)+[a-z]{LABEL}", re.IGNORECASE | re.ASCII
)
LONGEST = 254  # https://www.rfc-editor.org/errata/eid1690
URL = "html_url"


def host_of(source: Source, org: str) -> str:
    """Give the host of an organisation's repositories; empty when no address of one is stored."""
    rows = REPOSITORIES.c
    query = select(rows.html_url).where(rows.org == org, rows.html_url.is_not(None)).order_by(rows.name).limit(1)
    found = REPOSITORY.fullmatch((source.first(query) or {}).get(URL, ""))
    return found["host"].lower() if found else ""


def is_alert(address: object, host: str) -> bool:
    """Tell whether an address is an alert's page on the GitHub of a host."""
    found = ALERT.fullmatch(address) if isinstance(address, str) else None
    return bool(found and host and found["host"].lower() == host)


def with_links(table: Table, host: str) -> Table:
    """Give a table without the addresses that are no alert's page."""
    place = table.columns.index(URL)
    rows = [
        tuple(None if at == place and not is_alert(value, host) else value for at, value in enumerate(row))
        for row in table.rows
    ]
    return with_rows(table, rows)


def say_links(table: Table, linked: Table) -> str:
    """Say how many addresses were left out."""
    dropped = len([each for each in table.values(URL) if each]) - len([each for each in linked.values(URL) if each])
    return f" {dropped:,} addresses are left out: they are no page of an alert on this GitHub." if dropped else ""


def is_email(text: str) -> bool:
    """Tell whether a text is one e-mail address, and nothing else."""
    return len(text) <= LONGEST and EMAIL.fullmatch(text) is not None


def mail_link(text: str, subject: str) -> str:
    """Write an e-mail address as a link of Markdown, and any other text as it is."""
    if not is_email(text):
        return plain(text)
    # Streamlit makes no link within a link, so the address stays as it is.
    return f"[{escaped(text)}](mailto:{quote(text, safe='@')}?subject={quote(subject, safe='')})"
