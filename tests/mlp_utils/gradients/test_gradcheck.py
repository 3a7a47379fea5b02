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
from mlp_utils.gradients import complex_safety, differences, gradcheck, gradcheck_result
from mlp_utils.gradients.complex_safety import watch
from mlp_utils.gradients.gradcheck import (
    GradCheck,
    NotComplexSafe,
    central_difference,
    check_gradient,
    complex_step,
    forward_difference,
)

Params = dict[str, np.ndarray]


def relative_error(g: Any, t: Any) -> float:
    return float(np.linalg.norm(np.subtract(g, t)) / (np.linalg.norm(g) + np.linalg.norm(t)))


class Network:
    """Two layers, relu and softmax, mean cross-entropy; N, d, H and C differ."""

    def __init__(self, seed: int = 0, n: int = 6, d: int = 4, hidden: int = 5, classes: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self.x = rng.standard_normal((n, d))
        self.y = np.eye(classes)[rng.integers(0, classes, n)]
        self.params = {
            "W1": rng.standard_normal((d, hidden)),
            "b1": 0.5 * rng.standard_normal(hidden),
            "W2": rng.standard_normal((hidden, classes)),
            "b2": 0.5 * rng.standard_normal(classes),
        }

    def loss(self, p: Params, xp: Any = np) -> Any:
        a = xp.maximum(self.x @ p["W1"] + p["b1"], 0.0)
        logits = a @ p["W2"] + p["b2"]
        logits = logits - xp.max(logits, axis=1, keepdims=True)
        return xp.mean(xp.log(xp.sum(xp.exp(logits), axis=1)) - xp.sum(self.y * logits, axis=1))

    def pattern(self, p: Params) -> np.ndarray:
        return self.x @ p["W1"] + p["b1"] > 0

    def gradient(self) -> Params:
        p = self.params
        z = self.x @ p["W1"] + p["b1"]
        a = np.maximum(z, 0.0)
        e = np.exp(a @ p["W2"] + p["b2"])
        d2 = (e / e.sum(axis=1, keepdims=True) - self.y) / len(self.x)
        d1 = (d2 @ p["W2"].T) * (z > 0)
        return {"W1": self.x.T @ d1, "b1": d1.sum(axis=0), "W2": a.T @ d2, "b2": d2.sum(axis=0)}

    def oracle(self) -> Params:
        return autograd.grad(lambda p: self.loss(p, anp))(self.params)


class DeepRelu:
    """The classic trap: eight layers, small weights, zero biases, so that all pre-activations are tiny."""

    sizes = (10, 14, 14, 14, 14, 14, 14, 14, 3)

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.x = rng.standard_normal((5, self.sizes[0]))
        self.y = np.eye(self.sizes[-1])[[0, 1, 2, 0, 1]]
        self.params: Params = {}
        for layer, (n_in, n_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), start=1):
            self.params[f"W{layer}"] = 5e-2 * rng.standard_normal((n_in, n_out))
            self.params[f"b{layer}"] = np.zeros(n_out)

    def forward(self, p: Params) -> list[Any]:
        a, zs = self.x, []
        for layer in range(1, len(self.sizes)):
            zs.append(a @ p[f"W{layer}"] + p[f"b{layer}"])
            a = np.maximum(zs[-1], 0.0)
        return zs

    def loss(self, p: Params) -> Any:
        z = self.forward(p)[-1]
        z = z - z.max(axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(self.y * z, axis=1))

    def pattern(self, p: Params) -> list[np.ndarray]:
        return [z > 0 for z in self.forward(p)[:-1]]

    def gradient(self) -> Params:
        zs, grads = self.forward(self.params), {}
        e = np.exp(zs[-1])
        d = (e / e.sum(axis=1, keepdims=True) - self.y) / len(self.x)
        for layer in range(len(self.sizes) - 1, 0, -1):
            below = np.maximum(zs[layer - 2], 0.0) if layer > 1 else self.x
            grads[f"W{layer}"], grads[f"b{layer}"] = below.T @ d, d.sum(axis=0)
            if layer > 1:
                d = (d @ self.params[f"W{layer}"].T) * (zs[layer - 2] > 0)
        return grads


def smooth(x: Any) -> Any:
    return np.sum(np.exp(np.sin(x)) + x**3)


def smooth_gradient(x: Any) -> Any:
    return np.exp(np.sin(x)) * np.cos(x) + 3 * x**2


@pytest.fixture
def net() -> Network:
    return Network()


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


# -- wrong gradients are found and named -------------------------------------------------------


