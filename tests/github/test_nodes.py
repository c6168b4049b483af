from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.github import numeric_id
from chalicelib.github.nodes import repository_id
from tests.payloads.folder import objects, read_exchange

LARGEST = 2**63 - 1


def legacy(kind: str, number: int) -> str:
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def pack(number: int) -> bytes:
    """Write one unsigned integer as msgpack does: in the shortest of its forms."""
    if number < 0x80:
        return bytes([number])
    width, marker = next((w, m) for w, m in ((1, 0xCC), (2, 0xCD), (4, 0xCE), (8, 0xCF)) if number < 256**w)
    return bytes([marker]) + number.to_bytes(width)


def new(kind: str, *numbers: int) -> str:
    raw = bytes([0x90 + len(numbers)]) + b"".join(map(pack, numbers))
    return f"{kind}_{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


@given(kind=st.from_regex(r"[A-Z][A-Za-z0-9]{2,30}", fullmatch=True), number=st.integers(0, LARGEST))
def test_a_legacy_id_comes_back(kind: str, number: int) -> None:
    assert numeric_id(legacy(kind, number)) == number


@given(
    kind=st.from_regex(r"[A-Z]{1,6}", fullmatch=True),
    numbers=st.lists(st.one_of(st.integers(0, 300), st.integers(0, LARGEST)), min_size=2, max_size=15),
)
def test_a_new_id_comes_back(kind: str, numbers: list[int]) -> None:
    assert numeric_id(new(kind, *numbers)) == numbers[-1]


@given(st.one_of(st.text(), st.from_regex(r"[A-Z]{1,3}_[A-Za-z0-9_-]*", fullmatch=True), st.binary().map(str)))
def test_no_text_makes_it_raise(text: str) -> None:
    number = numeric_id(text)
    assert number is None or 0 <= number <= LARGEST


@given(kind=st.sampled_from(["I", "PR"]), place=st.integers(0, LARGEST), number=st.integers(0, LARGEST))
def test_the_repository_of_an_item_comes_back(kind: str, place: int, number: int) -> None:
    assert repository_id(new(kind, 0, place, number)) == place


@pytest.mark.parametrize(
    "node_id", [legacy("Issue", 7), new("U", 0, 5, 7), new("I", 5, 7), new("LE", 0, 5, 7), "I_x", ""]
)
def test_other_ids_tell_no_repository(node_id: str) -> None:
    assert repository_id(node_id) is None


@pytest.mark.parametrize("edge", [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, LARGEST])
def test_each_width_of_number(edge: int) -> None:
    assert numeric_id(new("LE", 0, edge, 7, edge)) == edge


@pytest.mark.parametrize(
    ("node_id", "expected"),
    [
        (legacy("LabeledEvent", 217046016), 217046016),
        (legacy("ProjectV2", 34), 34),  # a type whose name ends in a digit
        (legacy("User", 1).rstrip("="), 1),
        ("WFR_kwLOB_z1Gs6x0Jpl", 2983238245),  # begins with 2, not 0
        (base64.b64encode(b"03:Ref1296269:refs/heads/main").decode(), None),
        (base64.b64encode(b"06:Commit1296269:6dcb09b5").decode(), None),
        (base64.b64encode(b"05:Issue").decode(), None),
        (base64.b64encode(b"04:Issue12345").decode(), None),  # the length is wrong
        (base64.b64encode(f"05:Issue{LARGEST + 1}".encode()).decode(), None),  # fits no database column
        (base64.b64encode(b"05:Issue" + "٣".encode()).decode(), None),
        (new("LE", 0, LARGEST + 1), None),
        (new("U", 5), None),  # an array of one
        ("C_kwDOAAlq-toAKDZk", None),  # a text inside
        ("I_" + base64.urlsafe_b64encode(b"\x93\x00\xce\x00\x09").rstrip(b"=").decode(), None),  # cut off
        ("I_" + base64.urlsafe_b64encode(b"\x92\x00\x01\x02").rstrip(b"=").decode(), None),  # something behind
        ("I_" + base64.urlsafe_b64encode(b"\x92\x00\xd0\xff").rstrip(b"=").decode(), None),  # negative
        ("I_" + base64.urlsafe_b64encode(b"\x92\x00\xc3").rstrip(b"=").decode(), None),  # true
        ("I_", None),
        ("T_001", None),
        ("U_k00000001", None),
        ("MDU6SXNzdWUx!", None),
        ("217046016", None),
        ("", None),
        ("é", None),
    ],
)
def test_a_case(node_id: str, expected: int | None) -> None:
    assert numeric_id(node_id) == expected


def test_events_have_the_id_that_their_node_id_carries(payloads: Path) -> None:
    events = [event for path in (payloads / "github-rest/events").glob("*.json") for event in read_exchange(path)[2]]
    events += json.loads((payloads / "github-rest/devlake/events.json").read_text())
    assert len(events) > 15
    assert [numeric_id(event["node_id"]) for event in events] == [event["id"] for event in events]


def test_found_items_have_it_too_but_pull_requests_carry_the_id_of_pulls(payloads: Path) -> None:
    pages = (payloads / "github-rest/search_issues").glob("*.json")
    items = [item for path in pages for item in read_exchange(path)[2]["items"]]
    issues = [item for item in items if "pull_request" not in item]
    pulls = [item for item in items if "pull_request" in item]
    assert issues
    assert pulls
    assert all(numeric_id(item["node_id"]) == item["id"] for item in issues)
    assert all(numeric_id(item["node_id"]) not in {None, item["id"]} for item in pulls)


def test_whatever_else_has_both_ids_agrees(payloads: Path) -> None:
    edited = {"jobs.json", "runs.json"}  # devlake's copies of one job and one run, with ids counted up by hand
    paths = [path for path in (payloads / "github-rest").glob("*/*.json") if path.name not in edited]
    things = [thing for path in paths for thing in objects(json.loads(path.read_text()))]
    both = [thing for thing in things if "node_id" in thing and "id" in thing and "pull_request" not in thing]
    assert len(both) > 50
    assert [thing["node_id"] for thing in both if numeric_id(thing["node_id"]) != thing["id"]] == []
