"""The smoke test's steps: alone, by a workflow of the forge, or as part of a release."""
