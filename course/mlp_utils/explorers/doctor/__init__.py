"""The gradient doctor: arrays that show which mistake a program has.

Face: view.
"""
