"""Copilot in the sandbox's organisations: seats, what people do with it, and the reports of that."""
