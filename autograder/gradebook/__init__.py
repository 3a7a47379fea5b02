"""nbgrader's gradebook: its settings, what is written to it, and what people have entered in it.

Uses: files, judging.
Face: marks, nbgrader_settings, projection.
"""
