"""nbgrader's gradebook, written by nbgrader's own preprocessors.  This is the only module that writes it.

A record's notebook has been executed already, so the chain of ``nbgrader autograde`` runs without ``Execute`` and
``ClearOutput``; just before ``SaveAutoGrades`` each test cell's outputs are replaced by the verdict.  So gradebook,
formgrader, feedback and export all tell what the record says, and grades and comments that a person gave stay as they
are.  A submission is one transaction; nbgrader's converters, which open and commit the database for each step anew,
would take ten times as long.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from mlp_utils.messages import SYMBOLS, WORDS
from nbformat.v4.rwbase import rejoin_lines
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
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
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from autograder.build import serialise
from autograder.nbgrader_settings import configure, quiet_gradebook
from autograder.notebooks import exercise_of, give_ids, is_test, read_path
from autograder.paths import Course, CourseError
from autograder.roster import read_roster
from autograder.storage import UNFINISHED, synchronise, write_atomically
from autograder.verdict import Record, Verdict, message_of

COURSE_ID = "mlp"
TABLE = (
    "CREATE TABLE IF NOT EXISTS mlp_written (student TEXT, assignment TEXT, record TEXT, sources TEXT, settled TEXT, "
    "PRIMARY KEY (student, assignment))"
)
"""Which record has been written; a table of our own beside nbgrader's, so that the mark shares their transactions."""

DATABASE_TROUBLE = {
    "database is locked": "is in use by another program; close formgrader and the like and run grade again",
    "disk is full": "cannot grow because the disk is full; make room and run grade again",
    "No space left": "cannot grow because the disk is full; make room and run grade again",
    "disk I/O error": "cannot be written (disk error); look at the disk and run grade again",
    "readonly database": "may not be written; make it writable and run grade again",
    "unable to open database": "cannot be opened; look at the folder's permissions and run grade again",
    "disk image is malformed": "is damaged; put a backup in its place, or move it away, and run grade again",
    "is not a database": "is no gradebook; put a backup in its place, or move it away, and run grade again",
}
"""What SQLite says, and what that means."""


ENTERED = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums, SaveCells)
"""The steps of ``nbgrader generate_assignment`` up to the one that writes the gradebook."""

GRADED = (OverwriteCells, SaveAutoGrades, AssignLatePenalties)
"""The steps of ``nbgrader autograde`` that are left when the notebook is executed and restored."""


def register(course: Course, assignment_ids: Iterable[str]) -> None:
    """Enter assignments and the roster into the gradebook; ``release/`` is not touched."""
    with opened(course) as book:
        book.db.execute(text(TABLE))
        for assignment_id in assignment_ids:
            notebook = read_path(course.source_notebook(assignment_id))
            failure = f"{assignment_id} could not be entered into {course.database}"
            with (
                _one_transaction(book),
                _told(course, failure, "graded cells cannot be added or removed once there are submissions"),
            ):
                book.update_or_create_assignment(assignment_id)
                _steps(ENTERED, course, book, notebook, assignment_id)
    roster = read_roster(course)
    with opened(course) as book:
        for student in (roster or {}).values():
            book.update_or_create_student(
                student.id,
                first_name=student.first_name or None,
                last_name=student.last_name or None,
                email=student.email or None,
            )


def written(course: Course) -> dict[tuple[str, str], str]:
    """For each student and assignment, which record (by ``fingerprint``) the gradebook shows completely."""
    with opened(course) as book:
        rows = book.db.execute(text("SELECT student, assignment, record FROM mlp_written WHERE record != ''"))
        shown = {(row.student, row.assignment): str(row.record) for row in rows}
    return {key: record for key, record in shown.items() if _notebook(course, *key).is_file()}


def fingerprint(content: bytes) -> str:
    """What identifies a record: its bytes."""
    return hashlib.sha256(content).hexdigest()


def write(course: Course, record: Record, titles: dict[str, str]) -> None:
    """Bring gradebook and ``autograded/`` to what the record says; ``CourseError`` if nbgrader refuses."""
    with Writer(course) as writer:
        writer.write(record, titles)


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

    def write(self, record: Record, titles: dict[str, str]) -> None:
        """Bring gradebook and ``autograded/`` to what the record says; ``CourseError`` if nbgrader refuses.

        The mark of what is shown is taken away first and set again in the transaction that writes the rest, after the
        notebook, so a write that was cut off is seen and done again.
        """
        try:
            if self._book is None:
                self._book = self._open.enter_context(opened(self.course))
            with quiet_gradebook():
                _write(self.course, self._book, record, titles)
        except SQLAlchemyError as error:
            _say_if_unusable(self.course, error)
            raise


