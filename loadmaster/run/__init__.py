"""The parts of a run: request, pinned job, journal, its directory, its world and its clock."""
