"""Settings of other release tools: what each of them becomes in a profile, or why it is left.

One module for each tool, with a table of its settings; `adopting` puts them together. Knows texts and no disk.
"""
