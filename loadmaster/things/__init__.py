"""The objects that a release brings about. Each can be observed; `converge` brings one about, and doing it twice does it once.

A thing knows its place in the world and what the plan wants there, and no job: the release, `status`, `audit` and `plan`
look through the same `observe()`.
"""
