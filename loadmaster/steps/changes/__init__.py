"""Looks at what changed since the last releases; `planning.changes` decides what that asks for."""
