"""The bundled class of each assignment, from submissions to the gradebook, as `make demo` grades it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.building.sample_class import SAMPLES, write_class
from autograder.files.paths import Course, find_course
from autograder.gradebook.database import opened
from autograder.grading.run import Graded, grade
from autograder.judging.verdict import Record
from autograder.kernels.kernel import Limits

from ..references import assignment_of, reference

pytestmark = pytest.mark.slow

ROOT = find_course(Path(__file__))
ASSIGNMENTS = [name for name in ROOT.assignment_ids() if assignment_of(name).graded]
PRACTICE = {name for name in ASSIGNMENTS if not any(cell.points for cell in assignment_of(name).graded)}
FULL = ("ada", "bela", "chidi", "kofi", "mika", "pia", "quinn")
NOTHING = ("hugo", "noor", "omar", "lena", "sam")


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Graded]:
    course = Course(ROOT.root, tmp_path_factory.mktemp("class") / "grading")
    write_class(course, [request.param])
    return course, grade(course, [request.param], limits=Limits(cell_seconds=6, ask_seconds=6))


def records(graded: tuple[Course, Graded]) -> dict[str, Record]:
    return {record.student_id: record for record in graded[1].records}


def test_everyone_is_graded_and_nothing_fails(graded: tuple[Course, Graded]) -> None:
    assert set(records(graded)) == {sample.id for sample in SAMPLES}
    assert len(SAMPLES) >= 15
    assert graded[1].failures == []
    assert graded[1].strangers == ["quinn"]


@pytest.mark.parametrize("student", FULL)
def test_right_answers_get_full_points_however_they_are_written(graded: tuple[Course, Graded], student: str) -> None:
    record = records(graded)[student]
    assert {v.status for v in record.verdicts} == {"passed"}, [v for v in record.verdicts if v.status != "passed"]
    assert record.points == record.max_points
    assert (record.max_points == 0) == (record.assignment_id in PRACTICE)


@pytest.mark.parametrize("student", NOTHING)
def test_no_work_and_forged_work_earn_nothing(graded: tuple[Course, Graded], student: str) -> None:
    record = records(graded)[student]
    assert record.points == 0
    assert {v.status for v in record.verdicts} <= {"not_attempted", "failed", "invalid"}


@pytest.mark.parametrize("student", ["dana", "eero", "fatou"])
def test_known_mistakes_lose_points_and_are_named(graded: tuple[Course, Graded], student: str) -> None:
    record = records(graded)[student]
    ref = reference(record.assignment_id)
    position = ("dana", "eero", "fatou").index(student)
    for verdict in record.verdicts:
        written = [a for a in ref.exercises[verdict.exercise_id].misconceptions if a.source is not None]
        if not written:
            continue
        answer = written[position % len(written)]
        assert verdict.status in ("failed", "partial", "crashed")
        assert verdict.points < verdict.max_points or record.assignment_id in PRACTICE
        if ref.exercises[verdict.exercise_id].kind != "function":
            assert verdict.diagnosis == answer.id
            continue
        # An answer that calls another exercise's function makes two mistakes at once here.
        body = str(answer.source).split(":", 1)[1]
        if not any(f"{exercise.answer}(" in body for exercise in ref.exercises.values()):
            assert verdict.diagnosis == answer.id


def test_crashes_and_endless_loops_are_told_apart_from_wrong_answers(graded: tuple[Course, Graded]) -> None:
    crashed = {v.status for v in records(graded)["ines"].verdicts}
    assert "crashed" in crashed and "passed" in crashed
    assert "failed" not in crashed
    endless = [v.status for v in records(graded)["jun"].verdicts]
    assert "timed_out" in endless and "passed" in endless and "failed" not in endless
    assert {v.status for v in records(graded)["lena"].verdicts} == {"invalid"}
    assert {v.status for v in records(graded)["hugo"].verdicts} == {"not_attempted"}


def test_every_status_occurs(graded: tuple[Course, Graded]) -> None:
    found = graded[1].records
    expected = {"passed", "failed", "not_attempted", "crashed", "timed_out", "invalid"}
    if found[0].assignment_id in PRACTICE:
        expected.add("partial")  # where there are no points, this status alone tells part from nothing
    assert {v.status for record in found for v in record.verdicts} >= expected


def test_an_unforeseen_mistake_still_gets_a_useful_message(graded: tuple[Course, Graded]) -> None:
    wrong = [v for v in records(graded)["rosa"].verdicts if v.status != "passed"]
    assert wrong
    for verdict in wrong:
        assert len(verdict.message) > 20
        assert verdict.diagnosis or "wrong" in verdict.message or "not the wanted" in verdict.message


def test_the_gradebook_tells_what_the_records_say(graded: tuple[Course, Graded]) -> None:
    course, result = graded
    assignment = result.records[0].assignment_id
    with opened(course) as book:
        for record in result.records:
            for verdict in record.verdicts:
                grade_ = book.find_grade(f"test_{verdict.exercise_id}", assignment, assignment, record.student_id)
                assert grade_.auto_score == pytest.approx(verdict.points)
                asks = verdict.status in ("crashed", "timed_out", "invalid")
                assert bool(grade_.needs_manual_grade) == asks


def test_the_submissions_are_as_they_were(graded: tuple[Course, Graded]) -> None:
    course, result = graded
    assignment = result.records[0].assignment_id
    ref = reference(assignment)
    for sample in SAMPLES:
        path = course.submitted / sample.id / assignment / (sample.file or f"{assignment}.ipynb")
        assert path.read_bytes() == sample.make(ref)
