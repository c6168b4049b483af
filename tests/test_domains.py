"""What the domains declare fits together, whatever domains there are: jobs, health and backfills are made from it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

import backfill
from chalicelib.domains import DOMAINS, SHARED_SETTINGS, all_settings
from chalicelib.ingest.columns import converter_of
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.listings import FIRST_SEEN
from chalicelib.ingest.resources import Resource
from chalicelib.ingest.steps import SCHEDULES, Kind, Step, time_of
from chalicelib.ingest.streams import ListStream
from chalicelib.models import MODELS, Base, SyncRun
from chalicelib.settings import load_settings
from chalicelib.store.base import OURS
from chalicelib.store.health import DATA_HEALTH
from chalicelib.store.ledger import WRITING
from chalicelib.utils import utc_now

KINDS = [kind for domain in DOMAINS for kind in domain.all_kinds]
STEPS = [step for domain in DOMAINS for step in domain.all_steps]
RESOURCES = [resource for domain in DOMAINS for resource in domain.resources]
STREAMS = [stream for domain in DOMAINS for stream in domain.streams]
NOTHING_SET = load_settings({})

each_domain = pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
each_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)


def twice(names: Any) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def test_no_name_is_taken_twice() -> None:
    assert twice(domain.name for domain in DOMAINS) == []
    assert twice(kind.name for kind in KINDS) == []
    assert twice(step.name for step in STEPS) == []
    assert twice(setting.name for setting in all_settings()) == []
    assert twice(resource.name for resource in RESOURCES) == []
    tables = [table.name for table in Base.metadata.sorted_tables]
    views = [view.name for domain in DOMAINS for view in domain.views]
    assert twice([*tables, *views, DATA_HEALTH.name]) == []


# Steps and kinds


@each_step
def test_a_step_is_of_jobs_that_are_scheduled(step: Step) -> None:
    assert step.on
    assert set(step.on) <= SCHEDULES.keys()
    assert twice(step.on) == []


def test_every_job_has_something_to_do() -> None:
    assert {job for step in STEPS for job in step.on} == SCHEDULES.keys()


@each_step
def test_a_step_comes_no_oftener_than_its_jobs(step: Step) -> None:
    if step.every is not None:
        assert time_of(step.every, NOTHING_SET) >= min(SCHEDULES[job] for job in step.on)


def kinds_by_health(session: Session) -> dict[str, set[str]]:
    """The steps of each kind as the ledger's own view tells them apart, each having run once, where no other ran."""
    times = {"started_at": utc_now(), "finished_at": utc_now()}
    session.add_all(SyncRun(job="daily", step=step.name, org=step.name, status="ok", **times) for step in STEPS)
    session.flush()
    found: dict[str, set[str]] = {}
    for name, kind in session.execute(select(DATA_HEALTH.table.c.org, DATA_HEALTH.table.c.kind)):
        found.setdefault(kind, set()).add(name)
    return found


def test_health_and_the_declarations_mean_the_same_kinds(shared: Session) -> None:
    """A kind without a step would be stale for ever, and what a step of no kind brings would be judged by nobody."""
    judged = {kind.name for kind in KINDS if kind.stale_after is not None}
    assert kinds_by_health(shared).keys() == judged


@each_kind
def test_a_kind_grows_stale_when_a_run_failed_and_not_before_the_next(kind: Kind, shared: Session) -> None:
    if kind.stale_after is None:
        return
    names = kinds_by_health(shared)[kind.name]
    shown = tuple(pattern.removeprefix("%") for pattern in WRITING)
    for step in (step for step in STEPS if step.name in names and not step.name.endswith(shown)):
        between = min(SCHEDULES[job] for job in step.on)
        if step.every is not None:
            between = max(between, time_of(step.every, NOTHING_SET))
        assert time_of(kind.stale_after, NOTHING_SET) > between, step.name


@each_kind
def test_what_a_backfill_reads_says_what_it_costs(kind: Kind) -> None:
    if kind.by_default or kind.counted:
        assert kind.cost


@each_domain
def test_a_domain_can_do_what_its_kinds_promise(domain: Domain) -> None:
    own = {kind.name for kind in domain.kinds}
    if any(kind.cost for kind in domain.kinds):
        assert domain.history is not None
    assert any(kind.counted for kind in domain.kinds) == (domain.verify is not None)
    if domain.files is not None:
        assert domain.files.kind in own


@each_domain
def test_its_examples_are_commands(domain: Domain) -> None:
    for example in domain.examples:
        arguments = backfill.parser().parse_args(example.split(), namespace=backfill.Arguments())
        own = {kind.name for kind in domain.all_kinds}
        assert own & set(arguments.only), example


# Permissions and settings


