"""A large organisation, made up: the same rows for the same size and day, in either database, and a server for it."""
