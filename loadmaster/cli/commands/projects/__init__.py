"""Which project a command is about, which projects there are, and what is wrong with a profile."""