def test_every_array_is_judged_by_itself_and_the_worst_entry_is_named(net: Network) -> None:
    grads = net.gradient()
    grads["W2"][3, 1] += 0.25
    grads["b1"] = -grads["b1"]
    result = check_gradient(net.loss, net.params, grads)
    assert [array.ok for array in result.arrays] == [True, False, False, True]
    wrong = result["W2"]
    assert wrong.worst == (3, 1)
    assert wrong.got == grads["W2"][3, 1]
    assert wrong.expected == pytest.approx(net.gradient()["W2"][3, 1], rel=1e-13)
    assert wrong.method == "complex step"
    assert result["W1"].method == "probes"
    assert result["b1"].ratio == pytest.approx(-1.0)
    assert result["b1"].cosine == pytest.approx(-1.0)
    assert result["b1"].relative_error == pytest.approx(1.0)
    assert not result


@pytest.mark.parametrize("factor", [0.5, 2.0, 6.0])
def test_a_constant_factor_shows_as_the_ratio(net: Network, factor: float) -> None:
    grads = {name: factor * value for name, value in net.gradient().items()}
    for method in ("complex", "central"):
        result = check_gradient(net.loss, net.params, grads, method=method, pattern=net.pattern)
        assert [array.ratio for array in result.arrays] == pytest.approx([factor] * 4, rel=1e-8)
        assert [array.cosine for array in result.arrays] == pytest.approx([1.0] * 4, rel=1e-8)


def test_the_gate_finds_one_entry_wrong_by_1e_4_in_60_of_60_seeds_and_raises_no_false_alarm() -> None:
    for seed in range(60):
        net = Network(seed, n=8, d=20, hidden=30, classes=10)
        grads = net.gradient()
        right = check_gradient(net.loss, net.params, grads, rtol=1e-9, rng=seed)
        assert right.ok
        assert right.evaluations <= 16, "a right gradient must not need the full check"
        rng = np.random.default_rng(seed)
        name = str(rng.choice(["W1", "b1", "W2", "b2"]))
        entries = grads[name].reshape(-1)
        typical = np.flatnonzero(abs(entries) >= np.sqrt(np.mean(entries**2)) / 2)
        i = int(rng.choice(typical))
        entries[i] *= 1 + 1e-4 * rng.choice([-1, 1])
        result = check_gradient(net.loss, net.params, grads, rtol=1e-9, rng=seed)
        assert [array.name for array in result.arrays if not array.ok] == [name]
        assert result[name].worst == np.unravel_index(i, grads[name].shape)


def test_a_b2_wrong_by_a_tenth_of_a_percent_is_named_in_a_net_with_10_203_parameters() -> None:
    net = Network(1, n=32, d=97, hidden=102, classes=2)
    assert sum(value.size for value in net.params.values()) == 10_202
    net = Network(1, n=32, d=96, hidden=102, classes=3)
    assert sum(value.size for value in net.params.values()) == 10_203
    grads = net.gradient()
    grads["b2"] = 1.001 * grads["b2"]
    difference = np.sqrt(sum(np.sum((grads[k] - v) ** 2) for k, v in net.gradient().items()))
    size = np.sqrt(sum(np.sum(v**2) for v in grads.values()))
    assert difference / (2 * size) < 1e-4, "one norm over all parameters hardly sees it"
    result = check_gradient(net.loss, net.params, grads)
    assert [array.name for array in result.arrays if not array.ok] == ["b2"]
    assert result["b2"].relative_error == pytest.approx(5e-4, rel=1e-2)
    assert result["b2"].ratio == pytest.approx(1.001)
    assert result.evaluations < 100, "the probes acquit the large arrays"


def test_the_gate_costs_the_same_for_many_arrays() -> None:
    params = {str(k): np.ones(3) for k in range(30)}
    grads = {name: 2 * value for name, value in params.items()}
    result = check_gradient(lambda p: sum(np.sum(v**2) for v in p.values()), params, grads)
    assert result.ok
    assert result.evaluations <= 16


def test_a_wrong_shape_is_a_finding_and_the_other_arrays_are_still_checked(net: Network) -> None:
    grads = net.gradient()
    grads["b1"] = grads["b1"].reshape(1, -1)
    result = check_gradient(net.loss, net.params, grads)
    assert [array.ok for array in result.arrays] == [True, False, True, True]
    assert result["b1"].message == "The gradient of b1 has the shape (1, 5); b1 has (5,)."
    assert "has the shape (1, 5)" in str(result)


@pytest.mark.parametrize("bad", [None, "text", True, 1j, [[1.0], [1.0, 2.0]]])
def test_a_gradient_that_is_no_array_of_numbers_is_a_finding(bad: Any) -> None:
    result = check_gradient(lambda p: p["a"] ** 2, {"a": 1.0}, {"a": bad})
    assert not result
    assert "not an array of real numbers" in result["a"].message


