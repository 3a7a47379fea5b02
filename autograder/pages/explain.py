"""How one verdict came about, for staff who answer a complaint: plain text for a terminal.

The inputs and the expected result are worked out anew from the seed in the verdict; what came back is what the record
has kept of it.  The student's code is shown and never run.
"""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from mlp_utils.assessing.tasks import Case
from mlp_utils.messages import score
from mlp_utils.status import SYMBOLS, WORDS, Status
from mlp_utils.version import __version__

from autograder.files.notebooks import find_cell, load_assignment
from autograder.files.paths import Course, CourseError
from autograder.files.seeds import read_seeds
from autograder.files.submissions import key_bytes, read_submission, who_was_graded
from autograder.judging.key import Key
from autograder.judging.reference import Reference
from autograder.judging.verdict import Verdict, table_of
from autograder.pages.pages import number, visible
from autograder.pages.results import AssignmentView, Result, StudentResult, load_view, sentence_of

WIDTH = 100
MOST_NUMBERS = 120
"""An array with more entries is shown by its corners."""


def explain(course: Course, student_id: str, exercise_id: str) -> str:
    """The student's code, the verdict, the first case that failed with its inputs, and what can be checked anew.

    ``CourseError`` if there is no such exercise, no record, or the exercise cannot be drawn from its seed any more.
    """
    assignment_id = _assignment_of(course, exercise_id)
    known = who_was_graded(course, assignment_id)
    if student_id not in known:
        raise CourseError(_unknown_student(course, student_id, assignment_id, known))
    setting = load_view(course, assignment_id, student_id)
    entry = setting.entry(student_id, notebook=True)
    if entry.record is None:
        raise CourseError(entry.problem)
    result = next((result for result in entry.results if result.item.id == exercise_id), None)
    if result is None or result.verdict is None:
        raise CourseError(
            f"The record of {student_id}/{assignment_id} is older than the exercise {exercise_id}; "
            "run `python -m autograder grade` first."
        )
    return "\n".join(_lines(setting, entry, result, result.verdict)) + "\n"


def _assignment_of(course: Course, exercise_id: str) -> str:
    exercises: dict[str, str] = {}
    for assignment_id in course.assignment_ids():
        if course.source_notebook(assignment_id).is_file():
            assignment = load_assignment(course, assignment_id)
            exercises |= {cell.exercise_id: assignment_id for cell in assignment.graded}
            if find_cell(assignment.source, exercise_id) is not None and exercise_id not in exercises:
                raise CourseError(
                    f"{exercise_id} is a cell of {assignment_id} that no test judges; look at it in formgrader."
                )
    if exercise_id not in exercises:
        raise CourseError(
            f"There is no exercise {exercise_id!r}; {_choices(exercise_id, list(exercises), 'exercises')}."
        )
    return exercises[exercise_id]


def _unknown_student(course: Course, student_id: str, assignment_id: str, known: list[str]) -> str:
    if (course.submitted / student_id / assignment_id).is_dir() and student_id not in ("", ".", ".."):
        return f"{student_id}/{assignment_id} has not been graded yet; run `python -m autograder grade` first."
    return f"There is no record of {student_id!r} for {assignment_id}; {_choices(student_id, known, 'students')}."


def _choices(wanted: str, known: list[str], what: str) -> str:
    """What could have been meant, or what there is."""
    if not known:
        return f"there are no {what} yet"
    near = difflib.get_close_matches(wanted, known, n=5)
    shown = near or known[:20]
    more = f" and {len(known) - len(shown)} more" if not near and len(known) > len(shown) else ""
    return f"{'did you mean' if near else f'the {what} are'} {', '.join(shown)}{more}"


def _lines(setting: AssignmentView, entry: StudentResult, result: Result, verdict: Verdict) -> Iterator[str]:
    assert entry.record is not None
    yield f"{_shown(entry.student.id)} / {setting.id} / {result.item.id}: {result.item.title}"
    yield f"{SYMBOLS[verdict.status]} {WORDS[verdict.status]}, {score(verdict.points, verdict.max_points)}"
    if result.given:
        yield f"A person gave {number(result.points)} points, which count instead."
    if result.comment:
        yield from _wrapped("comment", result.comment)
    yield from _wrapped("message", verdict.message)
    for name in result.diagnoses:
        yield from _wrapped("diagnosis", f"{name}: {sentence_of(result.item, name)}")
    parts: Mapping[str, Any] = verdict.detail.get("parts") or {}
    if len(parts) > 1:
        # The parts of a derivation are those of the way that was taken.
        names = list(parts) if "lines" in verdict.detail else [name for name in result.item.parts if name in parts]
        told = (f"{name}: {'right' if parts[name] else 'not right'}" for name in names)
        yield from _wrapped("parts", ", ".join(told))
    for problem in entry.record.problems:
        yield from _wrapped("file", problem)
    yield ""
    yield "The student's code"
    yield from _code(str(verdict.detail.get("source", "")))
    yield ""
    yield from _case_lines(setting, verdict)
    yield ""
    yield from _wrapped("graded", ", ".join(f"{name} {version}" for name, version in sorted(verdict.versions.items())))
    yield from _wrapped("seed", str(verdict.seed))
    yield from _wrapped("record", entry.record.graded_hash)
    yield from _wrapped("today", _freshness(setting, entry, verdict))


