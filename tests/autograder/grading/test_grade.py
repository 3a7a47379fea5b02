"""Grading with real kernels: each way in which a submission goes wrong costs only itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.files.paths import Course, CourseError
from autograder.grading.grade import only_checks
from autograder.grading.run import Graded, grade
from autograder.judging.verdict import Record, Verdict, read_record
from autograder.kernels.kernel import Limits

from ...conftest import make_mini_course
from ..helpers import submit, submit_bytes

pytestmark = pytest.mark.slow

QUICK = Limits(cell_seconds=5, ask_seconds=5, notebook_seconds=90)
BLANK = dict.fromkeys(("square", "square_slope", "root", "double_angle", "why"), "pass")

ANSWERS = {
    "perfect": {},
    "raises": {"square": "def square(x):\n    raise ValueError('no such thing')"},
    "syntax": {"square": "def square(x)\n    return x"},
    "hangs": {"square": "def square(x):\n    while True:\n        pass"},
    "stubborn": {
        "square": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    },
    "hangs_outside": {"square": "import time\ntime.sleep(60)"},
    "exits": {"square": "import os\nos._exit(0)"},
    "exits_when_called": {"square": "def square(x):\n    import os\n    os._exit(0)"},
    "sys_exits": {"square": "def square(x):\n    import sys\n    sys.exit(0)"},
    "eats_memory": {"square": "def square(x):\n    return np.ones((10**6, 10**6)) + bytearray(10**11)[0]"},
    "floods": {"square": "while True:\n    print('x' * 1000)"},
    "asks": {"square": "def square(x):\n    return input('x?')"},
    "warns": {
        "square": "import sys, warnings\ndef square(x):\n    warnings.warn('odd')\n"
        "    print('hm', file=sys.stderr)\n    return x * x\nprint('e', file=sys.stderr)",
    },
    "numerical": {"square_slope": "def square_slope(x):\n    return (square(x + 1e-5) - square(x - 1e-5)) / 2e-5"},
    "none": {"square": "def square(x):\n    return None"},
    "not_a_function": {"square": "square = 3"},
    "unreadable_formula": {"double_angle": "double_angle = '2 tanh(x)'"},
    "forbidden_formula": {"double_angle": "double_angle = '__import__(\"os\").getpid()'"},
    "huge": {"square": "def square(x):\n    return np.zeros(10**7)"},
    "unforeseen": {"square": "def square(x):\n    return np.where(x > 0, x * x, 1.5 * x * x)"},
    "withheld": {"square": "import mlp_utils.gradients.gradcheck\ndef square(x):\n    return x * x"},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Graded]:
    course = make_mini_course(tmp_path_factory.mktemp("class"))
    for student, answers in ANSWERS.items():
        submit(course, student, answers)
    submit(course, "renamed", name="my final version.ipynb")
    submit(course, "blank", change=lambda nb: None)
    release = course.release_notebook("mini").read_bytes()
    submit_bytes(course, "blank", release)
    submit_bytes(course, "corrupt", release[:300])
    submit_bytes(course, "empty", b"")
    submit_bytes(course, "latin", release + "é".encode("latin-1"))
    submit_bytes(course, "list", b"[1, 2]")
    submit_bytes(
        course, "old", json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}).encode()
    )
    (course.submitted / "nothing" / "mini").mkdir(parents=True)
    submit(course, "tagged", BLANK, change=_tag)
    submit(course, "no_test", change=_delete_tests)
    submit(course, "no_solution", change=_delete_solution)
    submit(course, "edited_test", {"square": "def square(x):\n    return 0"}, change=_edit_tests)
    submit(course, "twice", change=_duplicate)
    submit(
        course, "other_kernel", change=lambda nb: nb.metadata.update(kernelspec={"name": "bash", "display_name": "b"})
    )
    return course, grade(course, ["mini"], limits=QUICK)


def _tag(notebook) -> None:
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]


def _delete_tests(notebook) -> None:
    notebook.cells = [
        c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith("test")
    ]


def _delete_solution(notebook) -> None:
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "square"]


def _edit_tests(notebook) -> None:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("test"):
            cell.source = "99.0"
            cell.metadata["nbgrader"]["points"] = 99


def _duplicate(notebook) -> None:
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "square")
    copy = json.loads(json.dumps(cell))
    copy["id"] = "again"
    copy["source"] = "square = None"
    notebook.cells.insert(0, type(cell)(copy))


def record_of(graded: tuple[Course, Graded], student: str) -> Record:
    return next(record for record in graded[1].records if record.student_id == student)


def verdict_of(graded: tuple[Course, Graded], student: str, exercise: str = "square") -> Verdict:
    return next(v for v in record_of(graded, student).verdicts if v.exercise_id == exercise)


@pytest.mark.parametrize(
    ("student", "status"),
    [
        ("perfect", "passed"),
        ("raises", "crashed"),
        ("syntax", "crashed"),
        ("hangs", "timed_out"),
        ("stubborn", "timed_out"),
        ("hangs_outside", "timed_out"),
        ("exits", "crashed"),
        ("exits_when_called", "crashed"),
        ("sys_exits", "crashed"),
        ("eats_memory", "crashed"),
        ("floods", "timed_out"),
        ("asks", "crashed"),
        ("warns", "passed"),
        ("none", "failed"),
        ("not_a_function", "failed"),
        ("huge", "failed"),
        ("unforeseen", "partial"),
        ("withheld", "crashed"),
        ("renamed", "passed"),
        ("blank", "not_attempted"),
        ("corrupt", "invalid"),
        ("empty", "invalid"),
        ("latin", "invalid"),
        ("list", "invalid"),
        ("old", "not_attempted"),
        ("nothing", "invalid"),
        ("no_test", "passed"),
        ("no_solution", "not_attempted"),
        ("edited_test", "failed"),
        ("twice", "passed"),
        ("other_kernel", "passed"),
    ],
)
def test_each_outcome_has_its_own_status(graded: tuple[Course, Graded], student: str, status: str) -> None:
    verdict = verdict_of(graded, student)
    assert verdict.status == status, verdict
    assert (verdict.points == 3.0) == (status == "passed")


@pytest.mark.parametrize("student", [name for name in ANSWERS if "formula" not in name])
def test_a_broken_cell_costs_only_its_exercise(graded: tuple[Course, Graded], student: str) -> None:
    for exercise in ("square_slope", "root", "double_angle"):
        assert verdict_of(graded, student, exercise).status == "passed", exercise


@pytest.mark.parametrize("student", ["unreadable_formula", "forbidden_formula"])
def test_a_formula_that_cannot_be_read_goes_to_a_person(graded: tuple[Course, Graded], student: str) -> None:
    verdict = verdict_of(graded, student, "double_angle")
    assert (verdict.status, verdict.points) == ("invalid", 0)
    assert "position" in verdict.message


def test_a_finite_difference_is_noted_and_costs_nothing(graded: tuple[Course, Graded]) -> None:
    verdict = verdict_of(graded, "numerical", "square_slope")
    assert (verdict.points, verdict.diagnosis) == (2.0, "numerical_derivative")


def test_an_unforeseen_mistake_gets_a_message_with_the_worst_entry(graded: tuple[Course, Graded]) -> None:
    verdict = verdict_of(graded, "unforeseen")
    assert "Furthest off is entry [" in verdict.message
    assert "wanted is" in verdict.message


def test_tags_that_skip_cells_are_taken_off(graded: tuple[Course, Graded]) -> None:
    record = record_of(graded, "tagged")
    assert record.points == 0
    assert any("Tags had been changed" in problem for problem in record.problems)


def test_what_was_odd_about_a_submission_is_said(graded: tuple[Course, Graded]) -> None:
    assert "my final version.ipynb" in record_of(graded, "renamed").problems[0]
    assert any("test_square had been deleted" in p for p in record_of(graded, "no_test").problems)
    assert any("test_square had been edited" in p for p in record_of(graded, "edited_test").problems)
    assert any("twice" in p for p in record_of(graded, "twice").problems)


def test_every_record_is_on_disk_and_complete(graded: tuple[Course, Graded]) -> None:
    course, result = graded
    for record in result.records:
        stored = read_record(course.record(record.student_id, "mini"))
        assert stored is not None and stored.without_notebook() == record
        assert stored.notebook["cells"]
        assert {v.exercise_id for v in record.verdicts} == {"square", "square_slope", "root", "double_angle"}
        assert all(v.seed > 1 and v.versions["numpy"] for v in record.verdicts)


def test_the_kernel_never_sees_hidden_tests_or_the_instructors_names(graded: tuple[Course, Graded]) -> None:
    text = graded[0].record("perfect", "mini").read_text(encoding="utf-8")
    assert "return x * x" in text
    assert "HIDDEN" not in text and "grade_function" not in text


def test_the_gradebook_has_everyone_and_asks_for_a_person_where_nothing_was_judged(
    graded: tuple[Course, Graded],
) -> None:
    from autograder.gradebook.database import opened

    course, result = graded
    assert result.failures == []
    with opened(course) as book:
        rows = {row["student"]: row for row in book.submission_dicts("mini")}
        assert set(rows) == {record.student_id for record in result.records}
        for record in result.records:
            assert rows[record.student_id]["score"] == pytest.approx(record.points)
        crashed = book.find_grade("test_square", "mini", "mini", "raises")
        assert crashed.needs_manual_grade and crashed.auto_score == 0
        wrong = book.find_grade("test_square", "mini", "mini", "unforeseen")
        assert not wrong.needs_manual_grade
        comment = book.find_comment("square", "mini", "mini", "raises")
        assert "stopped with an error" in comment.comment


def test_a_second_run_grades_nothing_and_a_changed_submission_again(tmp_path: Path) -> None:
    course = make_mini_course(tmp_path)
    submit(course, "ada")
    submit(course, "bob", {"root": "root = 1.0"})
    assert len(grade(course, ["mini"], limits=QUICK).fresh) == 2
    assert grade(course, ["mini"], limits=QUICK).fresh == []
    submit(course, "bob", {"root": "root = 1.41421356"})
    again = grade(course, ["mini"], limits=QUICK)
    assert [record.student_id for record in again.fresh] == ["bob"]
    assert next(r for r in again.records if r.student_id == "bob").points == 7


def test_grades_and_comments_of_a_person_survive_a_regrade(tmp_path: Path) -> None:
    from autograder.gradebook.database import opened

    course = make_mini_course(tmp_path)
    submit(course, "ada", {"root": "root = 1.0"})
    grade(course, ["mini"], limits=QUICK)
    with opened(course) as book:
        given = book.find_grade("why", "mini", "mini", "ada")
        given.manual_score = 1.0
        book.find_comment("why", "mini", "mini", "ada").manual_comment = "Well said."
        mended = book.find_grade("test_root", "mini", "mini", "ada")
        mended.manual_score = 0.5
        book.db.commit()
    submit(course, "ada", {"root": "root = 1.5", "square": "square = None"})
    grade(course, ["mini"], limits=QUICK, force=True)
    with opened(course) as book:
        assert book.find_grade("why", "mini", "mini", "ada").manual_score == 1.0
        assert book.find_comment("why", "mini", "mini", "ada").manual_comment == "Well said."
        assert book.find_grade("test_root", "mini", "mini", "ada").score == 0.5
        assert book.find_grade("test_square", "mini", "mini", "ada").score == 0


def test_the_same_seed_is_kept_and_can_be_redrawn(tmp_path: Path) -> None:
    from autograder.files.seeds import draw_seeds, read_seeds

    course = make_mini_course(tmp_path)
    first = draw_seeds(course, ["mini"])
    assert draw_seeds(course, ["mini"]) == first == read_seeds(course)
    assert draw_seeds(course, ["mini"], redraw=True) != first


def test_no_submissions_is_one_sentence(mini_course: Course) -> None:
    with pytest.raises(CourseError, match="no submissions for mini"):
        grade(mini_course, ["mini"])


@pytest.mark.parametrize(
    ("source", "only"),
    [
        ('check("square", square)', True),
        ("check('square', square)  # as released\n", True),
        ('\n\ncheck(\n    "square", square\n)', True),
        ('check("square", square)\nprint(1)', False),
        ('check("root", square)', False),
        ('check("square", root)', False),
        ('points = check("square", square)', False),
        ('check("square", square, 1)', False),
        ("check('square', square", False),
        ("", False),
    ],
)
def test_a_test_cell_that_is_only_a_check_is_told_from_others(source: str, only: bool) -> None:
    assert only_checks(source, "square", "square") == only
