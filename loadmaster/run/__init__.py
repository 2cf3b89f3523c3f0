"""What a run has: request, pinned job, journal, the directory where it keeps things, its world and its clock."""
