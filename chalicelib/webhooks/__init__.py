"""Webhooks: deliveries that did not arrive, which GitHub is asked for again, whichever domain they are for."""
