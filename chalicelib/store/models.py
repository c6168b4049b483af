"""The app's own tables: ledger, watermarks, cursors, list pages, leases, rejected records and deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import SERIAL, Base, UTCDateTime


class SyncRun(Base):
    """The ledger: a row per job, step and organisation, or per window of a backfill."""

    __tablename__ = "sync_runs"
    __table_args__ = (
        Index(None, "org", "step", "started_at"),
        Index(None, "started_at"),
        {"comment": "The ledger: what each step did"},
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True, comment="Counts up; a later step has a higher one")
    job: Mapped[str] = mapped_column(String, comment="every_30_min, nrt_events, daily, backfill or verify")
    step: Mapped[str] = mapped_column(String, comment="What was read, such as pull_requests.updated")
    org: Mapped[str] = mapped_column(String, comment="Organisation")
    window_start: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="Oldest moment asked for")
    window_end: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="Newest moment asked for; NULL: up to now")
    expected: Mapped[int | None] = mapped_column(comment="How many items GitHub announced; NULL: it doesn't say")
    fetched: Mapped[int] = mapped_column(default=0, comment="How many different items GitHub listed")
    stored: Mapped[int] = mapped_column(default=0, comment="Rows that were new or changed")
    rejected: Mapped[int] = mapped_column(default=0, comment="Records kept in rejected_records instead")
    requests: Mapped[int] = mapped_column(default=0, comment="Requests sent to GitHub, retries included")
    not_modified: Mapped[int] = mapped_column(default=0, comment="Those that GitHub answered 304, free of charge")
    rate_limit_left: Mapped[int | None] = mapped_column(
        comment="What the last answer left of the hourly rate limit; NULL when only searches were asked"
    )
    status: Mapped[str] = mapped_column(
        String, comment="running, ok, partial (stopped or incomplete; the next run goes on) or failed"
    )
    error: Mapped[str | None] = mapped_column(Text, comment="Why it is partial or failed")
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When the step began")
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="When it ended; NULL while it runs")
    note: Mapped[str | None] = mapped_column(
        Text, comment="What else is to be known, though all is well, such as days that GitHub has no report of"
    )


class Organisation(Base):
    """An organisation, whatever its name is now."""

    __tablename__ = "organisations"
    __table_args__ = ({"comment": "The organisations that are read; a renamed one is still the same"},)

    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="GitHub's organisation id"
    )
    login: Mapped[str] = mapped_column(String, comment="Name: `org` in the other tables")
    renamed_from: Mapped[str | None] = mapped_column(
        String, comment="Name that it had before; NULL when this app has never seen another one"
    )


class Watermark(Base):
    """How far the data is complete; it never runs ahead of what is committed."""

    __tablename__ = "watermarks"
    __table_args__ = ({"comment": "Up to when the data is complete"},)

    name: Mapped[str] = mapped_column(String, primary_key=True, comment="What it counts, such as updated:issues")
    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    scope: Mapped[str] = mapped_column(
        String, primary_key=True, comment="The repositories it holds for; * means all of the organisation's"
    )
    value: Mapped[datetime] = mapped_column(UTCDateTime, comment="Everything up to this moment is stored")


class Cursor(Base):
    """Where an interrupted read continues, and when something was last done."""

    __tablename__ = "cursors"
    __table_args__ = ({"comment": "Where readings go on; unlike a watermark, it says nothing of what is stored"},)

    name: Mapped[str] = mapped_column(String, primary_key=True, comment="What it is of, such as sweep:issues")
    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    scope: Mapped[str] = mapped_column(
        String, primary_key=True, comment="The repositories it holds for; * means all of the organisation's"
    )
    value: Mapped[datetime] = mapped_column(UTCDateTime, comment="The moment that it stands at")


class ListPoll(Base):
    """The last read of each page of each plain list."""

    __tablename__ = "list_polls"
    __table_args__ = ({"comment": "The last read of each page of each plain list, such as a repository's releases"},)

    stream: Mapped[str] = mapped_column(String, primary_key=True, comment="Which list it is, such as releases")
    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    list: Mapped[str] = mapped_column(String, primary_key=True, comment="Path that was asked for, and its parameters")
    page_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="Page, from 1")
    etag: Mapped[str | None] = mapped_column(String, comment="ETag of that page, quotes included")
    items: Mapped[int] = mapped_column(comment="How many records that page had")
    next_url: Mapped[str | None] = mapped_column(String, comment="GitHub's link to the next page")
    read_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was last asked for")


class Lease(Base):
    """Which run holds a job, so that two runs never do it at once."""

    __tablename__ = "leases"
    __table_args__ = ({"comment": "Which run holds which job"},)

    name: Mapped[str] = mapped_column(String, primary_key=True, comment="Job and organisation")
    owner: Mapped[str] = mapped_column(String, comment="host:process:run that holds it")
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When another run may take it")


class RejectedRecord(Base):
    """A whole record that could not become a row, with the reason."""

    __tablename__ = "rejected_records"
    __table_args__ = ({"comment": "Records from GitHub that could not become rows"},)

    digest: Mapped[str] = mapped_column(String, primary_key=True, comment="SHA-256 of kind and record: kept once")
    kind: Mapped[str] = mapped_column(String, index=True, comment="The table it was meant for")
    org: Mapped[str] = mapped_column(String, comment="Organisation it was read from")
    reason: Mapped[str] = mapped_column(Text, comment="Why it was rejected")
    record: Mapped[str] = mapped_column(
        Text, comment="The record as JSON text, not JSONB: it may hold what JSONB refuses, such as NUL"
    )
    rejected_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When it was first rejected")
    identity: Mapped[str | None] = mapped_column(
        String, comment="What tells it apart on GitHub, such as id=17; NULL when nothing does"
    )
    stored_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When a later reading stored it after all; NULL while it is missing from its table"
    )


class WebhookDelivery(Base):
    """A webhook's delivery that this app keeps something of; GitHub may deliver it more than once."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(None, "received_at"),
        Index(None, "status", "received_at"),
        {"comment": "Deliveries of webhooks, each once, and what became of them; kept for 30 days"},
    )

    guid: Mapped[str] = mapped_column(String, primary_key=True, comment="X-GitHub-Delivery: a redelivery has the same")
    event: Mapped[str] = mapped_column(String, comment="X-GitHub-Event, such as workflow_job")
    action: Mapped[str | None] = mapped_column(String, comment="What happened, such as completed; NULL: there is none")
    org: Mapped[str | None] = mapped_column(String, comment="Organisation; NULL when it names none")
    repository_id: Mapped[int | None] = mapped_column(BigInteger, comment="repositories.id; NULL when it names none")
    hook_id: Mapped[int | None] = mapped_column(BigInteger, comment="GitHub's id of the webhook; NULL when not said")
    target_type: Mapped[str | None] = mapped_column(
        String, comment="Whose webhook it is: organization, repository or integration (a GitHub App)"
    )
    received_at: Mapped[datetime] = mapped_column(
        UTCDateTime, comment="When it last came; of one that never did, when GitHub tried"
    )
    tries: Mapped[int] = mapped_column(
        comment="How often it came until it was stored; 0: GitHub's log alone tells of it"
    )
    status: Mapped[str] = mapped_column(String, comment="stored or failed")
    changed: Mapped[int] = mapped_column(comment="Rows that were new or changed by it")
    rejected: Mapped[int] = mapped_column(comment="Records of it that are in rejected_records instead")
    note: Mapped[str | None] = mapped_column(Text, comment="What else is to be known; why it failed")
    delivery_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="GitHub's id of the last try in its log that failed; NULL when none was found there"
    )
    asks: Mapped[int] = mapped_column(default=0, comment="How often GitHub was asked to deliver it again")
    ask_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="When GitHub is to be asked again, if it is not stored by then; NULL: not at all"
    )


class FactDefinition(Base):
    """How a table of facts was last defined."""

    __tablename__ = "fact_definitions"
    __table_args__ = (
        {"comment": "How each table of facts was defined when it was last made anew: another code, another digest"},
    )

    name: Mapped[str] = mapped_column(String, primary_key=True, comment="Name of the table")
    digest: Mapped[str] = mapped_column(String, comment="SHA-256 of the SQL that says what follows")
