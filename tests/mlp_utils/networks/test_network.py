"""The network against HIPS autograd, complex steps and central differences, and what it refuses."""

from __future__ import annotations

import doctest
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.gradients.gradcheck import check_gradient
from mlp_utils.networks import network as module
from mlp_utils.networks.network import ACTIVATIONS, Network, Passes, cross_entropy, layer_norms, smoothed_labels

ORACLE = {
    "relu": lambda Z: anp.maximum(Z, 0.0),
    "tanh": anp.tanh,
    "sigmoid": lambda Z: 1.0 / (1.0 + anp.exp(-Z)),
}


def oracle_loss(
    parameters: list[Any], activation: str, X: Any, y: Any, epsilon: float, l1: float, l2: float, xp: Any = anp
) -> Any:
    """The loss as it stands in the docstring of the module, with a one-hot Y and no care for overflow."""
    A = X
    for k in range(0, len(parameters) - 2, 2):
        A = ORACLE[activation](xp.dot(A, parameters[k]) + parameters[k + 1])
    E = xp.exp(xp.dot(A, parameters[-2]) + parameters[-1])
    P = E / xp.sum(E, axis=1, keepdims=True)
    C = P.shape[1]
    T = (1 - epsilon) * np.eye(C)[y] + epsilon / C
    weights = parameters[::2]
    penalty = sum(l1 * xp.sum(xp.abs(W)) + l2 * xp.sum(W**2) for W in weights)
    return -xp.mean(xp.sum(T * xp.log(P), axis=1)) + penalty


@st.composite
def problems(draw: st.DrawFn) -> tuple[Network, np.ndarray, np.ndarray, dict[str, float]]:
    """A network with random parameters, samples for it, and the strengths of smoothing and penalties."""
    sizes = [
        draw(st.integers(1, 5)),
        *draw(st.lists(st.integers(1, 6), max_size=4)),
        draw(st.integers(2, 5)),
    ]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    network = Network(sizes, draw(st.sampled_from(sorted(ACTIVATIONS))), seed=int(rng.integers(2**31)))
    for parameter in network.parameters:
        parameter[...] = rng.normal(size=parameter.shape)
    n = draw(st.integers(1, 7))
    strengths = {
        "epsilon": draw(st.sampled_from([0.0, 0.1, 1.0])),
        "l1": draw(st.sampled_from([0.0, 0.03])),
        "l2": draw(st.sampled_from([0.0, 0.02])),
    }
    return network, rng.normal(size=(n, sizes[0])), rng.integers(0, sizes[-1], n), strengths


def assert_near(got: np.ndarray, wanted: np.ndarray, rtol: float) -> None:
    """Equal as arrays: sums that cancel may lose digits in a single entry."""
    assert got.shape == wanted.shape
    assert np.linalg.norm(got - wanted) <= rtol * (np.linalg.norm(got) + np.linalg.norm(wanted)) + 1e-14


@settings(max_examples=80, deadline=None)
@given(problems())
def test_loss_and_gradients_are_those_of_autograd(
    problem: tuple[Network, np.ndarray, np.ndarray, dict[str, float]],
) -> None:
    network, X, y, strengths = problem

    def loss(parameters: list[Any]) -> Any:
        return oracle_loss(parameters, network.activation, X, y, **strengths)

    assert network.loss(X, y, **strengths) == pytest.approx(float(loss(network.parameters)), rel=1e-12)
    wanted = autograd.grad(loss)(network.parameters)
    for got, want in zip(network.gradients(X, y, **strengths), wanted, strict=True):
        assert_near(got, want, 1e-12)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_the_gradients_are_those_of_the_networks_own_loss_by_complex_steps(
    problem: tuple[Network, np.ndarray, np.ndarray, dict[str, float]],
) -> None:
    network, X, y, strengths = problem
    result = check_gradient(
        lambda p: network.at(p.values()).loss(X, y, **strengths),
        dict(zip(network.names, network.parameters, strict=True)),
        dict(zip(network.names, network.gradients(X, y, **strengths), strict=True)),
        method="complex",
        probes=0,
        rtol=1e-11,
    )
    assert result.ok, result


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_gradients_are_those_of_central_differences(activation: str) -> None:
    network = Network([4, 6, 5, 3], activation, "xavier", seed=5)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    result = check_gradient(
        lambda p: network.at(p.values()).loss(X, y, 0.1, 0.01, 0.02),
        dict(zip(network.names, network.parameters, strict=True)),
        dict(zip(network.names, network.gradients(X, y, 0.1, 0.01, 0.02), strict=True)),
        method="central",
    )
    assert result.ok, result


