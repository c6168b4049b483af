"""Talking to the database: engine, upsert, watermarks, leases, ledger, rejected records. Knows no domain, no HTTP."""
