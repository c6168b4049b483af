"""What there is: organisations, people, repositories, their issues and pull requests, Copilot's use."""
