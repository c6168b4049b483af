"""Key pairs and JSON web tokens of an App, as its owner makes them."""

from dataclasses import dataclass
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True)
class Keys:
    """A pair in PEM; the private one as GitHub hands it out (PKCS #1)."""

    private: str
    public: str

    def sign(self, **claims: object) -> str:
        """Return a JWT with these claims."""
        return jwt.encode(claims, self.private, algorithm="RS256")


@lru_cache
def keys(name: str = "an App") -> Keys:
    """Return a key pair, the same for the same name: it takes a tenth of a second to make one."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Keys(private.decode(), public.decode())
