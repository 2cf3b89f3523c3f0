"""A Cargo registry over HTTP: its index, its web API, its permissions, and trusted publishing."""
