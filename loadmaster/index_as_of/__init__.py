"""A registry's index as it was at an instant: packaging must see it so that it gives the same bytes again."""
