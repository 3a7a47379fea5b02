"""The judgement of a reply: points, states, values behind digests, formulas, and replies that are no replies."""

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
from mlp_utils.assessing.assess import Outcome, assess, leaving_out, spoilt_values
from mlp_utils.assessing.compare import MISSING, MUTATED, NAN, RAISED, SHAPE, TYPE, UNSTEADY, VALUE
from mlp_utils.assessing.tasks import FUNCTION, TEXT, Case, Task
from mlp_utils.assessing.tasks import VALUE as VALUE_KIND

from autograder.authoring.model import Exercise
from autograder.building.visible import without_value


def make_task(*cases: Case, kind: str = FUNCTION, **fields: Any) -> Task:
    parts = {"parts": {case.part: 1.0 for case in cases}} | fields
    return Task("an_exercise", "01_activations", kind, "An exercise", cases=cases, **({"points": 2.0} | parts))


def make_case(want: Any, *inputs: Any, part: str = "values", **fields: Any) -> Case:
    return Case("some inputs", part, inputs, want, **fields)


def outcome_of(task: Task, answer: Any) -> Outcome:
    return assess(task, wire.observe(lambda: answer, task.request()))


def problem_kinds(outcome: Outcome) -> list[str | None]:
    return [result.problem and result.problem.kind for result in outcome.results]


# --- functions ---------------------------------------------------------------------------------------------------

X = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]])
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
sendable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([1.0, 9.0, "2*tanh(x)/(1+tanh(x)**2)", "x", "indicator(0 < 1 < x)", "abs", "l2"])
    | st.text(max_size=6)
    | st.sampled_from([X**2, X[0] ** 2, np.ones(2), np.ones((2, 2)), np.array(9.0), np.zeros(0)])
    | hnp.arrays(
        st.sampled_from([np.dtype(bool), np.dtype("int64"), np.dtype(float), np.dtype(complex)]),
        hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    )
    | st.builds(wire.Unsendable, st.text(max_size=6)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
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


# --- values ------------------------------------------------------------------------------------------------------


def value_tasks(want: Any, decimals: int) -> tuple[Task, Task]:
    """The hidden and the visible task of a value, made by the code that makes them for a course."""
    exercise = Exercise("a_value", title="A value", kind=VALUE_KIND, decimals=decimals)
    spec = exercise.draw(np.random.default_rng(0))[0]
    case = Case(spec.name, spec.part, (), want, spec.rtol, spec.atol, spec.entrywise)
    hidden = make_task(case, kind=VALUE_KIND, decimals=decimals, points=1.0)
    return hidden, without_value(hidden)


root_2, visible_root_2 = value_tasks(float(np.sqrt(2)), 4)
two_results = make_task(
    make_case((X, 2.0), part="a"), make_case((X, 2.0), part="b", pick=1), make_case(2.0, X, part="b")
)
wanted_word = make_task(make_case("l2", "l2"), make_case(True), make_case(None))
double_angle = make_task(make_case(np.tanh(2 * X), {"x": X}), kind=TEXT, functions=("tanh", "indicator"))
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
