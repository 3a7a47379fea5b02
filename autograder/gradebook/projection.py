"""The gradebook as a run sees it: opened while the workers begin, and asked no more once it refuses everything."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from autograder.files.paths import Course, CourseError
from autograder.judging.verdict import Record

if TYPE_CHECKING:
    from autograder.gradebook.writer import Writer


class Projection:
    """Brings records into the gradebook; what goes wrong is a sentence, and the records are safe.

    failures: what could not be written.
    notes:    what was odd.
    """

    def __init__(self, course: Course, assignment_ids: list[str], failures: list[str], notes: list[str]) -> None:
        self.course, self.assignment_ids = course, assignment_ids
        self.failures, self.notes = failures, notes
        self._kept = contextlib.ExitStack()
        self._writer: Writer | None = None
        self._shown: dict[tuple[str, str], str] = {}
        self._works = True

    def __enter__(self) -> Projection:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def shows(self, name: tuple[str, str], mark: str) -> bool:
        """Whether it shows the record with this fingerprint completely; True if it cannot be used, which has been said.

        name: student and assignment.
        """
        self.open()
        return not self._works or self._shown.get(name) == mark

    def write(self, record: Record, titles: dict[str, str]) -> None:
        """Write a record, with the titles of its exercises."""
        self.open()
        if self._writer is None or not self._works:
            return
        from autograder.gradebook.database import GradebookUnusable

        try:
            odd = self._writer.write(record, titles)
            self.notes += [odd] if odd else []
        except GradebookUnusable as error:
            self._works = False
            self.failures.append(str(error))
        except CourseError as error:
            self.failures.append(str(error))

    def open(self) -> None:
        """Enter the assignments, and find out what is shown already; the first call takes a second."""
        if self._writer is not None or not self._works:
            return
        from autograder.gradebook import writer as gradebook

        try:
            gradebook.register(self.course, self.assignment_ids)
            self._shown = gradebook.written(self.course)
            self._writer = self._kept.enter_context(gradebook.Writer(self.course))
        except CourseError as error:
            self._works = False
            self.failures.append(str(error))
