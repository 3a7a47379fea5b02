"""nbgrader's gradebook, written by nbgrader's own preprocessors.  This is the only module that writes it.

A record's notebook has been executed already, so the chain of ``nbgrader autograde`` runs without ``Execute`` and
``ClearOutput``; just before ``SaveAutoGrades`` each test cell's outputs are replaced by the verdict.  So gradebook,
formgrader, feedback and export all tell what the record says, and grades and comments that a person gave stay as they
are.  A submission is one transaction.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlp_utils
import nbformat
import nbgrader
from mlp_utils.status import SYMBOLS, WORDS
from nbformat.v4.rwbase import rejoin_lines
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from autograder.files.notebooks import exercise_of, is_test, read_path, serialise
from autograder.files.paths import Course
from autograder.files.roster import read_roster
from autograder.files.storage import write_atomically
from autograder.files.submissions import handed_in
from autograder.gradebook.database import one_transaction, opened, say_if_unusable, told
from autograder.gradebook.nbgrader_settings import quiet_gradebook
from autograder.gradebook.nbgrader_steps import ENTERED, GRADED, run_steps
from autograder.judging.verdict import Record, Verdict, fingerprint, message_of

TABLE = (
    "CREATE TABLE IF NOT EXISTS mlp_written (student TEXT, assignment TEXT, record TEXT, sources TEXT, settled TEXT, "
    "PRIMARY KEY (student, assignment))"
)
"""Which record has been written; a table of our own beside nbgrader's, so that the mark shares their transactions."""

ENTRIES = "CREATE TABLE IF NOT EXISTS mlp_entered (assignment TEXT PRIMARY KEY, entry TEXT)"
VERSIONS = f"{mlp_utils.__version__} {nbgrader.__version__}"


def register(course: Course, assignment_ids: Iterable[str]) -> None:
    """Enter assignments and the roster into the gradebook; ``release/`` is not touched.

    What stands there as it was entered from the same notebook, untouched by anybody since, is left alone.
    """
    with opened(course) as book:
        for table in (TABLE, ENTRIES):
            book.db.execute(text(table))
        for assignment_id in assignment_ids:
            source = course.source_notebook(assignment_id).read_bytes()
            if _entry(book, assignment_id, source) == _entered(book, assignment_id):
                continue
            notebook = read_path(course.source_notebook(assignment_id))
            failure = f"{assignment_id} could not be entered into {course.database}"
            with (
                one_transaction(book),
                told(course, failure, "graded cells cannot be added or removed once there are submissions"),
            ):
                book.update_or_create_assignment(assignment_id)
                run_steps(ENTERED, course, book, notebook, assignment_id)
                book.db.execute(
                    text("INSERT OR REPLACE INTO mlp_entered VALUES (:assignment, :entry)"),
                    {"assignment": assignment_id, "entry": _entry(book, assignment_id, source)},
                )
    roster = read_roster(course)
    with opened(course) as book:
        for student in (roster or {}).values():
            book.update_or_create_student(
                student.id,
                first_name=student.first_name or None,
                last_name=student.last_name or None,
                email=student.email or None,
            )


def _entered(book: Gradebook, assignment_id: str) -> str:
    """What ``_entry`` was when the assignment was entered last."""
    query = text("SELECT entry FROM mlp_entered WHERE assignment = :assignment")
    row = book.db.execute(query, {"assignment": assignment_id}).first()
    return "" if row is None else str(row.entry)


def _entry(book: Gradebook, assignment_id: str, source: bytes) -> str:
    """A digest of the notebook, of the programs that enter it, and of all that the gradebook holds of its cells."""
    try:
        notebook = book.find_notebook(assignment_id, assignment_id)
    except MissingEntry:
        return "missing"
    graded = [(c.name, c.max_score, c.cell_type) for c in notebook.grade_cells]
    sources = [(c.name, c.source, c.checksum, c.locked, c.cell_type) for c in notebook.source_cells]
    others = [(c.name, c.max_score) for c in notebook.task_cells] + [(c.name,) for c in notebook.solution_cells]
    held = json.dumps([fingerprint(source), VERSIONS, sorted(graded), sorted(sources, key=str), sorted(others)])
    return fingerprint(held.encode())


