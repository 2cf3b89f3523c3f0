"""The forge: its answers, its CI, and landing by a pull request."""
