"""One page for each submission: what was right, what was not, why, and what a person said of it.

The page holds what the student wrote and what the verdicts say to the student; no hidden test, no hidden input, no
solution, and nothing of a verdict's detail but which parts passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from mlp_utils.derivations.route import END, FIRST
from mlp_utils.status import Status

from autograder.files.notebooks import Cell, Notebook, find_cell, untouched
from autograder.files.paths import Course, CourseError
from autograder.files.submissions import who_handed_in, who_was_graded
from autograder.judging.verdict import table_of
from autograder.pages.mathematics import mathml
from autograder.pages.pages import course_title, markdown, write_page
from autograder.pages.results import AssignmentView, Item, Result, StudentResult, in_use, load_view

Progress = Callable[[str], None]
Parts = tuple[tuple[str, bool, float], ...]


def write_feedback(
    course: Course,
    assignment_ids: Iterable[str] | None = None,
    student_id: str | None = None,
    progress: Progress = lambda name: None,
) -> list[Path]:
    """Write the pages of all graded submissions, or of one student's, where nbgrader keeps feedback.

    ``progress`` is called with student/assignment after each page.  What cannot be written (a damaged record, a
    submission that has not been graded) does not hold up the rest and is named in a ``CourseError`` at the end.
    """
    written: list[Path] = []
    failures: list[str] = []
    ungraded: list[str] = []
    title = course_title(course)
    for assignment_id in in_use(course, assignment_ids):
        graded, handed_in = who_was_graded(course, assignment_id), who_handed_in(course, assignment_id)
        wanted = [name for name in graded if student_id in (None, name)]
        ungraded += [f"{n}/{assignment_id}" for n in handed_in if student_id in (None, n) and n not in graded]
        if not wanted:
            continue
        setting = load_view(course, assignment_id, student_id)
        for name in wanted:
            entry = setting.entry(name, notebook=True)
            if entry.record is None:
                failures.append(entry.problem)
                continue
            page = page_of(course, name, assignment_id)
            try:
                # The mode is nbgrader's own: what its release_feedback copies must be readable for the student.
                written.append(write_page(page, "feedback.html.j2", mode=0o644, **_view(setting, entry, title)))
            except CourseError as error:
                failures.append(str(error))
            progress(f"{name}/{assignment_id}")
    _complain(course, written, failures, ungraded, student_id)
    return written


def page_of(course: Course, student_id: str, assignment_id: str) -> Path:
    """The place of a feedback page: nbgrader's own."""
    return course.feedback / student_id / assignment_id / f"{assignment_id}.html"


def _complain(
    course: Course, written: list[Path], failures: list[str], ungraded: list[str], student_id: str | None
) -> None:
    if ungraded:
        some = ", ".join(ungraded[:5]) + (", …" if len(ungraded) > 5 else "")
        advice = "run `python -m autograder grade` first."
        failures.insert(0, f"{len(ungraded)} submission(s) have not been graded yet ({some}); {advice}")
    if failures:
        others = f" {len(written)} page(s) have been written." if written else ""
        more = f" (And {len(failures) - 1} more of this kind.)" if len(failures) > 1 else ""
        raise CourseError(f"{failures[0]}{more}{others}")
    if not written:
        raise CourseError(f"There is no submission of {student_id} in {course.submitted}; check the student's id.")


@dataclass(frozen=True)
class Section:
    """One item as the page shows it.

    parts:    name, passed, points; empty for an exercise with a single part.
    message:  what is right or wrong.
    mistakes: the sentence and the hint of each mistake that was recognised.
    lines:    a derivation's lines: number, mark, word, what was typed, the formula as MathML, what is wrong.
    words:    an answer in words, as HTML; None for code.
    source:   code as the student wrote it; None where there is none to show.
    absence:  why there is nothing to show.
    person:   what a person has done or will do; empty if nothing.
    """

    number: int
    result: Result
    parts: Parts
    message: str
    mistakes: tuple[tuple[str, str], ...]
    lines: tuple[dict[str, Any], ...]
    words: Markup | None
    source: str | None
    absence: str
    person: str

    @property
    def id(self) -> str:
        return self.result.item.id


