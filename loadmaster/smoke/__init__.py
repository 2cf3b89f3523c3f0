"""The acting side of the LSM smoke test: makes the payload and its images, runs them, and returns their logs.

It judges nothing: `loadmaster.planning.smoke` does.
"""
