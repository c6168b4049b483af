"""Snapshots of made-up data: where they go, when they are written, and that readers see whole ones only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.domains import DOMAINS, all_settings, check_settings, ordered_steps
from chalicelib.errors import JobFailedError, SettingsError
from chalicelib.github import Budget, GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.snapshots import Snapshot, settings_of
from chalicelib.ingest.steps import DAILY, Step
from chalicelib.jobs import schedules
from chalicelib.jobs.schedules import run_job
from chalicelib.models import SyncRun, create_db_session
from chalicelib.runtime import aws
from chalicelib.settings import Settings
from chalicelib.store.marks import WHOLE
from tests.github.local_server import LocalServer, Reply, Seen, reply
from tests.ingest.lists import NOW
from tests.store.expected import stored

BUCKET = "contributor-metrics-audit"
S3 = f"s3://{BUCKET}/audit"
DAY = timedelta(days=1)


@dataclass
class Lamps:
    """A domain whose lamps are read and shown; what the reading says of them is the test's."""

    server: LocalServer
    db_url: str
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    lamps: list[Any] = field(default_factory=list)
    is_complete: bool = True
    scope: str | None = WHOLE

    def __post_init__(self) -> None:
        self.server.answer = self._answer

    def _answer(self, seen: Seen) -> Reply:
        return reply(200, {"login": seen.path.rpartition("/")[2], "full_name": seen.path.removeprefix("/repos/")})

    @property
    def domain(self) -> Domain:
        kind = Snapshot("lamps", "lamps", self._content, self._records)
        other = Snapshot("bulbs", "bulbs", lambda context, as_of: {"bulbs": []}, marks=("lamps", "bulbs"))
        return Domain("lamps", steps=(Step("lamps", self._read, (DAILY,)),), snapshots=(kind, other))

    def _read(self, context: Context) -> None:
        if self.is_complete:
            context.marks.watermark("lamps", scope=self.scope).advance(context.now())

    def _content(self, context: Context, as_of: datetime) -> dict[str, Any]:
        return {"lamps": self.lamps}

    def _records(self, context: Context, as_of: datetime) -> list[dict[str, Any]]:
        return [{"name": lamp} for lamp in self.lamps]

    @property
    def settings(self) -> Settings:
        values = {"GH_TOKEN": "t", "GH_ORGS": "acme", "GH_API_URL": self.server.url, "DB_URL": self.db_url}
        return Settings({**values, "SNAPSHOT_FILES": "lamps", **self.environment}.get)

    def run(self) -> None:
        run_job(DAILY, self.settings, budget=Budget(sleep=lambda seconds: None), now=lambda: self.now)

    def ledger(self) -> list[tuple[str, str, str | None]]:
        with create_db_session(self.db_url) as session:
            runs = stored(session, SyncRun)
        return [(run["step"], run["status"], run["error"] or run["note"]) for run in runs if run["step"] != "access"]


