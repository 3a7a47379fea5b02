"""What the gradebook knows beside the verdicts: points and comments by people, names, dates, penalties.

Everything of an assignment is read in four queries, however many students there are.  Nothing here writes.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.exc import SQLAlchemyError

from autograder.files import roster
from autograder.files.paths import Course, CourseError
from autograder.gradebook import database


@dataclass(frozen=True)
class Mark:
    """The gradebook's entry for one graded cell.

    auto:         points from the verdict; 0 for an answer in words that is as it was released; else None.
    manual:       points that a person gave; None if nobody did.
    extra:        extra credit.
    needs_person: somebody should look at it.
    """

    auto: float | None = None
    manual: float | None = None
    extra: float = 0.0
    needs_person: bool = False


@dataclass
class Sheet:
    """All marks of one submission.

    marks:     by the ``grade_id`` of the graded cell.
    comments:  those that a person wrote, by the ``grade_id`` of the solution cell.
    penalty:   points off for handing in late.
    handed_in: the time of the submission (UTC), where it is known.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    handed_in: datetime.datetime | None = None


@dataclass(frozen=True)
class Marks:
    """The sheets of an assignment and the names of all students in the gradebook."""

    sheets: dict[str, Sheet] = field(default_factory=dict)
    students: dict[str, roster.Student] = field(default_factory=dict)


def read_marks(course: Course, assignment_id: str, student_id: str | None = None) -> Marks:
    """What the gradebook holds for an assignment; nothing if there is no gradebook yet."""
    if not course.database.is_file():
        return Marks()
    try:
        with database.opened(course) as book:
            return _read(book, assignment_id, student_id)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise CourseError(
            f"The gradebook {course.database} cannot be read ({reason}); close what else uses it, or move it away and "
            "run `python -m autograder grade` to make it anew."
        ) from error


def _read(book: Gradebook, assignment_id: str, student_id: str | None) -> Marks:
    def rows(*columns: Any, source: Any = None) -> Any:
        """One query over the submissions of the assignment, with the cells of ``source`` (grades or comments)."""
        query = book.db.query(SubmittedAssignment.student_id, *columns).select_from(SubmittedAssignment)
        query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        query = query.join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        if source is not None:
            query = query.join(source, source.notebook_id == SubmittedNotebook.id)
            query = query.join(BaseCell, source.cell_id == BaseCell.id)
        query = query.filter(Assignment.name == assignment_id)
        return query if student_id is None else query.filter(SubmittedAssignment.student_id == student_id)

    sheets: dict[str, Sheet] = {}
    for student, handed_in, penalty in rows(SubmittedAssignment.timestamp, SubmittedNotebook.late_submission_penalty):
        sheets[student] = Sheet(penalty=float(penalty or 0.0), handed_in=handed_in)
    graded = (BaseCell.name, Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
    for student, cell, auto, manual, extra, needs_person in rows(*graded, source=Grade):
        sheets[student].marks[cell] = Mark(auto, manual, float(extra or 0.0), bool(needs_person))
    for student, cell, comment in rows(BaseCell.name, Comment.manual_comment, source=Comment):
        if comment and comment.strip():
            sheets[student].comments[cell] = comment.strip()
    named = book.db.query(Student.id, Student.first_name, Student.last_name, Student.email)
    people = {row[0]: roster.Student(*(value or "" for value in row)) for row in named}
    return Marks(sheets, people)
