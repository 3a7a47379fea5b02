"""The course of this checkout and its references, loaded once for each process: they are only read."""

from __future__ import annotations

import functools
from pathlib import Path

from autograder.files.notebooks import Assignment, load_assignment
from autograder.files.paths import find_course
from autograder.judging.reference import Reference

COURSE = find_course(Path(__file__))


@functools.cache
def reference(assignment_id: str) -> Reference:
    return Reference(COURSE, assignment_id)


@functools.cache
def assignment_of(assignment_id: str) -> Assignment:
    """The notebooks alone, which are read in a fraction of the time."""
    return load_assignment(COURSE, assignment_id)
