"""Follows repositories: by their ids, whatever they are called, and whoever has them."""
