"""Loadmaster: releases a Cargo workspace as a Prefect DAG."""

__version__ = "0.1.0"
