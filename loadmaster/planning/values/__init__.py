"""The ground: values that everything else is made of. Imports nothing of ours but the errors."""
