"""What Loadmaster needs of this machine, judged from what was seen of it: `loadmaster doctor`."""
