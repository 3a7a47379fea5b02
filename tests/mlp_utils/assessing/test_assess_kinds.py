"""Values, formulas, and tasks as JSON: how they are assessed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import leaving_out, spoilt_values
from mlp_utils.assessing.compare import MISSING, NAN, SHAPE, TYPE, VALUE
from mlp_utils.assessing.tasks import TEXT, Case, Task

from .assess_cases import (
    X,
    double_angle,
    make_case,
    make_task,
    outcome_of,
    problem_kinds,
    root_2,
    sendable,
    value_tasks,
    visible_root_2,
)

# --- values ------------------------------------------------------------------------------------------------------


steps = st.integers(-(10**6), 10**6)


@settings(deadline=None, max_examples=200)
@given(steps, st.floats(-0.48, 0.48), st.floats(-3, 3), st.integers(0, 6))
def test_what_the_visible_check_of_a_value_accepts_the_hidden_one_accepts(
    step: int, rest: float, off: float, decimals: int
) -> None:
    want = (step + rest) / 10**decimals
    answer = want + off / 10**decimals
    hidden, visible = value_tasks(want, decimals)
    if outcome_of(visible, answer).passed:
        assert outcome_of(hidden, answer).passed


@settings(deadline=None, max_examples=200)
@given(steps, st.floats(-0.48, 0.48), st.integers(0, 6), st.integers(0, 4))
def test_a_value_rounded_to_the_decimals_that_count_or_more_is_right_in_both_checks(
    step: int, rest: float, decimals: int, more: int
) -> None:
    want = (step + rest) / 10**decimals
    for answer in (want, round(want, decimals + more), f"{want:.{decimals + more}f}"):
        for task in value_tasks(want, decimals):
            assert outcome_of(task, float(answer)).passed


@pytest.mark.parametrize("off", [0.0, 1e-9, -1e-9, 0.004, -0.004])
@pytest.mark.parametrize("rest", [0.4999999, -0.4999999, 0.499, 0.5])
def test_on_the_border_of_two_roundings_a_value_is_right_from_both_sides(rest: float, off: float) -> None:
    want = (27182 + rest) / 10**4
    for task in value_tasks(want, 4):
        assert outcome_of(task, want + off / 10**4).passed


@pytest.mark.parametrize("answer", [1.4141, 1.4143, 1.414, 1.4, -1.4142, 2.8284, 0.7071, 0.0, 1e300, 14142.0])
def test_a_truncated_or_otherwise_wrong_value_is_refused(answer: float) -> None:
    """The hidden check is never the stricter one, and forgives one unit of the last decimal."""
    for task in (root_2, visible_root_2):
        outcome = outcome_of(task, answer)
        if task is root_2 and abs(answer - np.sqrt(2)) < 1e-4:
            assert outcome.passed
        else:
            assert problem_kinds(outcome) == [VALUE]


@pytest.mark.parametrize("want", [np.sqrt(2), 0.3333333, -17.25, 1e-4, 123456.75])
def test_the_usual_slips_of_a_value_are_recognised_without_the_value(want: float) -> None:
    _, visible = value_tasks(float(want), 6)
    for factor, name in ((-1.0, "sign"), (2.0, "factor_2"), (0.5, "factor_half")):
        problem = outcome_of(visible, factor * want).results[0].problem
        assert problem is not None
        assert problem.output == name
        assert problem.worst == ()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, MISSING),
        ("1.4142", TYPE),
        (1.4142 + 0j, TYPE),
        (np.array([1.4142]), SHAPE),
        ([], SHAPE),
        (np.nan, NAN),
        (-np.inf, NAN),
        (lambda: 1, TYPE),
        (10**400, TYPE),
        ([None], TYPE),
    ],
    ids=["None", "text", "complex", "array", "empty", "NaN", "infinity", "function", "huge", "list of None"],
)
def test_a_value_of_the_wrong_kind_is_named_in_both_checks(answer: Any, kind: str) -> None:
    for task in (root_2, visible_root_2):
        outcome = outcome_of(task, answer)
        assert problem_kinds(outcome) == [kind]
        assert outcome.unattempted == (kind == MISSING)


@pytest.mark.parametrize(
    "answer", [np.float64(1.41421), np.array(1.41421), np.float32(1.41421), np.longdouble(1.41421)]
)
def test_a_value_of_any_kind_of_number_is_right(answer: Any) -> None:
    for task in (root_2, visible_root_2):
        assert outcome_of(task, answer).passed
    for task in value_tasks(1.0, 4):
        assert outcome_of(task, 1).passed


def test_a_value_may_be_an_array() -> None:
    want = np.array([0.25, -1.125, 3.0])
    for task in value_tasks(want, 3):
        assert outcome_of(task, want).passed
        assert outcome_of(task, want.tolist()).passed
        assert problem_kinds(outcome_of(task, want[::-1])) == [VALUE]
        assert problem_kinds(outcome_of(task, want[:2])) == [SHAPE]


@pytest.mark.parametrize("size", [3, 8, 30])
def test_the_visible_check_of_an_array_does_not_try_all_roundings(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _, visible = value_tasks(np.linspace(1, 2, size), 3)
    calls: list[int] = []
    real = hashlib.scrypt

    def counted(*args: Any, **named: Any) -> bytes:
        calls.append(1)
        assert len(calls) <= 200, "each costs about a third of a millisecond"
        return real(*args, **named)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    assert not outcome_of(visible, np.linspace(1, 3, size)).passed
    assert not outcome_of(visible, np.full(size, 0.0005)).passed, "every entry on the border of two roundings"


@settings(deadline=None)
@given(st.integers(10**5, 10**7), st.integers(3, 6))
def test_the_visible_task_of_a_value_does_not_contain_the_value(number: int, decimals: int) -> None:
    want = number / 997.0
    hidden, visible = value_tasks(want, decimals)
    assert float(np.abs(visible.cases[0].want)) <= 0.5 * 10.0**-decimals
    text = json.dumps(replace(visible, digests={}).to_json())
    for factor in (1.0, 2.0, 0.5):
        digits = f"{factor * want:.{decimals}f}"
        assert digits not in text
        assert digits.rstrip("0").replace(".", "") not in text or factor * want == round(factor * want)
    assert visible.digests
    assert all(len(key) == 32 for key in visible.digests)
    assert hidden.digests == {}


def test_a_digest_of_one_exercise_says_nothing_of_another() -> None:
    one = replace(visible_root_2, exercise_id="another")
    assert not outcome_of(one, 1.41421).passed


# --- formulas ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2*tanh(x)/(1+tanh(x)**2)", "tanh(2*x)", " tanh(x + x) ", "-np.tanh(-2*x)"])
def test_an_equivalent_formula_is_right(text: str) -> None:
    outcome = outcome_of(double_angle, text)
    assert (outcome.state, outcome.points) == ("ok", 2.0)


def test_a_wrong_formula_is_compared_number_by_number() -> None:
    outcome = outcome_of(double_angle, "2*tanh(x)")
    assert problem_kinds(outcome) == [VALUE]
    assert outcome.first_problem is not None
    assert outcome.first_problem.problem is not None
    assert outcome.first_problem.problem.output == "the formula"


@pytest.mark.parametrize("text", [None, "", "   ", "\n"])
def test_no_formula_is_unattempted(text: Any) -> None:
    outcome = outcome_of(double_angle, text)
    assert (outcome.state, outcome.unattempted, outcome.points) == ("ok", True, 0.0)


@pytest.mark.parametrize(
    ("text", "words"), [("2 tanh(x)", "position"), ("exp(x)", "exp"), ("y", "y is not known"), (3.0, "quotation marks")]
)
def test_a_formula_that_cannot_be_read_says_why(text: Any, words: str) -> None:
    outcome = outcome_of(double_angle, text)
    assert (outcome.state, outcome.points, outcome.unattempted) == ("unparsed", 0.0, False)
    assert words in outcome.message


def test_a_formula_that_divides_by_zero_is_wrong_and_silent() -> None:
    assert problem_kinds(outcome_of(double_angle, "1/(x-x)")) == [NAN]


def test_a_condition_with_a_constant_side_is_evaluated() -> None:
    task = make_task(make_case((X > 1).astype(float), {"x": X}), kind=TEXT, functions=("indicator",))
    assert outcome_of(task, "indicator(0 < 1 < x)").passed


# --- tasks as JSON -----------------------------------------------------------------------------------------------


things = sendable.filter(lambda value: '"other"' not in json.dumps(wire.encode(value)))


@settings(deadline=None)
@given(
    st.lists(things, max_size=3),
    things,
    st.none() | hnp.arrays(float, 3, elements=st.floats(-1, 1)),
    st.none() | st.integers(0, 3),
    st.booleans(),
)
def test_a_task_comes_back_from_json_the_same(
    inputs: list[Any], want: Any, low: Any, pick: int | None, entrywise: bool
) -> None:
    case = Case("a name", "a part", tuple(inputs), want, 1e-6, 0.0, entrywise, low, low, pick)
    task = make_task(case, outputs=("dW", "db"), analytic=True, functions=("exp",), digests={"0a": "right"})
    text = json.dumps(task.to_json())
    again = Task.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert replace(again, cases=()) == replace(task, cases=())
    assert type(again.cases[0].want) is type(wire.decode(wire.encode(want)))


SIX = [3.3, 0.26, -0.12, -0.8, -0.02, 2.2376]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([3.3, 0.26, -0.12, 0.8, -0.02, 2.2376], "of your 6 numbers only number 4 is wrong."),
        ([4.3, 0.26, -0.12, -0.8, -0.02, 0.0], "of your 6 numbers only the numbers 1 and 6 are wrong."),
        (
            [4.3, 1.26, -0.12, -0.8, -0.02, 0.0],
            "not the wanted values to 4 decimals; yours have 2 at most. Rounding comes last: compute with all "
            "decimals.",
        ),
        ([0, 0, 0, 0, 0, 0], "not the wanted values."),
        ([3.3, 0.26, -0.12], "6 numbers are wanted, and yours are 3."),
        (3.3, "6 numbers are wanted, and yours is 1."),
    ],
)
def test_a_value_of_many_numbers_says_which_ones_are_wrong(answer: Any, sentence: str) -> None:
    _, visible = value_tasks(np.array(SIX), 4)
    found = outcome_of(visible, answer).first_problem
    assert found is not None and found.problem is not None
    assert found.problem.sentence == sentence


@pytest.mark.parametrize("numbers", [[0.0, 0.25, 0.0], [3, 4, 5], [1.5], [1.0, 2.0, 3.0, 4.0]])
def test_few_numbers_have_no_digests_of_their_own(numbers: list[float]) -> None:
    """One of few could be guessed by trying, if a check told it apart from the others."""
    assert leaving_out("an_exercise", 4, numbers) == {}
    _, visible = value_tasks(np.array(numbers), 4)
    names = set(visible.digests.values())
    assert names <= set(spoilt_values(numbers))


def test_each_digest_is_made_of_four_numbers_or_more() -> None:
    assert sorted(map(len, map(str.split, leaving_out("an_exercise", 4, SIX).values()))) == [3] * 6 + [4] * 15
    assert set(map(len, map(str.split, leaving_out("an_exercise", 4, SIX[:5]).values()))) == {3}
    assert leaving_out("an_exercise", 4, range(30)) == {}


def test_a_whole_number_is_not_said_to_have_decimals() -> None:
    _, visible = value_tasks(5.0, 2)
    for answer, sentence in ((3, "not the wanted value."), (3.5, "not the wanted value to 2 decimals.")):
        problem = outcome_of(visible, answer).first_problem
        assert problem is not None and problem.problem is not None
        assert problem.problem.sentence == sentence
