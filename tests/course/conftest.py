"""The course's exercises as data: every test here runs for every exercise of every assignment."""

from __future__ import annotations

import functools

import pytest

from autograder.judging.verdict import Verdict

from ..judged import verdict_on
from ..references import COURSE, assignment_of, reference


def verdict_of(assignment_id: str, exercise_id: str, answer: object, seed: int = 3) -> Verdict:
    """The verdict on an answer to an exercise of the course."""
    return verdict_on(reference(assignment_id).key(exercise_id, seed), lambda: answer)


@functools.cache
def verdict_on_mistake(assignment_id: str, exercise_id: str, number: int, seed: int) -> Verdict:
    """The verdict on a misconception; several tests look at it, and it is worked out once."""
    key = reference(assignment_id).key(exercise_id, seed)
    wrong = key.exercise.misconceptions[number]
    return verdict_on(key, lambda: wrong.build(key.exercise.answer, key.right, key.namespace))


def all_exercises() -> list[tuple[str, str]]:
    return [(a, e) for a in COURSE.assignment_ids() for e in (cell.exercise_id for cell in assignment_of(a).graded)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", all_exercises(), ids=lambda pair: pair[1])
    if "assignment" in metafunc.fixturenames:
        metafunc.parametrize("assignment", COURSE.assignment_ids())


__all__ = ["COURSE", "reference"]
