"""What is right, and what an answer is worth.

Uses: files, authoring.
Face: declared, judge, key, reference, verdict.
"""