@each_domain
def test_each_permission_is_asked_for_once(domain: Domain) -> None:
    names = [need.permission for need in domain.all_needs]
    assert twice(names) == []
    assert {need.permission for need in domain.needs} | {stream.permission for stream in domain.streams} == set(names)
    for need in domain.all_needs:
        assert re.fullmatch(r"[a-z][a-z_]*", need.permission)
        assert need.data


def test_all_settings_are_those_of_the_domains_and_of_what_they_share() -> None:
    assert list(all_settings()) == [*SHARED_SETTINGS, *(setting for domain in DOMAINS for setting in domain.settings)]


@pytest.mark.parametrize("setting", list(all_settings()), ids=lambda setting: setting.name)
def test_a_setting_has_a_default_and_says_what_it_is(setting: Any) -> None:
    assert re.fullmatch(r"[A-Z][A-Z_]*", setting.name)
    assert setting.help
    assert setting.read(None) == setting.read("") == setting.default


@each_domain
def test_whether_it_is_read_can_be_told_without_any_setting(domain: Domain) -> None:
    assert domain.enabled(NOTHING_SET) in {True, False}


# Tables


@each_domain
def test_it_relates_columns_that_there_are(domain: Domain) -> None:
    for relation in domain.relations:
        assert relation.words
        for table, column in re.findall(r"(\w+)\.(\w+)", relation.join):
            assert table in {relation.table, relation.to}
            assert column in Base.metadata.tables[table].columns


@each_domain
def test_its_retired_views_are_no_more(domain: Domain) -> None:
    assert not set(domain.retired_views) & {view.name for other in DOMAINS for view in other.views}


def test_every_table_is_a_domain_s_or_the_store_s() -> None:
    folders = {model.__module__.split(".")[1] for model in MODELS.values()}
    assert folders <= {"store"} | {domain.name for domain in DOMAINS}


# Resources


each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)


@each_resource
def test_a_resource_s_key_tells_its_pages_apart(resource: Resource) -> None:
    """A key that may be NULL would end the paging before its time."""
    for name in resource.key:
        field = resource.field(name)
        assert field is not None, name
        assert field.schema["type"] in {"string", "integer"}, name


@each_resource
def test_a_resource_says_whose_its_rows_are(resource: Resource) -> None:
    field = resource.field("org")
    assert field is not None
    assert field.schema == {"type": "string"}


@each_resource
def test_a_resource_explains_itself(resource: Resource) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", resource.name)
    assert resource.summary
    assert twice(field.name for field in resource.fields) == []
    assert all(field.comment not in {"", "None"} for field in resource.fields)
    parameters = [each.name for each in resource.filters]
    assert twice([*parameters, "org", "limit", "after"]) == []
    assert all(each.comment for each in resource.filters)


# Lists


def columns_of(stream: ListStream) -> Any:
    return inspect(stream.model).columns


@each_stream
def test_its_path_is_made_of_columns_that_its_parent_has(stream: ListStream) -> None:
    names = {name for _, name, _, _ in Formatter().parse(stream.path) if name}
    known = {"org"} if stream.parent is None else set(columns_of(stream.parent).keys())
    assert names <= known
    assert stream.path_of(dict.fromkeys(known, "a/b")).count("a%2Fb") == len(names)


@each_stream
def test_it_copies_columns_from_columns_of_the_same_type(stream: ListStream) -> None:
    assert bool(stream.copies) == (stream.parent is not None)
    for own, theirs in stream.copies.items():
        assert stream.parent is not None
        copy, original = columns_of(stream)[own], columns_of(stream.parent)[theirs]
        assert converter_of(copy) is converter_of(original)


@each_stream
def test_the_first_column_that_it_copies_is_its_parents_key(stream: ListStream) -> None:
    if stream.parent_key is not None and stream.parent is not None:
        keys = [column.name for column in stream.parent.model.__table__.primary_key if column.name != FIRST_SEEN]
        assert [stream.parent_key[1]] == keys


@each_stream
def test_the_app_fills_just_the_columns_that_github_does_not(stream: ListStream) -> None:
    filled = {"org", FIRST_SEEN, stream.gone, *stream.copies}
    filled |= {stream.split.parameter} if stream.split else set()
    filled |= stream.computed.keys()
    filled |= {"renamed_from", "moved_to"} if stream.before_saving else set()
    assert {column.name for column in columns_of(stream) if column.info.get(OURS)} == filled
    assert columns_of(stream)[stream.gone].nullable


@each_stream
def test_its_repository_s_name_is_a_column(stream: ListStream) -> None:
    assert not stream.repo or stream.repo in columns_of(stream)


@each_stream
def test_a_parent_is_read_before_it_and_as_often(stream: ListStream) -> None:
    if stream.parent is not None:
        assert STREAMS.index(stream.parent) < STREAMS.index(stream)
        assert set(stream.on) <= set(stream.parent.on)


@each_stream
def test_it_is_judged_after_more_than_a_day(stream: ListStream) -> None:
    assert time_of(stream.stale_after, NOTHING_SET) > timedelta(days=1)
