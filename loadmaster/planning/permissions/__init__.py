"""The permission gates: may every crate of a plan be published, by whom, and what is known to stand in the way. Pure.

`seen` holds what the registry answered, `reading` what such an answer is, `findings` one cell of the table that comes
out, `gates` asks all questions. What no request can tell is said to be unknown, never taken for a yes.
"""
