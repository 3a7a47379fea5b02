"""Hints for exceptions and for arguments, as a student sees them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.tasks import FUNCTION, Case, Task
from mlp_utils.assessing.told import inputs_told
from mlp_utils.hints.patterns import looks_numerical
from mlp_utils.in_notebooks import checks
from mlp_utils.in_notebooks.checks import check, explain, hint

X, W, D = (np.random.default_rng(4).normal(size=shape) for shape in ((5, 3), (3, 2), (5, 2)))
CASES = (
    Case("two matrices", "values", (X, W), X @ W),
    Case("one row", "values", (X[0], W), X[0] @ W),
    Case("integers", "values", (np.arange(6).reshape(2, 3), W), np.arange(6).reshape(2, 3) @ W),
)
TASK = Task("product", "x", FUNCTION, "Product", 1.0, {"values": 1.0}, CASES, arguments=("X", "W"))


@pytest.fixture(autouse=True)
def course(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "visible_task", lambda name: TASK)
    monkeypatch.setattr(checks, "_last_outcomes", {})


def told(answer: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> str:
    check("product", answer)
    capsys.readouterr()
    hint("product")
    return capsys.readouterr().out


def in_place(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    result = np.zeros(np.shape(X @ W), dtype=int)
    result += X @ W
    return result


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda X, W: X @ W.T, "the two sizes in the middle must be equal"),
        (lambda X, W: X * W, "Write the two shapes one below the other"),
        (lambda X, W: X @ W if X > 0 else W, "An `if` decides once"),
        (lambda X, W: math.exp(X @ W), "A function for one number was given an array"),
        (lambda X, W: X.sum(axis=1) * W, "An axis is asked for that this input does not have"),
        (lambda X, W: X[..., 5], "An index does not fit the array"),
        (lambda X, W: float(X.ravel()[0]).shape, "it has no shape, no length and no entries"),
        (in_place, "Fractions are written into an array of integers"),
        (lambda X, W: np.zeros(2.5), "A number with a fraction is used as an index or a size"),
        (lambda X, W: 1 / 0, "Plain numbers are divided by 0"),
        (lambda X, W: missing_name, "Run the cell that defines it"),  # noqa: F821
        (lambda X, W: None @ W, "Something that your function uses is None"),
        (lambda X, W: X(W), "Something that is no function is called"),
    ],
)
def test_an_exception_has_a_hint_of_its_own(
    answer: Callable[..., Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in told(answer, capsys)


def test_cases_that_stop_are_named_where_others_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert "It stops only for «one row»." in told(lambda X, W: X @ W + 0 * X.sum(axis=1, keepdims=True), capsys)
    everywhere = told(lambda X, W: X @ W.T, capsys)
    assert "It stops only" not in everywhere


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: 1.0, "takes another number of arguments"),
        (lambda X: X, "takes another number of arguments"),
        (lambda X, W, b: X @ W + b, "takes another number of arguments"),
        (lambda W, X: X @ W, "the same arguments in another order"),
    ],
)
def test_arguments_are_compared_with_the_call(
    answer: Callable[..., Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(answer, capsys)
    assert "The check calls product(X, W)" in text
    assert words in text


def test_other_names_and_other_callables_are_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    for answer in (lambda A, B: A - B[:1, :1], np.add, lambda *both: both[0] * 2.0):
        assert "The check calls" not in told(answer, capsys)


# --- inputs beside the message -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "arguments", "text"),
    [
        ((X, 0.5, 3), ("X", "rate", "n"), "some: X (5, 3), rate = 0.5, n = 3"),
        ((X, {"Z1": D, "A1": X}), ("X", "cache"), "some: X (5, 3), Z1 (5, 2), A1 (5, 3)"),
        ((1.5, (0.25, -1.0)), ("w", "cache"), "some: w = 1.5, cache = (0.25, -1)"),
        ((X, np.array(2.0)), (), "some: (5, 3), 2"),
        ((X,), (), "some"),
        ((X,), ("X",), "some: X (5, 3)"),
        ((np.sum, X), ("f", "x"), "some: x (5, 3)"),
        ((), (), "some"),
    ],
)
def test_inputs_are_told_with_their_names(inputs: tuple[Any, ...], arguments: tuple[str, ...], text: str) -> None:
    assert inputs_told(Case("some", "values", inputs, 1.0), arguments) == text


def test_a_long_line_of_inputs_is_cut_between_two_of_them() -> None:
    text = inputs_told(Case("some", "values", tuple(range(100)), 1.0), tuple(f"w{k}" for k in range(100)))
    assert len(text) <= 165
    assert text.endswith(" …")
    assert not text.endswith(", …")


def test_the_message_of_a_check_names_the_inputs() -> None:
    wrong = assess(TASK, wire.observe(lambda: lambda X, W: X @ W + 1, TASK.request()))
    assert "Inputs: two matrices: X (5, 3), W (3, 2)" in str(explain(wrong))


def slope_outcome(answer: Callable[..., Any]) -> Outcome:
    case = Case("a vector", "values", (X[:, 0],), np.cos(X[:, 0]), rtol=1e-6)
    task = Task("slope", "x", FUNCTION, "Slope", 1.0, {"values": 1.0}, (case,), analytic=True)
    return assess(task, wire.observe(lambda: answer, task.request()))


def test_a_right_result_in_single_precision_is_not_called_a_finite_difference() -> None:
    single = slope_outcome(lambda x: np.cos(x.astype(np.float32)))
    assert single.passed
    assert not looks_numerical(single)
    assert looks_numerical(slope_outcome(lambda x: (np.sin(x + 1e-5) - np.sin(x - 1e-5)) / 2e-5))
