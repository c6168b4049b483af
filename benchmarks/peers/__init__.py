"""What we and others take to load the same organisation: units of the rate limit, seconds, CPU, memory, rows."""
