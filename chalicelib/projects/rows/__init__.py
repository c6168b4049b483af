"""Turns what GitHub says of boards into rows."""
