"""The permission gates: may every crate of a plan be published, by whom, and which obstacles are known. Pure.

`seen` has the registry's answers, `reading` interprets one, `findings` has one cell of the resulting table, `gates` asks all
questions. If no request can answer a question, the result is unknown, never yes.
"""
