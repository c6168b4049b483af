"""The process itself: AWS, logs, and the shell."""