def written(course: Course) -> dict[tuple[str, str], str]:
    """For each student and assignment, which record (by ``fingerprint``) the gradebook shows completely."""
    with opened(course) as book:
        rows = book.db.execute(text("SELECT student, assignment, record FROM mlp_written WHERE record != ''"))
        shown = {(row.student, row.assignment): str(row.record) for row in rows}
    return {key: record for key, record in shown.items() if _notebook(course, *key).is_file()}


def write(course: Course, record: Record, titles: dict[str, str]) -> str:
    """Bring gradebook and ``autograded/`` to what the record says; ``CourseError`` if nbgrader refuses.

    What was odd (a time of handing in that cannot be read) comes back as a sentence.
    """
    with Writer(course) as writer:
        return writer.write(record, titles)


class Writer:
    """Writes records one after the other through one connection, which is made for the first."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self._open = contextlib.ExitStack()
        self._book: Gradebook | None = None

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._book = None
        self._open.close()

    def write(self, record: Record, titles: dict[str, str]) -> str:
        """Bring gradebook and ``autograded/`` to what the record says; ``CourseError`` if nbgrader refuses.

        The mark of what is shown is taken away first and set again in the transaction that writes the rest, after the
        notebook, so a write that was cut off is seen and done again.
        """
        try:
            if self._book is None:
                self._book = self._open.enter_context(opened(self.course))
            with quiet_gradebook():
                return _write(self.course, self._book, record, titles)
        except SQLAlchemyError as error:
            say_if_unusable(self.course, error)
            raise


def _write(course: Course, book: Gradebook, record: Record, titles: dict[str, str]) -> str:
    name = f"{record.student_id}/{record.assignment_id}"
    failure = f"{name}: nbgrader could not write the gradebook"
    before = _begin(book, record)
    notebook = rejoin_lines(nbformat.from_dict(record.notebook))
    put_verdicts(notebook, {verdict.exercise_id: verdict for verdict in record.verdicts}, titles)
    timestamp, odd = handed_in(course.submitted / record.student_id / record.assignment_id)
    with one_transaction(book):
        with told(course, failure, "the record is safe, run grade again"):
            book.update_or_create_student(record.student_id)
            stamp = {} if timestamp is None else {"timestamp": timestamp}
            book.update_or_create_submission(record.assignment_id, record.student_id, **stamp)
            run_steps(GRADED, course, book, notebook, record.assignment_id, record.student_id)
        _annotate(book, record)
        write_atomically(_notebook(course, record.student_id, record.assignment_id), serialise(notebook))
        _end(book, record, before)
    return odd


@dataclass(frozen=True)
class _Before:
    """What a person had settled when the write began.

    sources: digest of all cells' texts that were graded then.
    settled: the cells whose points a person gave and marked as done, with the points from the verdict.
    """

    sources: str = ""
    settled: dict[str, float | None] = field(default_factory=dict)


def _begin(book: Gradebook, record: Record) -> _Before:
    """Take the mark away, and keep what a person has settled: nbgrader's chain asks for a second look at all of it."""
    key = {"student": record.student_id, "assignment": record.assignment_id}
    row = book.db.execute(
        text("SELECT record, sources, settled FROM mlp_written WHERE student = :student AND assignment = :assignment"),
        key,
    ).first()
    if row is None:
        return _Before()
    settled: dict[str, float | None] = json.loads(row.settled)
    if row.record:  # else a write was cut off, and the chain may have touched the marks of the gradebook already
        with contextlib.suppress(MissingEntry):
            grades = book.find_submission_notebook(record.assignment_id, *key_of(record)).grades
            given = [grade for grade in grades if grade.manual_score is not None and not grade.needs_manual_grade]
            settled = {grade.name: grade.auto_score for grade in given}
        book.db.execute(
            text(
                "UPDATE mlp_written SET record = '', settled = :settled "
                "WHERE student = :student AND assignment = :assignment"
            ),
            key | {"settled": json.dumps(settled)},
        )
        book.db.commit()
    return _Before(str(row.sources), settled)


