"""The forge's releases and their assets."""
