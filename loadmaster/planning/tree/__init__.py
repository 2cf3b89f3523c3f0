"""What a directory says: its manifests, its members, its lockfiles, as values."""
