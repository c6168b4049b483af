"""Workflows: runs, jobs and how long they queue, runners, deployments, and GitHub's own state."""
