"""The flows that a person starts. A flow fits on a screen; the work is done in `loadmaster`."""
