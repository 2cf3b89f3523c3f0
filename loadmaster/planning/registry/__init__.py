"""A crate and its registry as values: what was seen, what an index line says, how two crate files compare."""
