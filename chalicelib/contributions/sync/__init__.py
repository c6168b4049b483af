"""What to fetch about contributions, in which order, into which table. Every page is committed by itself."""
