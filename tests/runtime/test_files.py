"""A file is the old one or the new one, whatever happens while it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.runtime.files import write_whole

OLD, NEW = b"old" * 10_000, b"new" * 20_000

# Writes the file again and again, each time in a process of its own that dies at the next of the moments at which it
# asks the system for something in the folder. Prints how many there were.
KILLED = """
import os, sys
from pathlib import Path
from chalicelib.runtime.files import write_whole

folder, moment = Path(sys.argv[1]), 0
sync = os.fsync

def die_at(number):
    seen = 0
    def count(*_):
        nonlocal seen
        seen += 1
        if seen == number:
            os._exit(9)
    def synced(file):
        count()
        sync(file)
        count()
    os.fsync = synced
    sys.addaudithook(lambda event, args: count() if args and str(folder) in str(args[0]) else None)

while True:
    moment += 1
    place = folder / str(moment) / "latest" / "a.json"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"old" * 10_000)
    child = os.fork()
    if child == 0:
        die_at(moment)
        write_whole(place, b"new" * 20_000)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
print(moment - 1)
"""


def test_it_is_written_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "acme" / "latest" / "a.json"
    for content in (OLD, NEW):
        write_whole(place, content)
        assert place.read_bytes() == content
        assert list(place.parent.iterdir()) == [place]
    others = tmp_path / "plain.json"
    others.write_bytes(OLD)
    assert place.stat().st_mode == others.stat().st_mode


def test_killed_at_any_moment_it_leaves_a_whole_file(tmp_path: Path, root: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    moments = int(done.stdout)
    assert moments > 6
    found = [(tmp_path / str(each) / "latest" / "a.json").read_bytes() for each in range(1, moments + 2)]
    first_new = found.index(NEW)
    assert found == [OLD] * first_new + [NEW] * (moments + 1 - first_new)
    assert first_new > 3


def test_what_goes_wrong_is_raised_and_leaves_the_old_file(tmp_path: Path) -> None:
    place = tmp_path / "a.json"
    place.write_bytes(OLD)
    with pytest.raises(TypeError):
        write_whole(place, "no bytes")  # type: ignore[arg-type]
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(place, OLD)]
    with pytest.raises(FileExistsError):
        write_whole(place / "b.json", NEW)
