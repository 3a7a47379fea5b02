"""What stands in notebooks: checks, hints, recorded arrays, the summary.

Uses: assessing, derivations, handing_in, hints.
Face: nothing; notebooks get it from mlp_utils itself.
"""
