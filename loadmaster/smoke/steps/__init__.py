"""The smoke test's steps: by itself, by a workflow of the forge, as part of a release."""
