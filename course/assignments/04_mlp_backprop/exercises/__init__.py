"""What the graded cells of this assignment share; each exercise has a file of its own beside this one.

The functions of accepted answers and misconceptions run among the notebook's names: ``relu``, ``linear`` and
``softmax`` in one of them are those of the notebook's first code cell, ``hidden_backward`` the right solution.
"""

import numpy as np

from autograder.authoring import GRADIENT_TOOLS

WITHHELD = GRADIENT_TOOLS

COVERS = {"explain_two_versions": ("S002-34", "S002-36", "S002-39")}

NOISE = ("loop_against_matrices", "evidence", "evidence_errors", "five_claims", "at_a_kink")

# What the experiments show when a student's own function is not right yet.
_INPUT, _Z1, _G = np.array([0.0, 2.0]), np.array([-1.0, 2.0, -3.0]), np.array([-0.5, -0.1, 0.6])
_V2 = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, -1.0], [4.0, 1.0, 2.0]])


def _two_gradients(ns):
    X, y, W1, b1, W2, b2, epsilon = ns["example"](10)
    _, _, logits, P = ns["mlp_forward"](X, W1, b1, W2, b2)
    return np.array([ns["loss_layer"](logits, P, y, e)[1] for e in (epsilon, 0.0)])


def _sparse_gradients(ns):
    V1 = np.ones((2, 3))
    dW2, _, da1 = ns["sample_output_backward"](_G, np.maximum(_Z1, 0), _V2)
    return ns["sample_hidden_backward"](da1, _INPUT, V1, _Z1 - _INPUT @ V1, _Z1)[1], dW2


def _loop_against_matrices(ns):
    both = [[ns["flat"](ns[name](*ns["example"](K))) for name in _VERSIONS] for K in (1, 10)]
    return np.array([np.abs(loop - matrices).max() for loop, matrices in both])


_VERSIONS = ("loop_gradients", "matrix_gradients")

RECORDED = {
    "first_picture": lambda ns: np.array(ns["descent"]("right")),
    "example_z1": lambda ns: ns["mlp_forward"](ns["example"](10)[0], *ns["example"](10)[2:6])[0],
    "two_gradients": _two_gradients,
    "sparse_gradients": _sparse_gradients,
    "three_descents": lambda ns: np.array([ns["descent"](kind) for kind in ("right", "stale cache", "W2 first")]),
    "loop_against_matrices": _loop_against_matrices,
    # Measured once, with one thread; a time is different on each machine and in each run.
    "epoch_times": lambda ns: np.array([[0.037, 0.034, 0.033, 0.034], [0.031, 3.3e-3, 4.9e-4, 2.0e-4]]),
    "evidence": lambda ns: ns["evidence"](),
    "evidence_errors": lambda ns: ns["evidence"](errors=True),
    "five_claims": lambda ns: ns["five_claims"](),
    "at_a_kink": lambda ns: ns["at_a_kink"](),
}
