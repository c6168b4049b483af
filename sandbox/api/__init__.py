"""How GitHub shows the world: payloads, pages, searches, endpoints."""
