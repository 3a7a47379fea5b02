"""nbgrader's own commands and buttons run no student's code: they grade through our engine, or refuse in one sentence.

nbgrader runs a submission's cells in an ordinary kernel, with all rights of the person who pressed *Autograde* or
*Validate*, and has no setting for another way.  So ``confine`` replaces these methods of its classes, wherever they are
called from (command, formgrader, ``NbGraderAPI``):

    Autograde.start      hands the work to ``autograder.grading.for_nbgrader``, a process of its own
    Validator.validate   refuses what is a student's
    Execute.preprocess   the same, for everything else that runs the cells of a notebook

``MLP_PLAIN_NBGRADER=1`` in the environment asks for nbgrader as it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.preprocessors import Execute
from nbgrader.validator import Validator
from sqlalchemy.engine import make_url

from autograder.files.paths import Course, CourseError, find_course
from autograder.files.submissions import list_submissions
from autograder.gradebook.odd_folders import database_url

PLAIN = "MLP_PLAIN_NBGRADER"
"""The environment variable that asks for plain nbgrader, by the value 1."""

_PLAINLY = f"{PLAIN}=1 in the environment asks for plain nbgrader, which runs student code with your rights"
_GRADE = "python -m autograder grade"
DIALOG = 64
"""Letters in a line of formgrader's dialogs, the word before the first one aside."""

_STEPS = ("submitted", "autograded")
_LEVELS = ("info", "warning", "error")
# quick_start comes before all others, and no module beside the command line has it.
_PROGRAM = (
    "from autograder import quick_start; from autograder.grading.for_nbgrader import main; raise SystemExit(main())"
)

_plain_start, _plain_validate, _plain_print = Autograde.start, Validator.validate, Validator.validate_and_print
_plain_preprocess = Execute.preprocess
_roots: set[Path] = set()


class NotConfined(CourseError):
    """Student code would run with the rights of whoever asks."""


def confine(course: Course | None = None) -> None:
    """Have nbgrader, in this process, run no code of a submission by itself, of this course or any other."""
    if course is not None:
        _roots.update((course.root, course.root.resolve()))
    Autograde.start = _start
    Validator.validate, Validator.validate_and_print = _validate, _validate_and_print
    Execute.preprocess = _preprocess


def plain() -> bool:
    """Whether nbgrader as it is has been asked for by name."""
    return os.environ.get(PLAIN) == "1"


def _folded(text: str) -> str:
    """Text for the dialogs, which show lines as they are and cut off what is long."""
    return "\n".join(textwrap.wrap(text, DIALOG, break_long_words=False, break_on_hyphens=False))


# Autograde -----------------------------------------------------------------------------------------------------------


def _start(converter: Any) -> None:
    """What ``nbgrader autograde`` and formgrader's button do: grade in the sandbox; the gradebook shows the records."""
    if plain():
        _plain_start(converter)
        return
    in_dialog = isinstance(converter.parent, NbGraderAPI)

    def tell(level: str, text: str) -> None:
        getattr(converter.log, level)("%s", _folded(text) if in_dialog else text)

    try:
        _grade(converter, tell)
    except CourseError as error:
        tell("error", str(error))
        shown = f"\n{_folded(str(error))}" if in_dialog else str(error)
        # formgrader shows the log, and below it the error; the command ends with exit code 1.
        raise NbGraderException(shown) from None


def _grade(converter: Any, tell: Callable[[str, str], None]) -> None:
    course = _course_of(converter.coursedir)
    request = {
        "root": str(course.root),
        "grading": str(course.grading),
        "assignment": _assignment(course, converter),
        "students": _students(course, converter),
        "force": bool(converter.force),
    }
    errors: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], cwd=course.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already; its exit code tells
        for level, text in _told(process.stdout):
            if level == "error":
                errors.append(text)
            else:
                tell(level, text)
    for text in errors[:-1]:
        tell("error", text)
    if errors:
        raise CourseError(errors[-1])
    if process.returncode != 0:
        raise CourseError(
            f"The grader ended without an answer (exit code {process.returncode}); run `{_GRADE} "
            f"{request['assignment']}` in {course.root} to see why."
        )


def _told(lines: Any) -> Iterator[tuple[str, str]]:
    """What the grader's process says, as it comes: for each line how grave it is, and a text."""
    for line in lines:
        try:
            level, text = json.loads(line)
        except ValueError:
            level, text = "info", line.decode("utf-8", "replace").rstrip()  # a library that prints
        yield (level if level in _LEVELS else "error"), str(text)


