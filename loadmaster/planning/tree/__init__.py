"""A directory as values: its manifests, its members, its lockfiles."""
