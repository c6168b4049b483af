"""What an organisation has: repositories with their releases, and teams with their members."""
