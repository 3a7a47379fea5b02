"""How a class has done in an assignment: the records beside what people entered in the gradebook and the roster.

Feedback, report and export all look at the class through this module, so that they tell the same story.  Records are
the truth about verdicts; the gradebook is the truth about what a person decided.  Nothing here writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from mlp_utils.hints.patterns import pattern
from mlp_utils.status import Status
from nbgrader.utils import is_grade, is_solution, is_task

from autograder.authoring.model import Exercise
from autograder.files.notebooks import (
    TEST_PREFIX,
    Assignment,
    _headings,
    exercise_of,
    find_cell,
    first_heading,
    grade_id,
    is_test,
    load_assignment,
    untouched,
)
from autograder.files.paths import Course, CourseError
from autograder.files.roster import Student, read_roster
from autograder.files.seeds import read_seeds
from autograder.files.submissions import key_bytes, read_submission, who_handed_in, who_was_graded
from autograder.gradebook.marks import Mark, Marks, Sheet, read_marks
from autograder.judging.declared import load_exercises
from autograder.judging.verdict import Record, Verdict, read_record


@dataclass(frozen=True)
class Item:
    """One thing that is asked for: an exercise, or an answer in words that a person grades.

    points:   0 for practice.
    by_hand:  an answer in words.
    parts:    the weights of an exercise's named parts.
    exercise: as the author wrote it; None for an answer in words.
    """

    id: str
    title: str
    points: float
    by_hand: bool = False
    parts: dict[str, float] = field(default_factory=dict)
    exercise: Exercise | None = None


@dataclass(frozen=True)
class Result:
    """What one student has reached in one item.

    status:  of the verdict; for an answer in words WAITING, GRADED, NOT_ATTEMPTED, or IN_WORDS where it is practice,
             which nobody has to grade; for a file that is no notebook UNREADABLE; for a submission without record
             NOT_HANDED_IN, NOT_GRADED or DAMAGED.
    points:  those that count: a person's if there are any, else the verdict's.
    given:   a person gave these points.
    waits:   a person should look.
    comment: what a person wrote.
    """

    item: Item
    status: Status
    points: float = 0.0
    verdict: Verdict | None = None
    given: bool = False
    waits: bool = False
    comment: str = ""

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """The mistakes that explain the answer; several where they do not get in each other's way."""
        if self.verdict is None:
            return ()
        several = self.verdict.detail.get("diagnoses") or [self.verdict.diagnosis]
        return tuple(name for name in several if name)

    @property
    def open(self) -> bool:
        """An answer in words that nobody has given points to."""
        return self.status == Status.WAITING and not self.given


@dataclass(frozen=True)
class StudentResult:
    """One student in one assignment.

    state:     GRADED if there is a record, else NOT_HANDED_IN, NOT_GRADED or DAMAGED.
    record:    without its notebook unless that was asked for.
    handed_in: when, if it is known.
    changed:   since the record was made, something has changed that decides the verdicts.
    """

    student: Student
    on_roster: bool
    state: Status
    results: tuple[Result, ...]
    record: Record | None = None
    penalty: float = 0.0
    handed_in: datetime.datetime | None = None
    changed: bool = False
    problem: str = ""

    @property
    def raw_points(self) -> float:
        return sum(result.points for result in self.results)

    @property
    def points(self) -> float:
        """With a person's points and after the penalty; never below zero, as in nbgrader's own export."""
        return max(0.0, self.raw_points - self.penalty)

    @property
    def max_points(self) -> float:
        return sum(result.item.points for result in self.results)

    @property
    def passed(self) -> int:
        """How many exercises are right."""
        return sum(result.status == Status.PASSED for result in self.results)

    @property
    def open_points(self) -> float:
        return sum(result.item.points for result in self.results if result.open)

    @property
    def readable(self) -> bool:
        """Whether there was a notebook to be graded."""
        return self.record is not None and not _unreadable(self.record)


