"""The solved notebook: the names that the instructor's set-up and solution cells define, run in order."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

from autograder.files.notebooks import SETUP, Assignment, is_solution, is_test, tags
from autograder.files.paths import CourseError


def solve(assignment: Assignment) -> dict[str, Any]:
    """The names that the instructor's set-up and solution cells define, run in order."""
    namespace: dict[str, Any] = {"__name__": "__solution__"}
    for k, cell in enumerate(assignment.source.cells):
        if cell.cell_type == "code" and not is_test(cell) and (SETUP in tags(cell) or is_solution(cell)):
            try:
                with quiet():
                    exec(compile(cell.source, f"<{assignment.id}, cell {k}>", "exec"), namespace)
            except Exception as error:
                raise CourseError(
                    f"{assignment.id}: cell {k} of the instructor's notebook raised {type(error).__name__}: {error}; "
                    "set-up and solution cells must run by themselves, in order."
                ) from error
    return namespace


@contextlib.contextmanager
def quiet() -> Any:
    """What the reference prints or warns of is not for the grader's screen."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
