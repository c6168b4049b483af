"""`python -m benchmarks.peak REPORT SCRIPT [ARGUMENT…]`: run a script, and write the peak of its memory into a file.

The process itself has to say it: what its parent learns afterwards (ru_maxrss) includes the parent's own memory.
"""

from __future__ import annotations

import re
import resource
import runpy
import sys
from pathlib import Path

KIB = 1024


def peak() -> int:
    """The most physical memory that this process has had, in bytes.

    https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    if found:
        return int(found[1]) * KIB
    # Elsewhere than on Linux: macOS counts bytes, the others KiB.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else KIB)


def main() -> None:
    """Run the script as Python would; its exit code stays its own."""
    report, *sys.argv = sys.argv[1:]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        Path(report).write_text(str(peak()))


if __name__ == "__main__":
    main()
