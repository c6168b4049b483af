"""Reads boards and stores them."""
