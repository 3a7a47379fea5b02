"""The calls that stand in the hidden regions of test cells, for plain nbgrader.

Plain ``nbgrader autograde``, which has to be asked for by name, and ``nbgrader validate`` run the instructor's test
cells in the student's process, so here the judge sits in that process too: good for honest work, which gets the same
points as from ``python -m autograder grade``.
The names in a call (function, loss, parameter) are for the reader; the cases come from the exercise's own file.
"""

from __future__ import annotations

import functools
from typing import Any

from mlp_utils.assessing import wire

from autograder import quick_start  # noqa: F401 - before all others: each kernel loads what follows
from autograder.files.paths import find_course
from autograder.files.seeds import seed_of
from autograder.judging.judge import Evidence, judge
from autograder.judging.reference import Reference
from autograder.judging.verdict import message_of


def grade_function(exercise_id: str, answer: Any) -> float:
    """Judge a function on the hidden cases; show the message and return the points."""
    return _grade(exercise_id, answer)


def grade_gradient(exercise_id: str, answer: Any, *, loss: str, wrt: str) -> float:
    """The same for a derivative of ``loss`` with respect to ``wrt``, which finite differences have verified."""
    exercise = _reference_of(exercise_id).exercises[exercise_id]
    if (exercise.loss, exercise.wrt) != (loss, wrt):
        raise ValueError(
            f"The test cell of {exercise_id} says d {loss} / d {wrt}, and its file in exercises/ says "
            f"d {exercise.loss} / d {exercise.wrt}; make them agree."
        )
    return _grade(exercise_id, answer)


def grade_value(exercise_id: str, answer: Any) -> float:
    """Judge a number or an array."""
    return _grade(exercise_id, answer)


def grade_formula(exercise_id: str, answer: Any) -> float:
    """Judge a formula that was written as text."""
    return _grade(exercise_id, answer)


def grade_derivation(exercise_id: str, answer: Any) -> float:
    """Judge a derivation that was written as lines of formulas."""
    return _grade(exercise_id, answer)


def _grade(exercise_id: str, answer: Any) -> float:
    reference = _reference_of(exercise_id)
    seed = seed_of(find_course(), reference.assignment.id)
    key = reference.key(exercise_id, seed)
    verdict = judge(key, Evidence(reply=wire.observe(lambda: answer, key.task.request())), "")
    message_of(verdict, key.task.title).show()
    return float(verdict.points)


@functools.cache
def _reference_of(exercise_id: str) -> Reference:
    course = find_course()
    for assignment_id in course.assignment_ids():
        if f'test="{exercise_id}"' in (course.assignments / assignment_id / "notebook.py").read_text(encoding="utf-8"):
            return _reference(assignment_id)
    raise LookupError(f"There is no exercise {exercise_id!r} in {course.assignments}.")


@functools.cache
def _reference(assignment_id: str) -> Reference:
    return Reference(find_course(), assignment_id)
