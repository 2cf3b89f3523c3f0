"""What crates.io checks in a crate file and its metadata: its rules, in its order and its words. Pure.

Two users: the rehearsal registry answers by them, and a release asks them of its packaged crates before anything is
pushed. Each check raises `Refusal`, which is what crates.io would answer.
"""
