"""A PostgreSQL as initdb makes one, with all its defaults, whose databases stay in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine

from tests.postgres import (
    as_user,
    connect,
    give,
    runnable_binaries,
    server_environment,
    temp_root,
    unprivileged_user,
)

# One shell makes the cluster when there is none, runs the server until its standard input closes (the run ended, or was
# killed), and stops it as one stops a server that is to go on another day. Only the socket's place is not a default.
GUARDIAN = """
bin=$1 data=$2 sockets=$3
{
  { [ -e "$data/PG_VERSION" ] || "$bin/initdb" -D "$data" -U tests -E UTF8 --locale=C --auth=trust; } &&
  "$bin/postgres" -D "$data" -c listen_addresses= -c unix_socket_directories="$sockets"
  touch "$sockets/ended"
} >"$sockets/server.log" 2>&1 </dev/null &
cat >/dev/null
while [ ! -e "$sockets/ended" ]; do
  read -r server <"$data/postmaster.pid" && kill -INT "$server"
  sleep 0.2
done 2>/dev/null
wait
"""
STOP_SECONDS = 300  # a checkpoint writes all that is not on the disk yet


@contextmanager
def plain_server(data: Path) -> Iterator[Engine]:
    """Run a server on a data directory, which is made when there is none; as one that may create databases.

    Raises NoPostgresError when there are no binaries, or when it doesn't start.
    """
    user = unprivileged_user()
    sockets = Path(tempfile.mkdtemp(prefix="pg-", dir=temp_root(user)))
    try:
        binaries = runnable_binaries(sockets, user, os.environ)
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        for folder in (sockets, data):
            give(folder, user)
        guardian = subprocess.Popen(  # noqa: S603 - our own script
            ["/bin/sh", "-c", GUARDIAN, "guardian", binaries, data, sockets],
            stdin=subprocess.PIPE,
            env=server_environment(),
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us, who then close the pipe
            **as_user(user),
        )
        try:
            url = URL.create("postgresql+psycopg2", "tests", database="postgres", query={"host": str(sockets)})
            with connect(url.render_as_string(hide_password=False)) as admin:
                yield admin
        finally:
            guardian.communicate(timeout=STOP_SECONDS)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