@dataclass(frozen=True)
class AssignmentView:
    """What is asked for in an assignment, and what the gradebook and the roster know about its class."""

    course: Course
    assignment: Assignment
    items: tuple[Item, ...]
    marks: Marks
    roster: dict[str, Student] | None

    @property
    def id(self) -> str:
        return self.assignment.id

    @property
    def max_points(self) -> float:
        """0 for an assignment that is practice."""
        return sum(item.points for item in self.items)

    @property
    def exercises(self) -> int:
        """How many items the judge decides."""
        return sum(not item.by_hand for item in self.items)

    @property
    def title(self) -> str:
        """The first heading of the released notebook."""
        cells = (cell for cell in self.assignment.release.cells if cell.cell_type == "markdown")
        return next((found for cell in cells if (found := first_heading(cell.source))), self.id)

    def student(self, student_id: str) -> Student:
        known = self.marks.students.get(student_id, Student(student_id))
        return (self.roster or {}).get(student_id, known)

    def entry(
        self, student_id: str, *, notebook: bool = False, fresh: tuple[bytes, int] | None = None
    ) -> StudentResult:
        """One student's results; with the executed notebook if asked for.

        fresh: the key's bytes and the seed as they are now; with them ``changed`` is worked out.
        """
        on_roster = self.roster is None or student_id in self.roster
        blank = StudentResult(self.student(student_id), on_roster, Status.GRADED, ())
        try:
            record = read_record(self.course.record(student_id, self.id))
        except CourseError as error:
            return replace(blank, state=Status.DAMAGED, results=self._nothing(Status.DAMAGED), problem=str(error))
        if record is None:
            handed_in = (self.course.submitted / student_id / self.id).is_dir()
            state = Status.NOT_GRADED if handed_in else Status.NOT_HANDED_IN
            return replace(blank, state=state, results=self._nothing(state))
        sheet = self.marks.sheets.get(student_id, Sheet())
        return replace(
            blank,
            results=tuple(_result(item, record, sheet, self.assignment) for item in self.items),
            record=record if notebook else _light(record),
            penalty=sheet.penalty,
            handed_in=sheet.handed_in,
            changed=fresh is not None and self._changed(record, student_id, fresh),
        )

    def _nothing(self, status: Status) -> tuple[Result, ...]:
        waits = status == Status.DAMAGED
        return tuple(Result(item, status, waits=waits) for item in self.items)

    def _changed(self, record: Record, student_id: str, fresh: tuple[bytes, int]) -> bool:
        folder = self.course.submitted / student_id / self.id
        return (
            folder.is_dir() and read_submission(folder, student_id, self.id).graded_hash(*fresh) != record.graded_hash
        )


@dataclass(frozen=True)
class Results:
    """The whole class in one assignment; entries by student id."""

    setting: AssignmentView
    entries: tuple[StudentResult, ...]

    @property
    def graded(self) -> list[StudentResult]:
        return [entry for entry in self.entries if entry.record is not None]

    def of_item(self, item: Item) -> list[Result]:
        """The results of all graded submissions in one item."""
        k = self.setting.items.index(item)
        return [entry.results[k] for entry in self.graded]


def load_view(course: Course, assignment_id: str, student_id: str | None = None) -> AssignmentView:
    """Items, marks and roster of an assignment; only this student's marks if one is named."""
    assignment = load_assignment(course, assignment_id)
    return AssignmentView(
        course,
        assignment,
        tuple(_items(course, assignment)),
        read_marks(course, assignment_id, student_id),
        read_roster(course),
    )


def load_results(course: Course, assignment_id: str) -> Results:
    """The class in one assignment: all who are on the roster, have handed in or have a record."""
    setting = load_view(course, assignment_id)
    names = {*who_was_graded(course, assignment_id), *who_handed_in(course, assignment_id), *(setting.roster or {})}
    seed = read_seeds(course).get(assignment_id)
    fresh = None if seed is None else (key_bytes(course, assignment_id), seed)
    return Results(setting, tuple(setting.entry(name, fresh=fresh) for name in sorted(names)))


def in_use(course: Course, assignment_ids: Iterable[str] | None) -> list[str]:
    """Those of the assignments (all of them for None) that have exercises and for which something has come in.

    ``CourseError`` if there is none.
    """
    wanted = list(assignment_ids or course.assignment_ids())
    used = [name for name in wanted if who_was_graded(course, name) or who_handed_in(course, name)]
    used = [name for name in used if load_assignment(course, name).graded]
    if not used:
        names = ", ".join(wanted) or "any assignment"
        raise CourseError(
            f"Nothing has been handed in for {names} in {course.submitted}; put submissions there as "
            "<student>/<assignment>/<assignment>.ipynb and run `python -m autograder grade`."
        )
    return used


