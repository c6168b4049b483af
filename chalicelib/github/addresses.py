"""How far an address reaches: a download link may not lead to this machine, its network or a cloud's metadata."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from chalicelib.errors import BadAnswerError

GLOBAL, PRIVATE, LINK_LOCAL, LOOPBACK = "global", "private", "link-local", "loopback"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks of IPv6 whose last 32 bits are an address of IPv4: translation (RFC 6052), and the old compatible form.
_WITH_IPV4 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


def reach_of(address: str) -> str:
    """Tell whether an address is global, private, link-local or loopback; ValueError when it is no address."""
    found = _unwrapped(ipaddress.ip_address(address))
    if found.is_loopback or found.is_unspecified:
        return LOOPBACK  # 0.0.0.0 leads to this machine, too
    if found.is_link_local:
        return LINK_LOCAL
    return GLOBAL if found.is_global and not found.is_multicast else PRIVATE


def _unwrapped(address: Address) -> Address:
    """Give the address of IPv4 that one of IPv6 stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback or address.is_unspecified:
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and any(address in network for network in _WITH_IPV4):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def reach_of_host(host: str) -> str | None:
    """Tell the reach of a host that is an address in any form, or named localhost; None for another name."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return LOOPBACK
    try:
        # It reads what connections read: 127.1, 2130706433 and 0x7f000001, too. No name server is asked.
        found = socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return reach_of(str(found[0][4][0]))


@dataclass(frozen=True)
class LinkRule:
    """Allows links to global addresses, and to those that reach no further than the API itself at `api_host`."""

    api_host: str

    def check(self, address: str) -> None:
        """Raise BadAnswerError unless a link may lead to an address."""
        self._check(reach_of(address))

    def check_host(self, host: str) -> None:
        """Raise BadAnswerError when the host of a link is, by its form alone, an address that it may not lead to."""
        reach = reach_of_host(host)
        if reach is not None:
            self._check(reach)

    def _check(self, reach: str) -> None:
        if reach != GLOBAL and reach not in self._own_reaches():
            raise BadAnswerError(f"the download link is refused: it leads to a {reach} address")

    def _own_reaches(self) -> set[str]:
        own = reach_of_host(self.api_host)
        if own is not None:
            return {own}
        try:
            found = socket.getaddrinfo(self.api_host, None)
        except OSError:
            return set()
        return {reach_of(str(each[4][0])) for each in found}
