"""What is served: each endpoint reads the world and returns an answer."""
