"""The LSM smoke test's acting side: makes the payload and its images, runs them, brings back what they said.

It judges nothing: `loadmaster.planning.smoke` does.
"""