def _view(setting: AssignmentView, entry: StudentResult, title: str) -> dict[str, Any]:
    """All that the template needs."""
    assert entry.record is not None
    notebook = nbformat.from_dict(entry.record.notebook)
    sections = [_section(k + 1, result, notebook, setting, entry.readable) for k, result in enumerate(entry.results)]
    versions = next((verdict.versions for verdict in entry.record.verdicts), {})
    return {
        "course": title,
        "title": setting.title,
        "assignment_id": setting.id,
        "entry": entry,
        "exercises": setting.exercises,
        "name": " ".join(filter(None, (entry.student.first_name, entry.student.last_name))),
        "sections": sections,
        "shown": [s for s in sections if entry.readable or s.result.comment or s.result.given],
        "problems": entry.record.problems,
        "waits": any(section.result.waits and not section.result.open for section in sections),
        "hash": entry.record.graded_hash[:12],
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(versions.items())),
    }


def _section(number: int, result: Result, notebook: Notebook, setting: AssignmentView, readable: bool) -> Section:
    parts = _parts(result)
    message, mistakes = _words(result, parts)
    cell, absence = _own(result.item, notebook, setting, readable)
    words = markdown(cell.source) if cell is not None and cell.cell_type == "markdown" else None
    source = None if cell is None or words is not None else cell.source
    lines = _lines(result)
    return Section(number, result, parts, message, mistakes, lines, words, source, absence, _person(result))


def _lines(result: Result) -> tuple[dict[str, Any], ...]:
    """The lines of a derivation as they were judged, typeset without a script."""
    table = None if result.verdict is None else table_of(result.verdict)
    if table is None:
        return ()
    return tuple(
        {
            "number": line.number,
            "symbol": line.symbol,
            "word": line.word,
            "state": line.state,
            "text": line.text,
            "formula": Markup(mathml(line.latex)) if line.latex else "",
            "says": line.says,
        }
        for line in table.lines
    )


def _parts(result: Result) -> Parts:
    """The named parts with their points, where there are several and they were judged (a crash is no wrong answer)."""
    weights = result.item.parts
    if result.verdict is not None and result.verdict.detail.get("lines"):
        # The parts of a derivation are those of the way that was taken; a record has them by the alphabet.
        route = result.item.exercise.route if result.item.exercise else None
        order = [FIRST, *(route.waypoints if route else ()), END]
        found = result.verdict.detail.get("parts", {})
        weights = dict.fromkeys(sorted(found, key=lambda name: order.index(name) if name in order else -1), 1.0)
    judged = result.verdict is not None and result.verdict.status in (Status.PASSED, Status.PARTIAL, Status.FAILED)
    passed = result.verdict.detail.get("parts", {}) if result.verdict and judged else {}
    if len(weights) < 2 or set(passed) != set(weights):
        return ()
    whole = sum(weights.values())
    return tuple((name, bool(passed[name]), result.item.points * weight / whole) for name, weight in weights.items())


def _words(result: Result, parts: Parts) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The verdict's message, and apart from it the sentence and the hint of each mistake that it names.

    What the message says of the parts is left out where the page lists them.
    """
    if result.verdict is None:
        return "", ()
    done = ", ".join(name for name, passed, _ in parts if passed)
    missing = ", ".join(name for name, passed, _ in parts if not passed)
    message = result.verdict.message.removeprefix(f"Right: {done}. Not yet: {missing}. ")
    answers = result.item.exercise.misconceptions if result.item.exercise else []
    named = {answer.id: (answer.says, answer.hint) for answer in answers}
    mistakes = tuple(named[name] for name in result.diagnoses if name in named)
    said = " ".join(f"{says} {hint}".strip() for says, hint in mistakes)
    # A record that is older than the exercises may say it in other words; then its message stays as it is.
    if mistakes and message.endswith(said):
        return message.removesuffix(said).strip(), mistakes
    return message, ()


def _own(item: Item, notebook: Notebook, setting: AssignmentView, readable: bool) -> tuple[Cell | None, str]:
    """The student's own cell, or why there is nothing to show."""
    if not readable:
        return None, ""
    cell = find_cell(notebook, item.id)
    if cell is None:
        return None, "This cell was not in your notebook."
    if not cell.source.strip():
        return None, "This cell was empty."
    if untouched(cell, setting.assignment.release_cell(item.id)):
        return None, "This cell was as it had been handed out."
    return cell, ""


def _person(result: Result) -> str:
    if result.open:
        return ""
    if result.given:
        again = "They will be looked at again, because your work has been graded once more." if result.waits else ""
        return " ".join(filter(None, ("" if result.item.by_hand else "A person gave these points.", again)))
    if result.waits:
        counts = result.points or not result.item.points
        return "A person will look at this." if counts else "A person will look at this; until then it counts 0."
    return ""


__all__ = ["page_of", "write_feedback"]
