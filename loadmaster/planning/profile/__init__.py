"""What a person writes: the profile's model, its tables and their patterns."""