def test_nan_in_a_gradient_is_a_finding_with_its_place(net: Network) -> None:
    grads = net.gradient()
    grads["W1"][2, 4] = np.nan
    result = check_gradient(net.loss, net.params, grads)
    assert [array.ok for array in result.arrays] == [False, True, True, True]
    assert result["W1"].worst == (2, 4)
    assert "nan at W1[2, 4]" in result["W1"].message
    assert result._repr_html_()


def test_names_that_do_not_match_are_refused(net: Network) -> None:
    with pytest.raises(ValueError, match="grads has the names dW1, but params has W1, b1, W2, b2; use the same"):
        check_gradient(net.loss, net.params, {"dW1": 0.0})
    with pytest.raises(ValueError, match="grads must be a dict"):
        check_gradient(net.loss, net.params, np.ones(3))
    with pytest.raises(ValueError, match="empty dict"):
        check_gradient(lambda p: 0.0, {}, {})


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="method is 'fast'"):
        check_gradient(np.sum, np.ones(2), np.ones(2), method="fast")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="probes is -1"):
        check_gradient(np.sum, np.ones(2), np.ones(2), probes=-1)


def test_a_loss_that_draws_random_numbers_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="must draw the same ones"):
        check_gradient(lambda x: np.sum(x * rng.random(3)), np.ones(3), np.ones(3))


def test_a_loss_that_replaces_entries_of_its_dict_is_harmless() -> None:
    def loss(p: Params) -> Any:
        p["w"] = p["w"] * 2.0
        return np.sum(p["w"] ** 2)

    params = {"w": np.array([1.0, 2.0])}
    assert check_gradient(loss, params, {"w": 8 * params["w"]})
    assert check_gradient(loss, params, {"w": 8 * params["w"]}, method="central")


def test_the_same_call_gives_the_same_result_and_a_generator_may_be_passed(net: Network) -> None:
    grads = net.gradient()
    assert check_gradient(net.loss, net.params, grads) == check_gradient(net.loss, net.params, grads)
    first = check_gradient(net.loss, net.params, grads, rng=np.random.default_rng(5))
    assert first == check_gradient(net.loss, net.params, grads, rng=5)
    assert first != check_gradient(net.loss, net.params, grads, rng=6)


# -- kinks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_eight_layers_with_tiny_pre_activations_do_not_fail_right_code(seed: int) -> None:
    deep = DeepRelu(seed)
    grads = deep.gradient()
    by_central = check_gradient(deep.loss, deep.params, grads, method="central", pattern=deep.pattern)
    assert by_central.ok, str(by_central)
    skipped = sum(len(array.kinks) for array in by_central.arrays)
    assert skipped > 20
    naive = {
        name: central_difference(lambda v, name=name: deep.loss({**deep.params, name: v}), deep.params[name])
        for name in deep.params
    }
    assert max(np.max(abs(naive[k] - grads[k])) for k in grads) > 1e-6, "the trap must be there"
    for probes in (8, 0):
        by_complex = check_gradient(deep.loss, deep.params, grads, probes=probes)
        assert by_complex.ok
        assert not by_complex.note
        assert not any(array.kinks for array in by_complex.arrays), "a complex step crosses no kink"


def test_entries_that_cross_a_kink_are_counted_and_named() -> None:
    x = np.array([1.0, 2e-6, -3e-6, -1.0])
    result = check_gradient(
        lambda x: np.sum(np.maximum(x, 0.0)),
        x,
        np.array([1.0, 1.0, 0.0, 0.0]),
        method="central",
        pattern=lambda x: {"hidden": x > 0},
    )
    assert result.ok
    assert result["x"].kinks == ((1,), (2,))
    assert "x: 2 of 4 entries were left out, because f has a kink there (x[1], x[2])." in str(result)
    assert not check_gradient(
        lambda x: np.sum(np.maximum(x, 0.0)), x, np.zeros(4), method="central", pattern=lambda x: x > 0
    )


@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-7, 3e-7, 7e-7, 9e-7, 2e-6, 5e-6, 9e-6, 2e-5])
@pytest.mark.parametrize("side", [1, -1])
def test_without_a_pattern_right_code_near_a_single_kink_passes(distance: float, side: int) -> None:
    x = np.array([0.7, side * distance, -0.4])
    grads = np.where(x > 0, 3.0, 0.0) + 2 * x
    for method in ("central", "auto"):
        result = check_gradient(lambda x: np.sum(3 * np.maximum(x, 0.0) + x**2), x, grads, method=method)
        assert result.ok, str(result)


