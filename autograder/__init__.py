"""The instructor's package: build the release, grade submissions, give feedback.  Run ``python -m autograder``."""
