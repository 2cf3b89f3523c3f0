"""Why a registry refuses: one `Reason` for each answer that calls for another next step, and the sentences of each.

Knows no text of a server: `loadmaster.planning.answers` reads those. Imports nothing of ours.
"""
