"""Practice: what is worth 0 points is checked, graded and explained like all else, and never told as «0 of 0»."""

from __future__ import annotations

import csv
import io
import re
import shutil

import pytest
from mlp_utils.status import Status
from rich.console import Console

from autograder.cli import status_table
from autograder.files.paths import Course
from autograder.files.seeds import draw_seeds
from autograder.gradebook.database import opened
from autograder.judging.verdict import Record, Verdict
from autograder.pages.explain import explain
from autograder.pages.export import write_csv
from autograder.pages.feedback import page_of, write_feedback
from autograder.pages.report import chart, write_report
from autograder.pages.results import load_results, load_view
from autograder.pages.summary import summarise

from ...conftest import make_mini_course
from ..records import POINTS, Page, assert_inert, give, into_gradebook, make_record, verdict

NOTHING = re.compile(r"\bof 0\b|/0\b|\(0\)")


@pytest.fixture(scope="module")
def all_practice(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("all") / "course", practice=r"\w+")


@pytest.fixture(scope="module")
def some_practice(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("some") / "course", practice="square|why")


def emptied(course: Course) -> Course:
    shutil.rmtree(course.grading, ignore_errors=True)
    return course


@pytest.fixture
def pure(all_practice: Course) -> Course:
    return emptied(all_practice)


@pytest.fixture
def mixed(some_practice: Course) -> Course:
    return emptied(some_practice)


@pytest.fixture(params=["all_practice", "some_practice"])
def course(request: pytest.FixtureRequest) -> Course:
    return emptied(request.getfixturevalue(request.param))


def points_of(course: Course) -> dict[str, float]:
    return {cell.exercise_id: cell.points for cell in load_view(course, "mini").assignment.graded}


def record_of(course: Course, student: str, *verdicts: Verdict, **answers: str) -> Record:
    """A record with this course's points."""
    worth, changed = points_of(course), {v.exercise_id: v for v in verdicts}
    found = []
    for name in POINTS:
        item = changed.get(name) or verdict(name)
        share = worth[name] / POINTS[name]
        found.append(Verdict(**(vars(item) | {"points": item.points * share, "max_points": worth[name]})))
    return make_record(course, student, found, answers or None)


def a_class(course: Course) -> list[Record]:
    return [
        record_of(course, "ada"),
        record_of(course, "bob", verdict("square", Status.FAILED)),
        record_of(course, "cho", verdict("square", Status.PARTIAL, diagnosis="clipped", message="Cut off.")),
        record_of(course, "dan", verdict("square", Status.CRASHED, message="It stopped.")),
    ]


def page(course: Course, student: str) -> Page:
    return assert_inert(page_of(course, student, "mini").read_text(encoding="utf-8"))


def test_no_page_says_of_zero_points(course: Course) -> None:
    into_gradebook(course, *a_class(course))
    write_feedback(course)
    texts = [page(course, student).text for student in ("ada", "bob", "cho", "dan")]
    texts.append(assert_inert(write_report(course).read_text(encoding="utf-8")).text)
    for text in texts:
        assert not NOTHING.search(text), NOTHING.search(text)
        assert "practice" in text


def test_a_practice_page_tells_state_mistake_parts_and_that_nothing_counts(pure: Course) -> None:
    into_gradebook(pure, *a_class(pure))
    write_feedback(pure)
    text = page(pure, "bob").text
    assert "3 of 4 exercises passed. This is practice: nothing here counts." in text
    assert "✘\ufe0e not yet right practice" in text
    assert "The number is doubled and not squared." in text and "Hint: What is the square of 3?" in text
    assert "Total" not in text and "points" not in text.lower()
    text = page(pure, "cho").text
    assert "◐\ufe0e partly right practice" in text
    assert "small: passed" in text and "large: not yet right" in text


def test_a_crash_in_practice_asks_for_a_person_and_does_not_count_zero(pure: Course) -> None:
    into_gradebook(pure, *a_class(pure))
    write_feedback(pure)
    text = page(pure, "dan").text
    assert "A person will look at this." in text
    assert "counts 0" not in text and "points may change" not in text


