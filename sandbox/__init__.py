"""A GitHub REST API on localhost with a generated organisation, for demos, tests and benchmarks."""
