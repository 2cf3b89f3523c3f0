"""The LSM smoke test's deciding side: what a report says, what follows from it, and how it is shown. Pure."""
