"""What the graded cells of this assignment share; each exercise has a file of its own beside this one.

The functions of accepted answers and misconceptions run among the notebook's names: ``sigmoid``, ``chain_loss`` and
``product`` in one of them are those of the notebook's first code cell.
"""

import numpy as np
from mlp_utils.assessing.formulas import Formula

from autograder.authoring import GRADIENT_TOOLS

WITHHELD = GRADIENT_TOOLS

# What the experiments show when a student's own function is not right yet.
_CHAIN, _X = (0.25, -0.11, 0.78), 0.63
_SIZES, _COUNTS = (0.05, 0.1, 0.2), (2, 3, 5, 20)
_NETWORKS = {"d": [784.0, 784.0, 784.0], "H": [100.0, 200.0, 100.0], "C": [10.0, 10.0, 20.0]}


def _regression_slopes(ns):
    z1, a1, z2, a2, z3, _ = ns["chain_forward"](*_CHAIN, _X)
    return np.array(ns["chain_squared_gradients"](*_CHAIN, _X, 128, (z1, a1, z2, a2, z3)))


def _gradients_of_a_sum(ns):
    W = np.array([[1.0, 0.0, -2.0], [0.5, 3.0, 1.0]])
    X = np.array([[2.0, 1.0, 0.0, -1.0], [0.0, 4.0, 1.0, 2.0], [5.0, -3.0, 1.0, 7.0]])
    return ns["product_gradients"](np.ones((2, 4)), W, X)


def _losses_of_steps(ns):
    X, T = np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([[0.5, 1.0], [1.0, -1.5]])
    table = []
    for size in _SIZES:
        W, losses = np.array([[0.3, 0.5], [-0.2, 0.4]]), []
        for _ in range(max(_COUNTS) + 1):
            losses.append(np.sum((W @ X - T) ** 2))
            W = W - size * ns["product_gradients"](2 * (W @ X - T), W, X)[0]
        table.append([losses[count] for count in _COUNTS])
    return np.array(table)


def _fitting_products(ns):
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=(5, 4)), rng.normal(size=(5, 3))), (rng.normal(size=(3, 3)), rng.normal(size=(3, 3)))]
    pairs += [(np.eye(3), rng.normal(size=(3, 3))), (np.ones((3, 3)), 2 * np.ones((3, 3)))]
    counts = []
    for X, dZ in pairs:
        dW = ns["linear_backward"](dZ, X, np.ones((X.shape[1], dZ.shape[1])))[0]
        eight = [(A, B) for A in (X, X.T) for B in (dZ, dZ.T)]
        eight += [(B, A) for A, B in eight]
        made = [A @ B for A, B in eight if A.shape[1] == B.shape[0]]
        fitting = [C for C in made if C.shape == dW.shape]
        counts.append([len(fitting), sum(np.allclose(C, dW) for C in fitting)])
    return np.array(counts)


def _parameter_counts(ns):
    values = {name: np.array(numbers) for name, numbers in _NETWORKS.items()}
    return Formula.parse(ns["parameter_count"], ("d", "H", "C"), ()).evaluate(values)


RECORDED = {
    "chain_example": lambda ns: np.array(ns["chain_forward"](*_CHAIN, _X)),
    "chain_cache": lambda ns: np.array([ns["chain_forward"](0.25, w2, 0.78, _X) for w2 in (-0.11, 2.0)]),
    "chain_slopes": lambda ns: np.array(
        ns["chain_cross_entropy_gradients"](*_CHAIN, _X, 1, ns["chain_forward"](*_CHAIN, _X))
    ),
    "chain_regression_slopes": _regression_slopes,
    "gradients_of_a_sum": _gradients_of_a_sum,
    "losses_of_steps": _losses_of_steps,
    "fitting_products": _fitting_products,
    "parameter_counts": _parameter_counts,
}