def _write(course: Course, book: Gradebook, record: Record, titles: dict[str, str]) -> None:
    name = f"{record.student_id}/{record.assignment_id}"
    failure = f"{name}: nbgrader could not write the gradebook"
    before = _begin(book, record)
    notebook = rejoin_lines(nbformat.from_dict(record.notebook))
    put_verdicts(notebook, {verdict.exercise_id: verdict for verdict in record.verdicts}, titles)
    with _one_transaction(book):
        with _told(course, failure, "the record is safe, run grade again"):
            book.update_or_create_student(record.student_id)
            timestamp = _timestamp(course, record)
            stamp = {} if timestamp is None else {"timestamp": timestamp}
            book.update_or_create_submission(record.assignment_id, record.student_id, **stamp)
            _steps(GRADED, course, book, notebook, record.assignment_id, record.student_id)
        _annotate(book, record)
        write_atomically(_notebook(course, record.student_id, record.assignment_id), serialise(notebook))
        _end(book, record, before)


def _timestamp(course: Course, record: Record) -> Any:
    """When it was handed in, from ``timestamp.txt`` beside the notebook; None if there is none."""
    folder = course.submitted / record.student_id / record.assignment_id
    return CourseDirectory(config=configure(Config(), course)).get_existing_timestamp(str(folder))


def _steps(
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


@contextmanager
def _one_transaction(book: Gradebook) -> Iterator[None]:
    """All or nothing: nbgrader commits after each of its steps, which only shows them to the next step here."""
    book.db.commit = book.db.flush
    try:
        yield
        del book.db.commit
        book.db.commit()
    except BaseException:
        book.db.__dict__.pop("commit", None)
        book.db.rollback()
        raise


@contextmanager
def _told(course: Course, failure: str, advice: str) -> Iterator[None]:
    """Errors of nbgrader's as one sentence; those of the database and of the disk in words of their own."""
    try:
        yield
    except (CourseError, SQLAlchemyError):
        raise
    except Exception as error:
        _say_if_unusable(course, error)
        raise CourseError(f"{failure}: {str(error).rstrip('.')}; {advice}.") from error


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
            cell.outputs = [] if verdict is None else verdict_outputs(verdict, titles.get(name, name))


def verdict_outputs(verdict: Verdict, title: str) -> list[Any]:
    """A verdict as the outputs of a test cell: the message, and the points as nbgrader reads them."""
    message = message_of(verdict, title)
    shown = nbformat.v4.new_output(
        "display_data", data={"text/html": message._repr_html_(), "text/plain": str(message)}
    )
    points = nbformat.v4.new_output("execute_result", data={"text/plain": repr(float(verdict.points))})
    return [shown, points]


def _annotate(book: Gradebook, record: Record) -> None:
    """Statuses and messages as comments; a person is asked for where nothing was judged, not for practice in words."""
    where = (record.assignment_id, record.assignment_id, record.student_id)
    for grade in book.find_submission_notebook(*where).grades:
        if grade.auto_score is None and grade.manual_score is None and not grade.max_score:
            grade.needs_manual_grade = False
    for verdict in record.verdicts:
        try:
            grade = book.find_grade(f"test_{verdict.exercise_id}", *where)
            if verdict.needs_person and grade.manual_score is None:
                grade.needs_manual_grade = True
        except MissingEntry:
            continue
        try:
            comment = book.find_comment(verdict.exercise_id, *where)
        except MissingEntry:
            continue
        person = " A person will look at this." if verdict.needs_person else ""
        comment.auto_comment = f"{SYMBOLS[verdict.status]} {WORDS[verdict.status]}: {verdict.message}{person}"


class GradebookUnusable(CourseError):
    """The database cannot be used at all just now: locked, damaged, or the disk is full."""


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook, closed again at the end; ``GradebookUnusable`` says what keeps it from being read or written."""
    course.grading.mkdir(parents=True, exist_ok=True)
    with quiet_gradebook(), _scripts_on_path():
        try:
            if not course.database.is_file():
                _create(course)
            with Gradebook(f"sqlite:///{course.database}", COURSE_ID) as book:
                yield book
        except SQLAlchemyError as error:
            _say_if_unusable(course, error)
            raise


def _create(course: Course) -> None:
    """An empty gradebook, made under another name: nbgrader creates it in several steps."""
    with tempfile.TemporaryDirectory(dir=course.grading, prefix=".", suffix=UNFINISHED) as folder:
        path = Path(folder) / course.database.name
        with Gradebook(f"sqlite:///{path}", COURSE_ID):
            pass
        path.replace(course.database)
    synchronise(course.grading)


def _say_if_unusable(course: Course, error: BaseException) -> None:
    """Raise ``GradebookUnusable`` if it is the database or the disk that went wrong."""
    reasons, seen = [str(error)], error.__cause__ or error.__context__
    while seen is not None:
        reasons += [str(seen)] if isinstance(seen, sqlite3.DatabaseError | OSError) else []
        seen = seen.__cause__ or seen.__context__
    for sign, advice in DATABASE_TROUBLE.items():
        if any(sign in reason for reason in reasons):
            raise GradebookUnusable(f"The gradebook {course.database} {advice}; every record is safe.") from error


@contextmanager
def _scripts_on_path() -> Iterator[None]:
    """nbgrader runs the command ``alembic`` when it creates a database, and an environment may not be activated."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *([before] if before else [])])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before
