"""Node ids in GitHub's two forms; both carry the numeric id."""

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode

# Accounts made before the new form keep their old ids.
LAST_LEGACY_USER = 90_000_000
LEGACY = re.compile(r"0(?P<length>\d+):(?P<kind>[A-Za-z]+)(?P<number>\d+)")


def _packed(number: int) -> bytes:
    """One msgpack integer as GitHub writes it: uint32 even when small, uint64 beyond."""
    if number < 2**32:
        return b"\xce" + number.to_bytes(4, "big")
    return b"\xcf" + number.to_bytes(8, "big")


def node_id(prefix: str, *numbers: int) -> str:
    """Return the new form: the prefix and a base64url msgpack array `[0, …numbers]`."""
    array = bytes([0x90 + len(numbers) + 1, 0]) + b"".join(_packed(number) for number in numbers)
    return f"{prefix}_{urlsafe_b64encode(array).decode().rstrip('=')}"


def commit_node_id(repository: int, sha: str, *, prefix: str = "C") -> str:
    """Return a commit's node id, which carries its hash in place of a number."""
    packed = b"\x93\x00" + _packed(repository) + b"\xda" + len(sha).to_bytes(2, "big") + sha.encode()
    return f"{prefix}_{urlsafe_b64encode(packed).decode().rstrip('=')}"


def legacy_node_id(kind: str, number: int) -> str:
    """Return the old form: base64 of the kind's length, the kind and the number (`04:User583231`)."""
    return b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def account_node_id(kind: str, number: int, *, new: bool = False) -> str:
    """Return a user's, bot's or organisation's node id, in the form its age calls for, or in the new one."""
    if number <= LAST_LEGACY_USER and not new:
        return legacy_node_id(kind, number)
    return node_id("BOT" if kind == "Bot" else kind[0], number)


def decode(identifier: str) -> tuple[str, list[int | str]]:
    """Return a node id's prefix (in the old form: the kind) and the numbers that it carries; ValueError."""
    if "_" not in identifier:
        return _decode_legacy(identifier)
    prefix, _, packed = identifier.partition("_")
    data = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    if not data or not 0x90 <= data[0] <= 0x9F:
        raise ValueError(f"no node id: {identifier}")
    return prefix, _unpacked(data[1:], data[0] - 0x90)[1:]


def _decode_legacy(identifier: str) -> tuple[str, list[int | str]]:
    found = LEGACY.fullmatch(b64decode(identifier, validate=True).decode())
    if found is None or len(found["kind"]) != int(found["length"]):
        raise ValueError(f"no node id: {identifier}")
    return found["kind"], [int(found["number"])]


def _unpacked(data: bytes, count: int) -> list[int | str]:
    """Read so many msgpack integers and texts."""
    values: list[int | str] = []
    for _ in range(count):
        head, data = data[:1], data[1:]
        if head and head[0] < 0x80:
            values.append(head[0])
            continue
        size = {b"\xcc": 1, b"\xcd": 2, b"\xce": 4, b"\xcf": 8}.get(head)
        if size is None and head == b"\xda":
            size, data = int.from_bytes(data[:2], "big"), data[2:]
            values.append(data[:size].decode())
        elif size is None or len(data) < size:
            raise ValueError("no node id")
        else:
            values.append(int.from_bytes(data[:size], "big"))
        data = data[size:]
    return values
