"""What the numbers of a wrong answer show: each observation is made, is true, and is never made of a right answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.invariants import INVARIANTS, breach
from mlp_utils.assessing.tasks import FUNCTION, Case, Task, invariant_of
from mlp_utils.hints.observations import observations
from mlp_utils.hints.pairs import Seen
from mlp_utils.hints.relations import of_wanted
from mlp_utils.in_notebooks.checks import _hint_text

from autograder.authoring.model import Exercise, ModelError

Function = Callable[..., Any]


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def gradient(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (softmax(logits) - (np.arange(logits.shape[1]) == y[:, None])) / len(y)


def labels_of(P: np.ndarray, y: np.ndarray, left: np.ndarray) -> np.ndarray:
    P = P.copy()
    P[left, y] -= 1
    return P / len(y)


def jacobian(p: np.ndarray) -> np.ndarray:
    return np.diag(p) - np.outer(p, p)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def layer(X: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X.T @ X, W.sum(axis=0)


def chain(w: float, v: float, a: float) -> float:
    return w * v * a * (1 - a)


RNG = np.random.default_rng(8)
LABELS = {5: np.array([0, 3, 1, 1, 2]), 7: np.array([1, 0, 3, 3, 2, 1, 0])}
INPUTS: dict[Function, tuple[tuple[Any, ...], ...]] = {
    softmax: ((RNG.normal(size=(3, 4)),), (RNG.normal(size=(5, 3)),), (RNG.normal(size=6),)),
    gradient: tuple((RNG.normal(size=(n, 4)), y) for n, y in LABELS.items()),
    jacobian: tuple((softmax(RNG.normal(size=n)),) for n in (4, 5)),
    sigmoid: ((RNG.normal(size=(4, 5)),), (np.array([-40.0, -12.0, 0.0, 11.0, 45.0, 1.0, -1.0]),)),
    layer: tuple((RNG.normal(size=(n, 3)), RNG.normal(size=(n, 4))) for n in (4, 6)),
    chain: ((0.5, -1.5, 0.25), (2.0, 0.75, 0.6), (-1.25, 3.0, 0.3)),
}
ARGUMENTS = {
    softmax: ("logits",),
    gradient: ("logits", "y"),
    jacobian: ("p",),
    sigmoid: ("x",),
    layer: ("X", "W"),
    chain: ("w", "v", "a"),
}
KEPT = {
    softmax: ("rows_sum_to_1", "between_0_and_1"),
    gradient: ("rows_sum_to_0",),
    jacobian: ("rows_sum_to_0", "symmetric"),
    layer: ("G: symmetric",),
}


def outcome(right: Function, answer: Function, kept: bool = True) -> Outcome:
    picks = range(2) if right is layer else (None,)
    cases = tuple(
        Case(f"case {k}", "values", inputs, right(*inputs), pick=pick, entrywise=right is sigmoid, atol=0.0)
        for k, inputs in enumerate(INPUTS[right])
        for pick in picks
    )
    task = Task(
        right.__name__,
        "x",
        FUNCTION,
        "Title",
        1.0,
        {"values": 1.0},
        cases,
        outputs=("G", "s") if right is layer else (),
        arguments=ARGUMENTS[right],
        invariants=KEPT.get(right, ()) if kept else (),
    )
    with np.errstate(all="ignore"):
        return assess(task, wire.observe(lambda: answer, task.request()))


def lower_triangle(p: np.ndarray) -> np.ndarray:
    return np.tril(jacobian(p))


def all_loops_at_once(x: np.ndarray) -> np.ndarray:
    return np.full(x.shape, sigmoid(x).mean())


SEEN: list[tuple[str, Function, Function, str]] = [
    # invariants
    ("columns", softmax, lambda z: np.exp(z) / np.exp(z).sum(axis=0), "Each row should sum to 1; your columns do"),
    ("all at once", softmax, lambda z: np.exp(z) / np.exp(z).sum(), "all your entries together sum to 1"),
    ("each 2", softmax, lambda z: softmax(z) * np.where(z > 9, 1, 1 + softmax(z)), "Each row should sum to 1; yours"),
    (
        "range",
        softmax,
        lambda z: z / z.sum(axis=-1, keepdims=True),
        "Every entry should lie between 0 and 1",
    ),
    ("row sums", gradient, lambda z, y: gradient(z, y) ** 2, "Each row should sum to 0; yours sum to"),
    ("symmetry", jacobian, lambda p: np.diag(p) - p * (p * p)[:, None], "The matrix should be symmetric"),
    ("one of two", layer, lambda X, W: (layer(X, W)[0] * np.arange(3), layer(X, W)[1]), "In G: the matrix should be"),
    # where
    ("every label", gradient, lambda z, y: labels_of(softmax(z), y, np.s_[:]), "changed in the columns of all labels"),
    ("label only", gradient, lambda z, y: softmax(z) / len(y), "Only the entry of the label is wrong"),
    (
        "not the label",
        gradient,
        lambda z, y: gradient(z, y) * (np.arange(4) == y[:, None]),
        "The entry of the label is right; the others are wrong",
    ),
    ("from one", gradient, lambda z, y: gradient(z, y - 1 + 4 * (y == 0)), "with which number does counting begin"),
    (
        "label part",
        gradient,
        lambda z, y: gradient(z, y) + 0.1 - 0.3 * (np.arange(4) == y[:, None]),
        "one number at the labels and another one elsewhere",
    ),
    ("diagonal", jacobian, lambda p: jacobian(p) + np.diag(p), "Only the diagonal is wrong"),
    ("off", jacobian, lambda p: jacobian(p) + (1 - np.eye(len(p))) * p * p[:, None] ** 2, "The diagonal is right"),
    ("only diagonal", jacobian, lambda p: np.diag(p * (1 - p)), "Every entry off the diagonal is 0"),
    ("triangle", jacobian, lower_triangle, "Every entry above the diagonal is 0"),
    ("negative", sigmoid, lambda x: sigmoid(np.abs(x)), "Wrong only where x is negative"),
    ("at zero", sigmoid, lambda x: np.where(x == 0, 0.0, sigmoid(x)), "Wrong only where x is 0"),
    ("far out", sigmoid, lambda x: sigmoid(np.maximum(x, -10.0)), "Wrong only where x is -12 or smaller"),
    (
        "first row",
        layer,
        lambda X, W: (layer(X, W)[0] + np.eye(3)[0][:, None] * X[0], layer(X, W)[1]),
        "Only the first row is wrong",
    ),
    (
        "one result",
        layer,
        lambda X, W: (layer(X, W)[0], W.max(axis=0)),
        "G is right. Look at what is",
    ),
    # how they relate
    ("size", gradient, lambda z, y: gradient(z, y) / z.size, "too small by the factor"),
    (
        "missing factor",
        chain,
        lambda w, v, a: v * a * (1 - a),
        "The wanted number divided by yours is one",
    ),
    ("factor too many", chain, lambda w, v, a: chain(w, v, a) * v, "Yours divided by the wanted number is one of the"),
    ("slope missing", chain, lambda w, v, a: w * v, "of the form a(1 - a)"),
    ("two missing", chain, lambda w, v, a: a * (1 - a), "a product of two numbers made of the inputs"),
    (
        "difference",
        chain,
        lambda w, v, a: chain(w, v, a) - v,
        "Yours minus the wanted number is minus",
    ),
    ("square", sigmoid, lambda x: sigmoid(x) ** 2, "is the square of the wanted one"),
    ("complement", sigmoid, lambda x: 1 - sigmoid(x), "and the wanted one sum to 1"),
    ("unchanged", sigmoid, lambda x: x * 1.0, "What came back is x itself"),
    ("line", sigmoid, lambda x: 0.3 + 0.2 * sigmoid(x), "yours is 0.2 times the wanted number +0.3"),
    ("argument", sigmoid, lambda x: sigmoid(2 * x + x**3), "Yours stand in the right order"),
    ("mirrored", sigmoid, lambda x: np.exp(-x), "Where the wanted numbers are larger, yours are smaller"),
    ("alike", sigmoid, all_loops_at_once, "All your entries are the same number"),
    ("rows alike", gradient, lambda z, y: np.tile(gradient(z, y)[:1], (len(y), 1)), "Only the first row is right"),
    ("permuted", sigmoid, lambda x: np.roll(sigmoid(x), 1), "The numbers are the right ones, in other places"),
    ("row factor", gradient, lambda z, y: gradient(z, y) * (y[:, None] + 2), "Each row is off by a factor of its own"),
    ("stuck", sigmoid, lambda x: np.minimum(sigmoid(x), 0.3), "it is 0.3 again and again"),
    ("a little", sigmoid, lambda x: sigmoid(x) + 1e-6 * np.cos(x), "off by very little"),
    (
        "digits",
        sigmoid,
        lambda x: np.where(x < -13, 0.0, sigmoid(x)),
        "Yours is exactly 0 where a tiny number",
    ),
    # shapes
    ("axis lost", gradient, lambda z, y: gradient(z, y).sum(axis=0), "An axis is missing"),
    ("number", sigmoid, lambda x: float(sigmoid(x).sum()), "One number came back"),
    ("too many", gradient, lambda z, y: gradient(z, y)[None, None], "There is an axis too many"),
    ("size of an axis", gradient, lambda z, y: gradient(z, y)[:, :3], "Axis 1 has the size 3 and should have 4"),
    ("count", layer, lambda X, W: layer(X, W)[0], "One thing comes back where 2 are wanted"),
]


@pytest.mark.parametrize(("right", "answer", "words"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_the_numbers_show_is_said(right: Function, answer: Function, words: str) -> None:
    found = outcome(right, answer)
    assert not found.passed
    said = observations(found) or (_hint_text(found),)
    assert len(said) <= 2
    assert words in " ".join(said)


def test_one_for_each_zero_is_no_exponential() -> None:
    def seen(want: np.ndarray) -> Seen:
        return Seen(
            "ratios", Case("a case", "ratios", (), want), np.exp(want), want, np.ones(4, bool), np.ones(4, bool), {}
        )

    with np.errstate(divide="ignore"):
        assert of_wanted([seen(np.zeros(4)), seen(np.zeros(4))]) == ""
        assert "exponential" in of_wanted([seen(np.arange(4.0)), seen(np.zeros(4))])


@pytest.mark.parametrize("right", INPUTS, ids=lambda f: f.__name__)
def test_nothing_is_said_of_a_right_answer(right: Function) -> None:
    found = outcome(right, right)
    assert found.passed
    assert observations(found) == ()


@settings(deadline=None, max_examples=40)
@given(st.floats(-1, 1), st.sampled_from(list(INPUTS)))
def test_a_right_answer_with_its_rounding_errors_gets_no_hint(share: float, right: Function) -> None:
    def nearly(*inputs: Any) -> Any:
        result = right(*inputs)
        change = 1.0 + 1e-13 * share
        return tuple(r * change for r in result) if isinstance(result, tuple) else result * change

    found = outcome(right, nearly)
    assert found.passed
    assert observations(found) == ()
    assert "nothing to hint at" in _hint_text(found)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(list(INPUTS)))
def test_noise_is_not_mistaken_for_a_relation(seed: int, right: Function) -> None:
    """Numbers that have nothing to do with the wanted ones are told nothing but what is true of any such numbers."""
    rng = np.random.default_rng(seed)

    def noise(*inputs: Any) -> Any:
        result = right(*inputs)
        drawn = [rng.normal(size=np.shape(r)) for r in (result if isinstance(result, tuple) else (result,))]
        return tuple(drawn) if isinstance(result, tuple) else drawn[0]

    wild = (
        "factor",
        "input",
        "logarithm",
        "square",
        "root",
        "times the wanted",
        "other places",
        "alike",
        "very little",
    )
    text = " ".join(observations(outcome(right, noise, kept=False)))
    assert not any(word in text for word in wild), text


def test_two_mistakes_of_which_one_gives_nan_are_told_apart() -> None:
    def twice(x: np.ndarray) -> np.ndarray:
        return np.where(x > 40, np.nan, -sigmoid(x))

    assert "Where yours is finite: The size is right. Look at the sign." in observations(outcome(sigmoid, twice))[0]


def test_only_judged_entries_count_where_a_convention_is_free() -> None:
    x = np.array([-1.0, 0.0, 2.0, 3.0, -4.0, 5.0, -6.0, 7.0, 8.0, 9.0, 10.0])
    want = 1.0 * (x > 0)
    case = Case("a kink", "values", (x,), want, entrywise=True, low=want, high=1.0 * (x >= 0))
    task = Task("kink", "x", FUNCTION, "Kink", 1.0, {"values": 1.0}, (case,), arguments=("x",))
    found = assess(
        task, wire.observe(lambda: lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0.5, 0.7)), task.request())
    )
    assert "Wrong only where x is negative" in " ".join(observations(found))


# --- invariants ---------------------------------------------------------------------------------------------------

GOOD = {
    "rows_sum_to_1": softmax(RNG.normal(size=(3, 4))),
    "rows_sum_to_0": RNG.normal(size=(3, 1)) * np.array([1.0, -2.0, 1.0]),
    "symmetric": np.array([[1.0, 2.0], [2.0, 5.0]]),
    "nonnegative": np.array([0.0, 2.0]),
    "nonpositive": np.array([0.0, -2.0]),
    "between_0_and_1": np.array([0.0, 0.5, 1.0]),
}


@pytest.mark.parametrize("name", INVARIANTS)
def test_an_invariant_holds_for_good_arrays_and_is_broken_by_others(name: str) -> None:
    good = GOOD[name]
    bad = good + np.arange(good.size).reshape(good.shape) * (-3.0 if name == "nonnegative" else 3.0)
    assert breach(name, good) == ""
    assert breach(name, bad).endswith(".")
    assert breach(name, np.array(np.nan) + bad) == ""
    assert breach(name, np.zeros((0, 2))) == ""


def test_an_invariant_of_one_result_names_it() -> None:
    assert invariant_of("losses: nonnegative") == ("losses", "nonnegative")
    assert invariant_of("nonnegative") == ("", "nonnegative")


@pytest.mark.parametrize("text", ["rows_sum_to_2", "G: nonnegative", "losses: positive"])
def test_an_invariant_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="no invariant of its results; known are rows_sum_to_1"):
        Exercise("four", title="Four", outputs=("losses", "risk"), invariants=(text,))
