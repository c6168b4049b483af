"""What is read of security, in which order, and into which table."""
