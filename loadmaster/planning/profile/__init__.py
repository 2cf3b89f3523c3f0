"""The profile that a person writes: its model, its tables and their patterns."""
