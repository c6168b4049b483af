"""The hosted CI does what `.ci/run` does, on every Python that is supported, and may do no more."""

from __future__ import annotations

import re
from pathlib import Path


def test_it_runs_the_same_and_nothing_else(root: Path) -> None:
    workflow = (root / ".github" / "workflows" / "ci.yml").read_text()
    assert re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE) == ["bash .ci/run"]
    assert "permissions:\n  contents: read\n" in workflow
    assert "secrets" not in workflow


def test_it_runs_on_every_python_of_the_readme(root: Path) -> None:
    workflow = (root / ".github" / "workflows" / "ci.yml").read_text()
    assert 'python: ["3.11", "3.12", "3.13"]' in workflow
    assert "Python 3.11 to 3.13" in (root / "README.md").read_text()
