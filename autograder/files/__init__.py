"""Where things lie, what stands in a notebook, and files that are written whole or not at all.

Face: notebooks, paths, roster, seeds, storage, submissions.
"""
