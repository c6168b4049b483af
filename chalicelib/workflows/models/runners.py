"""Self-hosted runners, how many there were, and how GitHub itself is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import JSON_ARRAY, Base, JsonList, UTCDateTime, ours


class Runner(Base):
    """Self-hosted runners of an organisation."""

    __tablename__ = "runners"
    __table_args__ = (Index(None, "org", "label_set"), {"comment": "Self-hosted runners of the organisations"})

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="GitHub's runner id")
    org: Mapped[str] = mapped_column(String, primary_key=True, info=ours(), comment="Organisation")
    name: Mapped[str] = mapped_column(String, comment="Name")
    os: Mapped[str | None] = mapped_column(String, comment="Operating system, as the runner calls it")
    status: Mapped[str] = mapped_column(String, comment="online or offline, when it was last listed")
    busy: Mapped[bool] = mapped_column(comment="True when it was last listed with a job")
    ephemeral: Mapped[bool | None] = mapped_column(comment="True when it goes after one job")
    version: Mapped[str | None] = mapped_column(String, comment="Version of its software")
    runner_group_id: Mapped[int | None] = mapped_column(BigInteger, comment="Its group")
    labels: Mapped[JsonList | None] = mapped_column(JSON_ARRAY, comment="Labels (objects with name and type)")
    label_set: Mapped[str] = mapped_column(
        String, info=ours(), comment="Names of its labels in order, with commas between; empty when it has none"
    )
    first_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info=ours(), comment="When this app first saw it")
    removed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info=ours(), comment="When this app saw that GitHub no longer lists it; NULL while it does"
    )


class RunnerSample(Base):
    """How many runners there were, every ten minutes."""

    __tablename__ = "runner_samples"
    __table_args__ = ({"comment": "How many self-hosted runners there were, by their labels, every ten minutes"},)

    org: Mapped[str] = mapped_column(String, primary_key=True, comment="Organisation")
    sampled_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True, comment="When they were listed")
    label_set: Mapped[str] = mapped_column(
        String, primary_key=True, comment="runners.label_set; a row for each that has runners"
    )
    runners: Mapped[int] = mapped_column(comment="Runners that were listed")
    online: Mapped[int] = mapped_column(comment="Those that were online")
    busy: Mapped[int] = mapped_column(comment="Those that had a job")


class GitHubStatus(Base):
    """What GitHub's status page said, a row for each change."""

    __tablename__ = "github_status"
    __table_args__ = ({"comment": "What GitHub's status page said: a row for each time that it changed"},)

    observed_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True, comment="When this app first saw it")
    last_observed_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="When this app last saw the same")
    indicator: Mapped[str] = mapped_column(
        String, comment="none (all is well), minor, major, critical, or unreachable when the page can't be read"
    )
    description: Mapped[str] = mapped_column(Text, comment="State in GitHub's words, or why the page can't be read")
    components: Mapped[JsonList] = mapped_column(JSON_ARRAY, comment="Parts of GitHub (objects with name and status)")
    incidents: Mapped[JsonList] = mapped_column(
        JSON_ARRAY, comment="Incidents that are not resolved (objects with name, status, impact, url and times)"
    )
    maintenances: Mapped[JsonList] = mapped_column(
        JSON_ARRAY, comment="Planned maintenance (objects with name, status, url and times)"
    )
