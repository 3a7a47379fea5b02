"""Derivations that check themselves: read, computed, compared line by line, typeset.

Face: hints, ranges, route, setting, show, steps.
"""
