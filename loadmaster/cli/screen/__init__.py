"""The terminal: how much is said, in which characters and colours, and the picture of a run that changes in place."""
