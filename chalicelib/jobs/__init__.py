"""Jobs: the schedules, history from the shell, health, and what a Lambda does around a job."""
