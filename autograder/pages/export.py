"""Points and statuses as a table for a spreadsheet or for statistics: one row for each student and exercise."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.pages.results import Results, StudentResult, in_use, load_results

WHO = ("student_id", "last_name", "first_name", "on_roster", "assignment_id")
WHAT = ("exercise_id", "kind", "status", "points", "max_points", "diagnosis", "by_person", "needs_person")
TOTALS = ("assignment_points", "late_penalty", "assignment_score", "assignment_max", "open_points")
ONE_ROW = ("state", "handed_in")

UNKNOWN = (Status.NOT_GRADED, Status.DAMAGED)
"""Statuses with no points to tell; a cell without a number is not a zero."""

Row = dict[str, str]


def write_csv(
    course: Course, path: Path, assignment_ids: Iterable[str] | None = None, *, totals_only: bool = False
) -> Path:
    """Write the table; with ``totals_only`` one row for each student and assignment.

    ``assignment_points`` are the points with those that people gave, ``assignment_score`` the same after the penalty
    for handing in late, ``open_points`` belong to answers that nobody has graded yet; they stand in every row of the
    assignment.  The statuses are those of the verdicts, and ``not_handed_in``, ``not_graded``, ``damaged`` (the record
    cannot be read), and for answers in words ``graded``, ``waiting`` and, where they are practice, ``in_words``.
    """
    results = [load_results(course, name) for name in in_use(course, assignment_ids)]
    try:
        write_atomically(path, to_csv(results, totals_only=totals_only))
    except OSError as error:
        reason = error.strerror or str(error)
        raise CourseError(f"{path} cannot be written ({reason}); name another place.") from error
    return path


def to_csv(results: Iterable[Results], *, totals_only: bool = False) -> bytes:
    """The table in UTF-8, by assignment, student and the notebook's order."""
    columns = (*WHO, *(ONE_ROW if totals_only else WHAT), *TOTALS)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    for result in results:
        for entry in result.entries:
            writer.writerows(_total(result, entry) if totals_only else _rows(result, entry))
    return stream.getvalue().encode("utf-8", "replace")


def _rows(results: Results, entry: StudentResult) -> Iterator[Row]:
    for result in entry.results:
        yield _who(results, entry) | {
            "exercise_id": result.item.id,
            "kind": "by_hand" if result.item.by_hand else "automatic",
            "status": result.status,
            "points": "" if result.open or result.status in UNKNOWN else _number(result.points),
            "max_points": _number(result.item.points),
            "diagnosis": harmless("; ".join(result.diagnoses)),
            "by_person": _yes(result.given),
            "needs_person": _yes(result.waits),
        }


def _total(results: Results, entry: StudentResult) -> Iterator[Row]:
    handed_in = entry.handed_in.isoformat(sep=" ", timespec="seconds") if entry.handed_in else ""
    state = "unreadable" if entry.record is not None and not entry.readable else entry.state
    yield _who(results, entry) | {"state": state, "handed_in": handed_in}


def _who(results: Results, entry: StudentResult) -> Row:
    student = entry.student
    return {
        "student_id": harmless(student.id),
        "last_name": harmless(student.last_name),
        "first_name": harmless(student.first_name),
        "on_roster": "" if results.setting.roster is None else _yes(entry.on_roster),
        "assignment_id": harmless(results.setting.id),
        "assignment_points": _number(entry.raw_points),
        "late_penalty": _number(entry.penalty),
        "assignment_score": _number(entry.points),
        "assignment_max": _number(entry.max_points),
        "open_points": _number(entry.open_points),
    }


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what would start one."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else line


def _number(value: float) -> str:
    return f"{round(value, 6) + 0.0:g}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


__all__ = ["harmless", "to_csv", "write_csv"]
