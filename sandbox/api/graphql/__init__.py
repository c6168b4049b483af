"""The GraphQL API: our part of GitHub's schema, executed on the same world that REST shows."""
