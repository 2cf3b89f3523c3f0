"""What CI releases beside crates and assets. A module for each kind: whether an index has it as the profile promises."""
