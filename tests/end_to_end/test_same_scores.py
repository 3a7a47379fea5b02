"""All misconceptions and the bundled class get the same verdicts in every way of grading.

The ways: in this process, as plain nbgrader judges; one worker; four workers; a Dask cluster.  Submission number k
holds the k-th misconception of each exercise, as far as it is written as source.
"""

from __future__ import annotations

import contextlib
import copy
import io
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from mlp_utils.assessing import wire
from mlp_utils.handing_in.notebook_file import parse

from autograder.building.sample_class import solved_source, write_class
from autograder.files.notebooks import exercise_of, find_cell, grade_id, is_test, restore, runs, serialise
from autograder.files.paths import Course, find_course
from autograder.files.seeds import read_seeds
from autograder.files.storage import write_atomically
from autograder.grading.run import grade
from autograder.judging.judge import Evidence, judge
from autograder.judging.reference import Reference
from autograder.judging.verdict import read_record
from autograder.kernels.kernel import Limits

pytestmark = [pytest.mark.scores, pytest.mark.filterwarnings("ignore")]  # students' warnings, and Dask's of its ports

ROOT = find_course(Path(__file__))
LIMITS = Limits(cell_seconds=10, ask_seconds=10)
Told = dict[tuple[str, str, str], tuple[str, float, str]]
"""Status, points and diagnosis, by student, assignment and exercise."""


def mistaken(reference: Reference, number: int) -> bytes | None:
    """The submission with each exercise's misconception of that number; None if no exercise has so many."""
    notebook = copy.deepcopy(reference.assignment.release)
    found = False
    for name, exercise in reference.exercises.items():
        written = [answer.source for answer in exercise.misconceptions if answer.source is not None]
        cell = find_cell(notebook, name)
        if cell is None:
            continue
        found |= number < len(written)
        source = written[number] if number < len(written) else None
        cell.source = source or solved_source(reference.assignment, name)
    return serialise(nbformat.from_dict(notebook)) if found else None


def hand_in(course: Course) -> None:
    """The bundled class without those who waste time, and all misconceptions."""
    names = course.assignment_ids()
    write_class(course, names)
    shutil.rmtree(course.submitted / "jun")
    for name in names:
        reference = Reference(course, name)
        number = 0
        while (content := mistaken(reference, number)) is not None:
            write_atomically(course.submitted / f"mistake{number:03d}" / name / f"{name}.ipynb", content)
            number += 1


def told(course: Course) -> Told:
    records = [read_record(path) for path in sorted(course.verdicts.glob("*/*.json"))]
    return {
        (record.student_id, record.assignment_id, v.exercise_id): (v.status, v.points, v.diagnosis)
        for record in records
        if record is not None
        for v in record.verdicts
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Told]:
    """Everything graded by one worker."""
    course = Course(ROOT.root, tmp_path_factory.mktemp("one"))
    hand_in(course)
    assert grade(course, course.assignment_ids(), jobs=1, limits=LIMITS).failures == []
    found = told(course)
    assert len(found) > 1000
    return course, found


@pytest.mark.parametrize("how", [{"jobs": 4}, {"jobs": 2, "scheduler": "local"}], ids=["four workers", "dask"])
def test_other_workers_say_the_same(engine: tuple[Course, Told], tmp_path: Path, how: dict[str, Any]) -> None:
    first, wanted = engine
    course = Course(ROOT.root, tmp_path)
    shutil.copytree(first.submitted, course.submitted)
    shutil.copy(first.seeds, course.seeds)
    assert grade(course, course.assignment_ids(), limits=LIMITS, **how).failures == []
    assert told(course) == wanted


def test_judging_in_this_process_says_the_same(engine: tuple[Course, Told]) -> None:
    course, wanted = engine
    seeds, different, compared = read_seeds(course), [], 0
    for name in course.assignment_ids():
        reference = Reference(course, name)
        for path in sorted(course.submitted.glob(f"mistake*/{name}/{name}.ipynb")):
            notebook, _ = restore(parse(path.read_bytes()), reference.assignment)
            student = path.parents[1].name
            for exercise_id, reply in replies(notebook, reference, seeds[name]).items():
                key = reference.key(exercise_id, seeds[name])
                verdict = judge(key, Evidence(reply=reply), student)
                compared += 1
                pair = (verdict.status, verdict.points, verdict.diagnosis), wanted[student, name, exercise_id]
                if pair[0] != pair[1]:
                    different.append((student, name, exercise_id, *pair))
    assert different == []
    assert compared > 800


def replies(notebook: Any, reference: Reference, seed: int) -> dict[str, str]:
    """What the answers of a notebook return, asked for in this process where their test cells stand."""
    names: dict[str, Any] = {}
    found = {}
    for cell in notebook.cells:
        if not runs(cell):
            continue
        if not is_test(cell):
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                # What a cell raises shows in what its exercise returns.
                exec(compile(cell.source, f"<{grade_id(cell)}>", "exec"), names)
            continue
        exercise = reference.exercises[exercise_of(cell)]
        request = reference.key(exercise.id, seed).task.request()
        found[exercise.id] = wire.observe(lambda answer=exercise.answer: names[answer], request)
    return found
