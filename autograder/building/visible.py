"""The file of an assignment that travels with ``mlp_utils``: the tasks that students see, recordings, cells.

Of a value it holds digests, and hints under seal.  Both are made of rounded numbers.  Where a number lies at the border
of two roundings, another processor may round it the other way; the leeway of a table says what it may then hold.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, digests_of, leaving_out, salt_of, spoilt_values
from mlp_utils.assessing.tasks import DERIVATION, VALUE, Task
from mlp_utils.handing_in import manifest
from mlp_utils.hints.sealed import NUDGE, possible, seal
from mlp_utils.version import __version__

from autograder.building.recordings import DIGESTS, Leeway, kept, written
from autograder.files.notebooks import SETUP, Cell, grade_id, is_grade, is_test, tags
from autograder.judging.key import observe
from autograder.judging.reference import Reference

VISIBLE_SEED = 20_000
"""The seed of the cases that students see."""

Mistakes = Sequence[tuple[Outcome, str]]
"""What misconceptions show on the visible cases, each with its hint."""


def visible_json(reference: Reference, present: bytes = b"") -> str:
    """The file ``mlp_utils/visible/<assignment>.json``; what means the same as in the present one stays."""
    data = {
        "assignment": reference.assignment.id,
        "tasks": [make_visible_task(reference, name).to_json() for name in reference.points],
        "recorded": {name: wire.encode(make(reference.namespace)) for name, make in reference.recorded.items()},
        "noise": sorted(reference.noise),
        "version": __version__,
        "cells": [released_cell(cell) for cell in reference.assignment.release.cells if grade_id(cell)],
    }
    return kept(present, written(data), functools.partial(leeway, reference))


@functools.lru_cache(maxsize=512)
def make_visible_task(reference: Reference, exercise_id: str) -> Task:
    """The task that students see: other cases than the hidden ones, of a value only a digest, and hints under seal."""
    return with_hints(*_visible_mistakes(reference, exercise_id))


def leeway(reference: Reference, exercise_id: str, table: str) -> Leeway:
    """What another machine may have in a table of the visible task that is made of rounded numbers."""
    if table == DIGESTS:
        return leeway_of_digests(reference.key(exercise_id, VISIBLE_SEED).task)
    return leeway_of_hints(*_visible_mistakes(reference, exercise_id))


@functools.lru_cache(maxsize=512)
def _visible_mistakes(reference: Reference, exercise_id: str) -> tuple[Task, list[tuple[Outcome, str]]]:
    """The visible task, not yet with hints, and what each misconception shows there, with its hint."""
    key = reference.key(exercise_id, VISIBLE_SEED)
    task = without_value(key.task) if key.task.kind == VALUE else key.task
    mistakes = key.exercise.misconceptions if task.kind != DERIVATION else ()
    given = (key.exercise.answer, key.right, key.namespace)
    return task, [(observe(task, functools.partial(wrong.build, *given)), wrong.hint) for wrong in mistakes]


def with_hints(task: Task, mistakes: Mistakes) -> Task:
    """The visible task with the hints of its misconceptions under seal."""
    return replace(task, sealed=seal(task, mistakes)) if mistakes else task


def leeway_of_hints(task: Task, mistakes: Mistakes) -> Leeway:
    """What the sealed hints are on every machine, and what they may be."""
    return Leeway(seal(task, mistakes, nudge=2.0), possible(task, mistakes))


def leeway_of_digests(task: Task) -> Leeway:
    """The same of a value's digests; ``task`` holds the value."""
    return Leeway.of(*(without_value(task, nudge).digests for nudge in (0.0, -NUDGE, NUDGE)))


def without_value(task: Task, nudge: float = 0.0) -> Task:
    """The task of a value with digests in the place of the wanted value.

    nudge: relative, how far the value is moved beforehand.
    """
    digests: dict[str, str] = {}
    for case in task.cases:
        salt, want = salt_of(task, case), case.want if case.span is None else case.want[slice(*case.span)]
        want = want * (1.0 + nudge) + nudge * np.abs(want).max(initial=0.0)
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
