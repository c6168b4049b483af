"""The top lists: what ran most, what ran longest, who used most minutes, and for which labels jobs wait longest."""

from __future__ import annotations

from sqlalchemy import select

from reports.dashboard.filters import Choice
from reports.dashboard.parts import show_table, titled
from reports.dashboard.screens.ci.asking import FEW, JOB_KINDS, RUN_KINDS, of_all, of_choice, with_labels
from reports.dashboard.screens.ci.queue import read_labels
from reports.dashboard.source import Source
from reports.reading import view

MOST_RUN = view(
    "most_run_workflows",
    "org place repo workflow_id workflow_name runs ended failed cancelled rerun failed_share cancelled_share "
    "rerun_share",
)
LONGEST = view(
    "longest_jobs",
    "org place repo workflow_name name head_branch label_set runner_name conclusion started_at seconds html_url",
)
BUSIEST = view("busiest_repositories", "org place repo runs jobs minutes")
TOP = 20
EMPTY = "There is none of the last 30 days."
PLACES = "Places are those in the whole organisation, whatever the filters say."


def show(source: Source, choice: Choice) -> None:
    """Show the lists: each is of the last 30 days, and says of how many it has the first."""
    show_most_run(source, choice)
    show_longest(source, choice)
    show_busiest(source, choice)
    labels = titled(
        with_labels(read_labels(source, choice)), "For which labels jobs waited longest in the last 30 days"
    )
    show_table(labels, key="top-labels", empty=EMPTY, about=FEW + of_all(choice))


def show_most_run(source: Source, choice: Choice) -> None:
    """Show the workflows that ran most."""
    rows = MOST_RUN.c
    shares = ((100.0 * rows[f"{name}_share"]).label(f"percent_{name}") for name in ("failed", "cancelled", "rerun"))
    query = select(rows.place, rows.repo, rows.workflow_name, rows.runs, rows.ended, *shares)
    query = query.where(*of_choice(rows, choice)).order_by(rows.place)
    title = f"The workflows that ran most in the last 30 days (the first {TOP})"
    table = source.read(query, title=title, kinds=RUN_KINDS, orgs=[choice.org], most=TOP)
    show_table(table, key="top-workflows", empty=EMPTY, about=f"Percentages are of the runs that ended. {PLACES}")


def show_longest(source: Source, choice: Choice) -> None:
    """Show the jobs that ran longest."""
    rows = LONGEST.c
    columns = (each for each in rows if each.name != "org")
    query = select(*columns).where(*of_choice(rows, choice)).order_by(rows.place)
    title = f"The jobs that ran longest in the last 30 days (the first {TOP})"
    table = source.read(query, title=title, kinds=JOB_KINDS, orgs=[choice.org], most=TOP)
    empty = "None is among the 100 jobs of the organisation that ran longest." if choice.repo else EMPTY
    about = f"Among the 100 of the organisation. {PLACES}"
    show_table(with_labels(table), key="top-jobs", empty=empty, about=about)


def show_busiest(source: Source, choice: Choice) -> None:
    """Show the repositories whose jobs runners had longest."""
    rows = BUSIEST.c
    query = select(*(each for each in rows if each.name != "org")).where(*of_choice(rows, choice))
    title = f"The repositories that used most minutes in the last 30 days (the first {TOP})"
    table = source.read(query.order_by(rows.place), title=title, kinds=JOB_KINDS, orgs=[choice.org], most=TOP)
    show_table(table, key="top-repositories", empty=EMPTY, about=PLACES)
