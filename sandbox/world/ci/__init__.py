"""Continuous integration: workflows, their runs and jobs, and the runners that take them."""
