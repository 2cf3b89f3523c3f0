"""What the answers of a registry, a git remote and a forge mean: tables of their words. No other module reads these words.

Each row has an example, word for word. `docs/messages.md` is made of the tables (`messages_page`).
"""
