"""Runs a smoke test: payload, images, kernels, machines, containers."""
