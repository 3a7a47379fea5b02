"""What staff sees of one verdict."""

from __future__ import annotations

import dataclasses
import shutil
from typing import Any

import pytest
from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError
from autograder.files.seeds import draw_seeds
from autograder.files.submissions import key_bytes, read_submission
from autograder.judging.reference import Reference
from autograder.judging.verdict import Record, Verdict
from autograder.pages.explain import explain

from ...conftest import make_mini_course
from ..helpers import submit
from ..records import give, into_gradebook, make_record, make_unreadable_record, store, verdict

DETAIL: dict[str, Any] = {
    "source": "def square(x):\n    return 2 * x",
    "parts": {"small": False, "large": False},
    "state": "ok",
    "case": "a matrix",
    "part": "small",
    "problem": "value",
    "sentence": "all 12 entries of the result are wrong.",
    "output": "the result",
    "worst": [{"index": [2, 3], "got": "-3.9", "want": "3.8"}],
    "error": None,
    "warnings": ["overflow encountered in square"],
    "diagnoses": ["doubled"],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("explain") / "course")


@pytest.fixture
def course(built: Course) -> Course:
    shutil.rmtree(built.grading, ignore_errors=True)
    return built


def test_the_first_case_that_failed_is_drawn_again_from_the_seed(course: Course) -> None:
    make_record(course, "ada", [verdict("square", Status.FAILED, detail=DETAIL, seed=123)])
    text = explain(course, "ada", "square")
    case = next(case for case in Reference(course, "mini").key("square", 123).task.cases if case.name == "a matrix")
    assert "The first case that failed: “a matrix” (no. 1 of 2, part “small”)" in text
    assert f"input x: shape {case.inputs[0].shape}" in text
    assert f"{case.inputs[0][0, 0]:.8f}" in text.replace("[ ", "[").replace(" -", "-")
    assert f"expected: shape {case.want.shape}" in text
    assert "[2, 3]: came back -3.9, expected 3.8" in text
    assert "overflow encountered in square" in text


def test_code_verdict_diagnosis_parts_seed_and_versions_are_told(course: Course) -> None:
    record = make_record(course, "ada", [verdict("square", Status.FAILED, detail=DETAIL, seed=123)])
    text = explain(course, "ada", "square")
    for piece in (
        "ada / mini / square: The square",
        "✘ not yet right, 0 of 3 points",
        "doubled: The number is doubled and not squared.",
        "small: not right, large: not right",
        "   2      return 2 * x",
        "mlp_utils 0.1.0, numpy 2.0.0, python 3.11.0",
        "123",
        record.graded_hash,
    ):
        assert piece in text, piece


def test_an_exception_is_told_with_its_line(course: Course) -> None:
    error = {"type": "ValueError", "message": "no", "line": 2, "code": "raise ValueError('no')"}
    make_record(course, "ada", [verdict("square", Status.CRASHED, detail=DETAIL | {"error": error})])
    text = explain(course, "ada", "square")
    assert "ValueError in line 2: no" in text and "raise ValueError('no')" in text


def test_values_and_formulas_have_their_inputs_too(course: Course) -> None:
    def shown(name: str, **detail: Any) -> Verdict:
        return verdict(name, Status.FAILED, detail=DETAIL | {"part": "values"} | detail)

    make_record(course, "ada", [shown("root", case="your value"), shown("double_angle", case="random x")])
    assert "expected = 1.4142135623730951" in explain(course, "ada", "root")
    formula = explain(course, "ada", "double_angle")
    assert "input x: shape (8,)" in formula and "expected: shape (8,)" in formula


def test_a_verdict_without_a_case_says_so(course: Course) -> None:
    make_record(course, "ada", [verdict("square", Status.PASSED), verdict("root", Status.CRASHED)])
    make_unreadable_record(course, "bob")
    assert "Every case passed." in explain(course, "ada", "square")
    assert "No result came back" in explain(course, "ada", "root")
    assert "the file is empty" in explain(course, "bob", "root")


def test_what_a_person_did_is_told(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.CRASHED)]))
    give(course, "ada", "test_square", 1.5, "Half.")
    text = explain(course, "ada", "square")
    assert "A person gave 1.5 points, which count instead." in text and "Half." in text


def test_nothing_from_the_student_reaches_the_terminal_as_a_command(course: Course) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202e"
    detail = DETAIL | {
        "source": f"x = '{hostile}'",
        "error": {"type": "E", "message": hostile, "line": 1, "code": hostile},
        "worst": [{"index": [0], "got": hostile, "want": "1"}],
        "warnings": [hostile],
    }
    problems = (hostile,)
    make_record(course, "ada", [verdict("square", Status.FAILED, detail=detail, message=hostile)], problems=problems)
    text = explain(course, "ada", "square")
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "⟨U+001B⟩" in text


def fresh(course: Course, seed: int) -> Record:
    """A record that fits the submission, the exercises and this seed."""
    submit(course, "ada")
    record = make_record(course, "ada", [verdict("square", Status.FAILED, detail=DETAIL, seed=seed)])
    submission = read_submission(course.submitted / "ada" / "mini", "ada", "mini")
    hashed = submission.graded_hash(key_bytes(course, "mini"), seed)
    return store(course, dataclasses.replace(record, graded_hash=hashed))


def test_a_record_that_still_holds_says_so(course: Course) -> None:
    fresh(course, draw_seeds(course, ["mini"])["mini"])
    assert "The submission, the exercises and the seed are still the same." in explain(course, "ada", "square")


def test_a_record_that_is_out_of_date_says_so(course: Course) -> None:
    seed = draw_seeds(course, ["mini"])["mini"]
    fresh(course, seed)
    submit(course, "ada", {"square": "def square(x):\n    return x"})
    assert "out of date" in explain(course, "ada", "square")
    fresh(course, seed)
    while draw_seeds(course, ["mini"], redraw=True)["mini"] == seed:
        pass
    assert "Other hidden cases have been drawn since" in explain(course, "ada", "square")


def test_a_case_that_is_gone_is_said_to_be_gone(course: Course) -> None:
    make_record(course, "ada", [verdict("square", Status.FAILED, detail=DETAIL | {"case": "a case of last year"})])
    assert "“a case of last year”; the exercises have no such case any more" in explain(course, "ada", "square")


def test_wrong_names_are_answered_with_the_right_ones(course: Course) -> None:
    make_record(course, "ada")
    for student, exercise, answer in (
        ("ada", "sqare", r"no exercise 'sqare'; did you mean square"),
        ("ada", "zzz", r"the exercises are square, square_slope, root, double_angle"),
        ("adda", "square", r"no record of 'adda' for mini; did you mean ada"),
        ("zzz", "square", r"the students are ada"),
        ("../ada", "square", r"no record of"),
        ("", "square", r"no record of"),
        ("ada", "why", r"no test judges; look at it in formgrader"),
    ):
        with pytest.raises(CourseError, match=answer):
            explain(course, student, exercise)


def test_a_submission_that_waits_and_a_damaged_record_are_told(course: Course) -> None:
    submit(course, "ada")
    with pytest.raises(CourseError, match=r"ada/mini has not been graded yet; run `python -m autograder grade` first"):
        explain(course, "ada", "square")
    make_record(course, "ada")
    course.record("ada", "mini").write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match="not a complete record"):
        explain(course, "ada", "square")
