"""What to fetch about Copilot, and into which table. Every day is committed by itself."""
