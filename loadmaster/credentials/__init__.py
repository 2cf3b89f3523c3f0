"""Credentials: where they come from, how long they live, and that none is ever stored, logged, shown or raised."""
