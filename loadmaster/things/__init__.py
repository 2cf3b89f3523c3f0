"""The objects that a release brings about. Each can be observed; `converge` brings one about, and a second call does nothing.

A thing knows its place in the world and what the plan wants there, but no job. The release, `status`, `audit` and `plan` use
the same `observe()`.
"""
