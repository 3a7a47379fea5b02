"""nbgrader's preprocessors over a notebook, with a gradebook that is open already.

nbgrader's converters open and commit the database for each step anew, which takes ten times as long and leaves half a
submission where one is cut off.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    OverwriteCells,
    SaveAutoGrades,
    SaveCells,
)
from traitlets.config import Config

from autograder.files.notebooks import give_ids
from autograder.files.paths import Course
from autograder.gradebook.nbgrader_settings import configure
from autograder.gradebook.odd_folders import database_url

ENTERED = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums, SaveCells)
"""The steps of ``nbgrader generate_assignment`` up to the one that writes the gradebook."""

GRADED = (OverwriteCells, SaveAutoGrades, AssignLatePenalties)
"""The steps of ``nbgrader autograde`` that are left when the notebook is executed and restored."""


def run_steps(
    steps: Iterable[type], course: Course, book: Gradebook, notebook: Any, assignment_id: str, student_id: str = "."
) -> None:
    """Run nbgrader's preprocessors over a notebook, in place, with the gradebook that is open."""
    names = {"notebook": assignment_id, "assignment": assignment_id, "student": student_id}
    resources = {"nbgrader": names | {"db_url": database_url(course.database)}}
    config = configure(Config(), course)
    with _lent(_Graded(book, names) if student_id != "." else _Lent(book)):
        for step in steps:
            preprocessor = step(config=config)
            preprocessor.log = _SILENT  # what it would say of restored cells, the record says already
            known = {id(cell) for cell in notebook.cells}
            made, _ = preprocessor.preprocess(notebook, resources)
            notebook.update(made)
            # A cell that was added is of plain dicts.
            notebook.cells = [cell if id(cell) in known else nbformat.from_dict(cell) for cell in made.cells]
            give_ids(notebook)


_SILENT = logging.Logger("nbgrader", logging.CRITICAL)


class _Lent:
    """The open gradebook, in the place of one that a preprocessor would open, and close, by itself."""

    def __init__(self, book: Gradebook) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def __enter__(self) -> _Lent:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever has opened it closes it."""


class _Graded(_Lent):
    """The same for one submission, whose entries are read at once: nbgrader asks for each cell by itself, and commits.

    names: of the notebook, the assignment and the student.
    """

    def __init__(self, book: Gradebook, names: dict[str, str]) -> None:
        super().__init__(book)
        self._names, self.db = names, _Postponed(book.db)

    @functools.cached_property
    def _notebook(self) -> Any:
        return self._book.find_notebook(self._names["notebook"], self._names["assignment"])

    @functools.cached_property
    def _submitted(self) -> Any:
        return self._book.find_submission_notebook(*(self._names[k] for k in ("notebook", "assignment", "student")))

    @functools.cached_property
    def _source_cells(self) -> dict[str, Any]:
        return {cell.name: cell for cell in self._notebook.source_cells}

    @functools.cached_property
    def _graded_cells(self) -> dict[str, Any]:
        return {cell.name: cell for cell in (*self._notebook.grade_cells, *self._notebook.task_cells)}

    @functools.cached_property
    def _grades(self) -> dict[str, Any]:
        return {grade.name: grade for grade in self._submitted.grades}

    @functools.cached_property
    def _comments(self) -> dict[str, Any]:
        return {comment.name: comment for comment in self._submitted.comments}

    def find_source_cell(self, name: str, *_: str) -> Any:
        return _entry(self._source_cells, name)

    def find_graded_cell(self, name: str, *_: str) -> Any:
        return _entry(self._graded_cells, name)

    def find_grade(self, name: str, *_: str) -> Any:
        return _entry(self._grades, name)

    def find_comment(self, name: str, *_: str) -> Any:
        return _entry(self._comments, name)


class _Postponed:
    """A session whose commit waits for the end of the transaction that the submission is written in."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def commit(self) -> None:
        """Not yet."""


def _entry(found: dict[str, Any], name: str) -> Any:
    if name not in found:
        raise MissingEntry(f"The gradebook has no cell {name} of this notebook.")
    return found[name]


@contextmanager
def _lent(book: _Lent) -> Iterator[None]:
    """Have nbgrader's preprocessors use this gradebook; they know no other way to be given one."""
    modules = [sys.modules[step.__module__] for step in (SaveCells, *GRADED)]
    for module in modules:
        module.Gradebook = lambda *_: book  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.Gradebook = Gradebook  # type: ignore[attr-defined]
