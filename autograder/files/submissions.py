"""The submissions that have come in: which there are, their bytes, and what is odd about how they lie there."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlp_utils.handing_in.notebook_file import MAX_BYTES
from mlp_utils.version import __version__

from autograder.files.paths import Course, exercise_files


@dataclass(frozen=True)
class Submission:
    """One student's notebook for one assignment.

    content:  the bytes of the file; empty where there is none.
    problems: what is odd: another file name, several notebooks, none.
    """

    student_id: str
    assignment_id: str
    content: bytes
    problems: tuple[str, ...] = ()

    def graded_hash(self, key: bytes, seed: int) -> str:
        """Of all that decides the verdicts: the submission, the key, the seed and this package's version."""
        digest = hashlib.sha256()
        for piece in (self.content, json.dumps(self.problems).encode(), key, str(seed).encode(), __version__.encode()):
            digest.update(hashlib.sha256(piece).digest())
        return digest.hexdigest()


STUDENT_ID = re.compile(r"[\w@-][\w.@-]*\Z")
"""nbgrader uses ids in file patterns and addresses, so brackets, spaces and the like cannot be part of one."""


def unusable_folders(course: Course) -> list[str]:
    """Folders in ``submitted/`` that are passed over, in sentences: no student id, or a link to another place."""
    if not course.submitted.is_dir():
        return []
    found = []
    for path in sorted(course.submitted.iterdir()):
        if not path.is_dir() or path.name.startswith("."):
            continue
        if not STUDENT_ID.match(path.name):
            found.append(f"{path}: a student id has letters, digits and . _ - @ only; rename the folder.")
            continue
        links = [path] if path.is_symlink() else sorted(inner for inner in path.iterdir() if inner.is_symlink())
        found += [
            f"{link}: a submission is a folder and no link to one, which could be anybody's; copy the files there."
            for link in links
            if link.is_dir()
        ]
    return found


def list_submissions(
    course: Course, assignment_ids: list[str], student_id: str | None = None
) -> Iterator[tuple[str, str]]:
    """Student and assignment of all submissions for these assignments; folders with other names are passed over."""
    if not course.submitted.is_dir():
        return
    for student in sorted(course.submitted.iterdir()):
        if not _is_folder(student) or not STUDENT_ID.match(student.name) or student_id not in (None, student.name):
            continue
        for assignment_id in assignment_ids:
            if _is_folder(student / assignment_id):
                yield student.name, assignment_id


def _is_folder(path: Path) -> bool:
    """A folder itself: behind a link may lie another student's work, or the solution."""
    return path.is_dir() and not path.is_symlink()


def read_submission(folder: Path, student_id: str, assignment_id: str) -> Submission:
    """The notebook in a submission's folder, found even if it has been renamed."""
    wanted = folder / f"{assignment_id}.ipynb"
    if wanted.is_file() and not wanted.is_symlink():
        return Submission(student_id, assignment_id, _bounded(wanted))
    others = sorted(p for p in folder.glob("*.ipynb") if p.is_file() and not p.is_symlink())
    if len(others) == 1:
        note = f"The notebook was called {others[0].name} instead of {wanted.name}."
        return Submission(student_id, assignment_id, _bounded(others[0]), (note,))
    if others:
        names = ", ".join(p.name for p in others[:5])
        note = f"There are several notebooks ({names}) and none is called {wanted.name}."
        return Submission(student_id, assignment_id, b"", (note,))
    return Submission(student_id, assignment_id, b"", (f"There is no notebook in {student_id}/{assignment_id}.",))


def handed_in(folder: Path) -> tuple[datetime.datetime | None, str]:
    """When a submission was handed in (UTC), from ``timestamp.txt`` in its folder, and what is wrong with that file."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not path.exists() and not path.is_symlink():
        return None, ""
    advice = f"{path} is no time such as 2026-02-01 17:30:00 UTC; mend or delete it, then the lateness is right."
    if path.is_symlink() or not path.is_file():
        return None, advice
    with path.open("rb") as stream:
        text = stream.read(100).decode("utf-8", "replace").strip()
    try:
        return (parse_utc(text), "") if text else (None, advice)
    except (ValueError, TypeError, ArithmeticError):
        return None, advice


def key_bytes(course: Course, assignment_id: str) -> bytes:
    """All of the instructor's files that decide a verdict."""
    paths = (course.source_notebook(assignment_id), *exercise_files(course, assignment_id))
    return b"\0".join(path.read_bytes() for path in paths)


def _bounded(path: Path) -> bytes:
    """At most one byte more than a notebook may have, so that a huge file is recognised and not read."""
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def who_was_graded(course: Course, assignment_id: str) -> list[str]:
    """The students with a record of this assignment."""
    return sorted(path.parent.name for path in course.verdicts.glob(f"*/{assignment_id}.json"))


def who_handed_in(course: Course, assignment_id: str) -> list[str]:
    """The students with a folder for this assignment in ``submitted/``."""
    found = (path.parent.name for path in course.submitted.glob(f"*/{assignment_id}") if path.is_dir())
    return sorted(name for name in found if STUDENT_ID.match(name))
