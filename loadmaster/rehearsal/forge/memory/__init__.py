"""What the forge remembers, and what all its parts share."""
