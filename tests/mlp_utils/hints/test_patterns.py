"""Each generic mistake is recognised where it was made, and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import CaseResult, Outcome, assess
from mlp_utils.assessing.compare import compare_results
from mlp_utils.assessing.tasks import Case, Task
from mlp_utils.hints.patterns import NUMERICAL, PATTERNS, looks_numerical, pattern, recognise

Function = Callable[..., Any]


def make_task(right: Function, inputs: list[tuple[Any, ...]], **fields: Any) -> Task:
    """The task whose wanted results are those of a right function."""
    case_fields = {key: fields.pop(key) for key in list(fields) if key in ("rtol", "atol", "entrywise", "pick")}
    cases = tuple(
        Case(f"inputs {k}", "values", item, wire.decode(wire.encode(right(*item))), **case_fields)
        for k, item in enumerate(inputs)
    )
    return Task("an_exercise", "01_activations", "function", "An exercise", 1.0, {"values": 1.0}, cases, **fields)


def outcome_of(task: Task, answer: Function) -> Outcome:
    return assess(task, wire.observe(lambda: answer, task.request()))


def outcome_from(
    gots: list[Any], wants: list[Any], inputs: list[tuple[Any, ...]] | None = None, **fields: Any
) -> Outcome:
    """The outcome of results that are given directly."""
    inputs = inputs or [()] * len(wants)
    cases = tuple(
        Case(f"inputs {k}", "values", i, w, **fields) for k, (i, w) in enumerate(zip(inputs, wants, strict=True))
    )
    task = Task("an_exercise", "01_activations", "function", "An exercise", 1.0, {"values": 1.0}, cases)
    results = tuple(CaseResult(c, g, compare_results(g, c)) for c, g in zip(cases, gots, strict=True))
    return Outcome(task, "ok", results)


def name_of(outcome: Outcome) -> str | None:
    found = recognise(outcome)
    return found.id if found else None


# --- right functions ---------------------------------------------------------------------------------------------

rng = np.random.default_rng(7)
SAMPLES = [(rng.normal(2.0, 3.0, size=(n, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)) for n in (5, 7, 6)]


def mean_square(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((X @ W + b) ** 2))


def bias_gradient(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 10.0 * np.mean(X @ W + b, axis=0)


def weight_gradient(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    return X.T @ (X @ W + b) / len(X)


def loss_and_gradients(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    return mean_square(X, W, b), weight_gradient(X, W, b), bias_gradient(X, W, b)


def entrywise(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sinh(X)


RIGHT: dict[str, Function] = {
    "scalar": mean_square,
    "vector": bias_gradient,
    "matrix": weight_gradient,
    "tuple": loss_and_gradients,
    "entrywise": entrywise,
}

NOT_THERE: dict[tuple[str, str], str] = {
    ("column_instead_of_vector", "scalar"): "a number has no axis that could be added by mistake",
    ("column_instead_of_vector", "matrix"): "only a vector is turned into a column",
    ("column_instead_of_vector", "entrywise"): "only a vector is turned into a column",
    ("transposed", "scalar"): "the transpose of a number is the number",
    ("transposed", "vector"): "the transpose of a vector is the vector",
}
"""Where the mistake changes nothing, so that the answer is right."""

SEEN_AS: dict[tuple[str, str], tuple[str | None, str]] = {
    ("constant_offset", "scalar"): (None, "one number that is off may be off by anything"),
    ("constant_offset", "tuple"): (None, "its first array is a number, and one number may be off by anything"),
}
"""Where the numbers cannot tell the mistake, with what they tell instead."""


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("mistake", [p for p in PATTERNS if p.spoil is not None], ids=lambda p: p.id)
def test_a_mistake_is_recognised_by_its_own_name(mistake: Any, kind: str) -> None:
    task = make_task(RIGHT[kind], SAMPLES, entrywise=kind == "entrywise")
    outcome = outcome_of(task, mistake.spoil(RIGHT[kind]))
    if (mistake.id, kind) in NOT_THERE:
        assert outcome.passed, NOT_THERE[mistake.id, kind]
        return
    assert not outcome.passed
    expected, reason = SEEN_AS.get((mistake.id, kind), (mistake.id, ""))
    assert name_of(outcome) == expected, reason


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_answer_is_given_no_mistake(kind: str) -> None:
    outcome = outcome_of(make_task(RIGHT[kind], SAMPLES), RIGHT[kind])
    assert outcome.passed
    assert recognise(outcome) is None


@pytest.mark.parametrize("state", ["undefined", "too_long", "not_callable", "unparsed"])
def test_without_numbers_there_is_no_pattern(state: str) -> None:
    assert recognise(Outcome(make_task(mean_square, SAMPLES), state)) is None


def test_every_pattern_has_an_id_of_its_own_and_speaks_in_sentences() -> None:
    ids = [p.id for p in (*PATTERNS, NUMERICAL)]
    assert len(set(ids)) == len(ids)
    for p in (*PATTERNS, NUMERICAL):
        assert pattern(p.id) is p
        assert p.sentence.endswith((".", "?"))
        assert p.hint.endswith((".", "?", ")"))
        assert p.sentence != p.hint
    assert pattern("none_of_them") is None


@pytest.mark.parametrize("kind", RIGHT)
def test_wrong_numbers_at_random_are_given_no_pattern(kind: str) -> None:
    task = make_task(RIGHT[kind], SAMPLES)
    for seed in range(60):
        random = np.random.default_rng(seed)

        def noise(a: Any, random: Any = random) -> Any:
            return np.asarray(a) + random.normal(size=np.shape(a))

        def answer(*inputs: Any, random: Any = random, noise: Any = noise) -> Any:
            result = RIGHT[kind](*inputs)
            return tuple(map(noise, result)) if isinstance(result, tuple) else noise(result)

        wrong = [answer(*inputs) for inputs in SAMPLES]
        outcome = outcome_of(task, lambda X, W, b, wrong=wrong: wrong[[len(s[0]) for s in SAMPLES].index(len(X))])
        assert not outcome.passed
        assert name_of(outcome) is None


@pytest.mark.parametrize("chosen", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_one_wrong_array_among_right_ones_at_random_is_given_no_pattern(chosen: tuple[int, ...]) -> None:
    for seed, inputs in itertools.product(range(20), (SAMPLES, SAMPLES[:1])):
        random = np.random.default_rng(seed)
        wants = [loss_and_gradients(*item) for item in inputs]
        gots = [tuple(a + (k in chosen) * random.normal(size=np.shape(a)) for k, a in enumerate(w)) for w in wants]
        assert name_of(outcome_from(gots, wants, inputs)) is None


# --- what a pattern must not claim -------------------------------------------------------------------------------


def test_a_factor_is_not_read_off_a_single_number() -> None:
    W = np.arange(1.0, 7.0).reshape(2, 3)
    assert name_of(outcome_from([(3.7, W)], [(1.0, W)])) is None, "a wrong loss beside a right gradient"
    assert name_of(outcome_from([np.array([0, 0, 7.0, 0])], [np.array([0, 0, 5.0, 0])])) is None, "one active unit"
    assert name_of(outcome_from([7.0, 1.0, 2.0], [5.0, 1.0, 2.0])) is None, "one wrong number of three"
    assert name_of(outcome_from([7.0], [5.0])) is None
    assert name_of(outcome_from([2.0 * W], [W])) == "constant_factor"
    assert name_of(outcome_from([10.0, 4.0, 6.0], [5.0, 2.0, 3.0])) == "constant_factor"


def test_a_negative_factor_is_not_called_the_right_direction() -> None:
    W = np.arange(1.0, 7.0).reshape(2, 3)
    found = recognise(outcome_from([-2.0 * W], [W]))
    assert found is None or "direction is right" not in found.hint


def test_a_factor_that_differs_from_case_to_case_is_not_constant() -> None:
    W = np.arange(1.0, 7.0).reshape(2, 3)
    assert name_of(outcome_from([2.0 * W, 3.0 * W], [W, W])) is None
    assert name_of(outcome_from([(2.0 * W, 3.0 * W)], [(W, W)])) is None


def test_a_pattern_explains_every_wrong_case_or_is_not_named() -> None:
    W = np.arange(1.0, 7.0).reshape(2, 3)
    inputs = [(W,), (W,)]
    for other in (None, "text", 1j * W, [[1.0], [1.0, 2.0]], wire.Unsendable("set"), np.full((2, 3), np.nan), W + W**2):
        for spoilt in (-W, 2 * W, W / 2, W.T, 2.5 * W, W + 1, 0 * W):
            assert name_of(outcome_from([spoilt, other], [W, W], inputs)) is None
            assert name_of(outcome_from([other, spoilt], [W, W], inputs)) is None
    task = make_task(lambda x: x, inputs)
    for factor in (-1.0, 2.0, 0.5, 2.5, 0.0):
        calls: list[int] = []

        def answer(x: np.ndarray, factor: float = factor, calls: list[int] = calls) -> np.ndarray:
            calls.append(1)
            if len(calls) > 2:
                raise ValueError("the second case")
            return factor * x

        assert name_of(outcome_of(task, answer)) is None


def test_a_missing_sum_is_not_taken_for_broadcasting() -> None:
    dZ = np.random.default_rng(3).normal(size=(5, 3))
    assert name_of(outcome_from([dZ], [dZ.sum(axis=0)], [(dZ,)])) != "broadcast_to_matrix", "db without its sum"
    losses = np.array([0.25, 1.5, 3.0])
    assert name_of(outcome_from([losses], [losses.mean()], [(losses,)])) != "broadcast_to_matrix", (
        "a loss without its mean"
    )


def test_only_a_square_table_is_taken_for_a_table_of_all_pairs() -> None:
    dZ = np.random.default_rng(3).normal(size=(5, 3))
    assert name_of(outcome_from([-dZ], [dZ.sum(axis=0)], [(dZ,)])) != "broadcast_to_matrix", "no sum and a wrong sign"


def test_a_column_and_a_row_that_were_broadcast_are_recognised() -> None:
    y = np.array([1.0, 2.0, 4.0])
    assert name_of(outcome_from([y[:, None] - y], [y - y[::-1]], [(y,)])) == "broadcast_to_matrix"


def test_a_sign_and_a_transpose_are_told_apart() -> None:
    for seed in range(50):
        M = np.random.default_rng(seed).normal(size=(3, 3))
        assert name_of(outcome_from([-M], [M])) == "sign_flipped"
        assert name_of(outcome_from([M.T], [M])) == "transposed"
        assert name_of(outcome_from([-M.T], [M])) is None


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (2, 3), (3, 3)])
def test_a_matrix_of_any_shape_can_be_transposed(shape: tuple[int, int]) -> None:
    M = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    assert name_of(outcome_from([M.T], [M])) == "transposed"


def test_a_factor_of_the_samples_and_a_constant_factor_are_told_apart() -> None:
    three, five = np.arange(1.0, 4.0), np.arange(1.0, 6.0)
    inputs = [(three,), (five,)]
    assert name_of(outcome_from([3 * three, 5 * five], [three, five], inputs)) == "sum_instead_of_mean"
    assert name_of(outcome_from([three / 3, five / 5], [three, five], inputs)) == "mean_taken_twice"
    assert name_of(outcome_from([3 * three, 3 * five], [three, five], inputs)) == "constant_factor"


def test_rounding_beside_a_wanted_zero_does_not_hide_the_pattern() -> None:
    W = np.arange(1.0, 7.0).reshape(2, 3)
    assert name_of(outcome_from([(-W, np.full(3, 1e-18))], [(W, np.zeros(3))])) == "sign_flipped"


def test_a_free_convention_does_not_hide_the_pattern() -> None:
    want, low, high = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0, 3.0])
    for free in (0.0, 0.5, 1.0):
        got = np.array([free, -1.0, -2.0, -3.0])
        assert name_of(outcome_from([got], [want], low=low, high=high)) == "sign_flipped"


def test_a_small_entry_that_is_wrong_entrywise_is_not_passed_over() -> None:
    """Off by a factor in one case, wrong in a small entry of the other: no factor explains both."""
    a, b = np.array([1.0, 2.0, 3.0]), np.array([1e9, 1.0, 2.0])
    got = [2.5 * a, np.array([1e9, 5.0, 2.0])]
    assert name_of(outcome_from(got, [a, b], entrywise=True)) is None


def test_every_entry_means_every_entry() -> None:
    want = np.array([1e9, 1.0, 2.0, 3.0])
    for spoilt in (-want, 2.5 * want):
        got = spoilt.copy()
        got[1:] = [7.0, -4.0, 0.5]
        assert name_of(outcome_from([got], [want], entrywise=True)) is None


finite = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1e308, -1e308, 1e200, 5e-324, 0.0])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_whatever_the_numbers_are_recognising_neither_raises_nor_warns(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    other = data.draw(st.just(shape) | hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    want = data.draw(hnp.arrays(float, shape, elements=finite))
    got = data.draw(hnp.arrays(float, other, elements=st.floats() | finite))
    case = Case("inputs", "values", (want,), want)
    with np.errstate(all="ignore"):
        problem = compare_results(got, case)
    task = Task("an_exercise", "01", "function", "An exercise", 1.0, {"values": 1.0}, (case,), analytic=True)
    outcome = Outcome(task, "ok", (CaseResult(case, got, problem),))
    found = recognise(outcome)
    assert (found is None) or not outcome.passed
    assert isinstance(looks_numerical(outcome), bool)


# --- finite differences ------------------------------------------------------------------------------------------


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_by_logarithms(z: np.ndarray) -> np.ndarray:
    m = z.max(axis=1, keepdims=True)
    return np.exp(z - (m + np.log(np.sum(np.exp(z - m), axis=1, keepdims=True))))


def targets(z: np.ndarray) -> np.ndarray:
    return np.eye(z.shape[1])[np.arange(len(z)) % z.shape[1]]


def cross_entropy(z: np.ndarray) -> Any:
    """Complex-safe: the maximum of the real part only shifts."""
    z = z - z.real.max(axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(targets(z) * z, axis=1))


def log_sum(x: np.ndarray) -> Any:
    return np.sum(np.log(1 + np.exp(x)))


def weighted_square(x: np.ndarray) -> Any:
    return np.sum(np.arange(1.0, x.size + 1).reshape(x.shape) * x * x) / x.size


def network(x: np.ndarray) -> Any:
    """Two layers, as a function of the first weights; the data are fixed."""
    data = np.random.default_rng(0)
    X, W2 = data.normal(size=(6, x.shape[0])), data.normal(size=(x.shape[1], 3))
    return cross_entropy(np.tanh(X @ x) @ W2)


def network_gradient(x: np.ndarray, other_order: bool = False) -> np.ndarray:
    data = np.random.default_rng(0)
    X, W2 = data.normal(size=(6, x.shape[0])), data.normal(size=(x.shape[1], 3))
    A = np.tanh(X @ x)
    if other_order:
        dZ2 = softmax_by_logarithms(A @ W2) / 6 - targets(A @ W2) / 6
        return np.sum([np.outer(X[n], (W2 @ dZ2[n]) / np.cosh(X[n] @ x) ** 2) for n in range(6)][::-1], axis=0)
    dZ2 = (softmax(A @ W2) - targets(A @ W2)) / 6
    return X.T @ ((dZ2 @ W2.T) * (1 - A**2))


Derivative = tuple[Function, Function, Function]
DERIVATIVES: dict[str, Derivative] = {
    "softmax": (
        cross_entropy,
        lambda z: (softmax(z) - targets(z)) / len(z),
        lambda z: softmax_by_logarithms(z) / len(z) - targets(z) / len(z),
    ),
    "softplus": (log_sum, lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.5 * np.tanh(x / 2) + 0.5),
    "square": (
        weighted_square,
        lambda x: 2 * np.arange(1.0, x.size + 1).reshape(x.shape) * x / x.size,
        lambda x: (
            (x / x.size) * np.arange(1.0, x.size + 1).reshape(x.shape)
            + np.arange(1.0, x.size + 1).reshape(x.shape) / x.size * x
        ),
    ),
    "network": (network, network_gradient, lambda x: network_gradient(x, other_order=True)),
}


def each_entry(loss: Function, x: np.ndarray, slope: Callable[[np.ndarray], float]) -> np.ndarray:
    """The derivative by each entry, from a recipe that takes a direction of length one."""
    result = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = 1.0
        result[index] = slope(step)
    return result


def central(loss: Function, h: float) -> Function:
    return lambda x: each_entry(loss, x, lambda step: (loss(x + h * step) - loss(x - h * step)) / (2 * h))


def forward(loss: Function, h: float) -> Function:
    return lambda x: each_entry(loss, x, lambda step: (loss(x + h * step) - loss(x)) / h)


def complex_step(loss: Function, h: float = 1e-30) -> Function:
    return lambda x: each_entry(loss, x, lambda step: np.imag(loss(x + 1j * h * step)) / h)


def analytic_task(name: str, seed: int, scale: float = 1.0, shift: float = 0.0) -> Task:
    random = np.random.default_rng(seed)
    inputs = [(shift + scale * random.normal(size=shape),) for shape in ((4, 3), (5, 4))]
    return make_task(DERIVATIVES[name][1], inputs, analytic=True)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("h", [1e-4, 1e-5, 1e-6])
def test_a_central_difference_that_passes_looks_numerical(name: str, h: float) -> None:
    seen = 0
    for seed in range(10):
        outcome = outcome_of(analytic_task(name, seed), central(DERIVATIVES[name][0], h))
        seen += outcome.passed
        assert looks_numerical(outcome) == outcome.passed
    assert seen >= 8


def test_a_forward_difference_that_passes_looks_numerical() -> None:
    for name in DERIVATIVES:
        outcome = outcome_of(analytic_task(name, 1), forward(DERIVATIVES[name][0], 1e-8))
        assert looks_numerical(outcome) == outcome.passed


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_formula_in_another_order_never_looks_numerical(name: str) -> None:
    for seed in range(200):
        for scale in (1e-3, 1.0, 5.0):
            outcome = outcome_of(analytic_task(name, seed, scale), DERIVATIVES[name][2])
            assert outcome.passed
            assert not looks_numerical(outcome)


@pytest.mark.parametrize("shift", [1e2, 1e3, 1e4, 1e5])
def test_large_logits_round_more_and_do_not_look_numerical(shift: float) -> None:
    for seed in range(200):
        outcome = outcome_of(analytic_task("softmax", seed, 1.0, shift), DERIVATIVES["softmax"][2])
        assert outcome.passed
        assert not looks_numerical(outcome)


@pytest.mark.parametrize("wrap", [lambda x: {"Z": x}, lambda x: [x], lambda x: (x, 1.0)], ids=["dict", "list", "tuple"])
def test_large_derivatives_of_inputs_in_a_cache_do_not_look_numerical(wrap: Function) -> None:
    x = np.random.default_rng(0).normal(1e5, 1e4, size=40)
    task = make_task(lambda _: x * 3.0, [(wrap(x),)], analytic=True)
    outcome = outcome_of(task, lambda _: (x * 0.1 + x * 0.2) * 10.0)
    assert outcome.passed
    assert not looks_numerical(outcome)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_complex_step_does_not_look_numerical(name: str) -> None:
    for seed in range(20):
        outcome = outcome_of(analytic_task(name, seed), complex_step(DERIVATIVES[name][0]))
        assert outcome.passed
        assert not looks_numerical(outcome)


def test_single_precision_passes_and_does_not_look_numerical() -> None:
    outcome = outcome_of(analytic_task("square", 1), lambda x: np.float32(DERIVATIVES["square"][1](x)))
    assert outcome.passed
    assert not looks_numerical(outcome)


def test_some_results_in_single_precision_do_not_look_numerical() -> None:
    """The first result comes from the inputs, rounded to float32; the second from a cache that was not."""
    x = np.random.default_rng(0).normal(size=(4, 3))
    task = make_task(lambda x: (np.tanh(x), np.exp(x)), [(x,)], analytic=True)
    mixed = outcome_of(task, lambda x: (np.tanh(np.float32(x)), np.exp(np.float64(np.float32(x)))))
    assert mixed.passed
    assert not looks_numerical(mixed)


def test_a_free_convention_does_not_look_numerical() -> None:
    zeros, ones = np.zeros(8), np.ones(8)
    case = Case("kinks", "values", (zeros,), zeros, low=zeros, high=ones)
    task = Task("an_exercise", "01", "function", "An exercise", 1.0, {"values": 1.0}, (case,), analytic=True)
    for value in (0.0, 0.5, 1.0):
        outcome = outcome_of(task, lambda x, value=value: np.full(8, value))
        assert outcome.passed
        assert not looks_numerical(outcome)


def test_wanted_infinities_do_not_disturb_the_look() -> None:
    want = np.array([np.inf, 1.0, np.nan])
    task = Task(
        "an_exercise", "01", "function", "T", 1.0, {"values": 1.0}, (Case("c", "values", (), want),), analytic=True
    )
    outcome = outcome_of(task, lambda: want)
    assert outcome.passed
    assert not looks_numerical(outcome)


def test_only_what_passed_and_asked_for_a_formula_is_looked_at() -> None:
    task = analytic_task("square", 0)
    assert not looks_numerical(outcome_of(task, np.sin))
    inputs = [case.inputs for case in task.cases]
    plain = make_task(DERIVATIVES["square"][1], inputs)
    assert not looks_numerical(outcome_of(plain, central(DERIVATIVES["square"][0], 1e-5)))
