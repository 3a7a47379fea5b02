"""A task, the reply to it, and in what the reply differs.

Uses: derivations.
Face: assess, compare, formulas, invariants, tasks, told, wire.
"""
