"""How fast rows are stored, how much memory a backfill takes, and what an idle run costs."""
