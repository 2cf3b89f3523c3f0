"""The forge's workflows: read from the repository's own files, started as GitHub starts them, and played."""
