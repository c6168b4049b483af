"""Copilot: how much it is used, by whom, and who holds a seat."""
