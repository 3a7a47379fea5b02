"""What runs inside the sandbox, sent there as text: nothing but the standard library.

Face: confine.
"""
