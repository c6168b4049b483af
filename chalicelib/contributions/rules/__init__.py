"""Rules that settings name; pure, and without a database."""
