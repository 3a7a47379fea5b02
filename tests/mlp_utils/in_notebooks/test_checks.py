"""What a student sees: checks that never raise, messages that do not mislead, hints, summaries, HTML that is inert."""

from __future__ import annotations

import io
import re
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils import check, hint, messages, summary
from mlp_utils.assessing.assess import CaseResult, Outcome
from mlp_utils.assessing.compare import compare_results
from mlp_utils.assessing.tasks import Case, UnknownExercise, visible_task
from mlp_utils.assessing.told import entry_rows
from mlp_utils.hints.patterns import NUMERICAL
from mlp_utils.in_notebooks import checks
from mlp_utils.in_notebooks.checks import explain, status_of

from .check_cases import RIGHT, ROOT, Shown, X, make_task, raises

pytestmark = pytest.mark.usefixtures("few_exercises")


# --- points ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_has_all_points_as_a_plain_float(name: str, shown: Shown) -> None:
    points = check(name, RIGHT[name])
    assert type(points) is float
    assert points == visible_task(name).points
    text = shown(check, name, RIGHT[name])
    assert text.startswith(f"✔ The title of {name}: passed ({points:g} of {points:g} points)\n")
    assert "hint" not in text


def test_a_part_that_is_right_is_worth_its_points() -> None:
    points = check("square", lambda x: x * x if x.ndim == 2 else x)
    assert type(points) is float
    assert points == 1.0


class Own(BaseException):
    pass


def pretends_to_be_of_the_testbed(x: Any) -> Any:
    return pretends_to_be_of_the_testbed


pretends_to_be_of_the_testbed.__module__ = "mlp_utils.testbed"


class RefusesAttributes:
    def __call__(self, *_: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class OddCode:
    __code__ = 3

    def __call__(self, *_: Any) -> None: ...


def deep(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = [value]
    return value


def wide() -> Any:
    loop: list[Any] = []
    loop += [loop, loop]
    return loop


ODD: dict[str, Any] = {
    "None": None,
    "a number": 3.0,
    "a text": "x" * 100_000,
    "a formula": "tanh(2*x)",
    "no formula": "__import__('os').system('true')",
    "a chain of conditions": "indicator(0 < 1 < x)",
    "half a pair": "\ud800",
    "an array": X,
    "an object array": np.array([None, X], dtype=object),
    "NaN": float("nan"),
    "infinity": -np.inf,
    "a huge number": 10**400,
    "a huge float": 1e308,
    "a complex number": 1j,
    "a class": int,
    "a module": np,
    "a dict": {1: X},
    "a ragged list": [[1.0], [1.0, 2.0]],
    "a deep list": deep(50),
    "a list that contains itself": wide(),
    "a built-in": np.linalg.norm,
    "an error": raises(ValueError("no")),
    "an error that cannot be shown": raises(ValueError("\ud800\x00\x1b[31m")),
    "an error that is long": raises(ValueError("long\n" * 10_000)),
    "an exit": raises(SystemExit(0)),
    "an error of its own": raises(Own()),
    "a generator exit": raises(GeneratorExit()),
    "a stub": raises(NotImplementedError()),
    "returns None": lambda x: None,
    "returns a text": lambda x: "\ud800",
    "returns a function": lambda x: check,
    "returns itself": pretends_to_be_of_the_testbed,
    "returns pieces": lambda x: (x, None),
    "returns more than wanted": lambda x: (x, x, x),
    "returns a complex array": lambda x: 1j * x,
    "returns strings": lambda x: np.array(["a"]),
    "returns nothing at all": lambda x: np.zeros((0, 3)),
    "returns large numbers": lambda x: 1e308 * np.sign(x),
    "returns small numbers": lambda x: 1e-308 * x,
    "returns an input": lambda x: x,
    "wrong number of arguments": lambda: 1,
    "asks for more": lambda a, b, c: a,
    "refuses attributes": RefusesAttributes(),
    "has odd code": OddCode(),
    "warns": lambda x: warnings.warn("<b>bold</b> \ud800", stacklevel=1),
}


@pytest.mark.parametrize("answer", ODD)
@pytest.mark.parametrize("name", RIGHT)
def test_nothing_that_an_answer_does_makes_a_check_or_a_hint_raise(
    name: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict"))
    points = check(name, ODD[answer])
    assert type(points) is float
    assert 0 <= points <= visible_task(name).points
    hint()
    summary("01_activations")


numbers = hnp.arrays(
    st.sampled_from([np.dtype(float), np.dtype("int64"), np.dtype(bool), np.dtype(complex)]),
    st.sampled_from([(2, 3), (3, 2), (3,), (), (1, 3), (0,)]),
)


results = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | numbers,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(), inner)
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=150)
@given(results, st.sampled_from(list(RIGHT)))
def test_whatever_is_returned_the_check_gives_points(result: Any, name: str) -> None:
    for answer in (result, lambda *_: result):
        points = check(name, answer)
        assert type(points) is float
        assert 0 <= points <= visible_task(name).points
        hint(name)


def test_a_notebook_that_makes_numpy_or_python_strict_can_still_be_checked() -> None:
    answers = [*RIGHT.items(), *((name, lambda x: 1e-308 * x) for name in ("square", "slope"))]
    answers += [(name, lambda x: 1e308 * np.sign(x)) for name in ("square", "slope")]
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, answer in answers:
            assert 0 <= check(name, answer) <= visible_task(name).points
            hint()


def test_whoever_interrupts_a_check_gets_out() -> None:
    with pytest.raises(KeyboardInterrupt):
        check("square", raises(KeyboardInterrupt()))


def test_an_exercise_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownExercise, match=r"'squar'.*angle, layer, loss, root, slope, square"):
        check("squar", RIGHT["square"])


