"""What people read after grading: feedback, report, table of points, an explanation.

Uses: files, authoring, judging, gradebook.
Face: explain, export, feedback, pages, report.
"""
