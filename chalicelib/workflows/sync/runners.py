"""Counts an organisation's own runners each time that they were listed."""

from __future__ import annotations

from sqlalchemy import func, select

from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import Row
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.store.functions import count_if
from chalicelib.store.models import ListPoll
from chalicelib.workflows.models import Runner, RunnerSample
from chalicelib.workflows.rows import label_set

RUNNERS = Runner.__tablename__
ONLINE = "online"


def label_set_of(row: Row) -> str:
    """Write a runner's labels as `runners.label_set` has them."""
    return label_set(row.get("labels"))


def sample_runners(context: Context) -> None:
    """Keep how many runners there are now, a row for each set of labels; nothing when they were not read whole."""
    if not _is_read_whole(context):
        return
    counts = {
        "runners": func.count(),
        "online": count_if(Runner.status == ONLINE),
        "busy": count_if(Runner.busy.is_(True)),
    }
    listed = (Runner.org == context.scope.org, Runner.removed_at.is_(None))
    query = select(Runner.label_set, *(count.label(name) for name, count in counts.items())).where(*listed)
    found = context.session.execute(query.group_by(Runner.label_set)).mappings()
    about = {"org": context.scope.org, "sampled_at": context.now()}
    save_own_rows(context, RunnerSample, [{**about, **row} for row in found])
    context.checkpoint()


def _is_read_whole(context: Context) -> bool:
    """Tell whether this run read the whole list: while a record of it can't be mapped, it is not known how many."""
    same = (ListPoll.stream == RUNNERS, ListPoll.org == context.scope.org)
    read = select(ListPoll.stream).where(*same, ListPoll.read_at >= context.run.started_at).limit(1)
    return context.session.scalar(read) is not None
