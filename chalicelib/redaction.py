"""Takes secrets out of foreign texts, before these are cut to a length or shown to anyone."""

from __future__ import annotations

import re

MASK = "***"
# A shorter secret is a test's or the sandbox's, and may be part of ordinary words.
SHORTEST_SECRET = 8


def redact(text: str, secret: str | None) -> str:
    """Replace a secret in a text, in any case: a host's name comes back in lower case.

    Redact first, then cut: what is cut may end within the secret, and half of one is no longer found.
    """
    if secret is None or len(secret) < SHORTEST_SECRET:
        return text
    return re.sub(re.escape(secret), MASK, text, flags=re.IGNORECASE)


def secret_in(authorization: str | None) -> str | None:
    """Give the credentials of an Authorization header, without their scheme."""
    return authorization.rpartition(" ")[2] if authorization else None
