"""A derivation taken on paper instead: one option of the exercise, and a person grades it in formgrader.

``Exercise(..., paper=True)`` turns the solution cell and its test into one cell for an answer in words, with the same
id and the same points: the student writes by hand, and attaches a picture or hands in the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping

import nbformat

from autograder.authoring.model import Exercise, ModelError
from autograder.building.percent import stamp
from autograder.files.notebooks import TEST_PREFIX, Cell, Notebook, find_cell, grade_id

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_ANSWER = """**Your derivation, by hand**

Write it on paper, with one reason beside each step. Then drag a picture or a scan of the sheet into this cell, or hand
the sheet in with your name and `{id}` on it, and say here which of the two you do.

{rubric}

{begin}
{right}
{end}"""


def on_paper(notebook: Notebook, exercises: Mapping[str, Exercise]) -> Notebook:
    """The instructor's notebook with the derivations that are taken on paper as cells that a person grades."""
    for exercise in exercises.values():
        if exercise.paper:
            _replace(notebook, exercise)
    stamp(notebook)
    return notebook


def _replace(notebook: Notebook, exercise: Exercise) -> None:
    solution = find_cell(notebook, exercise.id)
    test = find_cell(notebook, TEST_PREFIX + exercise.id)
    if solution is None or test is None:
        raise ModelError(f"Exercise {exercise.id} is taken on paper, and its two cells are not in notebook.py.")
    points = float(test.metadata.nbgrader.points)
    right = _between(solution.source)
    source = _ANSWER.format(
        id=exercise.id, rubric=rubric(exercise, points), begin=BEGIN, right=f"```\n{right}\n```", end=END
    )
    cell = nbformat.v4.new_markdown_cell(source, id=solution["id"], metadata=solution.metadata)
    cell.metadata.nbgrader.update({"grade": True, "points": points})
    where = next(k for k, other in enumerate(notebook.cells) if grade_id(other) == exercise.id)
    notebook.cells[where] = cell
    notebook.cells = [other for other in notebook.cells if not _is(other, test)]


def _is(cell: Cell, other: Cell) -> bool:
    return bool(cell["id"] == other["id"])


def rubric(exercise: Exercise, points: float) -> str:
    """The parts of the derivation with their points, as a table."""
    each = points / len(exercise.parts)
    rows = [f"| {each:.3g} | {name} |" for name in exercise.parts]
    return "\n".join(["| points | what must be there |", "| --- | --- |", *rows])


def _between(source: str) -> str:
    """The lines of the solution."""
    lines = source.split("\n")
    inside = [k for k, line in enumerate(lines) if BEGIN in line or END in line]
    return "\n".join(lines[inside[0] + 1 : inside[1]]) if len(inside) == 2 else ""
