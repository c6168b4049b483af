"""The JSON web tokens that Apps sign: reading and verifying them, with GitHub's refusals.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
"""

import json
from math import isfinite
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from sandbox.api.errors import ApiError

ALGORITHM = "RS256"
LONGEST = 600  # seconds ahead that a JWT may end
TOLERANCE = 60  # seconds by which a client's clock may be fast
UNDECODABLE = "A JSON web token could not be decoded"
NOT_FOUND = "Integration not found"
BAD_ISSUER = "'Issuer' claim ('iss') must be an Integer"
BAD_EXPIRY = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion "
    "expires"
)
LATE_EXPIRY = "'Expiration time' claim ('exp') is too far in the future"
BAD_ISSUE = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"

_JWS = PyJWS(algorithms=[ALGORITHM])


def refused(message: str) -> ApiError:
    """Return the 401 for a JWT that isn't good."""
    return ApiError(401, message)


def load_key(pem: str) -> RSAPublicKey:
    """Return an RSA public key; raise ValueError for any other text."""
    key = load_pem_public_key(bytes(pem, "utf-8"))
    if not isinstance(key, RSAPublicKey):
        raise ValueError("The public key is not an RSA key")  # noqa: TRY004 - the text is wrong, not its type
    return key


def bearer(authorization: str | None) -> str:
    """Return the JWT of an `Authorization` header; the 401 for anything that can't be one."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or value.count(".") != 2:
        raise refused(UNDECODABLE)
    return value.strip()


def read_issuer(token: str) -> str:
    """Return whom a JWT claims to be of, before its signature is known to be good: an App's id or client id."""
    issuer = _claims(token, None).get("iss")
    if isinstance(issuer, bool) or not isinstance(issuer, int | str):
        raise refused(BAD_ISSUER)
    return str(issuer)


def verify(token: str, key: RSAPublicKey, *, now: float) -> None:
    """Raise the 401 for a wrong signature, or for claims that aren't good at this moment (epoch seconds)."""
    claims = _claims(token, key)
    expiry, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expiry is None or expiry <= now:
        raise refused(BAD_EXPIRY)
    if expiry > now + LONGEST:
        # Ahead of now, not of `iat`: GitHub's own examples set that a minute back and end in ten.
        raise refused(LATE_EXPIRY)
    if issued is None or issued > now + TOLERANCE:
        raise refused(BAD_ISSUE)


def _moment(claims: dict[str, Any], name: str) -> float | None:
    """Return a claim's time, None if it has none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return value


def _claims(token: str, key: RSAPublicKey | None) -> dict[str, Any]:
    """Return a JWT's claims: verified with a key, as they stand without one."""
    try:
        # The claims are checked here: GitHub takes a number as issuer, the JWT's standard only text.
        payload = _JWS.decode(token, key or "", algorithms=[ALGORITHM], options={"verify_signature": key is not None})
        claims = json.loads(payload)
    except (PyJWTError, ValueError):
        raise refused(UNDECODABLE) from None
    if not isinstance(claims, dict):
        raise refused(UNDECODABLE)
    return claims
