"""What a person starts. A flow fits on a screen; what it does, `loadmaster` knows."""
