"""How safe an organisation's repositories are: alerts with each change of their state, and checks of rules."""
