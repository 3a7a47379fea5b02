"""nbgrader's gradebook, written through nbgrader's own chain.  This is the only module that writes it.

A record's notebook has been executed already, so the chain runs without ``Execute`` and without ``ClearOutput``; just
before ``SaveAutoGrades`` each test cell's outputs are replaced by the verdict.  So gradebook, formgrader, feedback and
export all tell what the record says, and grades and comments that a person gave stay as they are.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from mlp_utils.messages import SYMBOLS, WORDS
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.build import serialise
from autograder.nbgrader_settings import configure, run_converter
from autograder.notebooks import exercise_of, is_test
from autograder.paths import Course, CourseError
from autograder.verdict import Record, Verdict, message_of

RECORD_KEY = "mlp_record"


@dataclass(frozen=True)
class Student:
    """A line of ``roster.csv``: id and, where given, first_name, last_name, email."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""


def read_roster(course: Course) -> dict[str, Student] | None:
    """The class by student id, or None if there is no ``roster.csv``."""
    if not course.roster.is_file():
        return None
    with course.roster.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        if not rows.fieldnames or "id" not in rows.fieldnames:
            raise CourseError(f"{course.roster} has no column `id`; add a heading row such as id,first_name,last_name.")
        students = {}
        for row in rows:
            name = (row["id"] or "").strip()
            if name:
                fields = (row.get(key) or "" for key in ("first_name", "last_name", "email"))
                students[name] = Student(name, *(field.strip() for field in fields))
        return students


def register(course: Course, assignment_ids: Iterable[str]) -> None:
    """Enter assignments and the roster into the gradebook; ``release/`` is not touched."""
    with opened(course):
        pass  # creates the database if there is none
    for assignment_id in assignment_ids:
        with tempfile.TemporaryDirectory() as folder:
            config = configure(Config(), course)
            config.CourseDirectory.release_directory = str(Path(folder) / "release")
            directory = CourseDirectory(config=config)
            directory.assignment_id = assignment_id
            converter = GenerateAssignment(coursedir=directory, config=config)
            run_converter(
                converter,
                f"{assignment_id} could not be entered into {course.database}",
                "graded cells cannot be added or removed once there are submissions",
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


def up_to_date(course: Course, record: Record) -> bool:
    """Whether the gradebook already shows this record."""
    path = course.autograded / record.student_id / record.assignment_id / f"{record.assignment_id}.ipynb"
    if not path.is_file():
        return False
    try:
        shown = json.loads(path.read_bytes())["metadata"].get(RECORD_KEY)
    except (ValueError, KeyError, AttributeError):
        return False
    return bool(shown == stamp(record))


def stamp(record: Record) -> str:
    """What identifies a record in the autograded notebook."""
    return record.graded_hash


def write(course: Course, record: Record, titles: dict[str, str]) -> None:
    """Bring gradebook and ``autograded/`` to what the record says; ``CourseError`` if nbgrader refuses."""
    verdicts = {verdict.exercise_id: verdict for verdict in record.verdicts}
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / "submitted" / record.student_id / record.assignment_id
        staged.mkdir(parents=True)
        notebook = nbformat.from_dict(record.notebook)
        notebook.metadata[RECORD_KEY] = stamp(record)
        (staged / f"{record.assignment_id}.ipynb").write_bytes(serialise(notebook))
        timestamp = course.submitted / record.student_id / record.assignment_id / "timestamp.txt"
        if timestamp.is_file():
            shutil.copyfile(timestamp, staged / "timestamp.txt")
        converter = _converter(course, Path(folder) / "submitted", record, verdicts, titles)
        where = f"{record.student_id}/{record.assignment_id}"
        run_converter(
            converter,
            f"{where}: nbgrader could not write the gradebook",
            "the record is safe, run grade again",
        )
    with opened(course) as book:
        _annotate(book, record)


def _converter(
    course: Course, submitted: Path, record: Record, verdicts: dict[str, Verdict], titles: dict[str, str]
) -> Autograde:
    class PutVerdicts(_PutVerdicts):
        pass

    PutVerdicts.verdicts, PutVerdicts.titles = verdicts, titles
    config = configure(Config(), course)
    config.CourseDirectory.submitted_directory = str(submitted)
    config.Autograde.sanitize_preprocessors = [DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [PutVerdicts, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = record.assignment_id, record.student_id
    return Autograde(coursedir=directory, config=config, force=True)


class _PutVerdicts(NbGraderPreprocessor):  # type: ignore[misc]
    """Replace what a test cell printed in the student's process by what the judge decided."""

    verdicts: dict[str, Verdict]
    titles: dict[str, str]

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        if is_test(cell):
            name = exercise_of(cell)
            verdict = self.verdicts.get(name)
            cell.outputs = [] if verdict is None else verdict_outputs(verdict, self.titles.get(name, name))
        return cell, resources


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
    book.db.commit()


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook, closed again at the end."""
    course.grading.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), _scripts_on_path(), Gradebook(f"sqlite:///{course.database}", "mlp") as book:
        # nbgrader's own models make SQLAlchemy warn while they are filled.
        warnings.simplefilter("ignore", SAWarning)
        yield book


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
