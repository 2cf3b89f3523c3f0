"""What a forge answers, as values, and what follows from it: which run is ours, how far it is, whether a commit has landed."""
