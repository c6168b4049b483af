"""Boards (GitHub Projects): what is on them, their sprints, and what was when."""