def test_a_weight_that_is_zero_has_no_slope_from_the_penalties_and_biases_never_have() -> None:
    network = Network([2, 3, 2], init=0.0)
    X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1])
    network.parameters[1][...] = 5.0
    plain, penalised = network.gradients(X, y), network.gradients(X, y, l1=1.0, l2=1.0)
    for one, other in zip(plain, penalised, strict=True):
        np.testing.assert_array_equal(one, other)
    assert network.penalty(1.0, 1.0) == 0.0


def test_the_penalties_by_hand() -> None:
    network = Network([1, 2, 2], init=0.0)
    network.parameters[0][...] = [[1.0, -2.0]]
    network.parameters[2][...] = [[3.0, 0.0], [0.0, -4.0]]
    assert network.penalty(l1=1.0) == 10.0
    assert network.penalty(l2=1.0) == 30.0
    X, y = np.zeros((1, 1)), np.array([0])
    assert network.loss(X, y, l1=0.5, l2=0.1) == pytest.approx(np.log(2) + 5.0 + 3.0)


def test_equal_logits_have_the_loss_log_c_whatever_the_smoothing() -> None:
    network = Network([3, 4, 5], init=0.0)
    X, y = np.random.default_rng(0).normal(size=(6, 3)), np.arange(6) % 5
    for epsilon in (0.0, 0.2, 1.0):
        assert network.loss(X, y, epsilon) == pytest.approx(np.log(5), rel=1e-15)
    np.testing.assert_allclose(network.probabilities(X), 0.2, rtol=1e-15)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_huge_numbers_overflow_nowhere(activation: str) -> None:
    network = Network([2, 3, 3], activation, init=1.0, seed=1)
    X, y = np.array([[1e6, -1e6], [-1e6, 1e6], [1e6, 1e6]]), np.array([0, 1, 2])
    assert np.isfinite(network.loss(X, y, 0.1))
    np.testing.assert_allclose(network.probabilities(X).sum(axis=1), 1.0, rtol=1e-14)
    assert all(np.isfinite(gradient).all() for gradient in network.gradients(X, y, 0.1))


def test_nothing_is_changed_and_nothing_is_remembered() -> None:
    network = Network([3, 4, 2], "sigmoid", seed=2)
    rng = np.random.default_rng(0)
    X, y, other = rng.normal(size=(5, 3)), rng.integers(0, 2, 5), rng.normal(size=(9, 3))
    kept = [array.copy() for array in (X, y, *network.parameters)]
    for array in (X, y, *network.parameters):
        array.setflags(write=False)
    first = network.gradients(X, y, 0.1, 0.2, 0.3)
    copies = [gradient.copy() for gradient in first]
    network.loss(other, np.zeros(9, dtype=int))
    network.gradients(other, np.zeros(9, dtype=int))
    for one, other_one in zip(first, copies, strict=True):
        np.testing.assert_array_equal(one, other_one)
    for array, copy in zip((X, y, *network.parameters), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_other_parameters_are_used_wherever_they_are_put() -> None:
    network = Network([2, 3, 2], seed=0)
    X = np.array([[1.0, -1.0]])
    network.parameters[-1] = np.array([7.0, -7.0])
    network.parameters[-2] = np.zeros((3, 2))
    np.testing.assert_array_equal(network.logits(X), [[7.0, -7.0]])
    assert network.predict(X).tolist() == [0]
    assert network.accuracy(X, [0]) == 1.0 and network.accuracy(X, [1]) == 0.0
    moved = network.at([*network.parameters[:-1], np.array([0.0, 1.0])])
    np.testing.assert_array_equal(moved.logits(X), [[0.0, 1.0]])
    with pytest.raises(ValueError, match=r"have the shapes .*; <Network 2-3-2, relu, 17 parameters> needs"):
        network.at(network.parameters[:-1])


def test_memory_that_is_used_again_gives_the_same_as_new_memory() -> None:
    network = Network([3, 5, 4, 2], "tanh", seed=4)
    rng = np.random.default_rng(1)
    passes = Passes(network, 8)
    for rows in (8, 3, 1, 8):
        X, y = rng.normal(size=(rows, 3)), rng.integers(0, 2, rows)
        T = smoothed_labels(y, 2, 0.1)
        assert cross_entropy(passes.forward(X), T) / rows == network.loss(X, y, 0.1)
        for got, want in zip(passes.gradients(X, T, 0.1, 0.2), network.gradients(X, y, 0.1, 0.1, 0.2), strict=True):
            np.testing.assert_array_equal(got, want)


def test_the_seed_decides_the_weights_and_init_their_size() -> None:
    first, again, other = (Network([40, 50, 3], seed=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(p, q) for p, q in zip(first.parameters, again.parameters, strict=True))
    assert not np.array_equal(first.parameters[0], other.parameters[0])
    for init, deviation in (("he", np.sqrt(2 / 400)), ("xavier", np.sqrt(2 / 700)), (0.25, 0.25)):
        W, b = Network([400, 300, 2], init=init).parameters[:2]
        assert W.std() == pytest.approx(deviation, rel=0.02)  # 120 000 weights: a standard error of 0.2 %
        assert not b.any()


def test_sigmoid_gradients_vanish_with_depth_and_the_norms_say_so() -> None:
    network = Network([4, *[10] * 20, 3], "sigmoid", "xavier", seed=0)
    rng = np.random.default_rng(0)
    norms = layer_norms(network.gradients(rng.normal(size=(16, 4)), rng.integers(0, 3, 16)))
    assert norms.shape == (21,)
    assert norms[1] < 1e-8 * norms[-1]
    assert norms[1] > 0.0


SIZES = "give two or more positive integers"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([3],), SIZES),
        (([3, 0, 2],), SIZES),
        (([3, 2.0],), SIZES),
        (([3, True],), SIZES),
        (([3, 1],), "The last of the sizes is the number of classes, and it is 1; give 2 or more."),
        (([3, 2], "gelu"), "activation is 'gelu'; use one of relu, sigmoid, tanh."),
        (([3, 2], "relu", "lecun"), "init is 'lecun'; use 'he', 'xavier' or a number sigma >= 0."),
        (([3, 2], "relu", -1.0), "init is -1.0; give a number >= 0."),
    ],
)
def test_a_network_that_cannot_be_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network(*arguments)


