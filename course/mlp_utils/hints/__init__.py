"""From numbers that differ to the kind of mistake.

Uses: assessing.
Face: error_hints, locate, observations, patterns, sealed.
"""
