"""nbgrader's own commands on the same folders: honest work gets the same points as from our grader.

nbgrader runs submissions by itself only when it is asked by name: ``plain=True``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.gradebook.nbgrader_commands import PLAIN
from autograder.gradebook.writer import register
from autograder.grading.run import grade
from autograder.kernels.kernel import Limits

from ..autograder.helpers import submit
from ..conftest import make_mini_course

pytestmark = pytest.mark.slow

HONEST = {
    "perfect": {},
    "wrong": {"square": "def square(x):\n    return 2 * x", "root": "root = 1.0"},
    "partly": {"square": "def square(x):\n    return np.minimum(x * x, 100.0)"},
    "raises": {"square_slope": "def square_slope(x):\n    raise ValueError('no')"},
    "warns": {"square": "import warnings\ndef square(x):\n    warnings.warn('odd')\n    return x * x"},
    "formula": {"double_angle": "double_angle = '2 tanh(x)'"},
}


def nbgrader(
    course: Course, *arguments: str, plain: bool = False, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's commands in the course's folder, or in another; ``more`` comes into its environment."""
    environment = {name: value for name, value in os.environ.items() if name != PLAIN} | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MLP_GRADING": str(course.grading),
        "PYTHONPATH": str(course.root / "course"),
        "PYTHONWARNINGS": "default",
        "HOME": str(course.root),
        **({PLAIN: "1"} if plain else {}),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=cwd or course.root,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    """The same submissions and seeds, graded by us and by plain nbgrader in another grading folder."""
    ours = make_mini_course(tmp_path_factory.mktemp("root"))
    for student, answers in HONEST.items():
        submit(ours, student, answers)
    submit(ours, "blank", dict.fromkeys(("square", "square_slope"), "pass"))
    shutil.copy(ours.release_notebook("mini"), ours.submitted / "blank" / "mini" / "mini.ipynb")
    assert grade(ours, ["mini"], limits=Limits(cell_seconds=10)).failures == []
    plain = Course(ours.root, ours.root / "plain")
    shutil.copytree(ours.submitted, plain.submitted)
    shutil.copy(ours.seeds, plain.seeds)
    register(plain, ["mini"])
    done = nbgrader(plain, "autograde", "mini", plain=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert not plain.verdicts.exists()  # or our grader would be compared with itself
    return ours, plain


def test_plain_nbgrader_gives_honest_work_the_same_points(both: tuple[Course, Course]) -> None:
    scores = []
    for course in both:
        with opened(course) as book:
            scores.append(
                {
                    (row["student"], grade.name): grade.auto_score
                    for row in book.submission_dicts("mini")
                    for grade in book.find_submission_notebook("mini", "mini", row["student"]).grades
                }
            )
    assert scores[0] == scores[1]
    assert scores[0]["perfect", "test_square"] == 3.0
    assert scores[0]["partly", "test_square"] == 1.0
    assert scores[0]["blank", "test_square"] == 0.0


def test_validate_says_what_fails_and_what_passes(both: tuple[Course, Course]) -> None:
    course, _ = both
    right = nbgrader(course, "validate", str(course.submitted / "perfect" / "mini" / "mini.ipynb"), plain=True)
    assert "Success! Your notebook passes all the tests." in right.stdout
    wrong = nbgrader(course, "validate", str(course.submitted / "wrong" / "mini" / "mini.ipynb"), plain=True)
    assert "VALIDATION FAILED ON 2 CELL(S)" in wrong.stdout


def test_the_instructors_notebook_validates(both: tuple[Course, Course]) -> None:
    course, _ = both
    done = nbgrader(course, "validate", str(course.source_notebook("mini")))
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr


def test_generate_feedback_works_on_our_grading_folder(both: tuple[Course, Course]) -> None:
    course, _ = both
    done = nbgrader(course, "generate_feedback", "mini", "--student", "wrong")
    assert done.returncode == 0, done.stderr[-3000:]
    page = (course.feedback / "wrong" / "mini" / "mini.html").read_text(encoding="utf-8")
    assert "The number is doubled" in page
    assert "grade_function" not in page and "HIDDEN TESTS" not in page


def test_export_works_on_our_grading_folder(both: tuple[Course, Course]) -> None:
    course, _ = both
    done = nbgrader(course, "export", "--to", str(course.grading / "all.csv"))
    assert done.returncode == 0, done.stderr[-3000:]
    assert "perfect" in (course.grading / "all.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same submissions to an assignment whose every cell is worth 0 points, graded by plain nbgrader."""
    course = make_mini_course(tmp_path_factory.mktemp("practice"), practice=r"\w+")
    for student, answers in HONEST.items():
        submit(course, student, answers)
    register(course, ["mini"])
    done = nbgrader(course, "autograde", "mini", plain=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return course


def test_plain_nbgrader_gives_practice_nothing_and_asks_for_nobody_to_grade_code(practice: Course) -> None:
    with opened(practice) as book:
        rows = book.submission_dicts("mini")
        assert {row["student"] for row in rows} == set(HONEST)
        for row in rows:
            assert (row["score"], row["max_score"]) == (0, 0)
            for grade in book.find_submission_notebook("mini", "mini", row["student"]).grades:
                assert grade.auto_score == 0 or grade.name == "why"
                assert not grade.needs_manual_grade or grade.name == "why"


def test_nbgraders_other_commands_work_with_practice(practice: Course) -> None:
    done = nbgrader(practice, "validate", str(practice.source_notebook("mini")))
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr
    # nbgrader counts a cell as failed if points are missing, and 0 of 0 are complete: for_instructors.md says so.
    done = nbgrader(practice, "validate", str(practice.submitted / "wrong" / "mini" / "mini.ipynb"), plain=True)
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr
    done = nbgrader(practice, "generate_feedback", "mini", "--student", "wrong")
    assert done.returncode == 0, done.stderr[-3000:]
    page = (practice.feedback / "wrong" / "mini" / "mini.html").read_text(encoding="utf-8")
    assert "The number is doubled" in page and "practice, no points" in page
    done = nbgrader(practice, "export", "--to", str(practice.grading / "all.csv"))
    assert done.returncode == 0, done.stderr[-3000:]
