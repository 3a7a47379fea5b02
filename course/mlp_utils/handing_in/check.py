"""Check a notebook before it is handed in: does it run from top to bottom, and is everything there and attempted?

``check_notebook`` runs a saved notebook in a fresh kernel, as the grader will, and compares it with what was released.
``python -m mlp_utils check NOTEBOOK`` and the last cell of each notebook show the report.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlp_utils.handing_in.manifest import (
    LOCKED,
    MANUAL,
    SETUP,
    SOLUTION,
    TEST,
    TEST_PREFIX,
    Manifest,
    ReleasedCell,
    manifests,
)
from mlp_utils.handing_in.names import defined_names, used_names
from mlp_utils.handing_in.ran import Ending
from mlp_utils.handing_in.releases import difference
from mlp_utils.handing_in.run import Cell, Notebook, RanCell, Unreadable, read, run_all
from mlp_utils.messages import Table
from mlp_utils.status import SYMBOLS, VERDICTS, WORDS, Status
from mlp_utils.version import __version__

SECONDS = 120.0
"""The time limit of a cell."""

MOST = 5
"""Cells with an error that are listed; the others mostly follow from them."""


STATES = "__import__('mlp_utils.in_notebooks.checks', fromlist=['states_json']).states_json()"
"""The question for the fresh kernel: what the last check of each exercise has found."""


@dataclass(frozen=True)
class ExerciseState:
    """One exercise: the state that its check found (a verdict, DELETED or UNCHECKED) and its visible points."""

    id: str
    status: Status
    points: float
    max_points: float


@dataclass(frozen=True)
class Report:
    """What a check of a notebook has found.

    deleted, edited: names of released cells that are missing, and of locked cells that are not as released.
    errors:          cells that stopped, each in a sentence.
    by_hand:         what a person grades: name, points, and whether there is an answer.
    remarks:         further sentences: name of the file, version, doubled cells.
    """

    file: str
    assignment_id: str
    exercises: tuple[ExerciseState, ...]
    deleted: tuple[str, ...]
    edited: tuple[str, ...]
    errors: tuple[str, ...]
    by_hand: tuple[tuple[str, float, bool], ...]
    remarks: tuple[str, ...]
    seconds: float

    @property
    def unattempted(self) -> tuple[str, ...]:
        """Exercises and answers in words that are still as they were released."""
        missing = [exercise.id for exercise in self.exercises if exercise.status == Status.NOT_ATTEMPTED]
        unanswered = [name for name, _, answered in self.by_hand if not answered and name not in self.deleted]
        return (*missing, *unanswered)

    @property
    def ready(self) -> bool:
        """Whether everything is there, runs and was attempted.  Points may still be missing."""
        unchecked = any(
            exercise.status in (Status.DELETED, Status.UNCHECKED, Status.CRASHED) for exercise in self.exercises
        )
        trouble = (self.unattempted, self.deleted, self.edited, self.errors, self.remarks)
        return not unchecked and not any(trouble)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Report:
        data = json.loads(text)
        data["exercises"] = tuple(
            ExerciseState(**exercise | {"status": Status(exercise["status"])}) for exercise in data["exercises"]
        )
        data["by_hand"] = tuple((name, points, answered) for name, points, answered in data["by_hand"])
        for name in ("deleted", "edited", "errors", "remarks"):
            data[name] = tuple(data[name])
        return Report(**data)

    def table(self, *notes: str) -> Table:
        """The report as a table with lines below it."""
        rows = tuple(
            (SYMBOLS[e.status], e.id, WORDS[e.status], points_of(e.points, e.max_points)) for e in self.exercises
        )
        return Table(("", "exercise", "state", "points"), rows, "\n".join([*self.lines(), *notes]))

    def lines(self) -> list[str]:
        """What stands below the table, a line for each kind of finding."""
        passed = sum(exercise.status == Status.PASSED for exercise in self.exercises)
        lines = [total(sum(e.points for e in self.exercises), sum(e.max_points for e in self.exercises), passed)]
        if self.unattempted:
            lines.append(f"Not attempted: {', '.join(self.unattempted)}.")
        if self.deleted:
            lines.append(
                f"Deleted cells: {', '.join(self.deleted)}. Take a fresh copy of the notebook and move your answers."
            )
        if self.edited:
            names = ", ".join(self.edited)
            lines.append(f"Locked cells that were edited: {names}. The grader runs the released text instead.")
        lines += [f"Stopped: {sentence}" for sentence in self.errors[:MOST]]
        if len(self.errors) > MOST:
            lines.append(f"{len(self.errors) - MOST} more cells stopped; mend the first one first.")
        for name, points, answered in self.by_hand:
            state = "answered" if answered else "deleted" if name in self.deleted else "still as released"
            lines.append(f"A person grades: {name} ({points_of(points)}), {state}.")
        lines += self.remarks
        unread = [exercise.id for exercise in self.exercises if exercise.status == Status.INVALID]
        if unread:
            lines.append(
                f"Not all could be read: {', '.join(unread)}. The points that are missing there are open: a person "
                "reads the lines after you hand in."
            )
        wrong = sum(exercise.status in (Status.FAILED, Status.PARTIAL) for exercise in self.exercises)
        if wrong:
            lines.append(f"{wrong} {'exercise is' if wrong == 1 else 'exercises are'} not yet right.")
        lines.append(
            "The notebook runs, and everything was attempted."
            if self.ready
            else "Something above needs your attention."
        )
        return lines


def points_of(points: float, most: float | None = None) -> str:
    """«2 of 3», «2 points», «practice»."""
    if (points if most is None else most) == 0:
        return "practice"
    return f"{points:g} {'point' if points == 1 else 'points'}" if most is None else f"{points:g} of {most:g}"


def total(points: float, most: float, passed: int) -> str:
    """The line with the sum of points, or with the number of exercises that pass where there are none."""
    if most == 0:
        count = f"{passed} exercise{' passes' if passed == 1 else 's pass'}"
        return f"Practice without points: {count} the visible checks."
    return f"{points:g} of {most:g} points in the visible checks; grading uses other numbers of the same kind."


def check_notebook(
    path: Path, seconds: float = SECONDS, progress: Callable[[int, int], None] = lambda done, total: None
) -> Report:
    """Run a saved notebook in a fresh kernel and compare it with its release; the file is not changed.

    seconds: the time limit of a cell.
    Raises ``Unreadable``, with one sentence, if the file is no notebook of this course or no kernel can be started.
    """
    notebook = read(path)
    manifest = manifest_of(notebook)
    first = {cell.name: cell for cell in reversed(notebook.cells) if cell.name}
    tests = {id(first[cell.id]) for cell in manifest.of_kind(TEST) if cell.id in first}
    started = time.monotonic()
    ran = run_all(
        notebook.cells,
        path.resolve().parent,
        seconds,
        question=lambda cell: STATES if id(cell) in tests else "",
        progress=progress,
    )
    ended = {id(result.cell): result for result in ran}
    borrowed = borrowed_names(notebook.cells, [cell.id for cell in manifest.of_kind(SOLUTION)])
    if borrowed:  # what counts is a run without experiments, as the grader's
        graded = [cell for cell in notebook.cells if not cell.experiment]
        again = run_all(
            graded, path.resolve().parent, seconds, lambda cell: STATES if id(cell) in tests else "", progress
        )
        ended |= {id(result.cell): result for result in again}
    return Report(
        file=path.name,
        assignment_id=manifest.assignment_id,
        exercises=tuple(
            _exercise(cell.id.removeprefix(TEST_PREFIX), cell.points, first, ended) for cell in manifest.of_kind(TEST)
        ),
        deleted=tuple(cell.id for cell in manifest.cells if cell.id not in first),
        edited=tuple(
            cell.id
            for cell in manifest.of_kind(*LOCKED)
            if cell.id in first and not (first[cell.id].code and cell.is_released(first[cell.id].source))
        ),
        errors=tuple(_stopped(result) for result in ran if result.error),
        by_hand=tuple(
            (cell.id, cell.points, cell.id in first and _answered(cell, first[cell.id].source))
            for cell in manifest.of_kind(MANUAL)
        ),
        remarks=(*_borrowed(borrowed), *_remarks(notebook, manifest, first)),
        seconds=time.monotonic() - started,
    )


def borrowed_names(cells: Sequence[Cell], answers: Sequence[str]) -> dict[str, list[str]]:
    """For each answer the names that it uses and that only experiment cells define."""
    made: set[str] = set()
    lent: set[str] = set()
    for cell in cells:
        if cell.code:
            (lent if cell.experiment else made).update(defined_names(cell.source))
    found = {cell.name: sorted(used_names(cell.source) & (lent - made)) for cell in cells if cell.name in answers}
    return {name: names for name, names in found.items() if names}


def _borrowed(borrowed: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        f"{answer} uses {', '.join(names)}, which only an experiment cell defines. The grader runs no experiments: "
        "move it into the cell of your answer."
        for answer, names in borrowed.items()
    ]


def manifest_of(notebook: Notebook) -> Manifest:
    """The release that a notebook was made from: by what it says, or else by the names of its cells."""
    known = {name: manifest for name, manifest in manifests().items() if manifest.cells}
    if notebook.assignment_id in known:
        return known[notebook.assignment_id]
    names = {cell.name for cell in notebook.cells if cell.name}
    shared = {name: sum(cell.id in names for cell in manifest.cells) for name, manifest in known.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    if not notebook.assignment_id and best and shared[best]:
        return known[best]
    what = f"belongs to the assignment {notebook.assignment_id!r}" if notebook.assignment_id else "is of another course"
    names_known = ", ".join(sorted(known)) or "none"
    raise Unreadable(f"{notebook.path} {what}; mlp_utils {__version__} knows these assignments: {names_known}.")


def _exercise(name: str, points: float, first: dict[str, Cell], ended: dict[int, RanCell]) -> ExerciseState:
    test = first.get(TEST_PREFIX + name)
    ran = ended.get(id(test))
    if ran is None or ran.state == Ending.NOT_RUN:
        return ExerciseState(name, Status.UNCHECKED if name in first else Status.DELETED, 0.0, points)
    if ran.state in (Ending.TIMED_OUT, Ending.DIED):
        return ExerciseState(name, Status.TIMED_OUT if ran.state == Ending.TIMED_OUT else Status.CRASHED, 0.0, points)
    found = _states(ran.reply).get(name)
    if found is None:
        status = Status.DELETED if name not in first else Status.CRASHED if ran.error else Status.UNCHECKED
        return ExerciseState(name, status, 0.0, points)
    status, earned = found
    if status == Status.NOT_ATTEMPTED and name not in first:
        status = Status.DELETED
    return ExerciseState(name, status, min(earned, points), points)


def _states(reply: str | None) -> dict[str, tuple[Status, float]]:
    """The kernel's answer, of which nothing is taken for granted: a student's code ran there."""
    try:
        data: Any = json.loads(reply or "{}")
        return {str(k): (Status(s), float(p)) for k, (s, p) in data.items() if s in VERDICTS}
    except (ValueError, TypeError, AttributeError):
        return {}


def _stopped(ran: RanCell) -> str:
    name = f" ({ran.cell.name})" if ran.cell.name else ""
    return f"code cell {ran.cell.number}{name}, «{ran.cell.first_line}»: {ran.error}"


def _answered(cell: ReleasedCell, source: str) -> bool:
    """Whether something stands there besides what was released, or besides the place that was meant for it."""
    written = source.replace("YOUR ANSWER HERE", "").strip()
    return bool(written) and not cell.is_released(source)


def _remarks(notebook: Notebook, manifest: Manifest, first: dict[str, Cell]) -> list[str]:
    remarks = []
    wanted = f"{manifest.assignment_id}.ipynb"
    if notebook.path.name != wanted:
        remarks.append(f"The file is called {notebook.path.name}; hand it in under the name {wanted}.")
    known = {cell.id for cell in manifest.cells}
    tested = {cell.id.removeprefix(TEST_PREFIX) for cell in manifest.of_kind(TEST)}
    for name, count in Counter(cell.name for cell in notebook.cells if cell.name in known).items():
        if count > 1:
            remarks.append(f"The cell {name} stands there {count} times; the first one is graded.")
    for cell in manifest.of_kind(SOLUTION):
        if cell.id in first and not first[cell.id].code and cell.id in tested:
            remarks.append(f"The cell {cell.id} is no longer a code cell, so it was not run.")
    versions = [
        found[2]
        for cell in manifest.of_kind(SETUP)
        if cell.id in first and (found := re.search(r"made_for\(([\"'])(.*?)\1\)", first[cell.id].source))
    ]
    remarks += [text for version in versions if (text := difference(version))]
    return remarks


__all__ = ["SECONDS", "ExerciseState", "Report", "Unreadable", "check_notebook", "manifest_of", "points_of", "total"]
