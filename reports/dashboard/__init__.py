"""The dashboard: the same views as the reports, on pages in a browser; it reads the database and nothing else."""

from pathlib import Path


def app_path() -> str:
    """Give the file that Streamlit runs."""
    return str(Path(__file__).with_name("app.py"))
