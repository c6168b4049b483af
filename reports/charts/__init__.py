"""Charts: tables in, Plotly figures out; each figure carries a sentence that says what it shows."""

from reports.charts.progress import percent_complete
from reports.charts.series import bars, lines
from reports.charts.sprints import burndown, burnup
from reports.charts.style import alternative

__all__ = ["alternative", "bars", "burndown", "burnup", "lines", "percent_complete"]
