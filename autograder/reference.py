"""What is right: the instructor's solution, run in order, and what it returns on the hidden cases.

Everything here runs in the grader's process (or the author's), never in a student's kernel.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import io
import json
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from mlp_utils import __version__, manifest, wire
from mlp_utils.assess import Outcome, assess, digests_of, leaving_out, salt_of, spoilt_values
from mlp_utils.differences import NotComplexSafe, central_difference, complex_step
from mlp_utils.formulas import Formula
from mlp_utils.observations import breaches
from mlp_utils.sealed import seal
from mlp_utils.tasks import DERIVATION, FUNCTION, TEXT, VALUE, Case, Task

from autograder.model import Answer, CaseSpec, Exercise
from autograder.notebooks import (
    SETUP,
    Assignment,
    Cell,
    grade_id,
    is_grade,
    is_solution,
    is_test,
    load_assignment,
    tags,
)
from autograder.paths import Course, CourseError

VISIBLE_SEED = 20_000
"""The seed of the cases that students see."""


@dataclass(frozen=True)
class Key:
    """The key to one exercise for one seed: the task with the wanted values, and how each known answer does.

    right:     the reference answer itself.
    namespace: the solved notebook's names.
    """

    exercise: Exercise
    task: Task
    right: Any
    namespace: dict[str, Any]
    seed: int
    _replies: dict[str, Outcome] = field(default_factory=dict, repr=False)
    _beginnings: dict[tuple[str, int], Outcome] = field(default_factory=dict, repr=False)

    def outcome_of(self, answer: Answer) -> Outcome:
        """How an accepted answer or a misconception does on these cases (computed once)."""
        if answer.id not in self._replies:
            self._replies[answer.id] = self._observed(answer, self.task)
        return self._replies[answer.id]

    def beginning_of(self, answer: Answer, count: int) -> Outcome:
        """The same on the first ``count`` cases alone, where nothing is different: cases come one after the other."""
        if answer.id in self._replies or count >= len(self.task.cases):
            return self.outcome_of(answer)
        if (answer.id, count) not in self._beginnings:
            begun = replace(self.task, cases=self.task.cases[:count])
            self._beginnings[answer.id, count] = self._observed(answer, begun)
        return self._beginnings[answer.id, count]

    def _observed(self, answer: Answer, task: Task) -> Outcome:
        return observe(task, lambda: answer.build(self.exercise.answer, self.right, self.namespace))


def observe(task: Task, get_answer: Callable[[], Any]) -> Outcome:
    """The outcome of an answer that lives in this process."""
    with np.errstate(all="ignore"):
        return assess(task, wire.observe(get_answer, task.request()))


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
        self._verify(key)
        return key

    @functools.lru_cache(maxsize=512)  # noqa: B019 - a Reference lives as long as the process
    def visible_task(self, exercise_id: str) -> Task:
        """The task that travels with ``mlp_utils``: other cases, of a value only a digest, and hints under seal."""
        key = self.key(exercise_id, VISIBLE_SEED)
        task = without_value(key.task) if key.task.kind == VALUE else key.task
        if task.kind == DERIVATION:
            return task
        wrong = [
            (observe(task, functools.partial(answer.build, key.exercise.answer, key.right, key.namespace)), answer.hint)
            for answer in key.exercise.misconceptions
        ]
        return replace(task, sealed=seal(task, wrong))

    def visible_json(self) -> str:
        """The file ``mlp_utils/visible/<assignment>.json``."""
        data = {
            "assignment": self.assignment.id,
            "tasks": [self.visible_task(name).to_json() for name in self.points],
            "recorded": {name: wire.encode(make(self.namespace)) for name, make in self.recorded.items()},
            "noise": sorted(self.noise),
            "version": __version__,
            "cells": [released_cell(cell) for cell in self.assignment.release.cells if grade_id(cell)],
        }
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

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

    def _verify(self, key: Key) -> None:
        """Each reference derivative against a finite difference of its reference loss; a derivation against itself."""
        if key.task.kind == DERIVATION:
            outcome = observe(key.task, lambda: key.right)
            if not outcome.passed:
                missing = ", ".join(name for name, done in outcome.parts.items() if not done)
                raise CourseError(f"Exercise {key.exercise.id}: the solution's derivation lacks: {missing}.")
        self._verify_invariants(key)
        for case in key.task.cases:
            wants = case.want if isinstance(case.want, tuple) else (case.want,)
            for k, (name, wrt) in enumerate(key.exercise.derivatives()):
                if name and case.pick in (None, k):
                    self._verify_output(key, case, name, wrt, np.asarray(wants[k], dtype=float))

    def _verify_invariants(self, key: Key) -> None:
        for result in observe(key.task, lambda: key.right).results if key.task.invariants else ():
            for text in breaches(key.task, result).values():
                raise CourseError(f"Exercise {key.exercise.id}, case {result.case.name!r}: the solution breaks: {text}")

    def _verify_output(self, key: Key, case: Case, name: str, wrt: str, want: np.ndarray) -> None:
        total, x = self._total(key, case, name, wrt, want)
        with quiet(), np.errstate(all="ignore"):
            try:
                measured = complex_step(total, x)
                rough = central_difference(total, x)
                # abs, norm and sign are silently wrong with complex input, so a coarse second opinion is asked for.
                safe = np.allclose(measured, rough, rtol=1e-3, atol=1e-4 * (1 + np.abs(want).max(initial=0)))
                tolerance = 1e-9
            except NotComplexSafe:
                safe = False
            if not safe:
                measured, tolerance = central_difference(total, x), 1e-5
            ahead, behind = total_slopes(total, x)
        smooth = np.abs(ahead - behind) < 1e-3 * (1 + np.abs(ahead))
        gap = np.abs(np.asarray(measured) - want)[smooth]
        if gap.size and float(gap.max()) > tolerance * (1 + float(np.abs(want[smooth]).max())):
            raise CourseError(
                f"Exercise {key.exercise.id}, case {case.name!r}: the solution differs from the finite difference of "
                f"{name} by {gap.max():.2g}; mend the solution or the loss that the exercise names."
            )

    def _total(
        self, key: Key, case: Case, name: str, wrt: str, want: np.ndarray
    ) -> tuple[Callable[[Any], Any], np.ndarray]:
        """The reference loss of a case as a function of one argument alone, and the value of that argument.

        The loss gets the inputs of the exercise by name.  An argument of ``wrt`` that the exercise does not get (such
        as a bias) is 0.
        """
        loss = self._function(name, key)
        given: dict[str, Any] = {argument: 0.0 for _, argument in key.exercise.derivatives()}
        given[wrt] = np.zeros(want.shape)
        given |= zip(inspect.signature(key.right).parameters, case.inputs, strict=False)
        weights = given[key.exercise.upstream] if key.exercise.upstream else 1.0
        names = _parameters(loss)
        if len(names) < 2:
            at_first = given[wrt] if wrt in inspect.signature(key.right).parameters else case.inputs[0]
            return lambda at: np.sum(weights * loss(at)), np.asarray(at_first, dtype=float)
        missing = sorted(set(names) - set(given))
        if wrt not in names or missing:
            raise CourseError(
                f"Exercise {key.exercise.id}: {name}({', '.join(names)}) cannot be differentiated with respect to "
                f"{wrt}: the exercise does not name or get {', '.join(missing) or wrt}."
            )
        x = np.asarray(given[wrt], dtype=float)
        return lambda at: np.sum(weights * loss(*[at if p == wrt else given[p] for p in names])), x

    def _function(self, name: str, key: Key) -> Callable[..., Any]:
        found = self.namespace.get(name.removeprefix("np."), getattr(np, name.removeprefix("np."), None))
        if not callable(found):
            raise CourseError(f"Exercise {key.exercise.id}: its loss {name!r} is no function of the notebook or NumPy.")
        function: Callable[..., Any] = found
        return function

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


def _parameters(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that a function cannot do without; empty if it does not tell them."""
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    return [p.name for p in found if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def without_value(task: Task) -> Task:
    """The task of a value with digests in the place of the wanted value."""
    digests: dict[str, str] = {}
    for case in task.cases:
        salt, want = salt_of(task, case), case.want if case.span is None else case.want[slice(*case.span)]
        digests |= leaving_out(salt, task.decimals, want)
        for name, value in reversed(spoilt_values(want).items()):
            digests |= dict.fromkeys(digests_of(salt, task.decimals, value), name)
    shape = np.shape(task.cases[0].want)
    empty = np.zeros(shape) if shape else 0.0
    return replace(task, cases=tuple(replace(case, want=empty, atol=0.0) for case in task.cases), digests=digests)


def released_cell(cell: Cell) -> dict[str, Any]:
    """What a student's copy is compared with: kind, points and a digest of a named cell of the release."""
    if is_test(cell):
        kind = manifest.TEST
    elif SETUP in tags(cell):
        kind = manifest.SETUP
    else:
        kind = manifest.MANUAL if is_grade(cell) else manifest.SOLUTION
    points = float(cell.metadata.nbgrader.get("points", 0))
    return {"id": grade_id(cell), "kind": kind, "points": points, "digest": manifest.digest(cell.source)}


def total_slopes(total: Callable[[Any], Any], x: np.ndarray, h: float = 1e-6) -> tuple[np.ndarray, np.ndarray]:
    """One-sided slopes ahead and behind for each entry of x; where they differ there is a kink."""
    ahead, behind = np.zeros(x.shape), np.zeros(x.shape)
    middle = float(total(x))
    for index in np.ndindex(x.shape):
        for sign, slopes in ((1.0, ahead), (-1.0, behind)):
            moved = x.copy()
            moved[index] += sign * h
            slopes[index] = sign * (float(total(moved)) - middle) / h
    return ahead, behind


@dataclass(frozen=True)
class Declared:
    """What the files of an assignment declare.

    recorded: makes the arrays that experiments fall back on, from the solved notebook's names.
    withheld: the modules of ``mlp_utils`` that are missing while the assignment is graded.
    noise:    recordings that show round-off itself, which differs between processors.
    covers:   the items of the source material that a cell graded by a person asks for, by the cell's id.
    """

    exercises: dict[str, Exercise]
    recorded: dict[str, Callable[[dict[str, Any]], Any]]
    withheld: tuple[str, ...]
    noise: tuple[str, ...] = ()
    covers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def items(self) -> dict[str, tuple[str, ...]]:
        """The items that each graded cell asks for, by the cell's id."""
        return {name: exercise.covers for name, exercise in self.exercises.items()} | self.covers


def exercise_files(course: Course, assignment_id: str) -> list[Path]:
    """``exercises.py``, or every file of the folder ``exercises/``; ``CourseError`` if there is neither."""
    folder = course.assignments / assignment_id
    files = sorted(folder.glob("exercises/*.py")) or sorted(folder.glob("exercises.py"))
    if not files:
        raise CourseError(f"{folder} has neither exercises.py nor a folder exercises/; each assignment has one.")
    return files


def load_exercises(course: Course, assignment_id: str) -> Declared:
    """What an assignment declares; ``CourseError`` if a file cannot be loaded."""
    declared = Declared({}, {}, ())
    for path in exercise_files(course, assignment_id):
        module = _load(path, f"exercises_{assignment_id}_{path.stem}")
        for value in vars(module).values():
            if isinstance(value, Exercise):
                declared.exercises[value.id] = value
        declared.recorded.update(getattr(module, "RECORDED", {}))
        declared.covers.update(getattr(module, "COVERS", {}))
        declared = replace(
            declared,
            withheld=(*declared.withheld, *getattr(module, "WITHHELD", ())),
            noise=(*declared.noise, *getattr(module, "NOISE", ())),
        )
    return declared


def _load(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CourseError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CourseError(f"{path} cannot be loaded: {type(error).__name__}: {error}.") from error
    return module


def solve(assignment: Assignment) -> dict[str, Any]:
    """The names that the instructor's set-up and solution cells define, run in order."""
    namespace: dict[str, Any] = {"__name__": "__solution__"}
    for k, cell in enumerate(assignment.source.cells):
        if cell.cell_type == "code" and not is_test(cell) and (SETUP in tags(cell) or is_solution(cell)):
            try:
                with quiet():
                    exec(compile(cell.source, f"<{assignment.id}, cell {k}>", "exec"), namespace)
            except Exception as error:
                raise CourseError(
                    f"{assignment.id}: cell {k} of the instructor's notebook raised {type(error).__name__}: {error}; "
                    "set-up and solution cells must run by themselves, in order."
                ) from error
    return namespace


@contextlib.contextmanager
def quiet() -> Any:
    """What the reference prints or warns of is not for the grader's screen."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


__all__ = ["Key", "Reference", "load_exercises", "observe", "solve"]
