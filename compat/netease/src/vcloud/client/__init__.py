"""Who signs, and the client."""
