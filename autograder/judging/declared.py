"""What the files of an assignment declare, loaded; the module of an author is data to everything else."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.authoring.model import Exercise
from autograder.files.paths import Course, CourseError, exercise_files


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


def load_exercises(course: Course, assignment_id: str) -> Declared:
    """What an assignment declares; ``CourseError`` if a file cannot be loaded.

    Files that have not changed since the last call in this process are not loaded again.
    """
    files = exercise_files(course, assignment_id)
    return _declared(assignment_id, tuple((path, path.read_bytes()) for path in files))


@functools.lru_cache(maxsize=64)
def _declared(assignment_id: str, files: tuple[tuple[Path, bytes], ...]) -> Declared:
    declared = Declared({}, {}, ())
    for path, _ in files:
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
