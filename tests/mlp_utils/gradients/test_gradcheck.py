"""Gradient checks against independent derivatives: HIPS autograd and formulas on paper."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.gradients.complex_safety import watch
from mlp_utils.gradients.gradcheck import (
    NotComplexSafe,
    central_difference,
    check_gradient,
    complex_step,
    forward_difference,
)

from .gradient_losses import Network, Params, smooth, smooth_gradient


def relative_error(g: Any, t: Any) -> float:
    return float(np.linalg.norm(np.subtract(g, t)) / (np.linalg.norm(g) + np.linalg.norm(t)))


# -- the three differences -------------------------------------------------------------------


def test_complex_step_agrees_with_autograd_to_the_last_digits(net: Network) -> None:
    oracle = net.oracle()
    for name in net.params:
        ours = complex_step(lambda v, name=name: net.loss({**net.params, name: v}), net.params[name])
        assert relative_error(ours, oracle[name]) < 1e-14


def test_central_differences_agree_with_autograd_to_nine_digits_and_no_more(net: Network) -> None:
    oracle = net.oracle()
    ours = central_difference(lambda v: net.loss({**net.params, "W1": v}), net.params["W1"])
    assert 1e-12 < relative_error(ours, oracle["W1"]) < 1e-9


def test_forward_differences_never_get_below_1e_9_whatever_the_step(net: Network) -> None:
    oracle = net.oracle()["W1"]

    def error(h: float) -> float:
        return relative_error(
            forward_difference(lambda v: net.loss({**net.params, "W1": v}), net.params["W1"], h), oracle
        )

    errors = [error(h) for h in 10.0 ** -np.arange(3, 13)]
    assert 1e-9 < min(errors) < 1e-6


def test_the_central_step_has_its_best_size_near_1e_5() -> None:
    x = np.linspace(-1.0, 1.0, 7)
    errors = {
        h: relative_error(central_difference(smooth, x, h), smooth_gradient(x)) for h in (1e-2, 1e-5, 1e-8, 1e-12)
    }
    assert errors[1e-5] == min(errors.values())
    assert errors[1e-2] > 1e-6
    assert errors[1e-12] > 1e-6


@pytest.mark.parametrize("difference", [forward_difference, central_difference, complex_step])
@given(
    x=hnp.arrays(
        np.float64, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), elements=st.floats(-2, 2)
    )
)
@settings(max_examples=25, deadline=None)
def test_a_difference_has_the_shape_of_x_and_leaves_x_alone(
    difference: Callable[..., np.ndarray], x: np.ndarray
) -> None:
    before = x.copy()
    grad = difference(smooth, x)
    assert grad.shape == x.shape
    assert grad.dtype == np.float64
    assert np.array_equal(x, before)
    # Round-off of a forward difference with h = 1e-8 is some 2e-8 of |f|, and f is a sum over up to 256 entries.
    slack = 1e-5 + 1e-7 * abs(float(smooth(x)))
    np.testing.assert_allclose(grad, smooth_gradient(x), rtol=1e-5, atol=slack)


@pytest.mark.parametrize("difference", [forward_difference, central_difference, complex_step])
def test_a_python_float_is_a_parameter_too(difference: Callable[..., np.ndarray]) -> None:
    grad = difference(lambda x: x * x * x, 2.0)
    assert grad.shape == ()
    assert float(grad) == pytest.approx(12.0, rel=1e-6)


def test_a_transposed_array_is_differentiated_in_its_own_order() -> None:
    x = np.arange(6.0).reshape(2, 3).T
    weights = np.arange(6.0).reshape(3, 2)
    assert np.array_equal(complex_step(lambda v: np.sum(weights * v), x), weights)
    np.testing.assert_allclose(central_difference(lambda v: np.sum(weights * v), x), weights, atol=1e-8)


def test_the_integer_trap_is_real_and_refused() -> None:
    b = np.array([1, 2, 3])
    b[:1] += np.array([1e-5]).astype(int)  # what b[0] += 1e-5 does to an integer array
    assert b[0] == 1
    for difference in (forward_difference, central_difference, complex_step):
        with pytest.raises(ValueError, match=r"integer type int64.*\+= 1e-5 changes nothing.*make it float"):
            difference(np.sum, b)
    with pytest.raises(ValueError, match="b has the integer type"):
        check_gradient(lambda p: np.sum(p["b"]), {"b": b}, {"b": np.ones(3)})


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_are_named_by_their_entry(bad: float) -> None:
    x = np.ones((2, 3))
    x[1, 2] = bad
    with pytest.raises(ValueError, match=rf"x\[1, 2\] is {bad}"):
        central_difference(np.sum, x)


def test_a_loss_that_is_not_finite_is_named() -> None:
    with pytest.raises(ValueError, match="f returned inf at the given parameters"):
        central_difference(lambda x: np.inf, np.ones(2))
    with pytest.raises(ValueError, match=r"not finite when x\[1\] is moved by 1e-05"):
        central_difference(lambda x: np.inf if x[1] > 1.0 else 0.0, np.ones(2))
    with pytest.raises(ValueError, match=r"not finite when x\[1\] is moved by 1e-08"):
        forward_difference(lambda x: np.nan if x[1] > 1.0 else 0.0, np.ones(2))


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x, "array of shape"),
        (lambda x: None, "returned NoneType"),
        (lambda x: "a", "one number"),
        (lambda x: np.float32(1.0), "too few digits"),
        (lambda x: 1j, "complex number for real parameters"),
    ],
)
def test_a_loss_must_return_one_precise_number(f: Callable[[Any], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        central_difference(f, np.ones(2))


def test_a_loss_may_return_an_array_with_one_entry() -> None:
    x = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(complex_step(lambda v: v @ v.T, x), 2 * x, rtol=1e-15)
    np.testing.assert_allclose(central_difference(lambda v: v @ v.T, x), 2 * x, rtol=1e-9)


def test_a_loss_that_changes_its_argument_is_refused_and_the_callers_array_survives() -> None:
    def f(x: np.ndarray) -> Any:
        np.maximum(x, 0.0, out=x)
        return x.sum()

    x = np.array([-1.0, 2.0])
    with pytest.raises(ValueError, match="changes its argument x in place"):
        central_difference(f, x)
    assert np.array_equal(x, [-1.0, 2.0])


def test_a_step_lost_in_rounding_is_refused() -> None:
    with pytest.raises(ValueError, match=r"h = 1e-05 is lost in x\[0\] = 1e\+15"):
        central_difference(np.sum, np.array([1e15]))
    with pytest.raises(ValueError, match="positive"):
        central_difference(np.sum, np.ones(1), h=0.0)


def test_a_list_of_arrays_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="put several arrays into a dict"):
        central_difference(lambda p: 0.0, [np.ones(2), np.ones(3)])


# -- functions that complex numbers cannot follow ---------------------------------------------


def into_real_memory(x: Any) -> Any:
    memory = np.zeros(3)
    memory[:] = x**2
    return memory.sum()


UNSAFE = {
    "absolute": lambda x: np.sum(np.abs(x)),
    "builtin abs": lambda x: abs(x).sum(),
    "norm": lambda x: np.linalg.norm(x),
    "sign": lambda x: np.sum(np.sign(x) * x**2),
    "var": lambda x: np.var(x),
    "var method": lambda x: x.var(),
    "std": lambda x: x.std(),
    "conjugate": lambda x: np.sum(x * np.conj(x)).real,
    "conj method": lambda x: (x.conj() * x).sum(),
    "vdot": lambda x: np.vdot(x, x),
    "after asarray": lambda x: np.sum(np.abs(np.asarray(x))),
}


LOUD = {
    "logaddexp": lambda x: np.sum(np.logaddexp(x, 0.0)),
    "arctan2": lambda x: np.sum(np.arctan2(x, 2.0)),
    "real memory": into_real_memory,
    "float": lambda x: float(np.sum(x**2)),
    "real part": lambda x: np.sum(x**2).real,
    "real return": lambda x: np.sum(np.asarray(x).real ** 2),
}


POINT = np.array([-1.5, 0.5, 2.0])


@pytest.mark.parametrize("name", [name for name in {**UNSAFE, **LOUD} if name != "after asarray"])
def test_complex_step_refuses_what_is_not_complex_safe(name: str) -> None:
    with pytest.raises(NotComplexSafe, match="use central differences"):
        complex_step({**UNSAFE, **LOUD}[name], POINT)


@pytest.mark.parametrize("name", [*UNSAFE, *LOUD])
def test_check_gradient_falls_back_to_central_differences_and_says_so(name: str) -> None:
    f = {**UNSAFE, **LOUD}[name]
    right = central_difference(f, POINT)
    result = check_gradient(f, POINT, right)
    assert result.ok
    assert result["x"].method == "central differences"
    assert result.note.startswith("Central differences (h = 1e-05) were used, because ")
    assert result.note in str(result)
    assert not check_gradient(f, POINT, 1.001 * right)
    with pytest.raises(NotComplexSafe):
        check_gradient(f, POINT, right, method="complex")


@pytest.mark.parametrize("strength", [1e-2, 1e-4, 1e-5])
def test_a_small_l1_penalty_is_neither_overlooked_nor_held_against_right_code(net: Network, strength: float) -> None:
    for absolute in (np.abs, lambda w: np.abs(np.asarray(w))):  # the second hides from the watching array

        def loss(p: Params, absolute: Any = absolute) -> Any:
            return net.loss(p) + strength * absolute(p["W1"]).sum()

        grads = net.gradient()
        assert not check_gradient(loss, net.params, grads)  # the penalty is missing
        grads["W1"] = grads["W1"] + strength * np.sign(net.params["W1"])
        assert check_gradient(loss, net.params, grads)


def test_a_contradiction_found_only_at_the_wrong_array_leads_to_central_differences() -> None:
    # Too weak for the random direction to see; the direction of the disagreement shows it.
    x = np.linspace(0.5, 1.5, 400)
    sign = np.where(np.arange(400) % 2, 1.0, -1.0)

    def f(v: Any) -> Any:
        return np.sum(v**2) + 2.5e-6 * np.abs(np.asarray(sign @ v))

    right = 2 * x + 2.5e-6 * np.sign(sign @ x) * sign
    result = check_gradient(f, x, right)
    assert result.ok, str(result)
    assert result["x"].method == "central differences"
    assert "contradicts the complex step for x" in result.note


def test_the_watching_array_computes_like_an_ordinary_one() -> None:
    def f(x: Any) -> Any:
        z = np.dot(x, np.ones((3, 2))) + np.einsum("ij,jk->ik", x, np.full((3, 2), 0.5))
        z += x[:, :2]
        np.exp(0.1 * z, out=z)
        np.add.at(z, (np.array([0, 0]), np.array([1, 1])), 1.0)
        parts = np.concatenate([z.ravel(), np.where(x > 0, x, 0.0).ravel(), np.cumsum(x, axis=1)[-1]])
        order = np.argsort(parts.real)
        whole, _ = np.split(parts[order], [int(np.argmax(parts)) + 1])
        square = x @ x.T + 3 * np.eye(2)
        return whole.sum() + np.log(np.linalg.det(square)) + np.linalg.solve(square, x).sum() + z.max() + x.mean()

    x = np.array([[-1.5, 0.5, 2.0], [0.3, 1.0, -0.2]])
    watched = f(watch(x.astype(complex)))
    assert isinstance(watched, np.ndarray)
    assert complex(watched) == pytest.approx(complex(f(x.astype(complex))), rel=1e-14)
    assert relative_error(complex_step(f, x), central_difference(f, x)) < 1e-9


def test_masks_and_maxima_are_complex_safe() -> None:
    x = np.array([[-1.5, 0.5, 2.0]])
    for f in (
        lambda x: np.sum(np.maximum(x, 0.0) ** 2),
        lambda x: np.sum((x * (x > 0)) ** 2),
        lambda x: np.sum(np.where(x.real > 0, x, 0.0) ** 2),
        lambda x: np.sum(np.clip(x, 0.0, 10.0) ** 2),
    ):
        result = check_gradient(f, x, 2 * np.maximum(x, 0.0), probes=0)
        assert result.ok
        assert result["x"].method == "complex step"


def test_complex_arithmetic_shows_no_warnings_of_its_own() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_gradient(into_real_memory, POINT, 2 * POINT)
    assert not caught


# -- right gradients pass --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "complex", "central"])
@pytest.mark.parametrize("probes", [8, 0])
def test_the_gradient_of_autograd_passes(net: Network, method: Any, probes: int) -> None:
    result = check_gradient(net.loss, net.params, net.oracle(), method=method, probes=probes, pattern=net.pattern)
    assert result.ok
    assert [array.name for array in result.arrays] == ["W1", "b1", "W2", "b2"]
    assert all(array.relative_error < (1e-9 if method == "central" else 1e-14) for array in result.arrays)


def test_tanh_networks_of_any_depth_pass() -> None:
    rng = np.random.default_rng(3)
    for depth in (1, 3, 10, 30):
        params = {f"W{k}": 0.2 * rng.standard_normal((4, 4)) for k in range(depth)}
        x = rng.standard_normal((5, 4))

        def loss(p: Any, xp: Any = np, depth: int = depth, x: Any = x) -> Any:
            a = x
            for k in range(depth):
                a = xp.tanh(a @ p[f"W{k}"])
            return xp.mean((a - 1.0) ** 2)

        grads = autograd.grad(lambda p, loss=loss: loss(p, anp))(params)
        assert check_gradient(loss, params, grads, atol=0.0), depth
        assert check_gradient(loss, params, grads, method="central"), depth


def test_vanishing_gradients_are_judged_when_atol_is_zero() -> None:
    params = {"early": np.array([2.0, 3.0]), "late": np.array([1.0, 5.0, 7.0])}

    def loss(p: Any) -> Any:
        return 1e-36 * np.sum(p["early"] ** 2) + np.sum(p["late"] ** 2)

    grads = {name: 2 * value for name, value in params.items()}
    grads["early"] = 1e-36 * grads["early"]
    assert check_gradient(loss, params, grads, atol=0.0)
    grads["early"] = 1.001 * grads["early"]
    result = check_gradient(loss, params, grads, atol=0.0)
    assert not result["early"].ok
    assert result["late"].ok
    assert result["early"].ratio == pytest.approx(1.001)
    assert check_gradient(loss, params, grads)  # 1e-39 is below the default atol


@pytest.mark.parametrize("method", ["complex", "central"])
@pytest.mark.parametrize("probes", [8, 0])
def test_a_gradient_that_is_exactly_zero_passes_without_a_division_by_zero(method: Any, probes: int) -> None:
    params = {"used": np.array([1.0, 2.0]), "unused": np.ones((2, 3)), "empty": np.ones((0, 4))}
    grads = {"used": np.array([2.0, 4.0]), "unused": np.zeros((2, 3)), "empty": np.ones((0, 4))}
    for atol in (0.0, 1e-12):
        result = check_gradient(
            lambda p: np.sum(p["used"] ** 2), params, grads, method=method, probes=probes, atol=atol
        )
        assert result.ok
        assert result["unused"].relative_error == 0.0
        assert result["unused"].ratio is None
        assert result["unused"].cosine is None
    grads["unused"][1, 0] = 1e-3
    result = check_gradient(lambda p: np.sum(p["used"] ** 2), params, grads, method=method)
    assert not result["unused"].ok
    assert result["unused"].worst == (1, 0)
    assert result["unused"].relative_error == 1.0


def test_a_constant_loss_has_the_gradient_zero() -> None:
    assert check_gradient(lambda x: 3.0, np.ones(4), np.zeros(4))
    assert not check_gradient(lambda x: 3.0, np.ones(4), np.full(4, 1e-3))


def test_scalars_and_floats_in_a_dict_pass() -> None:
    assert check_gradient(lambda x: x**3, 2.0, 12.0)
    assert not check_gradient(lambda x: x**3, 2.0, 12.01)
    assert check_gradient(lambda x: x**3, np.array(2.0), np.array(12.0), method="central")
    params = {"w": 2.0, "v": np.array([1.0, 3.0])}
    for method in ("auto", "central"):
        assert check_gradient(
            lambda p: p["w"] * np.sum(p["v"]), params, {"w": 4.0, "v": np.array([2.0, 2.0])}, method=method
        )


@given(
    shapes=st.dictionaries(
        st.text("abcW12", min_size=1, max_size=3),
        hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
        min_size=1,
        max_size=4,
    ),
    method=st.sampled_from(["auto", "central"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_right_passes_and_wrong_fails_for_all_shapes(
    shapes: dict[str, tuple[int, ...]], method: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    params = {name: np.asarray(rng.uniform(-1.0, 1.0, shape)) for name, shape in shapes.items()}
    before = {name: value.copy() for name, value in params.items()}
    grads = {name: np.asarray(smooth_gradient(value)) for name, value in params.items()}

    def loss(p: Any) -> Any:
        return sum(smooth(value) for value in p.values())

    assert check_gradient(loss, params, grads, method=method)
    name = next(iter(params))
    grads[name] = grads[name] * 1.0001 + 1e-4
    result = check_gradient(loss, params, grads, method=method)
    assert [array.ok for array in result.arrays] == [False] + [True] * (len(params) - 1)
    assert all(np.array_equal(params[key], before[key]) for key in params)
