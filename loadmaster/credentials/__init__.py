"""Credentials: where they come from and how long they live. None is ever stored, logged, shown or raised."""
