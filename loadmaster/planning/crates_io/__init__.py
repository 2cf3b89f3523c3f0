"""crates.io's checks of a crate file and its metadata: its rules, in its order and with its messages. Pure.

They have two users. The rehearsal registry answers by them, and a release checks its packaged crates with them before
anything is pushed. Each check raises `Refusal`, which is the answer that crates.io would give.
"""
