"""Records to rows: what can't be stored is kept whole, as GitHub gave it, and the others are stored."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chalicelib.errors import RejectedError
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import WITHHELD, Mapped, map_records, reject, save_own_rows, save_rows
from chalicelib.models import ListPoll, Member, RejectedRecord
from chalicelib.store.rejected import identity_of
from tests.store.expected import NOW, make_context, stored, whole

Json = dict[str, Any]


def to_row(record: Any) -> Row:
    """A mapper of a domain's: it takes what it needs, and refuses what is not there."""
    if "id" not in record:
        raise RejectedError("id is missing")
    return {"id": record["id"], "login": record.get("login"), "inserted_dt": NOW, "inactive": False}


def member(number: int, login: str | None) -> Json:
    row = {"id": number, "login": login, "inserted_dt": NOW, "inactive": False}
    return whole(Member, row)


def rejected(record: Any, reason: str, *, kind: str = "members") -> Json:
    text = json.dumps(record, sort_keys=True)
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()
    about = {"digest": digest, "kind": kind, "org": "Acme", "reason": reason, "record": text, "rejected_at": NOW}
    return whole(RejectedRecord, about | {"identity": identity_of(record)})


def map_all(context: Context, *records: Any, is_kept: bool = True) -> list[Mapped[Row]]:
    return list(map_records(context, "members", records, to_row, is_kept=is_kept))


def test_records_become_rows_and_travel_with_them(shared: Session) -> None:
    context, records = make_context(shared), [{"id": 1, "login": "ada"}, {"id": 2, "login": "bob", "more": 1}]
    mapped = map_all(context, *records)
    assert mapped == [Mapped(to_row(record), record) for record in records]
    assert save_rows(context, "members", Member, mapped) == 2
    assert stored(shared, Member) == [member(1, "ada"), member(2, "bob")]
    assert (context.run.stored, context.run.rejected) == (2, 0)
    assert save_rows(context, "members", Member, mapped) == 0
    assert context.run.stored == 2


def test_a_record_that_cannot_be_mapped_is_kept_whole_and_the_others_pass(shared: Session) -> None:
    context, broken = make_context(shared), {"login": "nobody", "more": {"url": "https://api.github.example/x"}}
    assert [each.row["id"] for each in map_all(context, {"id": 1}, broken, {"id": 2})] == [1, 2]
    assert stored(shared, RejectedRecord) == [rejected(broken, "id is missing")]
    assert context.run.rejected == 1


def test_the_same_record_is_kept_and_counted_once(shared: Session) -> None:
    context = make_context(shared)
    map_all(context, {"login": "nobody"}, {"login": "nobody"})
    map_all(context, {"login": "nobody"})
    assert stored(shared, RejectedRecord) == [rejected({"login": "nobody"}, "id is missing")]
    assert context.run.rejected == 1


def test_records_are_mapped_one_by_one_as_they_come(shared: Session) -> None:
    asked: list[int] = []

    def records() -> Any:
        for number in (1, 2):
            asked.append(number)
            yield {"id": number}

    first = next(map_records(make_context(shared), "members", records(), to_row))
    assert (first.row["id"], asked) == (1, [1])


def test_of_a_person_it_is_only_said_that_there_was_one(shared: Session) -> None:
    context = make_context(shared)
    [mapped] = map_all(context, {"id": 1, "login": "ada"}, {"login": "grace"}, is_kept=False)
    assert mapped == Mapped(to_row({"id": 1, "login": "ada"}), WITHHELD)
    assert stored(shared, RejectedRecord) == [rejected(WITHHELD, "id is missing")]


def test_a_row_that_the_database_refuses_is_kept_as_github_s_record(shared: Session) -> None:
    """It was kept as the row that the app had made: what GitHub said was lost."""
    context = make_context(shared)
    records = [{"id": 1, "login": "ada"}, {"id": None, "login": "grace", "type": "User"}, {"id": 3, "login": "bob"}]
    assert save_rows(context, "members", Member, map_all(context, *records)) == 2
    assert stored(shared, Member) == [member(1, "ada"), member(3, "bob")]
    [kept] = stored(shared, RejectedRecord)
    assert "NULL" in kept["reason"].upper()
    assert kept == rejected(records[1], kept["reason"])
    assert (context.run.stored, context.run.rejected) == (2, 1)


def test_a_person_s_row_that_the_database_refuses_is_withheld_too(shared: Session) -> None:
    context = make_context(shared)
    save_rows(context, "members", Member, map_all(context, {"id": None, "login": "grace"}, is_kept=False))
    [kept] = stored(shared, RejectedRecord)
    assert kept == rejected(WITHHELD, kept["reason"])
    assert "grace" not in kept["reason"]


def test_other_columns_are_added_to_a_copy() -> None:
    mapped: Mapped[Row] = Mapped({"id": 1, "login": "ada"}, {"id": 1})
    assert mapped.with_columns(login="grace", org="acme") == Mapped(
        {"id": 1, "login": "grace", "org": "acme"}, {"id": 1}
    )
    assert mapped.row == {"id": 1, "login": "ada"}


POLL: Row = {"stream": "teams", "org": "Acme", "list": "/orgs/Acme/teams", "page_no": 1, "items": 3, "read_at": NOW}


def test_rows_of_the_app_s_own_are_written_and_not_counted(shared: Session) -> None:
    context = make_context(shared)
    assert save_own_rows(context, ListPoll, [POLL]) == 1
    assert stored(shared, ListPoll) == [whole(ListPoll, POLL)]
    assert context.run.stored == 0


def test_a_row_of_the_app_s_own_that_is_refused_is_a_bug(shared: Session) -> None:
    with pytest.raises(RejectedError, match=r"^a row of list_polls: "):
        save_own_rows(make_context(shared), ListPoll, [POLL | {"items": None}])
    assert stored(shared, RejectedRecord) == []


def test_what_is_rejected_in_two_kinds_is_kept_in_both(shared: Session) -> None:
    context, record = make_context(shared), {"id": 1}
    for kind in ("members", "teams"):
        reject(context, kind, record, "no")
    expected = [rejected(record, "no", kind=kind) for kind in ("members", "teams")]
    assert stored(shared, RejectedRecord) == sorted(expected, key=lambda row: str(row["digest"]))
