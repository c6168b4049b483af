"""Reports from the shell: they read the database's views, and write nothing into it; `python -m reports --help`."""
