"""A notebook file before it is handed in: run it, and say what is missing.

Face: check, manifest, notebook_file, ran, run.
"""
