"""Reads contributions into their tables: what to fetch, and in which order. Each page is committed by itself."""
