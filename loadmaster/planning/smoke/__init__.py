"""The decisions of the LSM smoke test: what a report says, what follows from it, and how to show it. Pure."""