GOOD = np.ones((4, 3))
BAD = GOOD.copy()
BAD[2, 1] = np.nan


@pytest.mark.parametrize(
    ("X", "y", "strengths", "message"),
    [
        (GOOD[:, :2], [0, 1, 0, 1], {}, r"X has the shape \(4, 2\); this network needs \(N, 3\) with N >= 1\."),
        (GOOD[0], [0], {}, r"X has the shape \(3,\)"),
        (GOOD[:0], [], {}, r"X has the shape \(0, 3\)"),
        (GOOD.astype(int), [0, 1, 0, 1], {}, r"X holds integers \(dtype int64\); make them floats with X\.astype"),
        (GOOD.astype(complex), [0, 1, 0, 1], {}, "X has the dtype complex128; give an array of floats"),
        (BAD, [0, 1, 0, 1], {}, r"X\[2, 1\] is nan; every entry must be a finite number\."),
        (GOOD, [0, 1, 0], {}, r"y has the shape \(3,\); it needs one label a row, shape \(4,\)\."),
        (GOOD, [[0], [1], [0], [1]], {}, r"y has the shape \(4, 1\)"),
        (GOOD, [0.0, 1.0, 0.0, 1.0], {}, "y has the dtype float64; labels are integers from 0 to 1"),
        (GOOD, [0, 1, 2, 1], {}, r"y\[2\] is 2; labels go from 0 to 1\."),
        (GOOD, [0, 1, -1, 1], {}, r"y\[2\] is -1; labels go from 0 to 1\."),
        (GOOD, [0, 1, 0, 1], {"epsilon": 1.5}, "epsilon is 1.5; give a number from 0 to 1."),
        (GOOD, [0, 1, 0, 1], {"l1": -1.0}, "l1 is -1.0; give a number >= 0."),
        (GOOD, [0, 1, 0, 1], {"l2": np.nan}, "l2 is nan; give a number >= 0."),
    ],
)
def test_bad_input_is_named_in_one_sentence(X: Any, y: Any, strengths: dict[str, float], message: str) -> None:
    network = Network([3, 4, 2])
    for method in (network.loss, network.gradients):
        with pytest.raises(ValueError, match=message):
            method(X, y, **strengths)


def test_the_examples_in_the_docstring_run() -> None:
    assert doctest.testmod(module).failed == 0
