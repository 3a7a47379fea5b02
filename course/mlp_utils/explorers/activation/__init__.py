"""The explorer of activations: functions, slopes, numerical slopes.

Face: model, view.
"""
