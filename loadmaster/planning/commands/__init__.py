"""The commands of the project's own in a release: what they see, what they changed, and what of that the release commit gets."""
