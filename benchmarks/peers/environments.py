"""The peers' virtual environments: made from `requirements.toml` when they are first needed, and kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "peers"
PINS = Path(__file__).with_name("requirements.toml")


class NotInstalledError(Exception):
    """An environment could not be made; the message has pip's last words."""


def pins(name: str) -> list[str]:
    """Return an environment's packages, each with its exact version."""
    return list(tomllib.loads(PINS.read_text())[name]["packages"])


def environment(name: str) -> Path:
    """Return the folder of an environment's programs; NotInstalledError when it can't be made."""
    folder, wanted = CACHE / "venvs" / name, "\n".join(pins(name))
    stamp = folder / "made-of.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {wanted} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install(folder, pins(name))
        stamp.write_text(wanted)
    return folder / "bin"


def install(folder: Path, packages: list[str]) -> None:
    """Let an environment's pip install packages."""
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        *packages,
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip, and our own pins
    if told.returncode:
        raise NotInstalledError(f"{sys.executable}: {told.stderr[-1500:]}")
