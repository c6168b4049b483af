"""What pyproject.toml says of the project, as a build reads it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.pins import chosen
from tests.project import copy_project

PREPARE = "from setuptools.build_meta import prepare_metadata_for_build_wheel as prepare; prepare('.')"
FILES = ("pyproject.toml", "README.md", "LICENSE", "requirements.in")


@pytest.fixture
def described(root: Path, tmp_path: Path) -> Message:
    """The metadata that a build makes of a copy."""
    copy = copy_project(root, tmp_path / "copy")
    for name in FILES:
        shutil.copy2(root / name, copy / name)
    subprocess.run([sys.executable, "-c", PREPARE], cwd=copy, check=True, capture_output=True)
    (path,) = copy.glob("*.dist-info/METADATA")
    return Parser().parsestr(path.read_text())


def test_it_says_what_this_is_and_what_it_needs(root: Path, described: Message) -> None:
    names = ("Name", "Requires-Python", "License-Expression", "License-File", "Description-Content-Type")
    assert [described[name] for name in names] == ["contributor-metrics", ">=3.11", "MIT", "LICENSE", "text/markdown"]
    needs = [Requirement(text) for text in described.get_all("Requires-Dist", [])]
    assert needs == chosen(root / "requirements.in")
