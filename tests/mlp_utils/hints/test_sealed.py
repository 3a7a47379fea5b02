"""Hints under seal: they open for the wrong answer that they belong to, and for no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess, digests_of
from mlp_utils.assessing.tasks import FUNCTION, TEXT, VALUE, Case, Task
from mlp_utils.hints.sealed import opened, seal

RNG = np.random.default_rng(2)
X = RNG.normal(size=(3, 4))
PLAIN = Task(
    "cube",
    "x",
    FUNCTION,
    "Cube",
    1.0,
    {"values": 1.0},
    (Case("a matrix", "values", (X,), X**3), Case("numbers near 0", "values", (1e-5 * X,), 1e-15 * X**3, atol=0.0)),
)
PAIR = replace(
    PLAIN,
    outputs=("A", "B"),
    cases=tuple(Case("a matrix", "values", (X,), (X**2, X.sum(axis=0)), pick=pick) for pick in (0, 1)),
)
NUMBERS = Task(
    "numbers",
    "x",
    VALUE,
    "Numbers",
    1.0,
    {"values": 1.0},
    (Case("your value", "values", (), np.zeros(3), entrywise=True),),
    decimals=4,
    digests=dict.fromkeys(digests_of("numbers", 4, [1.5, 2.25, 0.1]), "right"),
)
FORMULA = Task("tan", "x", TEXT, "tan", 1.0, {"values": 1.0}, (Case("x", "values", ({"x": X},), np.tanh(X)),))
FORMULA = replace(FORMULA, functions=("tanh", "exp"))

WRONG: list[tuple[Task, dict[str, Any]]] = [
    (
        PLAIN,
        {
            "square": lambda x: x**2,
            "slope": lambda x: 3 * x**2,
            "transposed": lambda x: (x**3).T,
            "raises": lambda x: x @ x,
            "none": lambda x: "no number",
            "changes": lambda x: np.multiply(x, x * x, out=x),
        },
    ),
    (PAIR, {"A": lambda x: (x, x.sum(axis=0)), "B": lambda x: (x**2, x.sum(axis=1)), "one": lambda x: x}),
    (NUMBERS, {"first": [2.5, 2.25, 0.1], "zero": [0, 0, 0], "two": [1, 2], "infinite": [1, 2, np.inf]}),
    (FORMULA, {"doubled": "tanh(2*x)", "linear": "x"}),
]


def outcome(task: Task, answer: Any) -> Outcome:
    with np.errstate(all="ignore"):
        return assess(task, wire.observe(lambda: answer, task.request()))


def sealed(task: Task, answers: dict[str, Any]) -> Task:
    return replace(task, sealed=seal(task, [(outcome(task, a), f"Hint of «{name}».") for name, a in answers.items()]))


@pytest.mark.parametrize(("task", "answers"), WRONG, ids=[task.exercise_id for task, _ in WRONG])
def test_each_wrong_answer_opens_its_own_hint(task: Task, answers: dict[str, Any]) -> None:
    closed = Task.from_json(json.loads(json.dumps(sealed(task, answers).to_json())))
    for name, answer in answers.items():
        assert opened(outcome(closed, answer)) == f"Hint of «{name}».", name
    assert "Hint" not in json.dumps(closed.to_json())


def test_rounding_does_not_change_the_key() -> None:
    closed = sealed(PLAIN, {"slope": lambda x: 3 * x**2})
    for other in (lambda x: x * x + 2 * x**2, lambda x: 3.0 * np.exp(2 * np.log(np.abs(x))), lambda x: (x * 3) * x):
        assert opened(outcome(closed, other)) == "Hint of «slope»."


@pytest.mark.parametrize(
    "answer", [lambda x: x**3, lambda x: 3.001 * x**2, lambda x: x**4, lambda x: x @ x, lambda x: None, None, "x"]
)
def test_no_other_answer_opens_it(answer: Callable[..., Any] | None) -> None:
    closed = sealed(PLAIN, {"slope": lambda x: 3 * x**2})
    assert opened(outcome(closed, answer)) == ""


def test_what_the_cases_cannot_tell_apart_is_left_out() -> None:
    answers = [(outcome(PLAIN, lambda x: 2 * x), text) for text in ("One.", "Another.")]
    assert seal(PLAIN, answers) == {}
    assert len(seal(PLAIN, [answers[0], answers[0]])) == 1
    assert seal(PLAIN, [(outcome(PLAIN, lambda x: x**3), "Right."), (outcome(PLAIN, lambda x: x), "")]) == {}


def test_what_is_only_rounding_errors_is_left_out() -> None:
    """Another processor may round otherwise, and then the file that a build writes would be another one."""
    tiny = replace(PLAIN, cases=(Case("a matrix", "values", (X,), X**3, entrywise=True),))
    assert len(seal(tiny, [(outcome(tiny, lambda x: x**3 + 1.0), "One too many.")])) == 1
    step = 1e-6 * np.abs(X**3).max() + 200 * (1e-7 * np.abs(X**3).max() + 1e-12)
    border = outcome(PLAIN, lambda x: np.full(x.shape, (1000.5 - 0.37) * step) if x.max() > 1e-3 else x)
    assert seal(PLAIN, [(border, "On the border.")]) == {}
