"""The table for spreadsheets."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError
from autograder.pages.export import harmless, write_csv

from ...conftest import make_mini_course
from ..records import give, into_gradebook, make_record, make_unreadable_record, verdict


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("export") / "course")


@pytest.fixture
def course(built: Course) -> Course:
    shutil.rmtree(built.grading, ignore_errors=True)
    return built


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def export(course: Course, **options: bool) -> dict[tuple[str, str], dict[str, str]]:
    found = rows(write_csv(course, course.grading / "export.csv", **options))
    return {(row["student_id"], row.get("exercise_id", "")): row for row in found}


def test_each_student_and_exercise_has_a_row(course: Course) -> None:
    make_record(course, "bob")
    make_record(course, "ada", [verdict("square", Status.FAILED)])
    found = export(course)
    names = ["square", "square_slope", "root", "double_angle", "why"]
    assert list(found) == [(student, name) for student in ("ada", "bob") for name in names]
    row = found["ada", "square"]
    assert (row["status"], row["points"], row["max_points"], row["diagnosis"]) == ("failed", "0", "3", "doubled")
    assert (row["assignment_points"], row["assignment_score"], row["assignment_max"]) == ("4", "4", "8")


def test_the_statuses_tell_what_has_happened_apart_from_a_wrong_answer(course: Course) -> None:
    verdicts = {
        "failed": Status.FAILED,
        "partial": Status.PARTIAL,
        "not_attempted": Status.NOT_ATTEMPTED,
        "crashed": Status.CRASHED,
        "timed_out": Status.TIMED_OUT,
        "invalid": Status.INVALID,
    }
    for name, status in verdicts.items():
        make_record(course, name, [verdict("square", status)])
    make_unreadable_record(course, "unreadable")
    course.record("damaged", "mini").parent.mkdir(parents=True)
    course.record("damaged", "mini").write_text("{", encoding="utf-8")
    (course.submitted / "not_graded" / "mini").mkdir(parents=True)
    course.roster.write_text("id,first_name,last_name\nnot_handed_in,No,Body\ncrashed,Crash,Test\n", encoding="utf-8")
    found = export(course)
    assert {student: row["status"] for (student, name), row in found.items() if name == "square"} == {
        name: name for name in (*verdicts, "unreadable", "damaged", "not_graded", "not_handed_in")
    }
    points = {student: row["points"] for (student, name), row in found.items() if name == "square"}
    assert points["damaged"] == points["not_graded"] == "", "nothing is known, which is not a zero"
    assert points["not_handed_in"] == points["failed"] == "0"
    assert {
        student for (student, _), row in found.items() if row["needs_person"] == "yes" and row["kind"] != "by_hand"
    } == {*("crashed", "timed_out", "invalid", "unreadable", "damaged")}
    assert found["not_handed_in", "square"]["last_name"] == "Body"
    assert [found[name, "square"]["on_roster"] for name in ("crashed", "failed")] == ["yes", "no"]


def test_what_people_decided_counts(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.CRASHED)]), make_record(course, "bob"))
    give(course, "ada", "test_square", 1.5)
    give(course, "ada", "why", 1.0, penalty=2.0)
    found = export(course)
    square, why = found["ada", "square"], found["ada", "why"]
    assert (square["status"], square["points"], square["by_person"], square["needs_person"]) == (
        "crashed",
        "1.5",
        "yes",
        "no",
    )
    assert (why["status"], why["points"], why["kind"]) == ("graded", "1", "by_hand")
    assert (why["assignment_points"], why["late_penalty"], why["assignment_score"]) == ("6.5", "2", "4.5")
    waiting = found["bob", "why"]
    assert (waiting["status"], waiting["points"], waiting["open_points"]) == ("waiting", "", "1")


def test_the_totals_are_those_of_the_gradebook(course: Course) -> None:
    from autograder.gradebook.database import opened

    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.PARTIAL)]), make_record(course, "bob"))
    give(course, "ada", "why", 0.5)
    found = export(course)
    with opened(course) as book:
        for row in book.submission_dicts("mini"):
            assert float(found[row["student"], "square"]["assignment_points"]) == row["score"]
            assert float(found[row["student"], "square"]["assignment_max"]) == row["max_score"]


def test_a_late_penalty_never_makes_less_than_nothing(course: Course) -> None:
    into_gradebook(
        course, make_record(course, "ada", [verdict(name, Status.FAILED) for name in ("square", "square_slope")])
    )
    give(course, "ada", "why", 0.0, penalty=5.0)
    assert export(course)["ada", "root"]["assignment_score"] == "0"


def test_totals_only_give_one_row_for_each_student(course: Course) -> None:
    make_record(course, "ada")
    make_unreadable_record(course, "bob")
    found = export(course, totals_only=True)
    assert {student: (row["state"], row["assignment_score"]) for (student, _), row in found.items()} == {
        "ada": ("graded", "7"),
        "bob": ("unreadable", "0"),
    }


def test_two_mistakes_stand_in_one_cell(course: Course) -> None:
    detail = {"parts": {"small": False, "large": False}, "diagnoses": ["doubled", "clipped"]}
    make_record(course, "ada", [verdict("square", Status.FAILED, detail=detail)])
    assert export(course)["ada", "square"]["diagnosis"] == "doubled; clipped"


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert harmless(text).startswith("'")


def test_other_text_stays_as_it_is() -> None:
    assert harmless("Ada-Marie O'Neill") == "Ada-Marie O'Neill"


def test_names_from_the_roster_cannot_carry_a_formula(course: Course) -> None:
    make_record(course, "ada")
    course.roster.write_text(
        'id,first_name,last_name\nada,"=cmd|\' /C calc\'!A0","+49\n=1"\n@bob,x,y\n', encoding="utf-8"
    )
    found = export(course)
    assert found["ada", "root"]["first_name"] == "'=cmd|' /C calc'!A0"
    assert found["ada", "root"]["last_name"] == "'+49 =1"
    assert ("'@bob", "root") in found


def test_two_exports_are_the_same_bytes(course: Course) -> None:
    for name in ("zoe", "ada", "mia"):
        make_record(course, name, [verdict("root", Status.FAILED)])
    path = course.grading / "export.csv"
    first = write_csv(course, path).read_bytes()
    assert write_csv(course, path).read_bytes() == first


def test_a_place_that_cannot_be_written_to_is_named(course: Course) -> None:
    make_record(course, "ada")
    (course.grading / "file").write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match=r"cannot be written .* name another place"):
        write_csv(course, course.grading / "file" / "export.csv")
