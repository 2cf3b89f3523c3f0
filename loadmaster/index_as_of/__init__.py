"""A registry's index as it was at an instant: what packaging must see for its bytes to come out the same again."""
