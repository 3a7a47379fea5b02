"""The judgement of a reply: points, states, values behind digests, formulas, and replies that are no replies."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import assess
from mlp_utils.assessing.compare import MISSING, MUTATED, NAN, RAISED, SHAPE, TYPE, UNSTEADY, VALUE

from .assess_cases import (
    X,
    double_angle,
    make_case,
    make_task,
    outcome_of,
    problem_kinds,
    root_2,
    sendable,
    visible_root_2,
)

# --- functions ---------------------------------------------------------------------------------------------------


square = make_task(
    make_case(X**2, X, part="matrix"),
    make_case(X[0] ** 2, X[0], part="vector"),
    make_case(9.0, 3.0, part="vector"),
    parts={"matrix": 1.0, "vector": 3.0},
)


def test_a_right_function_has_all_points_and_no_problem() -> None:
    outcome = outcome_of(square, lambda x: x * x)
    assert (outcome.state, outcome.passed, outcome.points, outcome.first_problem) == ("ok", True, 2.0, None)
    assert outcome.parts == {"matrix": True, "vector": True}
    assert not outcome.unattempted


def test_a_part_is_earned_in_all_of_its_cases_or_not_at_all() -> None:
    outcome = outcome_of(square, lambda x: x * x if np.ndim(x) else x)
    assert outcome.parts == {"matrix": True, "vector": False}
    assert outcome.points == 0.5
    assert outcome.first_problem is not None
    assert outcome.first_problem.case.inputs == (3.0,)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.lists(st.booleans(), min_size=1, max_size=3)), min_size=1, max_size=4),
    st.floats(0.25, 20),
)
def test_points_are_the_maximum_times_the_weight_of_the_parts_that_passed(
    parts: list[tuple[float, list[bool]]], maximum: float
) -> None:
    weights = {f"part {k}": weight for k, (weight, _) in enumerate(parts)}
    cases, right = [], []
    for k, (_, verdicts) in enumerate(parts):
        for verdict in verdicts:
            cases.append(make_case(1.0, float(len(right)), part=f"part {k}"))
            right.append(verdict)
    outcome = outcome_of(make_task(*cases, parts=weights, points=maximum), lambda x: 1.0 if right[int(x)] else 2.0)
    earned = sum(weight for weight, verdicts in parts if all(verdicts))
    assert outcome.points == pytest.approx(maximum * earned / sum(weights.values()), abs=1e-6)
    assert outcome.passed == all(right)
    assert 0 <= outcome.points <= maximum + 1e-6
    if outcome.passed:
        assert outcome.points == pytest.approx(maximum, abs=1e-6)


def test_the_order_of_complaints_is_exception_type_shape_nan_value_inputs_second_call() -> None:
    calls: list[int] = []

    def unsteady(x: Any) -> Any:
        calls.append(1)
        return x * x if len(calls) % 2 else x

    def mutating(x: np.ndarray) -> np.ndarray:
        x *= x
        return x

    def wrong_and_mutating(x: np.ndarray) -> np.ndarray:
        x += 1
        return x

    matrix = make_task(make_case(X**2, X))
    answers = [lambda: 0, lambda x: "x", lambda x: x[0], lambda x: x / 0, lambda x: x, mutating, unsteady]
    with np.errstate(all="ignore"):
        kinds = [problem_kinds(outcome_of(matrix, answer))[0] for answer in answers]
    assert kinds == [RAISED, TYPE, SHAPE, NAN, VALUE, MUTATED, UNSTEADY]
    assert problem_kinds(outcome_of(matrix, wrong_and_mutating)) == [VALUE]


def test_nan_that_is_wanted_may_come_twice() -> None:
    with np.errstate(all="ignore"):
        assert outcome_of(
            make_task(make_case(np.array([np.nan, 1.0]), np.ones(2))), lambda x: np.array([np.nan, 1.0])
        ).passed


def test_an_input_that_is_nan_or_no_array_is_not_taken_for_a_changed_one() -> None:
    inputs = [np.array([np.nan, 1.0]), 2, 0.5, "relu", None, True, [1.0, np.zeros(2)], (1, 2), {"W": X}, np.float64(3)]
    assert outcome_of(make_task(make_case(1.0, *inputs)), lambda *_: 1.0).passed


@pytest.mark.parametrize(
    "thing",
    [{0: X}, {"layers": {1: X}}, np.float32(0.1), np.uint8([1, 2]), 1 + 2j, "long " * 10_000],
    ids=["numbered dict", "nested dict", "float32", "uint8", "complex", "long text"],
)
def test_an_input_that_changes_its_form_on_the_way_is_not_taken_for_a_changed_one(thing: Any) -> None:
    assert outcome_of(make_task(make_case(1.0, thing)), lambda _: 1.0).passed


def test_an_input_deep_inside_that_is_changed_is_noticed() -> None:
    def answer(cache: dict[str, list[np.ndarray]]) -> float:
        cache["A"][0][0, 0] = 7.0
        return 1.0

    assert problem_kinds(outcome_of(make_task(make_case(1.0, {"A": [X]})), answer)) == [MUTATED]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (["W"], "the input W was"),
        (["X", "b"], "the inputs X and b were"),
        (["X", "W", "b"], "the inputs X and W and b were"),
    ],
)
def test_the_input_that_was_changed_is_named(written: list[str], told: str) -> None:
    def answer(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
        for name, array in (("X", X), ("W", W), ("b", b)):
            array[0] += float(name in written)
        return 1.0

    case = make_case(1.0, np.ones(2), np.ones(3), np.ones(4))
    for names, wanted in ((("X", "W", "b"), told), ((), "the inputs were")):
        found = outcome_of(make_task(case, arguments=names), answer).first_problem
        assert found is not None and found.problem is not None
        assert found.problem.sentence == f"these numbers are right, but {wanted} changed in place."


def test_rounding_that_differs_between_two_calls_is_no_fault() -> None:
    """A BLAS with threads may add in another order the second time."""
    calls: list[int] = []

    def answer(x: np.ndarray) -> np.ndarray:
        calls.append(1)
        return np.nextafter(x * x, np.inf) if len(calls) % 2 else x * x

    assert outcome_of(make_task(make_case(X**2, X)), answer).passed


def test_a_result_that_a_case_does_not_judge_may_be_anything_in_both_calls() -> None:
    task = make_task(make_case((1.0, 2.0), part="first", pick=0), make_case((1.0, 2.0), part="second", pick=1))
    calls: list[int] = []

    def answer() -> tuple[float, float]:
        calls.append(1)
        return 1.0, float(len(calls))  # the second is not written yet: what np.empty happens to hold

    assert outcome_of(task, answer).parts == {"first": True, "second": False}


def test_an_exception_is_told_with_its_line_and_message() -> None:
    def answer(x: Any) -> Any:
        raise ValueError("shapes differ")

    outcome = outcome_of(make_task(make_case(1.0, 1.0)), answer)
    assert outcome.first_problem is not None
    assert outcome.first_problem.problem is not None
    assert outcome.first_problem.error is not None
    line = answer.__code__.co_firstlineno + 1
    assert outcome.first_problem.problem.sentence == f"it raised ValueError, line {line}: shapes differ"
    assert outcome.first_problem.error["code"] == 'raise ValueError("shapes differ")'


def test_a_warning_costs_nothing_and_is_kept() -> None:
    outcome = outcome_of(make_task(make_case(-np.inf, 0.0)), lambda x: np.log(x))
    assert outcome.passed
    assert outcome.results[0].warnings == ("divide by zero encountered in log",)


# --- states ------------------------------------------------------------------------------------------------------


def refuses_to_begin(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("blank", [lambda x: None, refuses_to_begin], ids=["None", "NotImplementedError"])
def test_a_stub_is_unattempted_whatever_it_should_return(blank: Any) -> None:
    for want in (1.0, X, (X, 2.0)):
        for pick in (None, 0) if isinstance(want, tuple) else (None,):
            outcome = outcome_of(make_task(make_case(want, X, pick=pick), make_case(want, X, pick=pick)), blank)
            assert outcome.unattempted, want
            assert (outcome.points, outcome.passed) == (0.0, False)


def test_a_function_that_answers_one_case_only_has_been_attempted() -> None:
    for blank in (lambda x: None, refuses_to_begin):
        outcome = outcome_of(square, lambda x, blank=blank: blank(x) if np.ndim(x) < 2 else 1.0)
        assert not outcome.unattempted
        assert problem_kinds(outcome)[1] in (MISSING, RAISED)


@pytest.mark.parametrize(
    ("reply", "state", "unattempted"),
    [
        ({"state": "undefined"}, "undefined", True),
        ({"state": "too_long", "chars": 10**9}, "too_long", False),
        ({"state": "not_callable", "kind": "float"}, "not_callable", False),
        ({"state": "not_callable"}, "not_callable", False),
        ({"state": "not_callable", "kind": "half a pair \ud800"}, "not_callable", False),
    ],
)
def test_a_state_without_numbers_has_words_and_no_points(reply: Any, state: str, unattempted: bool) -> None:
    for task in (square, root_2, double_angle):
        outcome = assess(task, json.dumps(reply))
        assert (outcome.state, outcome.points, outcome.passed, outcome.unattempted) == (state, 0.0, False, unattempted)
        assert outcome.message.endswith(".")
        outcome.message.encode("utf-8")
        assert outcome.first_problem is None
        assert set(outcome.parts.values()) == {False}


# --- replies that are none ---------------------------------------------------------------------------------------


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def as_wire(value: Any) -> Any:
    if isinstance(value, wire.Unsendable):
        return {"type": "other", "kind": value.kind}
    if isinstance(value, tuple | list):
        return {"type": type(value).__name__, "items": [as_wire(item) for item in value]}
    return wire.encode(value)


wired = sendable.map(as_wire) | json_values


errors = (
    st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "message", "line", "code"), json_values)) | json_values
)


observations = (
    st.fixed_dictionaries(
        {"results": st.lists(wired, min_size=2, max_size=2) | wired.map(lambda x: [x, x]) | json_values},
        optional={"after": wired, "warnings": st.lists(st.text(max_size=4), max_size=4) | json_values},
    )
    | st.fixed_dictionaries({"error": errors})
    | json_values
)


states = st.sampled_from(["ok", "ok", "ok", "undefined", "too_long", "not_callable", "unknown"]) | json_values


replies = st.fixed_dictionaries(
    {"state": states},
    optional={"cases": st.lists(observations, max_size=4) | json_values, "value": wired, "kind": json_values},
)


@settings(deadline=None, max_examples=400)
@given(replies | json_values)
def test_any_reply_is_an_outcome_or_a_wire_error(reply: Any) -> None:
    text = json.dumps(reply)
    for task in (square, two_results, wanted_word, root_2, visible_root_2, double_angle):
        try:
            outcome = assess(task, text)
        except wire.WireError as error:
            assert str(error)
            continue
        assert 0 <= outcome.points <= task.points
        assert outcome.passed == (outcome.points == task.points)


@settings(deadline=None, max_examples=400)
@given(st.lists(observations, min_size=3, max_size=3), st.sampled_from([1.0, 9.0, X**2, (X, 2.0), "l2"]))
def test_any_observation_of_the_right_number_of_cases_is_an_outcome_or_a_wire_error(cases: Any, right: Any) -> None:
    cases[0] = (
        cases[0]
        if not isinstance(cases[0], dict) or "results" not in cases[0]
        else cases[0] | {"results": [as_wire(right), cases[0]["results"]]}
    )
    text = json.dumps({"state": "ok", "cases": cases})
    for task in (square, two_results, wanted_word):
        try:
            assert 0 <= assess(task, text).points <= task.points
        except wire.WireError as error:
            assert str(error)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_no_reply_or_one_that_can_be_read(text: str) -> None:
    try:
        assess(square, text)
    except wire.WireError as error:
        assert str(error)


@pytest.mark.parametrize("depth", [100, 900, 950, 980, 990, 1000, 100_000])
@pytest.mark.parametrize(
    "where", ['"state"', '"ok","value"', '"ok","value":{"type":"other","kind"', '"not_callable","kind"']
)
def test_a_reply_that_is_nested_deeply_does_not_exhaust_the_stack(where: str, depth: int) -> None:
    closing = "}" * where.count("{")
    text = '{"state":' + where.replace('"state"', '0,"a"') + ":" + "[" * depth + "]" * depth + closing + "}"
    try:
        assess(root_2, text)
    except wire.WireError as error:
        assert str(error)


@pytest.mark.parametrize("warnings", [{"a": 1}, 5, True, "text", [[1], None, 2, 3], [{"a": "b"}]])
def test_warnings_of_another_kind_are_refused_or_read_as_text(warnings: Any) -> None:
    case = {"results": [1.0, 1.0], "after": {"type": "list", "items": []}, "warnings": warnings}
    try:
        outcome = assess(make_task(make_case(1.0)), json.dumps({"state": "ok", "cases": [case]}))
    except wire.WireError:
        return
    assert all(isinstance(text, str) and len(text) <= 200 for text in outcome.results[0].warnings)
    assert len(outcome.results[0].warnings) <= 3


def test_what_an_exception_claims_is_cut_to_size_and_kind() -> None:
    error = {"type": "<script>alert(1)</script>", "message": "m" * 10_000, "line": "1", "code": "c" * 10_000}
    outcome = assess(make_task(make_case(1.0)), json.dumps({"state": "ok", "cases": [{"error": error}]}))
    assert outcome.first_problem is not None
    assert outcome.first_problem.error == {
        "type": "scriptalert1script",
        "message": "m" * 500,
        "line": None,
        "code": "c" * 200,
    }


def test_a_message_in_another_script_can_be_written_to_a_file() -> None:
    error = {"type": "Error\ud800", "message": "half a pair: \ud800", "line": 1, "code": "\udfff"}
    outcome = assess(make_task(make_case(1.0)), json.dumps({"state": "ok", "cases": [{"error": error}]}))
    assert outcome.first_problem is not None
    assert outcome.first_problem.problem is not None
    for text in (*map(str, (outcome.first_problem.error or {}).values()), outcome.first_problem.problem.sentence):
        text.encode("utf-8")


two_results = make_task(
    make_case((X, 2.0), part="a"), make_case((X, 2.0), part="b", pick=1), make_case(2.0, X, part="b")
)


wanted_word = make_task(make_case("l2", "l2"), make_case(True), make_case(None))
