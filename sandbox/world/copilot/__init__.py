"""An organisation's use of Copilot: seats, habits, days and when they are published."""