# --- what a message says, step by step ---------------------------------------------------------------------------


def test_the_messages_go_from_type_over_shape_to_values_place_and_numbers(shown: Shown) -> None:
    kind = shown(check, "slope", lambda x: "2x")
    assert "The result is a str, where an array of shape (2, 3) is wanted." in kind.replace(" a array", " an array")
    shape = shown(check, "slope", lambda x: 2 * x.T)
    assert "The result has the shape (3, 2), and (2, 3) is wanted." in shape
    unfinite = shown(check, "slope", lambda x: 2 * x / (x < 4))
    assert "The result is infinite in 1 of 6 entries, where a finite number is wanted." in unfinite
    assert "    entry [1, 1] at 4: yours inf, wanted 8\n" in unfinite
    values = shown(check, "slope", lambda x: np.where(x > 2, 3 * x, 2 * x))
    assert values.splitlines() == [
        "✘ The title of slope: not yet right (0 of 2 points)",
        "  2 of 6 entries of the result are wrong.",
        "  Inputs: a matrix",
        "    entry [1, 1] at 4: yours 12, wanted 8",
        "    entry [0, 2] at 3: yours 9, wanted 6",
        "    ··×",
        "    ·×·",
        "    (× wrong entry)",
        '  For the kind of mistake, run hint("slope").',
    ]
    for text in (kind, shape):
        assert "yours" not in text
        assert "×" not in text


def test_the_first_wrong_array_is_named_as_the_program_writes_it(shown: Shown) -> None:
    both = shown(check, "layer", lambda x: (-x.T, x.sum(axis=0)))
    assert re.search(r"^  (all|All) 6 entries of dW are wrong\.$", both, re.MULTILINE)
    for answer in (lambda x: (None, None), lambda x: (x, x.sum(axis=0)), lambda x: ("a", 1), lambda x: (x.T, None)):
        text = shown(check, "layer", answer)
        assert "DW" not in text
        assert "Db" not in text
    assert "  db is None" in text
    assert "2 results are wanted (dW, db), and 1 came back." in shown(check, "layer", lambda x: x.T)


def test_a_map_is_drawn_only_where_it_shows_something(shown: Shown) -> None:
    assert "×" not in shown(check, "slope", lambda x: x)
    assert "×" not in shown(check, "loss", lambda x: 3.0)
    assert "×" in shown(check, "slope", lambda x: np.abs(2 * x))
    wrong = np.zeros((40, 40), dtype=bool)
    wrong[1, 2] = True
    lines = messages.text_map(wrong)
    assert lines[1] == "··×" + "·" * 13
    assert len(lines) == 17
    assert lines[-1] == "(× wrong entry; rows 0 to 15, columns 0 to 15)"


def test_a_map_does_not_hide_the_only_wrong_entry() -> None:
    wrong = np.zeros((40, 40), dtype=bool)
    wrong[30, 35] = True
    assert "×" in "".join(messages.text_map(wrong))


@pytest.mark.parametrize("off", [2e-5, 1e-6, 3e-7, 2.1e-7])
@pytest.mark.parametrize("want", [1.0, 1 / 3, 123456.789, 1e-30])
def test_two_numbers_that_differ_never_look_the_same(want: float, off: float) -> None:
    case = Case("some inputs", "values", (), np.array([want, want]), atol=0.0, rtol=1e-9)
    got = np.array([want, want * (1 + off)])
    outcome = Outcome(make_task("x", case), "ok", (CaseResult(case, got, compare_results(got, case)),))
    row = explain(outcome).rows[0]
    assert row.got != row.want
    assert float(row.got) == pytest.approx(got[1], rel=1e-6)