def _case_lines(setting: AssignmentView, verdict: Verdict) -> Iterator[str]:
    """The first case that failed: what went in, what was expected, what came back; of a derivation, its lines."""
    detail = verdict.detail
    table = table_of(verdict)
    if table is not None:
        yield "The lines, each compared with the one above it"
        yield from (f"  {visible(line)}" for line in str(table).splitlines())
        return
    if "case" not in detail:
        yield "Every case passed." if verdict.status == Status.PASSED else "No result came back, so no case was judged."
        return
    key = Reference(setting.course, setting.id).key(verdict.exercise_id, verdict.seed)
    found = _find(key.task.cases, str(detail["case"]), str(detail.get("part")))
    if found is None:
        yield f"The first case that failed was “{_shown(detail['case'])}”; the exercises have no such case any more."
        return
    k, case = found
    yield f"The first case that failed: “{case.name}” (no. {k + 1} of {len(key.task.cases)}, part “{case.part}”)"
    if detail.get("sentence"):
        yield from _wrapped("  problem", str(detail["sentence"]))
    error = detail.get("error")
    if error:
        line = f" in line {error.get('line')}" if error.get("line") else ""
        yield from _wrapped("  error", f"{error.get('type')}{line}: {error.get('message')}")
        if error.get("code"):
            yield from _wrapped("  at", str(error["code"]))
    for warning in detail.get("warnings") or ():
        yield from _wrapped("  warning", str(warning))
    for name, value in _inputs(key, case):
        yield from _value(f"  input {name}", value)
    for name, value in _wanted(key, case):
        yield from _value(f"  expected{name}", value)
    if case.low is not None:
        yield "  A convention is free here: all is right that lies"
        yield from _value("  from", case.low)
        yield from _value("  to", case.high)
    worst = detail.get("worst") or ()
    if worst:
        of = f" of {_shown(detail['output'])}" if detail.get("output") else ""
        yield f"  furthest off{of}"
        for item in worst:
            where = f"[{', '.join(map(str, item.get('index') or ()))}]" if item.get("index") else "the number"
            yield f"    {where}: came back {_shown(item.get('got'))}, expected {_shown(item.get('want'))}"


def _find(cases: Sequence[Case], name: str, part: str) -> tuple[int, Case] | None:
    return next(((k, case) for k, case in enumerate(cases) if (case.name, case.part) == (name, part)), None)


def _inputs(key: Key, case: Case) -> Iterator[tuple[str, Any]]:
    """The inputs by the names that the reference solution gives them."""
    if len(case.inputs) == 1 and isinstance(case.inputs[0], dict):
        yield from case.inputs[0].items()
        return
    try:
        names = list(inspect.signature(key.right).parameters)
    except (TypeError, ValueError):
        names = []
    for k, value in enumerate(case.inputs):
        yield (names[k] if k < len(names) else f"no. {k + 1}"), value


def _wanted(key: Key, case: Case) -> Iterator[tuple[str, Any]]:
    if not isinstance(case.want, tuple):
        yield "", case.want
        return
    names = key.task.outputs or [f"no. {k + 1}" for k in range(len(case.want))]
    for k, (name, value) in enumerate(zip(names, case.want, strict=False)):
        if case.pick in (None, k):
            yield f" {name}", value


def _value(label: str, value: Any) -> Iterator[str]:
    """A value beside its label; an array with its shape, below."""
    if not isinstance(value, np.ndarray):
        yield f"{label} = {_shown(getattr(value, '__name__', None) or repr(value))}"
        return
    kind = "" if value.dtype == np.float64 else f", {value.dtype}"
    yield f"{label}: shape {value.shape}{kind}"
    with np.printoptions(precision=8, threshold=MOST_NUMBERS, linewidth=WIDTH - 4, suppress=False):
        yield from textwrap.indent(str(value), "    ").split("\n")


def _code(source: str) -> Iterator[str]:
    if not source.strip():
        yield "    (none)"
    for k, line in enumerate(visible(source).expandtabs(4).split("\n") if source.strip() else ()):
        yield f"{k + 1:4d}  {line}"


def _freshness(setting: AssignmentView, entry: StudentResult, verdict: Verdict) -> str:
    """Whether grading would give the same verdict today."""
    assert entry.record is not None
    folder = setting.course.submitted / entry.student.id / setting.id
    if not folder.is_dir():
        return "The submission does not lie there any more."
    key, now = key_bytes(setting.course, setting.id), read_seeds(setting.course).get(setting.id)
    submission = read_submission(folder, entry.student.id, setting.id)
    if submission.graded_hash(key, verdict.seed) != entry.record.graded_hash:
        other = verdict.versions.get("mlp_utils") != __version__
        what = f"mlp_utils is at {__version__} now" if other else "the submission or the exercises have changed since"
        return f"This record is out of date: {what}; what stands above may not fit. Run `python -m autograder grade`."
    if now != verdict.seed:
        return "Other hidden cases have been drawn since; the submission and the exercises are the same."
    return "The submission, the exercises and the seed are still the same."


def _wrapped(label: str, text: str) -> Iterator[str]:
    head = f"{label:<10} "
    indent = " " * len(head)
    lines = textwrap.wrap(_shown(text), WIDTH, initial_indent=head, subsequent_indent=indent) or [head.rstrip()]
    yield from lines


def _shown(text: object) -> str:
    """One line that holds no control characters, whatever a student's process sent."""
    return visible(" ".join(str(text).split()))
