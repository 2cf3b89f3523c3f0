"""The forge's half of a release: landing, CI, and the announcement with its assets."""
