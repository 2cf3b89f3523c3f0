"""Looks at this machine, for `loadmaster doctor`; `planning.doctor` judges what is seen."""
