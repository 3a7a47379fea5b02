"""The seeds of the hidden cases: drawn once for a grading folder, the same for all its students."""

from __future__ import annotations

import json
import secrets

from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically

PRACTICE_SEED = 1
"""Used where nothing has been graded yet, by ``nbgrader validate`` for instance."""


def read_seeds(course: Course) -> dict[str, int]:
    """Seed by assignment; empty if none has been drawn."""
    if not course.seeds.is_file():
        return {}
    try:
        data = json.loads(course.seeds.read_text(encoding="utf-8"))
        seeds = {str(name): int(seed) for name, seed in data.items()}
        if min(seeds.values(), default=0) < 0:
            raise ValueError("a seed is negative")
    except (ValueError, AttributeError, TypeError) as error:
        raise CourseError(
            f"{course.seeds} is not a table of seeds; put back the seed that stands in each verdict, or delete the "
            "file to draw new ones."
        ) from error
    return seeds


def seed_of(course: Course, assignment_id: str) -> int:
    """The seed of an assignment, or the practice seed if none has been drawn."""
    return read_seeds(course).get(assignment_id, PRACTICE_SEED)


def draw_seeds(course: Course, assignment_ids: list[str], redraw: bool = False) -> dict[str, int]:
    """Draw a seed for each assignment that has none (for each of them with ``redraw``) and return all seeds."""
    before = read_seeds(course)
    seeds = dict(before)
    for assignment_id in assignment_ids:
        if redraw or assignment_id not in seeds:
            seeds[assignment_id] = secrets.randbelow(2**31 - 2) + 2
    if seeds != before:
        write_atomically(course.seeds, (json.dumps(seeds, indent=1, sort_keys=True) + "\n").encode())
    return seeds
