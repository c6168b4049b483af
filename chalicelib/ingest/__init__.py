"""What every domain works with: its declaration, the runner of its steps, and how records become rows."""
