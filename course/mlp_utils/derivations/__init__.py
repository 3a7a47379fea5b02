"""Derivations that check themselves: read, computed, compared line by line, typeset."""
