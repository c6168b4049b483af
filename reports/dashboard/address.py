"""The address at which the dashboard listens: whether it is free, and who else may reach it."""

from __future__ import annotations

import errno
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from chalicelib.errors import SettingsError

OPEN = (
    "It has no password: whoever reaches this machine's port sees all that is in the database. "
    'docs/dashboard.md, "For others to see", says how to put a login before it.'
)
Address = IPv4Address | IPv6Address


def address_of(host: str, port: int) -> Address:
    """Give the address of a host; raises SettingsError when this process can't listen there."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host or "?", port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            # A dashboard that has just ended is no hindrance; the server sets the same.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
    except (socket.gaierror, UnicodeError):  # also of a name that can't be one
        raise SettingsError(f"--host {host} is not known: give an address of this machine") from None
    except OSError as error:
        raise SettingsError(why_not(error, host, port)) from error
    return ip_address(place[0])


def why_not(error: OSError, host: str, port: int) -> str:
    """Say why a port of this machine can't be listened at, and what to do."""
    another = "choose another one with --port, or make dashboard PORT=9000"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: {another}"
    if error.errno == errno.EACCES:
        return f"port {port} is not for every user: {another}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is not an address of this machine"
    return f"can't listen at --host {host}, port {port}: {error.strerror}"


def say_address(host: str, port: int, address: Address) -> str:
    """Write where to open the dashboard, and a warning when others than this machine may reach it."""
    name = f"[{host}]" if ":" in host else host
    where = f"port {port} of each address of this machine" if address.is_unspecified else f"http://{name}:{port}"
    warning = "" if address.is_loopback else f"{OPEN}\n"
    return f"The dashboard: {where}  (Ctrl-C ends it)\n{warning}"
