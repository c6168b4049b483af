"""Slack: where to post, what text does there, what its errors mean, and posting itself."""
