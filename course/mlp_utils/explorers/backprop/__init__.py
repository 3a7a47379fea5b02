"""The explorer of backpropagation: one number after the other.

Uses: logits.
Face: view.
"""
