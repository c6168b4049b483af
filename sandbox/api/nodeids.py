"""Node ids in GitHub's two forms; both carry the numeric id."""

from base64 import b64encode, urlsafe_b64encode

# Accounts made before the new form keep their old ids.
LAST_LEGACY_USER = 90_000_000


def _packed(number: int) -> bytes:
    """One msgpack integer as GitHub writes it: uint32 even when small, uint64 beyond."""
    if number < 2**32:
        return b"\xce" + number.to_bytes(4, "big")
    return b"\xcf" + number.to_bytes(8, "big")


def node_id(prefix: str, *numbers: int) -> str:
    """Return the new form: the prefix and a base64url msgpack array `[0, …numbers]`."""
    array = bytes([0x90 + len(numbers) + 1, 0]) + b"".join(_packed(number) for number in numbers)
    return f"{prefix}_{urlsafe_b64encode(array).decode().rstrip('=')}"


def commit_node_id(repository: int, sha: str) -> str:
    """Return a commit's node id, which carries its hash in place of a number."""
    packed = b"\x93\x00" + _packed(repository) + b"\xda" + len(sha).to_bytes(2, "big") + sha.encode()
    return f"C_{urlsafe_b64encode(packed).decode().rstrip('=')}"


def legacy_node_id(kind: str, number: int) -> str:
    """Return the old form: base64 of the kind's length, the kind and the number (`04:User583231`)."""
    return b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def account_node_id(kind: str, number: int) -> str:
    """Return a user's, bot's or organisation's node id, in the form its age calls for."""
    if number <= LAST_LEGACY_USER or kind == "Bot":
        return legacy_node_id(kind, number)
    return node_id(kind[0], number)
