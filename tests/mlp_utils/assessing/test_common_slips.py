"""Slips of functions with several results, and NumPy's errors in the course's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess, plain_words
from mlp_utils.assessing.tasks import FUNCTION, Case, Task
from mlp_utils.hints.patterns import recognise
from mlp_utils.in_notebooks.checks import explain


def right(X: np.ndarray, D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two products of different sizes' matrices in the same shape."""
    return X * D + 1.0, X - D**2


def outcome(answer: Callable[..., Any], reference: Callable[..., Any] = right, numbers: bool = False) -> Outcome:
    rng = np.random.default_rng(5)
    cases = []
    for part, k in (("first", 0), ("second", 1)):
        for shape in ((3, 4), (5, 2)):
            inputs = (1.5, -0.7 * k - 0.3) if numbers else (rng.normal(size=shape), rng.normal(size=shape))
            cases.append(Case("some", part, inputs, reference(*inputs), pick=k))
    task = Task("pair", "x", FUNCTION, "Pair", 2.0, {"first": 1, "second": 1}, tuple(cases), outputs=("A", "B"))
    return assess(task, wire.observe(lambda: answer, task.request()))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("results_exchanged", lambda X, D: right(X, D)[::-1]),
        ("one_result_by_a_factor", lambda X, D: (right(X, D)[0] / 3, right(X, D)[1])),
        ("same_in_all_rows", lambda X, D: (right(X, D)[0] + np.arange(X.shape[1]), right(X, D)[1])),
        ("nearly_right", lambda X, D: tuple(np.round(a, 6) for a in right(X, D))),
    ],
)
def test_a_slip_is_named(name: str, answer: Callable[..., Any]) -> None:
    found = recognise(outcome(answer))
    assert found is not None and found.id == name


def test_numbers_may_come_in_one_array() -> None:
    def two(x: float, y: float) -> tuple[float, float]:
        return x * y, x + y

    assert outcome(lambda x, y: np.array(two(x, y)), two, numbers=True).passed
    assert outcome(lambda x, y: [*two(x, y)], two, numbers=True).passed
    wrong = outcome(lambda x, y: np.array([*two(x, y), 0.0]), two, numbers=True)
    assert "2 results are wanted (A, B), and 3 came back" in wrong.results[0].problem.sentence
    assert not outcome(lambda X, D: np.array(right(X, D))).passed  # arrays are told apart by a tuple


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (lambda: np.ones((7, 2)) @ np.ones((3, 2)), "here 2 meets 3"),
        (lambda: np.ones(4) @ np.ones((2, 3)), "here 4 meets 2"),
        (lambda: np.ones((7, 2)) + np.ones(3), "the shapes (7, 2) and (3,) do not fit together"),
        (lambda: np.ones(4) * np.ones((5, 1, 3)), "the shapes (4,) and (5, 1, 3) do not fit together"),
    ],
)
def test_shapes_that_do_not_fit_are_told_in_plain_words(compute: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError) as raised:
        compute()
    assert words in plain_words(str(raised.value))


def test_a_message_shows_short_inputs_and_the_name_of_the_number() -> None:
    def two(x: float, y: float) -> tuple[float, float]:
        return x * y, x + y

    text = str(explain(outcome(lambda x, y: (x * y, x - y), two, numbers=True)))
    assert "Inputs: some: 1.5, -1" in text and "B: yours 2.5, wanted 0.5" in text
    assert "Inputs: some: (3, 4), (3, 4)" in str(explain(outcome(lambda X, D: (X, D))))


def test_other_messages_stay() -> None:
    assert plain_words("no such thing") == "no such thing"
    assert json.loads(json.dumps(plain_words("matmul: odd"))) == "matmul: odd"


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (lambda a, b, c: (b, c, a), True),
        (lambda a, b, c: (c, b, a), True),
        (lambda a, b, c: (a, a, c), True),  # a step between the two is not made
        (lambda a, b, c: (a, b, b + c), False),
        (lambda a, b, c: (b, a, a + c), False),
        (lambda a, b, c: (b, 2 * b, c), False),
    ],
)
def test_an_exchange_is_told_from_what_a_case_judges_alone(answer: Callable[..., Any], named: bool) -> None:
    """What another result should be is not stored with a case; it is known where it is right or in another place."""

    def three(X: np.ndarray, D: np.ndarray) -> tuple[np.ndarray, ...]:
        return X * D + 1.0, X - D**2, X + D

    rng = np.random.default_rng(6)
    inputs = [(rng.normal(size=(3, 4)), rng.normal(size=(3, 4))) for _ in range(3)]
    cases = tuple(Case(f"case {k}", "values", given, three(*given), pick=k) for k, given in enumerate(inputs))
    task = Task("three", "x", FUNCTION, "Three", 1.0, {"values": 1}, cases, outputs=("A", "B", "C"))
    wrong = assess(task, wire.observe(lambda: lambda X, D: answer(*three(X, D)), task.request()))
    found = recognise(wrong)
    assert (found is not None and found.id == "results_exchanged") == named


def test_a_part_of_the_results_is_no_exchange_with_what_is_wrong_elsewhere() -> None:
    wrong = outcome(lambda X, D: (right(X, D)[1], right(X, D)[1] + 1.0))
    first = replace(wrong, results=wrong.results[:2])
    assert recognise(replace(first, beside=wrong.results)) is None
