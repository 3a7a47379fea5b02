"""What is right: the instructor's solution, run in order, and what it returns on the hidden cases.

Everything here runs in the grader's process (or the author's), never in a student's kernel.
"""

from __future__ import annotations

import functools
import inspect
import zlib
from typing import Any

import numpy as np
from mlp_utils.assessing import wire
from mlp_utils.assessing.formulas import Formula
from mlp_utils.assessing.tasks import DERIVATION, FUNCTION, TEXT, Case, Task

from autograder.authoring.model import CaseSpec, Exercise
from autograder.files.notebooks import Assignment, load_assignment
from autograder.files.paths import Course, CourseError
from autograder.judging.declared import load_exercises
from autograder.judging.key import Key
from autograder.judging.solution import quiet, solve
from autograder.judging.verified import verify


class Reference:
    """An assignment with its solution run and its exercises loaded."""

    def __init__(self, course: Course, assignment_id: str, assignment: Assignment | None = None) -> None:
        self.assignment = assignment or load_assignment(course, assignment_id)
        declared = load_exercises(course, assignment_id)
        self.exercises = {name: exercise for name, exercise in declared.exercises.items() if not exercise.paper}
        self.recorded, self.withheld = declared.recorded, declared.withheld
        self.noise, self.covers = declared.noise, declared.covers
        self.namespace = solve(self.assignment)
        self.points = {cell.exercise_id: cell.points for cell in self.assignment.graded}
        self._check_ids()
        self.exercises = {name: self.exercises[name] for name in self.points}

    def key(self, exercise_id: str, seed: int) -> Key:
        """The key for one seed; every reference derivative has been verified when this returns."""
        return self._key(exercise_id, seed)

    @functools.lru_cache(maxsize=512)  # noqa: B019 - a Reference lives as long as the process
    def _key(self, exercise_id: str, seed: int) -> Key:
        exercise = self.exercises[exercise_id]
        rng = np.random.default_rng([seed, zlib.crc32(exercise_id.encode())])
        right = self.namespace[exercise.answer]
        try:
            specs = exercise.draw(rng)
        except Exception as error:
            raise CourseError(
                f"Exercise {exercise_id}: drawing its cases raised {type(error).__name__}: {error}."
            ) from error
        cases = tuple(self._case(exercise, spec, right) for spec in specs)
        task = Task(
            exercise_id=exercise.id,
            assignment_id=self.assignment.id,
            kind=exercise.kind,
            title=exercise.title,
            points=self.points[exercise_id],
            parts=exercise.parts,
            cases=cases,
            outputs=exercise.outputs,
            analytic=bool(exercise.analytic),
            functions=exercise.functions,
            decimals=exercise.decimals,
            derivation=exercise.derivation_json(),
            locate=exercise.locate,
            arguments=tuple(inspect.signature(right).parameters) if exercise.kind == FUNCTION else (),
            invariants=exercise.invariants,
        )
        key = Key(exercise, task, right, self.namespace, seed)
        verify(key)
        return key

    def _case(self, exercise: Exercise, spec: CaseSpec, right: Any) -> Case:
        where = f"Exercise {exercise.id}, case {spec.name!r}"
        if exercise.kind == FUNCTION:
            try:
                with quiet():
                    want = right(*[wire.decode(wire.encode(item)) for item in spec.inputs])
            except Exception as error:
                raise CourseError(f"{where}: the solution raised {type(error).__name__}: {error}.") from error
        elif exercise.kind == DERIVATION:
            return Case(spec.name, spec.part, (), None)  # the lines need no answer key
        elif exercise.kind == TEXT:
            variables = tuple(spec.inputs[0])
            want = Formula.parse(str(right), variables, exercise.functions).evaluate(spec.inputs[0])
        else:
            want = wire.decode(wire.encode(right))
            want = np.asarray(want, dtype=float) if np.ndim(want) else float(want)
            if exercise.groups and np.shape(want) != (sum(exercise.groups),):
                raise CourseError(f"{where}: its `groups` are {sum(exercise.groups)} numbers; the solution has others.")
        low = high = None
        if spec.between is not None:
            low, high = spec.between(*spec.inputs)
        if isinstance(want, dict | list):
            raise CourseError(f"{where}: the solution returned a {type(want).__name__}; return an array or a tuple.")
        if spec.between is not None and isinstance(want, tuple) and spec.pick is None:
            raise CourseError(f"{where}: `between` needs `pick`, because the solution returns several results.")
        # Through the wire and back, so that the judge and the visible check hold the same numbers.
        want = wire.decode(wire.encode(want))
        return Case(
            spec.name,
            spec.part,
            spec.inputs,
            want,
            spec.rtol,
            spec.atol,
            spec.entrywise,
            low,
            high,
            spec.pick,
            spec.span,
        )

    def _check_ids(self) -> None:
        names = set(self.exercises)
        tested = set(self.points)
        for exercise_id in sorted(names ^ tested):
            where, other = ("exercises", "notebook.py") if exercise_id in names else ("notebook.py", "exercises")
            raise CourseError(
                f"{self.assignment.id}: the exercise {exercise_id} stands in {where} and not in {other}; add it there."
            )
        for name in sorted(set(self.covers) - self.assignment.by_hand):
            raise CourseError(f"{self.assignment.id}: COVERS names {name!r}, which is no cell that a person grades.")
        for exercise in self.exercises.values():
            if exercise.answer not in self.namespace:
                raise CourseError(f"{self.assignment.id}: the solutions define no {exercise.answer!r}.")
