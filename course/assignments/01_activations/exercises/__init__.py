"""What the graded cells of this assignment share; each exercise has a file of its own beside this one.

The functions of accepted answers and misconceptions run among the notebook's names: ``sigmoid`` in one of them is the
right sigmoid of the notebook, ``relu`` its rectifier.
"""

import numpy as np
from mlp_utils import testbed

from autograder.authoring import GRADIENT_TOOLS

WITHHELD = GRADIENT_TOOLS

NOISE = ("error_against_h", "planted_bugs")

# What the experiments show when a student's own function is not right yet.
_SATURATION = np.arange(0.0, 801.0)
_LOSSES = np.array([-800.0, -30.0, 0.0, 30.0])
_PARENTS, _WEIGHTS = np.array([0.2, -1.5, 0.9]), np.array([2.0, 0.1, -0.4])
_POINT = np.array([0.9, -0.4, 1.7])
_FAR = np.array([-100.0, -20.0, -5.0, 0.0, 5.0, 20.0, 100.0])
_CLAIMS = (
    (testbed.wave, testbed.wave_gradient_b),
    (testbed.tilted_bowl, testbed.tilted_bowl_gradient_b),
    (testbed.well, testbed.well_gradient_c),
    (testbed.chain, testbed.chain_gradient_a),
    (testbed.bell, testbed.bell_gradient_b),
    (testbed.quartic, testbed.quartic_gradient_a),
    (testbed.hinge, testbed.hinge_gradient_a),
)


def _planted_bugs(ns):
    point = np.append(_POINT, 0.999998)
    return np.array([ns["gradient_check"](f, gradient, point, 1e-5)[1] for f, gradient in _CLAIMS])


def _error_against_h(ns):
    steps = np.logspace(-15, -1, 57)
    return np.array([ns["gradient_check"](testbed.wave, testbed.wave_gradient_b, _POINT, h)[1] for h in steps])


RECORDED = {
    "sigmoid_saturation": lambda ns: np.array([ns["sigmoid"](_SATURATION), ns["sigmoid"](-_SATURATION)]),
    "log_sigmoid": lambda ns: ns["softplus_and_log_sigmoid"](_LOSSES)[1],
    "gradient_of_a_unit": lambda ns: ns["sigmoid_and_tanh_slopes"](np.array([_WEIGHTS @ _PARENTS]))[0] * _PARENTS,
    "slopes": lambda ns: np.array(ns["sigmoid_and_tanh_slopes"](np.linspace(-8, 8, 161))),
    "planted_bugs": _planted_bugs,
    "error_against_h": _error_against_h,
    "clinic_log_sigmoid": lambda ns: np.log(ns["sigmoid"](np.array([-2.0, 0.0, 1.3]))),
    "clinic_slopes": lambda ns: ns["sigmoid"](_FAR) * ns["sigmoid"](-_FAR),
    "clinic_value": lambda ns: float(ns["sigmoid"](0.378436)),
}
