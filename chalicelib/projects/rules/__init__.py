"""What fields, statuses and deliverables mean."""