@pytest.fixture
def lamps(server: LocalServer, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Lamps:
    made = Lamps(server, db_url)
    monkeypatch.setattr(schedules, "DOMAINS", (made.domain,))
    monkeypatch.setattr(schedules, "check_settings", lambda told: told.check(settings_of(["lamps", "bulbs"])))
    return made


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 of moto's, with our bucket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def objects(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed}


def files_in(folder: Path) -> dict[str, bytes]:
    return {f"{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OURS = b"""{
"as_of": "2026-06-15T12:00:00Z",
"lamps": [
"desk"
],
"organisation": "acme",
"snapshot": "lamps",
"version": 1
}
"""
THEIRS = b"""[
    {
        "name": "desk"
    }
]"""


def test_the_same_bytes_are_written_for_the_day_and_as_the_latest(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"], lamps.lamps = str(tmp_path / "out"), ["desk"]
    lamps.run()
    assert files_in(tmp_path / "out") == {"acme/2026-06-15/lamps.json": OURS, "acme/latest/lamps.json": OURS}
    assert lamps.ledger() == [("lamps", "ok", None), ("lamps.snapshot", "ok", None)]


def test_s3_and_a_folder_get_the_same_bytes(lamps: Lamps, tmp_path: Path, s3: Any) -> None:
    lamps.lamps, lamps.environment["SNAPSHOT_FORM"] = ["desk"], "data-logger"
    for url in (str(tmp_path / "audit"), S3):
        lamps.environment["SNAPSHOT_URL"] = url
        lamps.run()
    assert objects(s3) == {f"audit/{path}": content for path, content in files_in(tmp_path / "audit").items()}
    places = {"acme/2026-06-15/lamps.json", "acme/latest/lamps.json", "lamps.json"}
    assert objects(s3).keys() == {f"audit/{place}" for place in places}
    assert s3.head_object(Bucket=BUCKET, Key="audit/acme/latest/lamps.json")["ContentType"] == "application/json"


def test_days_are_kept_and_the_latest_is_the_last(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"] = str(tmp_path / "out")
    for lamps.lamps in (["desk"], ["hall"]):
        lamps.run()
        lamps.now += DAY
    found = files_in(tmp_path / "out")
    assert found.keys() == {f"acme/{name}/lamps.json" for name in ("2026-06-15", "2026-06-16", "latest")}
    assert found["acme/2026-06-15/lamps.json"] == OURS
    assert found["acme/2026-06-16/lamps.json"] == found["acme/latest/lamps.json"] != OURS


@pytest.mark.parametrize(
    ("orgs", "places"), [("acme", {"lamps.json"}), ("acme,umbrella", {"acme/lamps.json", "umbrella/lamps.json"})]
)
def test_the_data_logger_s_form_is_where_its_dashboard_looks(
    lamps: Lamps, tmp_path: Path, orgs: str, places: set[str]
) -> None:
    lamps.environment |= {"GH_ORGS": orgs, "SNAPSHOT_FORM": "data-logger", "SNAPSHOT_URL": str(tmp_path / "out")}
    lamps.lamps = ["desk"]
    lamps.run()
    found = files_in(tmp_path / "out")
    assert {path for path in found if not path.count("/latest/") + path.count("/2026")} == places
    assert {found[place] for place in places} == {THEIRS}


# When they are written


def test_without_a_place_nothing_is_written_and_nothing_said(lamps: Lamps) -> None:
    lamps.run()
    assert lamps.ledger() == [("lamps", "ok", None)]


def test_a_step_that_is_run_without_a_place_says_so(lamps: Lamps, tmp_path: Path) -> None:
    """It wrote into a folder called None."""
    with create_db_session(lamps.db_url) as session, GitHubAPI("t", api_url=lamps.server.url) as github:
        runner = Runner(session, github, Scope("acme"), lamps.settings, DAILY, lambda: lamps.now)
        for step in lamps.domain.all_steps[:2]:
            runner.run(step.name, step.run)
        assert [run.error for run in runner.runs] == [
            None,
            "SNAPSHOT_URL is not set: it says where snapshots are written to",
        ]
    assert not (tmp_path / "None").exists()


def test_each_has_its_own_switch(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment |= {"SNAPSHOT_FILES": "bulbs", "SNAPSHOT_URL": str(tmp_path / "out")}
    lamps.run()
    [_, (step, status, note)] = lamps.ledger()
    assert (step, status) == ("bulbs.snapshot", "ok")
    assert note == "bulbs.json is not written: bulbs was never read completely"
    assert not (tmp_path / "out").exists()


def test_what_was_never_read_completely_is_not_written(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"], lamps.is_complete = str(tmp_path / "out"), False
    lamps.run()
    note = "lamps.json is not written: lamps was never read completely"
    assert lamps.ledger()[1:] == [("lamps.snapshot", "ok", note)]
    assert not (tmp_path / "out").exists()


def test_it_says_as_of_when_it_is_though_the_last_reading_came_to_no_end(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"], lamps.lamps = str(tmp_path / "out"), ["desk"]
    lamps.run()
    lamps.now, lamps.is_complete = NOW + DAY, False
    lamps.run()
    assert files_in(tmp_path / "out")["acme/2026-06-16/lamps.json"] == OURS


def test_some_repositories_that_were_read_are_not_all_of_them(lamps: Lamps, tmp_path: Path) -> None:
    """Alerts are read for the repositories that GH_REPOS names, and their mark says so."""
    lamps.environment |= {"SNAPSHOT_URL": str(tmp_path / "out"), "GH_REPOS": "acme/hall"}
    lamps.scope = None
    lamps.run()
    assert files_in(tmp_path / "out").keys() == {"acme/2026-06-15/lamps.json", "acme/latest/lamps.json"}
    del lamps.environment["GH_REPOS"]
    lamps.now, lamps.is_complete = NOW + DAY, False
    lamps.run()
    assert lamps.ledger()[-1][2] == "lamps.json is not written: lamps was never read completely"


def test_what_was_read_of_all_holds_for_some(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"], lamps.lamps = str(tmp_path / "out"), ["desk"]
    lamps.run()
    lamps.environment["GH_REPOS"] = "acme/hall"
    lamps.now, lamps.is_complete = NOW + DAY, False
    lamps.run()
    assert files_in(tmp_path / "out")["acme/2026-06-16/lamps.json"] == OURS


def test_a_mark_from_the_future_vouches_for_nothing(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"] = str(tmp_path / "out")
    lamps.now = NOW + DAY
    lamps.run()
    lamps.now, lamps.is_complete = NOW, False
    lamps.run()
    assert files_in(tmp_path / "out").keys() == {"acme/2026-06-16/lamps.json", "acme/latest/lamps.json"}
    assert str(lamps.ledger()[-1][2]).endswith("lamps was never read completely")


def test_they_are_written_when_all_else_is_done(lamps: Lamps) -> None:
    later = Domain("later", steps=[Step("later", lambda context: None, (DAILY,))])
    steps = [step.name for _, step in ordered_steps(DAILY, [lamps.domain, later])]
    assert steps == ["lamps", "later", "lamps.snapshot", "bulbs.snapshot"]


def test_every_declared_snapshot_has_a_kind_a_step_and_a_name_of_its_own() -> None:
    declared = [(domain, snapshot) for domain in DOMAINS for snapshot in domain.snapshots]
    names = [snapshot.name for _, snapshot in declared]
    assert len(set(names)) == len(names) > 0
    for domain, snapshot in declared:
        assert snapshot.kind in {kind.name for kind in domain.all_kinds}


# What goes wrong


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"SNAPSHOT_URL": "ftp://x"},
            "SNAPSHOT_URL is malformed: it must look like s3://bucket/prefix, or be a folder",
        ),
        ({"SNAPSHOT_FILES": "copilot,x"}, "SNAPSHOT_FILES is malformed: 'x' is not one of "),
        ({"SNAPSHOT_FORM": "csv"}, "SNAPSHOT_FORM is malformed: 'csv' is not data-logger"),
        (
            {"SNAPSHOT_FILES": "repositories,copilot", "COPILOT": "off"},
            "SNAPSHOT_FILES names copilot, but copilot is switched off",
        ),
        ({"SNAPSHOT_FILES": "dependabot", "SECURITY": "off"}, "SNAPSHOT_FILES names dependabot, but security is sw"),
        ({"SNAPSHOT_URL": f"{Path(__file__)}/audit"}, "SNAPSHOT_URL can't be written to: "),
        (
            {"RATING_REQUIRED": "readme", "CHECKS": "security"},
            "RATING_REQUIRED names readme, which CHECKS switches off",
        ),
        ({"RATING_LEVELS": ","}, "RATING_LEVELS is malformed: it names no rating, such as gold=90"),
    ],
)
def test_a_malformed_setting_is_one_sentence_before_anything_is_asked(
    server: LocalServer, db_url: str, variables: dict[str, str], sentence: str
) -> None:
    told = {"GH_TOKEN": "t", "GH_ORGS": "acme", "GH_API_URL": server.url, "DB_URL": db_url} | variables
    with pytest.raises(SettingsError) as caught:
        run_job(DAILY, Settings(told.get))
    assert str(caught.value).startswith(sentence)
    assert server.seen == []


def test_what_is_switched_off_altogether_needs_no_agreement(lamps: Lamps) -> None:
    """Such settings change nothing while security isn't read."""
    told = {"GH_TOKEN": "t", "GH_ORGS": "acme", "SECURITY": "off", "CHECKS": "security", "RATING_REQUIRED": "readme"}
    check_settings(Settings(told.get))
    lamps.environment |= {"SNAPSHOT_FILES": "bulbs", "SNAPSHOT_URL": f"{Path(__file__)}/audit"}
    with pytest.raises(SettingsError, match=r"SNAPSHOT_URL can't be written to: .*/audit: Not a directory$"):
        lamps.run()


def test_the_names_are_those_that_domains_declare() -> None:
    [setting] = [setting for setting in all_settings() if setting.name == "SNAPSHOT_FILES"]
    names = [snapshot.name for domain in DOMAINS for snapshot in domain.snapshots]
    assert setting.read(",".join(names)) == tuple(names)
    assert all(name in setting.help for name in names)


def test_a_bucket_that_is_not_there_fails_the_step_and_no_other(lamps: Lamps, s3: Any) -> None:
    lamps.environment["SNAPSHOT_URL"] = "s3://nobodys/audit"
    with pytest.raises(JobFailedError, match=r"acme lamps.snapshot: AWS refused s3:put_object: NoSuchBucket$"):
        lamps.run()
    assert [status for _, status, _ in lamps.ledger()] == ["ok", "failed"]


def test_a_folder_that_takes_no_file_is_one_sentence(lamps: Lamps, tmp_path: Path) -> None:
    lamps.environment["SNAPSHOT_URL"] = str(tmp_path)
    (tmp_path / "acme").write_text("in the way")
    with pytest.raises(JobFailedError, match=r"lamps.snapshot: SNAPSHOT_URL can't be written to: .*Not a directory"):
        lamps.run()


def test_a_name_that_leads_elsewhere_is_no_folder(lamps: Lamps, tmp_path: Path) -> None:
    """An organisation is called what GitHub answers, after a redirect."""
    lamps.environment["SNAPSHOT_URL"] = str(tmp_path / "out")
    with create_db_session(lamps.db_url) as session:
        runner = Runner(session, GitHubAPI("t"), Scope("../elsewhere"), lamps.settings, DAILY, lambda: lamps.now)
        read, write, _ = lamps.domain.all_steps
        assert runner.run(read.name, read.run).status == "ok"
        run = runner.run(write.name, write.run)
    assert (run.status, "'../elsewhere' is not an organisation's name" in str(run.error)) == ("failed", True)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("place", ["folder", "s3"])
def test_a_run_that_ends_at_any_write_leaves_the_latest_whole(
    lamps: Lamps, tmp_path: Path, s3: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The run dies at the first write, the second one, and so on; see tests/runtime/test_files.py for within one."""
    url = S3 if place == "s3" else str(tmp_path / "audit")
    lamps.environment |= {"SNAPSHOT_URL": url, "SNAPSHOT_FORM": "data-logger"}
    lamps.lamps = ["desk"]
    lamps.run()
    lamps.lamps = ["hall"] * 5_000
    writes: list[Mapping[str, bytes]] = []
    for number in range(4):
        with monkeypatch.context() as patch:
            die_at(patch, number)
            if number < 3:
                with pytest.raises(KeyboardInterrupt):
                    lamps.run()
            else:
                lamps.run()
        now = objects(s3) if place == "s3" else {f"audit/{n}": c for n, c in files_in(tmp_path / "audit").items()}
        writes.append(now)
    latest, bare = "audit/acme/latest/lamps.json", "audit/lamps.json"
    assert [found[latest] == OURS for found in writes] == [True, True, False, False]
    assert writes[2][latest] == writes[3][latest] == writes[3]["audit/acme/2026-06-15/lamps.json"]
    assert [found[bare] == THEIRS for found in writes] == [True, True, True, False]
    assert all(found.keys() == writes[0].keys() for found in writes)


def die_at(patch: pytest.MonkeyPatch, number: int) -> None:
    """Let the write of this number (from 0) be the one in whose middle the process is stopped."""
    left = [number]

    def counted(write: Any) -> Any:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == -1:
                raise KeyboardInterrupt
            return write(*arguments, **options)

        return wrapper

    sync_file = counted(os.fsync)
    patch.setattr(aws, "call", counted(aws.call))
    # A file is synced, and then its folder: the first of the two is the middle of a write.
    patch.setattr(os, "fsync", lambda file: None if stat.S_ISDIR(os.fstat(file).st_mode) else sync_file(file))
