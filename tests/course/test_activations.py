"""What 01_activations promises in words."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest

from .conftest import reference, verdict_of

verdict_on = functools.partial(verdict_of, "01_activations")


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_of_relu_at_zero_from_0_to_1_is_right(at_zero: float) -> None:
    def answer(x):
        x = np.asarray(x, dtype=float)
        return np.sign(x), np.where(x == 0, at_zero, x > 0), 2 * x, np.sign(x)

    assert verdict_on("kink_gradients", answer).status == "passed"


@pytest.mark.parametrize("at_zero", [-0.1, 1.1, 2.0])
def test_no_other_slope_of_relu_at_zero_is_right(at_zero: float) -> None:
    def answer(x):
        x = np.asarray(x, dtype=float)
        return np.sign(x), np.where(x == 0, at_zero, x > 0), 2 * x, np.sign(x)

    assert verdict_on("kink_gradients", answer).status == "partial"


def test_a_right_sigmoid_that_warns_passes() -> None:
    def answer(x):
        warnings.warn("this may overflow", RuntimeWarning, stacklevel=2)
        return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))

    verdict = verdict_on("sigmoid", answer)
    assert (verdict.status, verdict.points) == ("passed", 2)


def test_a_gradient_that_is_exactly_zero_passes() -> None:
    """The gradient of the squared norm at 0, and a check whose two gradients are both zero."""
    right = reference("01_activations").namespace
    zeros = np.zeros((2, 3))
    numerical, error = right["gradient_check"](lambda x: 3.0, lambda x: 0 * x, zeros)
    assert not numerical.any() and error == 0
    assert not np.any(right["kink_gradients"](np.zeros(4))[2])
    assert verdict_on("kink_gradients", right["kink_gradients"]).status == "passed"
