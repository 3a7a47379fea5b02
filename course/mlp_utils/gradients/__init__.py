"""Finite differences, the complex step, and checking a gradient with them.

Face: complex_safety, differences, gradcheck.
"""
