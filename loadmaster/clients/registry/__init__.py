"""A Cargo registry over HTTP: its index and its web API, its permissions, trusted publishing."""
