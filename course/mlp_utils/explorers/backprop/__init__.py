"""The explorer of backpropagation: one number after the other.

Uses: softmax.
Face: view.
"""
