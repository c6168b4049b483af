"""What goes over the wire."""

from dataclasses import dataclass

from sandbox.server.faults import Fault


@dataclass(slots=True)
class Response:
    """What goes over the wire, and what is to go wrong on the way."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    fault: Fault | None = None
    stall: float = 0.0
