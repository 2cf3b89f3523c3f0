"""The forge's pages, for a person with a browser: what is there, and what can be decided."""
