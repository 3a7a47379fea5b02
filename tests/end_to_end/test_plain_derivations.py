"""Derivations under nbgrader's own commands: the same points as from our grader, and the lines in the feedback."""

from __future__ import annotations

import shutil

import nbformat
import pytest

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.gradebook.writer import register
from autograder.grading.run import grade
from autograder.judging.reference import Reference
from autograder.kernels.kernel import Limits
from autograder.pages.feedback import write_feedback

from ..autograder.judging.test_derivations import HALF, JUMP, NAME, OWN_WAY, SLIP
from ..conftest import make_mini_course
from .test_plain_nbgrader import nbgrader

pytestmark = pytest.mark.slow


def hand_in(course: Course, student: str, text: str) -> None:
    notebook = nbformat.read(course.release_notebook("steps"), 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == NAME:
            cell.source = f'{NAME} = """{text}"""'
    folder = course.submitted / student / "steps"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "steps.ipynb")


def points(course: Course) -> dict[str, float]:
    with opened(course) as book:
        return {
            row["student"]: grade_.auto_score
            for row in book.submission_dicts("steps")
            for grade_ in book.find_submission_notebook("steps", "steps", row["student"]).grades
        }


def test_plain_nbgrader_gives_derivations_the_same_points_and_shows_their_lines(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ours = make_mini_course(tmp_path_factory.mktemp("root"), "mini_steps")
    right = Reference(ours, "steps").key(NAME, 1).right
    for student, text in {"right": right, "half": HALF, "jump": JUMP, "own": OWN_WAY, "slip": SLIP}.items():
        hand_in(ours, student, text)
    assert grade(ours, ["steps"], limits=Limits(cell_seconds=10)).failures == []
    plain = Course(ours.root, ours.root / "plain")
    shutil.copytree(ours.submitted, plain.submitted)
    shutil.copy(ours.seeds, plain.seeds)
    register(plain, ["steps"])
    done = nbgrader(plain, "autograde", "steps", plain=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert not plain.verdicts.exists()
    assert points(plain) == points(ours) == {"right": 4.0, "half": 2.0, "jump": 2.0, "own": 2.0, "slip": 3.0}

    done = nbgrader(plain, "generate_feedback", "steps", "--student", "half")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "does not follow" in (plain.feedback / "half" / "steps" / "steps.html").read_text(encoding="utf-8")
    pages = {path.parent.parent.name: path.read_text(encoding="utf-8") for path in write_feedback(ours, ["steps"])}
    assert "<math" in pages["half"] and "does not follow" in pages["half"]
    assert "A person will look" in pages["own"] and "<script" not in pages["half"]
