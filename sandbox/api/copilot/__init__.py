"""Copilot's endpoints and reports."""
