"""How GitHub is asked about security."""
