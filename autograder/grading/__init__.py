"""A grading run: from what was handed in to records and a gradebook.

Uses: files, judging, kernels, gradebook.
Face: progress, run.
"""