def sentence_of(item: Item, diagnosis: str) -> str:
    """What a diagnosis means, in the words of the exercise or of the generic patterns."""
    for answer in item.exercise.misconceptions if item.exercise else ():
        if answer.id == diagnosis:
            return answer.says
    generic = pattern(diagnosis)
    return generic.sentence if generic else "(The exercise has no such misconception any more.)"


def _items(course: Course, assignment: Assignment) -> Iterator[Item]:
    """In the notebook's order; the title of an answer in words is the heading of its section."""
    exercises = load_exercises(course, assignment.id).exercises if assignment.graded else {}
    heading, title = "", ""
    for cell in assignment.release.cells:
        name = grade_id(cell)
        if is_task(cell) or (is_grade(cell) and is_solution(cell)):
            points = float(cell.metadata.nbgrader.get("points", 0.0))
            yield Item(name, heading or name.replace("_", " ").capitalize(), points, by_hand=True)
        elif is_test(cell):
            points, exercise = float(cell.metadata.nbgrader.points), exercises.get(exercise_of(cell))
            if exercise is None:
                raise CourseError(
                    f"{assignment.id}: {exercise_of(cell)} is not declared among the exercises; build again."
                )
            yield Item(exercise.id, exercise.title, points, False, dict(exercise.parts), exercise)
        if cell.cell_type == "markdown" and not is_solution(cell):
            found = list(_headings(cell.source))
            title = title or (found.pop(0) if found else "")
            heading = found[-1] if found else heading


def _result(item: Item, record: Record, sheet: Sheet, assignment: Assignment) -> Result:
    mark = sheet.marks.get(item.id if item.by_hand else f"{TEST_PREFIX}{item.id}", Mark())
    given = mark.manual is not None
    comment = sheet.comments.get(item.id, "")
    if item.by_hand:
        status = _status_by_hand(item, mark, record, assignment)
        points = mark.manual if mark.manual is not None else mark.auto or 0.0
        waits = (mark.needs_person or status in (Status.WAITING, Status.UNREADABLE)) and status != Status.IN_WORDS
        return Result(item, status, points + mark.extra, None, given, waits, comment)
    verdict = next((verdict for verdict in record.verdicts if verdict.exercise_id == item.id), None)
    if verdict is None:
        return Result(item, Status.NOT_GRADED, mark.manual or 0.0, None, given, False, comment)
    points = mark.manual if mark.manual is not None else verdict.points
    waits = mark.needs_person or (verdict.needs_person and not given)
    status = Status.UNREADABLE if _unreadable(record) else verdict.status
    return Result(item, status, points + mark.extra, verdict, given, waits, comment)


def _status_by_hand(item: Item, mark: Mark, record: Record, assignment: Assignment) -> Status:
    if mark.manual is not None:
        return Status.GRADED
    if _unreadable(record):
        return Status.UNREADABLE
    if mark.auto is not None:
        return Status.NOT_ATTEMPTED
    cells: Any = record.notebook.get("cells", ())
    if cells and not mark.needs_person:
        cell = find_cell(nbformat.from_dict({"cells": cells}), item.id)
        if cell is None or untouched(cell, assignment.release_cell(item.id)):
            return Status.NOT_ATTEMPTED
    return Status.WAITING if item.points else Status.IN_WORDS


def _unreadable(record: Record) -> bool:
    """The verdicts of a file that is no notebook carry nothing but the message."""
    return bool(record.verdicts) and all(v.status == Status.INVALID and not v.detail for v in record.verdicts)


def _light(record: Record) -> Record:
    """The record without the notebook and what only staff reads: a class of thousands fits into memory."""
    kept = ("parts", "diagnoses")

    def light(verdict: Verdict) -> Verdict:
        # Something stays in the detail of every verdict on code, because it tells such a verdict from one on a file.
        detail = {"parts": {}} | {name: verdict.detail[name] for name in kept if name in verdict.detail}
        return replace(verdict, detail=detail if verdict.detail else {})

    return replace(record, verdicts=tuple(light(verdict) for verdict in record.verdicts), notebook={})
