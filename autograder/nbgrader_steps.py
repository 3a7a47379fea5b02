"""nbgrader's preprocessors over a notebook, with a gradebook that is open already.

nbgrader's converters open and commit the database for each step anew, which takes ten times as long and leaves half a
submission where one is cut off.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from nbgrader.api import Gradebook
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

from autograder.nbgrader_settings import configure
from autograder.notebooks import give_ids
from autograder.paths import Course

ENTERED = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums, SaveCells)
"""The steps of ``nbgrader generate_assignment`` up to the one that writes the gradebook."""

GRADED = (OverwriteCells, SaveAutoGrades, AssignLatePenalties)
"""The steps of ``nbgrader autograde`` that are left when the notebook is executed and restored."""


def run_steps(
    steps: Iterable[type], course: Course, book: Gradebook, notebook: Any, assignment_id: str, student_id: str = "."
) -> None:
    """Run nbgrader's preprocessors over a notebook, in place, with the gradebook that is open."""
    names = {"notebook": assignment_id, "assignment": assignment_id, "student": student_id}
    resources = {"nbgrader": names | {"db_url": f"sqlite:///{course.database}"}}
    config = configure(Config(), course)
    with _lent(book):
        for step in steps:
            preprocessor = step(config=config)
            preprocessor.log = _SILENT  # what it would say of restored cells, the record says already
            made, _ = preprocessor.preprocess(notebook, resources)
            notebook.update(nbformat.from_dict(made))  # a cell that was added is of plain dicts
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


@contextmanager
def _lent(book: Gradebook) -> Iterator[None]:
    """Have nbgrader's preprocessors use this gradebook; they know no other way to be given one."""
    modules = [sys.modules[step.__module__] for step in (SaveCells, *GRADED)]
    for module in modules:
        module.Gradebook = lambda *_: _Lent(book)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.Gradebook = Gradebook  # type: ignore[attr-defined]
