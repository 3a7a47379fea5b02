"""Where things lie: the course's folders and those of one grading."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CONFIG = "nbgrader_config.py"
PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the instructor's package."""


class CourseError(Exception):
    """Something that the instructor can mend; the message is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Course:
    """A checkout of the course (``root``) and the folder with the student data (``grading``)."""

    root: Path
    grading: Path

    @property
    def assignments(self) -> Path:
        return self.root / "course" / "assignments"

    @property
    def items(self) -> Path:
        """The items of the sources; a course may do without."""
        return self.root / "course" / "items.json"

    @property
    def coverage(self) -> Path:
        return self.root / "course" / "coverage.md"

    @property
    def visible(self) -> Path:
        return self.root / "course" / "mlp_utils" / "visible"

    @property
    def source(self) -> Path:
        return self.root / "source_notebooks"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def submitted(self) -> Path:
        return self.grading / "submitted"

    @property
    def verdicts(self) -> Path:
        return self.grading / "verdicts"

    @property
    def verdict_lines(self) -> Path:
        """All verdicts for other programs: a line of JSON for each."""
        return self.grading / "verdicts.jsonl"

    @property
    def logs(self) -> Path:
        return self.grading / "logs"

    @property
    def autograded(self) -> Path:
        return self.grading / "autograded"

    @property
    def feedback(self) -> Path:
        return self.grading / "feedback"

    @property
    def report(self) -> Path:
        return self.grading / "report"

    @property
    def database(self) -> Path:
        return self.grading / "gradebook.db"

    @property
    def seeds(self) -> Path:
        return self.grading / "seeds.json"

    @property
    def roster(self) -> Path:
        return self.grading / "roster.csv"

    def assignment_ids(self) -> list[str]:
        """The assignments that an author has written, in the course's order."""
        return sorted(p.parent.name for p in self.assignments.glob("*/notebook.py"))

    def source_notebook(self, assignment_id: str) -> Path:
        return self.source / assignment_id / f"{assignment_id}.ipynb"

    def release_notebook(self, assignment_id: str) -> Path:
        return self.release / assignment_id / f"{assignment_id}.ipynb"

    def record(self, student_id: str, assignment_id: str) -> Path:
        return self.verdicts / student_id / f"{assignment_id}.json"

    def log(self, student_id: str, assignment_id: str) -> Path:
        return self.logs / student_id / f"{assignment_id}.log"


def find_course(start: Path | None = None, grading: str | Path | None = None) -> Course:
    """The course that the folder ``start`` belongs to; the grading folder is MLP_GRADING or ``grading`` in it."""
    here = (start or Path.cwd()).resolve()
    places = [*([here] if here.is_dir() else []), *here.parents, PACKAGE.parent]
    root = next((p for p in places if (p / CONFIG).is_file() and (p / "course").is_dir()), None)
    if root is None:
        raise CourseError(f"No course was found in {here} or above it; run this inside the checkout of the course.")
    folder = Path(grading or os.environ.get("MLP_GRADING") or "grading")
    return Course(root, folder if folder.is_absolute() else root / folder)


def exercise_files(course: Course, assignment_id: str) -> list[Path]:
    """``exercises.py``, or every file of the folder ``exercises/``; ``CourseError`` if there is neither."""
    folder = course.assignments / assignment_id
    files = sorted(folder.glob("exercises/*.py")) or sorted(folder.glob("exercises.py"))
    if not files:
        raise CourseError(f"{folder} has neither exercises.py nor a folder exercises/; each assignment has one.")
    return files
