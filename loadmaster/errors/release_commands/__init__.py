"""The commands of the project's own that a release runs (`[[release.commands]]`): how they run, and what they make of the tree."""
