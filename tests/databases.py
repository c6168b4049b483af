"""The databases on which every test runs that touches one."""

from __future__ import annotations

import pytest

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
