"""nbgrader's settings for this course, used by ``nbgrader_config.py`` and by our own commands alike."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)
from sqlalchemy.exc import SAWarning

from autograder.files.notebooks import EXPERIMENT, grade_id, tags
from autograder.files.paths import Course, CourseError
from autograder.gradebook.nbgrader_commands import confine
from autograder.gradebook.odd_folders import database_url, teach_nbgrader

STUB = "# YOUR CODE HERE\npass"
HIDDEN_BEGIN, HIDDEN_END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


class DropTags(NbGraderPreprocessor):  # type: ignore[misc]
    """Take tags off a submission's cells.

    A graded cell tagged ``skip-execution`` is not run, and a cell that was not run scores full marks in nbgrader.
    Experiments keep their tag and get ``skip-execution``, because they are not part of what is graded.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        found = tags(cell)
        cell.metadata.pop("tags", None)
        if EXPERIMENT in found and not grade_id(cell):
            cell.metadata["tags"] = [EXPERIMENT, "skip-execution"]
        return cell, resources


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Take hidden tests out of the pages that students get."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        cell.source = without_hidden_region(cell.source)
        return cell, resources


def without_hidden_region(source: str) -> str:
    """A cell's text without what stands between the marks of hidden tests."""
    kept, hidden = [], False
    for line in source.split("\n"):
        if HIDDEN_BEGIN in line:
            hidden = True
        elif HIDDEN_END in line:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def configure(c: Any, course: Course) -> Any:
    """Write the settings into a traitlets Config and return it.

    From then on nbgrader, in this process, runs no student's code by itself.
    """
    confine(course)
    teach_nbgrader()
    c.CourseDirectory.root = str(course.root)
    c.CourseDirectory.source_directory = "source_notebooks"
    c.CourseDirectory.release_directory = "release"
    # nbgrader joins these to the root; an absolute path stays as it is.
    inside = course.grading.is_relative_to(course.root)
    grading = course.grading.relative_to(course.root) if inside else course.grading
    c.CourseDirectory.submitted_directory = str(grading / "submitted")
    c.CourseDirectory.autograded_directory = str(grading / "autograded")
    c.CourseDirectory.feedback_directory = str(grading / "feedback")
    c.CourseDirectory.db_url = database_url(course.database)
    c.CourseDirectory.course_id = "mlp"
    c.ClearSolutions.code_stub = {"python": STUB}
    c.OverwriteCells.add_missing_cells = True
    c.Autograde.sanitize_preprocessors = [
        ClearOutput,
        DeduplicateIds,
        OverwriteKernelspec,
        OverwriteCells,
        DropTags,
        CheckCellMetadata,
    ]
    # A submission's text may hold HTML and scripts: formgrader and nbgrader's feedback show them without effect.
    c.HTMLExporter.filters = {"markdown2html": "autograder.gradebook.inert.markdown"}
    c.GenerateFeedback.preprocessors = [GetGrades, HideTests, CSSHTMLHeaderPreprocessor]
    return c


class _Errors(logging.Handler):
    """Keeps what nbgrader logs as an error, to say it in our own words."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += record.getMessage().strip().splitlines()[-1:]


@contextmanager
def quiet_gradebook() -> Iterator[None]:
    """Keep nbgrader from printing the database's errors, which reach the reader in our own words."""
    with warnings.catch_warnings():
        # nbgrader's own models make SQLAlchemy warn while they are filled.
        warnings.simplefilter("ignore", SAWarning)
        log = logging.getLogger("tornado.application")
        before, log.disabled = log.disabled, True
        try:
            yield
        finally:
            log.disabled = before


def run_converter(converter: Any, failure: str, advice: str = "") -> None:
    """Run one of nbgrader's converters without its log; raise ``CourseError`` with its first error if it fails."""
    log, errors = logging.Logger("nbgrader", logging.ERROR), _Errors()
    log.addHandler(errors)
    converter.log = log
    try:
        with quiet_gradebook(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
    except Exception as error:
        telling = [line for line in errors.lines if not line.startswith(("There was an error", "Please see"))]
        reason = telling[0] if telling else str(error)
        raise CourseError(f"{failure}: {reason.rstrip('.')}{'; ' + advice if advice else ''}.") from error