def _course_of(folders: Any) -> Course:
    """The course that nbgrader's folders belong to; ``NotConfined`` if our engine would use others."""
    root = Path(folders.root).resolve()
    course = Course(find_course(root).root, (root / folders.submitted_directory).parent)
    used = {
        root: course.root,
        root / folders.source_directory: course.source,
        root / folders.submitted_directory: course.submitted,
        root / folders.autograded_directory: course.autograded,
        root / str(make_url(folders.db_url).database): course.database,
    }
    for given, wanted in used.items():
        if given.resolve() != wanted.resolve():
            raise NotConfined(
                f"{given} is not where this course's settings put it ({wanted}), so the sandbox cannot be used; leave "
                "nbgrader's folders as nbgrader_config.py sets them (MLP_GRADING names another grading folder); "
                f"{_PLAINLY}."
            )
    return course


def _assignment(course: Course, converter: Any) -> str:
    """The assignment that is asked for; one notebook of it cannot be asked for, since it has no other."""
    folders, known = converter.coursedir, course.assignment_ids()
    name = str(folders.assignment_id)
    if name not in known:
        raise CourseError(
            f"There is no assignment {name!r} in {course.assignments}, whose exercises the sandbox's judge needs; the "
            f"course has: {', '.join(known) or 'none yet'}; {_PLAINLY}."
        )
    if not fnmatchcase(name, folders.notebook_id):
        raise CourseError(f"{name} has no notebook {folders.notebook_id!r}; leave --notebook out.")
    if converter.config.Execute.get("enabled", True) is False:
        raise NotConfined(
            "Without execution the outputs that a student has saved would give the points; leave --no-execute out; "
            f"{_PLAINLY}."
        )
    return name


def _students(course: Course, converter: Any) -> list[str] | None:
    """The students that are asked for, as nbgrader takes them: a pattern and exceptions; None for everybody."""
    folders = converter.coursedir
    pattern, name = str(folders.student_id), str(folders.assignment_id)
    excluded = {student for student in folders.student_id_exclude.split(",") if student}
    handed_in = [student for student, _ in list_submissions(course, [name])]
    students = [s for s in handed_in if fnmatchcase(s, pattern) and s not in excluded]
    if handed_in and not students:
        raise CourseError(f"There are no submissions of {pattern} for {name} in {course.submitted}.")
    if not converter.create_student:
        _must_be_known(course, students)
    return None if students == handed_in and pattern == "*" else students


def _must_be_known(course: Course, students: list[str]) -> None:
    """``CourseError`` names who has no entry in the gradebook; new ones are not to be made."""
    unknown = set(students)
    if course.database.is_file():
        with Gradebook(database_url(course.database)) as book:
            for student in students:
                try:
                    unknown.discard(book.find_student(student).id)
                except MissingEntry:
                    continue
    if unknown:
        raise CourseError(
            f"{', '.join(sorted(unknown))} has no entry in {course.database}, and Autograde.create_student is off; add "
            "the entry in formgrader, or leave that setting out."
        )


# Whatever else runs the cells of a notebook --------------------------------------------------------------------------


def _validate(validator: Any, filename: str) -> Any:
    """What ``nbgrader validate`` and the *Validate* button do, for notebooks that are nobody's submission."""
    if not plain():
        try:
            _refuse(Path(filename))
        except NotConfined as error:
            if validator.parent is not None:
                raise
            # The button shows the error with its traceback, whose last lines are to be seen without scrolling.
            raise NotConfined(f"\n{_folded(str(error))}") from None
    return _plain_validate(validator, filename)


def _validate_and_print(validator: Any, filename: str) -> None:
    """The command alone: the sentence, and no traceback."""
    try:
        _plain_print(validator, filename)
    except NotConfined as error:
        validator.log.error("%s", error)
        raise SystemExit(1) from None


def _preprocess(execute: Any, notebook: Any, resources: Any = None, km: Any = None) -> Any:
    """Run the cells of a notebook, unless it is a student's."""
    if not plain():
        resources_ = resources or {}
        student = resources_.get("nbgrader", {}).get("student", ".")
        if student != ".":  # nbgrader's name for the instructor's own notebooks
            raise NotConfined(f"nbgrader would run the code of {student}; grade it with `{_GRADE}`; {_PLAINLY}.")
        _refuse(Path(resources_.get("metadata", {}).get("path") or "."))
        _refuse(Path.cwd())  # the validator gives no path, and works in the notebook's folder
    return _plain_preprocess(execute, notebook, resources, km)


def _refuse(path: Path) -> None:
    """``NotConfined`` if the file or folder, or what a link there leads to, belongs to the work of students."""
    for place in (Path(os.path.abspath(path)), path.resolve()):  # noqa: PTH100 - Path.absolute keeps the dots
        if _is_students(place):
            raise NotConfined(
                f"{place} is a student's work, which nbgrader would run with your rights; grade it in the sandbox with "
                f"`{_GRADE}`, or put a copy that you trust elsewhere; {_PLAINLY}."
            )


def _is_students(place: Path) -> bool:
    """Whether it lies in ``submitted`` or ``autograded``, of this grading folder or any other."""
    for root in _roots:
        if place.is_relative_to(root):  # the folders above the course are not nbgrader's, whatever they are called
            place = place.relative_to(root)
            break
    return any(part.casefold() in _STEPS for part in place.parts)
