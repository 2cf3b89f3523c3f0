"""The repository as GitHub's API shows it: refs, commits, files, and the rules for refs; read from the bare repository."""
