"""Wrong gradients are found and named, kinks never fail a right one, and the result says what was compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mlp_utils.gradients import complex_safety, differences, gradcheck, gradcheck_result
from mlp_utils.gradients.gradcheck import (
    GradCheck,
    central_difference,
    check_gradient,
)

from .gradient_losses import Network, Params, smooth, smooth_gradient


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
