"""Rules as settings tune and choose them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chalicelib.security.rules import FAIL, PASS, PRESETS, Facts
from tests.security.rules.facts import check, facts, node


def test_rules_are_tuned() -> None:
    assert check("active", facts(node(pushedAt="2024-06-15T12:00:00Z")), years=2)[0] == PASS
    assert check("name", facts(name="API"), name=re.compile("[A-Z]+"))[0] == PASS
    assert check("branch_protection", facts(), approvals=3)[0] == FAIL
    assert check("point_of_contact", facts(custom_properties={"owner": "Ann"}), contact="owner")[1]["contact"] == "Ann"


def test_a_year_ago_is_a_day_that_there_was() -> None:
    leap = Facts(facts().known, node(pushedAt="2027-02-28T00:00:00Z"), datetime(2028, 2, 29, tzinfo=UTC))
    assert check("active", leap)[0] == PASS


def test_presets_are_made_of_rules() -> None:
    assert len(PRESETS["all"]) == 18
    assert set(PRESETS["policy"]) | set(PRESETS["security"]) == set(PRESETS["all"])
    both = {"protected_branches", "signed_commits", "external_pull_requests"}
    assert set(PRESETS["policy"]) & set(PRESETS["security"]) == both