def _end(book: Gradebook, record: Record, before: _Before) -> None:
    """Set the mark; what a person had settled stays so where neither the student's texts nor the points changed."""
    sources = _sources(record)
    if sources == before.sources:
        for grade in book.find_submission_notebook(record.assignment_id, *key_of(record)).grades:
            if grade.name in before.settled and grade.auto_score == before.settled[grade.name]:
                grade.needs_manual_grade = False
    book.db.execute(
        text(
            "INSERT OR REPLACE INTO mlp_written (student, assignment, record, sources, settled) "
            "VALUES (:student, :assignment, :record, :sources, '{}')"
        ),
        {
            "student": record.student_id,
            "assignment": record.assignment_id,
            "record": fingerprint(record.to_bytes()),
            "sources": sources,
        },
    )


def key_of(record: Record) -> tuple[str, str]:
    """Assignment and student, as nbgrader's calls take them."""
    return record.assignment_id, record.student_id


def _sources(record: Record) -> str:
    cells = record.notebook.get("cells", ())
    return fingerprint(json.dumps([cell.get("source", "") for cell in cells]).encode())


def _notebook(course: Course, student_id: str, assignment_id: str) -> Path:
    return course.autograded / student_id / assignment_id / f"{assignment_id}.ipynb"


def put_verdicts(notebook: Any, verdicts: dict[str, Verdict], titles: dict[str, str]) -> None:
    """Replace what a test cell printed in the student's process by what the judge decided."""
    for cell in notebook.cells:
        if is_test(cell):
            name = exercise_of(cell)
            verdict = verdicts.get(name)
            # Without a number nbgrader would take a test cell for passed.
            nothing = [_output("execute_result", {"text/plain": "0.0"}, execution_count=None)]
            cell.outputs = nothing if verdict is None else verdict_outputs(verdict, titles.get(name, name))


def verdict_outputs(verdict: Verdict, title: str) -> list[Any]:
    """A verdict as the outputs of a test cell: the message, and the points as nbgrader reads them."""
    message = message_of(verdict, title)
    return [
        _output("display_data", {"text/html": message._repr_html_(), "text/plain": str(message)}),
        _output("execute_result", {"text/plain": repr(float(verdict.points))}, execution_count=None),
    ]


def _output(kind: str, data: dict[str, str], **more: Any) -> Any:
    """An output of a cell; the notebook is validated as a whole when it is written."""
    return nbformat.from_dict({"output_type": kind, "data": data, "metadata": {}, **more})


def _annotate(book: Gradebook, record: Record) -> None:
    """Statuses and messages as comments; a person is asked for where nothing was judged, not for practice in words."""
    notebook = book.find_submission_notebook(record.assignment_id, *key_of(record))
    grades = {grade.name: grade for grade in notebook.grades}
    comments = {comment.name: comment for comment in notebook.comments}
    for grade in grades.values():
        if grade.auto_score is None and grade.manual_score is None and not grade.max_score:
            grade.needs_manual_grade = False
    for verdict in record.verdicts:
        grade, comment = grades.get(f"test_{verdict.exercise_id}"), comments.get(verdict.exercise_id)
        if grade is None:
            continue
        if verdict.needs_person and grade.manual_score is None:
            grade.needs_manual_grade = True
        if comment is None:
            continue
        person = " A person will look at this." if verdict.needs_person else ""
        comment.auto_comment = f"{SYMBOLS[verdict.status]} {WORDS[verdict.status]}: {verdict.message}{person}"
