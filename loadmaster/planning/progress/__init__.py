"""How a run goes, as values: the notes of its journal, what they say together, the picture of it, and its lines of text."""
