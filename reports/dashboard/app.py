"""What Streamlit runs, again for each click of each visitor. `make dashboard` starts it."""

from chalicelib.settings import load_settings
from chalicelib.utils import utc_now
from reports.dashboard.frame import show

show(load_settings, now=utc_now)