def test_a_number_is_shown_with_the_input_it_belongs_to() -> None:
    def rows(*inputs: Any) -> tuple[messages.Row, ...]:
        case = Case("c", "v", inputs, 2 * X)
        problem = compare_results(X, case)
        assert problem is not None
        return entry_rows(problem, case)

    assert [row.at for row in rows(X)] == [" at 4", " at 3", " at -2"]
    assert [row.at for row in rows({"x": X})] == [" at x = 4", " at x = 3", " at x = -2"]
    assert [row.at for row in rows(X, X)] == ["", "", ""]
    assert len(rows(X + 1j)) == 3
    assert [row.where for row in rows()] == ["entry [1, 1]", "entry [0, 2]", "entry [0, 1]"]


def test_a_free_convention_is_shown_as_a_range() -> None:
    case = Case("c", "v", (np.zeros(2),), np.zeros(2), low=np.zeros(2), high=np.ones(2))
    problem = compare_results(np.array([2.0, 0.5]), case)
    assert problem is not None
    assert [(row.got, row.want) for row in entry_rows(problem, case)] == [("2", "0 to 1")]


def test_a_forgotten_return_is_not_called_unattempted(shown: Shown) -> None:
    def no_return(x: np.ndarray) -> None:
        print(2 * x)

    def stub(x: np.ndarray) -> None:
        """Return twice x."""

    text = shown(check, "slope", no_return)
    assert "not yet right" in text
    assert "is the return line missing" in text
    assert "return hands it to the check" in shown(hint)
    assert "not attempted yet" in shown(check, "slope", stub)


def test_an_entry_of_another_shape_than_the_input_has_no_input_of_its_own() -> None:
    case = Case("some inputs", "values", (X,), X.T @ X)
    got = X.T @ X + 1.0
    outcome = Outcome(make_task("gram", case), "ok", (CaseResult(case, got, compare_results(got, case)),))
    assert [row.at for row in explain(outcome).rows] == ["", "", ""]


def test_an_exception_is_told_without_numbers(shown: Shown) -> None:
    def answer(x: np.ndarray) -> np.ndarray:
        return x @ x

    text = shown(check, "square", answer)
    line = answer.__code__.co_firstlineno + 1
    assert f"It raised ValueError, line {line}: in A @ B the last size of A" in text
    assert "yours" not in text


def test_a_stub_is_not_attempted_and_not_wrong(shown: Shown) -> None:
    stubs = {
        "square": raises(NotImplementedError()),
        "layer": lambda x: None,
        "root": None,
        "angle": None,
        "loss": lambda x: None,
    }
    for name, stub in stubs.items():
        text = shown(check, name, stub)
        assert text.startswith(f"○ The title of {name}: not attempted yet (0 of"), name
        assert "Write your answer in the cell above." in text
        assert check(name, stub) == 0.0


def test_the_parts_are_listed_with_what_they_are_worth(shown: Shown) -> None:
    text = shown(check, "square", lambda x: x * x if x.ndim == 2 else x)
    assert text.startswith("◐ The title of square: partly right (1 of 3 points)\n")
    assert "    ✔ small (1)\n    ✘ large (2)\n" in text
    assert "  Inputs: a vector of large numbers\n" in text


def test_warnings_are_told_once_and_cost_nothing(shown: Shown) -> None:
    def answer(x: np.ndarray) -> np.ndarray:
        np.log(np.zeros(1))
        return 2 * x

    text = shown(check, "slope", answer)
    assert text.startswith("✔")
    assert text.count("divide by zero encountered in log") == 1


def test_a_finite_difference_passes_with_a_remark(shown: Shown) -> None:
    text = shown(check, "slope", lambda x: ((x + 1e-5) ** 2 - (x - 1e-5) ** 2) / 2e-5)
    assert text.startswith("✔")
    assert NUMERICAL.hint in text


def test_the_message_on_a_value_never_shows_what_is_wanted(shown: Shown) -> None:
    for answer in (
        1.5,
        -ROOT,
        2 * ROOT,
        0.0,
        1.4141,
        np.nan,
        np.inf,
        1e13,
        [ROOT],
        np.array([1.0, 2.0]),
        None,
        "1.5",
        1j,
    ):
        text = shown(check, "root", answer) + shown(hint)
        assert "wanted 0" not in text
        assert "1.4142" not in text
        assert "yours" not in text


def test_a_missing_function_is_called_so(shown: Shown) -> None:
    assert "A function is wanted, and there is a float." in shown(check, "square", 3.0)
    assert "there is an int" in shown(check, "square", 3)
    assert "there is an ndarray" in shown(check, "square", X)


def test_a_formula_that_cannot_be_read_says_where(shown: Shown) -> None:
    text = shown(check, "angle", "tanh(2*y)")
    assert "At position 8, «y»: y is not known here; the variables are: x." in text
    assert status_of(checks._last_outcomes["angle"]) == "failed"
