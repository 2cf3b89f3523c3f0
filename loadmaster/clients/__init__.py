"""Access to the outside world: one module for each outside thing. Small functions that try once and raise from the catalogue."""
