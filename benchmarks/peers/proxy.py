"""A proxy that leads `https://api.github.com` to the sandbox, for those who have that address built in.

It speaks TLS with a certificate of its own making. Every other host is refused, so that nothing leaves this machine.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.utils import utc_now

HOST = "127.0.0.1"
GITHUB = "api.github.com"
SIZE = 1 << 16
BACK = timedelta(days=1)


def make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Write a certificate of a host, which is its own authority, and its key; return where they are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACK)
        .not_valid_after(now + 30 * BACK)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    return public, private


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer CONNECT, speak TLS, and hand on all that comes, both ways."""
        method, target, *_ = [*self.rfile.readline().decode("latin-1").split(), "", ""]
        while self.rfile.readline().strip():
            pass
        host = target.rpartition(":")[0]
        if method != "CONNECT" or host != GITHUB:
            self.server.refused[target] += 1
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        # Either side may go away at any moment.
        with (
            suppress(OSError),
            self.server.context.wrap_socket(self.connection, server_side=True) as client,
            socket.create_connection(self.server.upstream) as upstream,
        ):
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hand_on(client, upstream)


def hand_on(client: ssl.SSLSocket, upstream: socket.socket) -> None:
    """Copy bytes both ways until one side ends."""
    while True:
        ready = [client] if client.pending() else select.select([client, upstream], [], [])[0]
        for one in ready:
            data = one.recv(SIZE)
            if not data:
                return
            (upstream if one is client else client).sendall(data)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: tuple[str, int], context: ssl.SSLContext) -> None:
        super().__init__((HOST, 0), _Handler)
        self.upstream, self.context, self.refused = upstream, context, Counter[str]()


@contextmanager
def proxy(url: str, folder: Path) -> Iterator[dict[str, str]]:
    """Run it in a thread; gives the environment variables by which a program uses it and trusts it."""
    public, private = make_certificate(folder, GITHUB)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    place = urlsplit(url)
    with _Server((HOST, place.port or 80), context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            address = f"http://{HOST}:{server.server_address[1]}"
            proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), address)
            direct = dict.fromkeys(("NO_PROXY", "no_proxy"), f"{HOST},localhost")
            yield {**proxies, **direct, "REQUESTS_CA_BUNDLE": str(public), "SSL_CERT_FILE": str(public)}
        finally:
            server.shutdown()
            thread.join()
