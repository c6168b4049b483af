"""Keeps runs, jobs, runners and deployments as GitHub has them: by webhooks, and by asking."""
