"""The class list, ``roster.csv`` in the grading folder."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from autograder.files.paths import Course, CourseError


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
