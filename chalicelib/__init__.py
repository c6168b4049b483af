"""The system of record for how an organisation works on GitHub."""
