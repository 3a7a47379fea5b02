"""From an author's ``notebook.py`` to nbgrader's cells and back.

An author writes short headers; nbgrader wants a block of metadata in each cell:

    # %% solution="sigmoid"              a solution cell
    # %% test="sigmoid" points=3         the locked cell that tests it
    # %% [markdown] manual="why" points=2   an answer in words that a person grades
    # %% tags=["setup"]                  a locked cell that runs first
    # %% tags=["experiment"]             a cell that is skipped while grading
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jupytext
import nbformat

from autograder.files.notebooks import SETUP, TEST_PREFIX, Cell, Notebook, grade_id, tags
from autograder.files.paths import CourseError

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
COURSE_KEY = "mlp_course"


def read_percent(text: str, assignment_id: str) -> Notebook:
    """The instructor's notebook from an author's text; ``CourseError`` names a header that cannot be understood."""
    notebook = jupytext.reads(text, fmt="py:percent")
    names: set[str] = set()
    for k, cell in enumerate(notebook.cells):
        where = f"{assignment_id}/notebook.py, cell {k}"
        written = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
        meta = _expand(written, cell, assignment_id, where, names)
        cell.metadata = nbformat.from_dict(meta)
        cell["id"] = grade_id(cell) or f"cell-{k}"
    notebook.metadata = nbformat.from_dict(json.loads(json.dumps(METADATA)))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata[COURSE_KEY] = {"assignment": assignment_id}
    stamp(notebook)
    return notebook


def stamp(notebook: Notebook) -> None:
    """Write the digest of its content into a notebook that has just been made."""
    notebook.metadata[COURSE_KEY]["built"] = content_digest(notebook)


def write_percent(notebook: Notebook) -> str:
    """The author's text for an instructor's notebook: the way back."""
    cells = []
    for cell in notebook.cells:
        meta = nbformat.from_dict(_compress(cell))
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(cell.source, metadata=meta))
        else:
            cells.append(nbformat.v4.new_markdown_cell(cell.source, metadata=meta))
    short = nbformat.v4.new_notebook(cells=cells)
    short.metadata["jupytext"] = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}
    return str(jupytext.writes(short, fmt="py:percent"))


def content_digest(notebook: Notebook) -> str:
    """A hash of what an author can edit: text, types, grading metadata and tags; not outputs or ids."""
    content = [[cell.cell_type, cell.source, _compress(cell)] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _expand(meta: dict[str, Any], cell: Cell, assignment_id: str, where: str, names: set[str]) -> dict[str, Any]:
    kinds = [key for key in ("solution", "test", "manual") if key in meta]
    points = meta.pop("points", None)
    if len(kinds) > 1 or (points is not None and kinds in ([], ["solution"])):
        raise CourseError(f"{where}: a header has one of solution, test and manual, and points with the last two.")
    found = meta.get("tags", [])
    if not kinds:
        if SETUP in found:
            number = sum(name.startswith(f"{assignment_id}_{SETUP}") for name in names)
            name = f"{assignment_id}_{SETUP}" + (f"_{number + 1}" if number else "")
            return meta | {"nbgrader": _block(name, where, names, locked=True)}
        return meta
    kind = kinds[0]
    name = str(meta.pop(kind))
    if kind == "solution":
        return meta | {"nbgrader": _block(name, where, names, solution=True)}
    if not isinstance(points, int | float) or points < 0:
        raise CourseError(f"{where}: {name} needs points=NUMBER.")
    if kind == "manual":
        return meta | {"nbgrader": _block(name, where, names, solution=True, grade=True) | {"points": points}}
    if cell.cell_type != "code":
        raise CourseError(f"{where}: the test of {name} is not a code cell.")
    return meta | {"nbgrader": _block(TEST_PREFIX + name, where, names, grade=True, locked=True) | {"points": points}}


def _block(
    name: str, where: str, names: set[str], *, solution: bool = False, grade: bool = False, locked: bool = False
) -> dict[str, Any]:
    if name in names:
        raise CourseError(f"{where}: the id {name!r} is used twice; give each cell an id of its own.")
    names.add(name)
    return {
        "grade": grade,
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }


def _compress(cell: Cell) -> dict[str, Any]:
    short: dict[str, Any] = {}
    block = cell.metadata.get("nbgrader") or {}
    name = grade_id(cell)
    if block.get("grade") and block.get("solution"):
        short = {"manual": name, "points": _plain(block.get("points", 0))}
    elif block.get("grade"):
        short = {"test": name.removeprefix(TEST_PREFIX), "points": _plain(block.get("points", 0))}
    elif block.get("solution"):
        short = {"solution": name}
    if tags(cell):
        short["tags"] = tags(cell)
    return short


def _plain(points: float) -> float | int:
    return int(points) if float(points).is_integer() else float(points)
