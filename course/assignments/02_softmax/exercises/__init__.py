"""What the graded cells of this assignment share; each exercise has a file of its own beside this one.

The functions of accepted answers and misconceptions run among the notebook's names: ``softmax`` and ``smooth_labels``
in one of them are the right ones of the notebook.
"""

import numpy as np
from mlp_utils.gradients.gradcheck import check_gradient

from autograder.authoring import GRADIENT_TOOLS

WITHHELD = GRADIENT_TOOLS

NOISE = ("jacobian_errors", "tests_of_claims")

# What the experiments show when a student's own function is not right yet.
_GAPS = np.array([1.0, 40.0, 700.0, 800.0])
_FOUR, _THREE = np.array([0.5, 0.25, 0.125, 0.125]), np.array([0.7, 0.2, 0.1])
_HOMEWORK, _ROUNDED = np.array([0.0, -3.0, 1.0]), np.array([0.265388, 0.013213, 0.721399])
_EXPLORED = np.array([2.0, 1.0, -1.0])
_BATCH = np.array([[2.0, 1.0, -1.0], [0.5, 1.5, 0.0], [-1.0, 0.2, 0.3], [0.1, 3.0, 1.0], [0.4, 0.0, 0.9]])
_LABELS, _EPSILON = np.array([0, 2, 2, 1, 2]), 0.1


def _risk_with_an_outlier(ns):
    logits, y = np.zeros((4, 3)), np.array([0, 2, 2, 1])
    logits[3, 0] = 1000.0
    return np.array([ns["cross_entropy"](logits, y)[1], ns["cross_entropy"](logits[:3], y[:3])[1]])


def _jacobian_errors(ns):
    M = ns["softmax_jacobian"](_FOUR)

    def loss(moves):
        return np.sum(ns["probabilities_after"](_FOUR, moves))

    claims = (M, np.diag(np.diag(M)))
    return np.array([check_gradient(loss, np.zeros((4, 4)), claim).arrays[0].relative_error for claim in claims])


def _measured_of_three(ns):
    loss, h = ns["loss_after"], 1e-5
    return np.array([(loss(_THREE, 1, h * e) - loss(_THREE, 1, -h * e)) / (2 * h) for e in np.eye(3)])


def _tests_of_claims(ns):
    G = ns["smoothed_gradient"](_BATCH, _LABELS, _EPSILON)
    spoilt = G.copy()
    spoilt[0, 0] *= 1.3
    claims = (G, len(_LABELS) * G, ns["smoothed_gradient"](_BATCH, _LABELS, 0.0), -G, spoilt)

    def loss(at):
        return ns["smoothed_risk"](at, _LABELS, _EPSILON)

    errors = [check_gradient(loss, _BATCH, claim).arrays[0].relative_error for claim in claims]
    sums = [np.abs(claim.sum(axis=1)).max() for claim in claims]
    return np.array([sums, errors]).T


def _explorer_gradients(ns):
    both = [ns["smoothed_gradient"](_EXPLORED[None], np.array([0]), epsilon) for epsilon in (0.0, 0.3)]
    return np.reshape(both, (2, 3))


RECORDED = {
    "softmax_of_gaps": lambda ns: ns["softmax"](np.stack([0 * _GAPS, -_GAPS], axis=1)),
    "risk_with_an_outlier": _risk_with_an_outlier,
    "jacobian_of_four": lambda ns: ns["softmax_jacobian"](_FOUR),
    "jacobian_errors": _jacobian_errors,
    "gradient_of_three": lambda ns: ns["softmax_gradient"](_THREE, 1),
    "measured_of_three": _measured_of_three,
    "tests_of_claims": _tests_of_claims,
    "explorer_gradients": _explorer_gradients,
    "hot_softmax": lambda ns: ns["softmax"](_EXPLORED / 1e6),
    "clinic_softmax": lambda ns: ns["softmax"](_HOMEWORK),
    "clinic_gradient": lambda ns: ns["softmax_gradient"](_ROUNDED, 0),
}
