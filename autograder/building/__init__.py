"""From authors' files to the instructor's and the students' notebooks.

Uses: files, authoring, judging, gradebook.
Face: build, sample_class.
"""
