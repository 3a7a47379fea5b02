"""The instructor's and the student's notebooks as data: which cell is which, and what was done to them.

Nothing here runs a cell.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from mlp_utils.handing_in.notebook_file import UnreadableNotebook, parse

from autograder.files.paths import Course, CourseError

Cell = Any
Notebook = Any

TEST_PREFIX = "test_"
SETUP, EXPERIMENT = "setup", "experiment"


@dataclass(frozen=True)
class GradedCell:
    """A test cell of the instructor's notebook: the exercise that it tests and its points."""

    exercise_id: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """The instructor's notebook beside the released one.

    source, release: the two notebooks; cells are found by ``grade_id``.
    graded:          the automatically tested exercises in order.
    """

    id: str
    source: Notebook
    release: Notebook

    @property
    def graded(self) -> list[GradedCell]:
        return [
            GradedCell(exercise_of(cell), float(cell.metadata.nbgrader.points))
            for cell in self.source.cells
            if is_test(cell)
        ]

    @property
    def by_hand(self) -> set[str]:
        """The ids of the cells that a person grades."""
        return {grade_id(cell) for cell in self.source.cells if is_grade(cell) and is_solution(cell)}

    def release_cell(self, grade_id: str) -> Cell | None:
        return find_cell(self.release, grade_id)


def load_assignment(course: Course, assignment_id: str) -> Assignment:
    """Both notebooks of an assignment; ``CourseError`` if one is missing."""
    paths = (course.source_notebook(assignment_id), course.release_notebook(assignment_id))
    for path in paths:
        if not path.is_file():
            raise CourseError(f"{path} is missing; run `python -m autograder build` first.")
    source, release = (read_path(path) for path in paths)
    return Assignment(assignment_id, source, release)


def read_path(path: Path) -> Notebook:
    """A notebook of the course itself; ``CourseError`` if it cannot be read."""
    try:
        return parse(path.read_bytes())
    except UnreadableNotebook as error:
        raise CourseError(f"{path} cannot be read: {error}") from error


def grade_id(cell: Cell) -> str:
    """The cell's ``grade_id``, or an empty string."""
    meta = cell.get("metadata", {}).get("nbgrader")
    value = meta.get("grade_id", "") if isinstance(meta, dict) else ""
    return value if isinstance(value, str) else ""


# nbgrader.utils says the same; but to import it takes a second, in every kernel in which plain nbgrader grades.


def is_grade(cell: Cell) -> bool:
    """Whether a cell has points."""
    return _is(cell, "grade")


def is_solution(cell: Cell) -> bool:
    """Whether a student writes into a cell."""
    return _is(cell, "solution")


def is_locked(cell: Cell) -> bool:
    """Whether a cell is to be as it was released."""
    return not is_solution(cell) and (is_grade(cell) or _is(cell, "locked"))


def _is(cell: Cell, what: str) -> bool:
    meta = cell.get("metadata", {}).get("nbgrader")
    return bool(meta.get(what, False)) if isinstance(meta, dict) else False


def is_test(cell: Cell) -> bool:
    """Whether an instructor's cell is a locked test."""
    return is_grade(cell) and not is_solution(cell) and grade_id(cell).startswith(TEST_PREFIX)


def exercise_of(cell: Cell) -> str:
    """The exercise that a test cell tests."""
    return grade_id(cell).removeprefix(TEST_PREFIX)


def tags(cell: Cell) -> list[str]:
    found = cell.get("metadata", {}).get("tags", [])
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def find_cell(notebook: Notebook, wanted: str) -> Cell | None:
    return next((cell for cell in notebook.cells if grade_id(cell) == wanted), None)


def untouched(cell: Cell, released: Cell | None) -> bool:
    """Whether a student's cell still is what was released."""
    return released is not None and bool(cell.source == released.source)


def restore(submitted: Notebook, assignment: Assignment) -> tuple[Notebook, list[str]]:
    """A submission made fit to run: locked cells as released, no tags on graded cells, each graded cell once.

    Returns the notebook and what had to be mended, in sentences.  The student's own code is never changed.
    """
    notebook = copy.deepcopy(submitted)
    problems: list[str] = []
    seen: set[str] = set()
    retagged: list[str] = []
    known = {grade_id(cell): cell for cell in assignment.release.cells if grade_id(cell)}
    for cell in notebook.cells:
        name = grade_id(cell)
        released = known.get(name)
        if released is None or name in seen:
            if name in seen:
                problems.append(f"The cell {name} stands there twice; the first one counts.")
            cell.metadata.pop("nbgrader", None)
            _untag(cell)
            continue
        seen.add(name)
        if cell.cell_type != released.cell_type:
            problems.append(f"The cell {name} had been turned into another type of cell.")
            _retype(cell, released.cell_type)
        if is_locked(released) and cell.source != released.source:
            problems.append(f"The locked cell {name} had been edited; the released text was run instead.")
            cell.source = released.source
        if sorted(tags(cell)) != sorted(tags(released)):
            retagged.append(name)
        cell.metadata = copy.deepcopy(released.metadata)
    if retagged:
        problems.append(f"Tags had been changed on: {', '.join(retagged)}.")
    for name, released in known.items():
        if name not in seen:
            problems.append(f"The cell {name} had been deleted.")
            if is_locked(released):
                place = 0 if SETUP in tags(released) else len(notebook.cells)
                notebook.cells.insert(place, copy.deepcopy(released))
    notebook.metadata = copy.deepcopy(assignment.release.metadata)
    give_ids(notebook)
    return notebook, problems


def blank(assignment: Assignment) -> Notebook:
    """The released notebook, as a place for verdicts where a submission cannot be read."""
    return copy.deepcopy(assignment.release)


def runs(cell: Cell) -> bool:
    """Whether a cell of a restored submission is executed while grading."""
    return bool(cell.cell_type == "code" and EXPERIMENT not in tags(cell) and cell.source.strip())


def _untag(cell: Cell) -> None:
    """Tags that change how a cell runs are kept only for experiments, which are skipped."""
    kept = [tag for tag in tags(cell) if tag == EXPERIMENT]
    cell.metadata.pop("tags", None)
    if kept:
        cell.metadata["tags"] = kept


def _retype(cell: Cell, cell_type: str) -> None:
    cell.cell_type = cell_type
    if cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def give_ids(notebook: Notebook) -> None:
    """Each cell an id of its own; the first holder of an id keeps it."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for k, cell in enumerate(notebook.cells):
        name = cell.get("id")
        if not isinstance(name, str) or name in seen:
            name = next(f"cell-{n}" for n in range(k, 10**6) if f"cell-{n}" not in seen)
        cell["id"] = name
        seen.add(name)


def serialise(notebook: nbformat.NotebookNode) -> bytes:
    """A notebook as bytes that depend on nothing but its content."""
    return str(nbformat.writes(notebook, version=4)).rstrip("\n").encode() + b"\n"


def first_heading(text: str) -> str:
    """The first Markdown heading in a text, without its marks; empty if there is none."""
    return next(_headings(text), "")


def _headings(text: str) -> Iterator[str]:
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(r"#{1,6}\s", line):
            yield re.sub(r"[*`$]", "", line.strip("# \t")).strip()
