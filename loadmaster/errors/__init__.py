"""The catalogue: one class per situation, each saying what happened, why it usually happens and what to do next.

A person sees that text (terminal, Prefect state message, artifact, one line of the log). A program reads `code` and
`facts`. Retries depend on `transient` alone; see `is_worth_retrying` in `base`. An `outage` is waited out before.

Import each class from the module that defines it: `from loadmaster.errors.registry import UploadRefused`.
"""
