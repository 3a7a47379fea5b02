"""nbgrader's database: opened and created, one transaction at a time, and its troubles in words."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from autograder.files.paths import Course, CourseError
from autograder.files.storage import UNFINISHED, synchronise
from autograder.gradebook.nbgrader_settings import quiet_gradebook
from autograder.gradebook.odd_folders import database_url, teach_nbgrader

COURSE_ID = "mlp"

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


class GradebookUnusable(CourseError):
    """The database cannot be used at all just now: locked, damaged, or the disk is full."""


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The gradebook, closed again at the end; ``GradebookUnusable`` says what keeps it from being read or written."""
    url = database_url(course.database)
    teach_nbgrader()
    course.grading.mkdir(parents=True, exist_ok=True)
    with quiet_gradebook():
        try:
            if not course.database.is_file():
                _create(course)
            with Gradebook(url, COURSE_ID) as book:
                yield book
        except SQLAlchemyError as error:
            say_if_unusable(course, error)
            raise


def _create(course: Course) -> None:
    """An empty gradebook, made under another name: nbgrader creates it in several steps."""
    with tempfile.TemporaryDirectory(dir=course.grading, prefix=".", suffix=UNFINISHED) as folder:
        path = Path(folder) / course.database.name
        with Gradebook(database_url(path), COURSE_ID):
            pass
        path.replace(course.database)
    synchronise(course.grading)


def say_if_unusable(course: Course, error: BaseException) -> None:
    """Raise ``GradebookUnusable`` if it is the database or the disk that went wrong."""
    reasons, seen = [str(error)], error.__cause__ or error.__context__
    while seen is not None:
        reasons += [str(seen)] if isinstance(seen, sqlite3.DatabaseError | OSError) else []
        seen = seen.__cause__ or seen.__context__
    for sign, advice in DATABASE_TROUBLE.items():
        if any(sign in reason for reason in reasons):
            raise GradebookUnusable(f"The gradebook {course.database} {advice}; every record is safe.") from error
    if isinstance(error, OperationalError | ProgrammingError):
        raise GradebookUnusable(
            f"The gradebook {course.database} does not fit this nbgrader ({str(error).splitlines()[0]}); bring it up "
            "to date with `nbgrader db upgrade`, or put a backup in its place, and run grade again; every record is "
            "safe."
        ) from error


@contextmanager
def one_transaction(book: Gradebook) -> Iterator[None]:
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
def told(course: Course, failure: str, advice: str) -> Iterator[None]:
    """Errors of nbgrader's as one sentence; those of the database and of the disk in words of their own."""
    try:
        yield
    except (CourseError, SQLAlchemyError):
        raise
    except Exception as error:
        say_if_unusable(course, error)
        raise CourseError(f"{failure}: {str(error).rstrip('.')}; {advice}.") from error