@pytest.mark.parametrize("method", ["central", "auto"])
@pytest.mark.parametrize(
    "relu",
    [lambda x: np.maximum(x, 0.0), lambda x: x * (x > 0), lambda x: np.where(x.real > 0, x, 0.0)],
    ids=["maximum", "mask", "real mask"],
)
def test_exactly_at_zero_anything_between_the_one_sided_slopes_is_right(
    method: Any, relu: Callable[[Any], Any]
) -> None:
    x = np.array([1.0, 0.0, -2.0, 0.0])

    def f(x: Any) -> Any:
        return np.sum(relu(x) * 3.0) + np.sum(x)

    for at_zero in (1.0, 2.5, 4.0):
        assert check_gradient(f, x, np.array([4.0, at_zero, 1.0, at_zero]), method=method)
    for at_zero in (0.9, 4.1, -1.0):
        result = check_gradient(f, x, np.array([4.0, at_zero, 1.0, at_zero]), method=method)
        assert not result
        assert result["x"].worst in ((1,), (3,))
    assert check_gradient(f, x, np.array([4.0, 9.0, 1.0, 9.0]), method=method, pattern=lambda x: x > 0)


def test_a_network_with_zero_biases_and_a_zero_input_row_passes() -> None:
    net = Network(2)
    net.x[0] = 0.0
    net.params["b1"] = np.zeros(5)
    for method in ("auto", "central"):
        assert check_gradient(net.loss, net.params, net.gradient(), method=method)


def test_smooth_but_wrong_is_not_excused_as_a_kink() -> None:
    x = np.linspace(-1.0, 1.0, 9)
    for wrong in (1.0 + 1e-5, -1.0, 2.0):
        result = check_gradient(smooth, x, wrong * smooth_gradient(x), method="central")
        assert not result
        assert not result["x"].kinks


def test_a_function_too_steep_for_the_central_step_does_not_fail_right_code() -> None:
    x = np.array([1e-3, 1.0])
    assert check_gradient(lambda x: np.sum(np.log(x)), x, 1 / x)
    result = check_gradient(lambda x: np.sum(np.log(x)), x, 1 / x, method="central")
    assert result.ok
    assert result["x"].kinks == ((0,),)


def test_a_penalty_with_exact_zeros_accepts_sign_zero() -> None:
    w = np.array([0.5, 0.0, -2.0])
    assert check_gradient(lambda w: np.sum(np.abs(w)), w, np.sign(w))


def test_rounding_of_a_large_loss_does_not_fail_right_code() -> None:
    x = np.array([1e-3, 2e-3])
    result = check_gradient(lambda x: 1e3 + np.sum(x**2), x, 2 * x, method="central")
    assert result.ok


# -- the result ------------------------------------------------------------------------------


def test_the_table_is_plain_ascii_and_says_what_is_wrong(net: Network) -> None:
    grads = net.gradient()
    grads["W1"][1, 3] += 0.5
    text = str(check_gradient(net.loss, net.params, grads))
    assert text.isascii()
    lines = text.splitlines()
    assert lines[0] == "Gradient check: 1 of 4 arrays is wrong."
    assert lines[1].split()[:3] == ["array", "verdict", "shape"]
    assert lines[2].startswith("W1     wrong")
    assert "W1[1, 3]" in lines[2]
    assert lines[3].startswith("b1     right")
    assert str(check_gradient(net.loss, net.params, net.gradient())).startswith(
        "Gradient check: all 4 arrays are right."
    )


def test_numbers_that_differ_late_are_shown_with_more_digits() -> None:
    text = str(check_gradient(lambda x: np.sum(x**2), np.array([1.0]), np.array([2.0 + 1e-8]), rtol=1e-10))
    assert "the array is wrong" in text
    assert "2.00000001" in text


def test_the_html_table_escapes_names_and_says_the_verdict_in_words() -> None:
    result = check_gradient(lambda p: np.sum(p["<b>"] ** 2), {"<b>": np.ones(2)}, {"<b>": np.array([2.0, 3.0])})
    html = result._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "wrong" in html
    assert "\u2717" in html


def test_a_result_is_true_exactly_when_it_is_right_and_cannot_be_changed() -> None:
    right = check_gradient(np.sum, np.ones(2), np.ones(2))
    assert isinstance(right, GradCheck)
    assert right
    assert not check_gradient(np.sum, np.ones(2), np.zeros(2))
    with pytest.raises(AttributeError):
        right.note = "changed"  # type: ignore[misc]
    with pytest.raises(KeyError):
        right["W9"]


def test_the_public_names_are_sorted_and_exist() -> None:
    for module in (complex_safety, differences, gradcheck, gradcheck_result):
        assert list(module.__all__) == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)