def test_a_late_penalty_takes_nothing_from_practice(pure: Course) -> None:
    into_gradebook(pure, record_of(pure, "ada"))
    give(pure, "ada", "why", 0.0, comment="Well said.", penalty=2.0)
    write_feedback(pure)
    text = page(pure, "ada").text
    assert "late" not in text and "Comment: Well said." in text
    assert "late" not in assert_inert(write_report(pure).read_text(encoding="utf-8")).text


def test_extra_credit_for_practice_is_told_as_such(pure: Course) -> None:
    into_gradebook(pure, record_of(pure, "ada"))
    with opened(pure) as book:
        book.find_grade("test_square", "mini", "mini", "ada").extra_credit = 1.0
        book.db.commit()
    write_feedback(pure)
    text = page(pure, "ada").text
    assert "practice, 1 extra" in text and not NOTHING.search(text)


def test_nobody_is_asked_to_grade_practice_in_words(course: Course) -> None:
    into_gradebook(course, record_of(course, "ada"), record_of(course, "bob", why="YOUR ANSWER HERE"))
    with opened(course) as book:
        for student in ("ada", "bob"):
            assert not book.find_grade("why", "mini", "mini", student).needs_manual_grade
    results = {entry.student.id: entry.results[-1] for entry in load_results(course, "mini").entries}
    assert (results["ada"].status, results["ada"].waits, results["ada"].open) == (Status.IN_WORDS, False, False)
    assert (results["bob"].status, results["bob"].waits) == (Status.NOT_ATTEMPTED, False)
    text = assert_inert(write_report(course).read_text(encoding="utf-8")).text
    assert "to be graded" not in text and "answer in words" in text


def test_words_that_plain_nbgrader_has_entered_do_not_wait_either(course: Course) -> None:
    into_gradebook(course, record_of(course, "ada"))
    with opened(course) as book:
        book.find_grade("why", "mini", "mini", "ada").needs_manual_grade = True
        book.db.commit()
    found = load_results(course, "mini").entries[0].results[-1]
    assert (found.status, found.waits) == (Status.IN_WORDS, False)


def test_the_report_counts_passed_exercises_where_there_are_no_points(pure: Course) -> None:
    a_class(pure)
    summary = summarise(load_results(pure, "mini"))
    assert summary.practice and summary.top == 4
    assert summary.scores == (3, 3, 3, 4)
    assert [(column.low, column.count) for column in summary.bins] == [(0, 0), (1, 0), (2, 0), (3, 3), (4, 1)]
    assert chart(summary)["words"] == "3 exercises passed: 3; 4 exercises passed: 1"
    text = assert_inert(write_report(pure).read_text(encoding="utf-8")).text
    assert "3 of 4 exercises (practice)" in text
    assert "Practice: there are no points" in text
    assert "Passed (4)" in text and "Mean points" not in text
    assert "The number is doubled and not squared." in text


def test_an_assignment_with_some_practice_keeps_its_points(mixed: Course) -> None:
    into_gradebook(mixed, *a_class(mixed))
    write_feedback(mixed)
    text = page(mixed, "bob").text
    assert "4 of 4 points" in text and "✘\ufe0e not yet right practice" in text
    report = assert_inert(write_report(mixed).read_text(encoding="utf-8")).text
    assert "Total (4)" in report and "(practice)" in report and "4 of 4 points" in report
    assert summarise(load_results(mixed, "mini")).scores == (4, 4, 4, 4)


def test_the_export_holds_statuses_beside_zero_points(pure: Course) -> None:
    into_gradebook(pure, *a_class(pure))
    path = write_csv(pure, pure.grading / "export.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert {row["max_points"] for row in rows} == {row["assignment_max"] for row in rows} == {"0"}
    assert {row["points"] for row in rows} == {"0"}
    status = {(row["student_id"], row["exercise_id"]): row["status"] for row in rows}
    assert status["cho", "square"] == "partial" and status["ada", "why"] == "in_words"


def test_the_terminal_table_counts_what_passed(pure: Course) -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(status_table(a_class(pure)))
    text = console.export_text()
    assert "mini (practice)" in text and "passed" in text
    assert "4/4" in text and "3/4" in text and "/0" not in text


def test_explain_says_practice(course: Course) -> None:
    draw_seeds(course, ["mini"], False)
    record_of(course, "bob", verdict("square", Status.FAILED))
    assert "✘ not yet right, practice, no points" in explain(course, "bob", "square")
