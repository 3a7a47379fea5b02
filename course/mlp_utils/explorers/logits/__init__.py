"""The explorer of softmax and its loss.

Face: model, view.
"""
