"""Pull requests, issues, events, transfers and members."""
