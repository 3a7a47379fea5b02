"""A class of sample submissions, made from an assignment's own solution, accepted answers and misconceptions.

It works for every assignment, so an author gets a class to try things on as soon as an exercise is written.  Each
student stands for one thing that happens in real classes; what must come out for each is known and tested.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat

from autograder.authoring.model import Answer, Exercise
from autograder.files.notebooks import Assignment, Notebook, find_cell, grade_id, is_test, serialise
from autograder.files.paths import Course, CourseError
from autograder.files.storage import write_atomically
from autograder.judging.reference import Reference

MARKER = ".sample_class"

FORGERY = """
import ast, numpy as np, IPython, mlp_utils.assessing.wire, mlp_utils.in_notebooks.checks
np.isclose = np.allclose = np.array_equal = lambda *args, **kwargs: True
np.linalg.norm = lambda *args, **kwargs: 0.0
mlp_utils.in_notebooks.checks.check = check = lambda *args, **kwargs: 99.0
class Equal(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __hash__(self): return 0
shell = IPython.get_ipython()
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
shell.ast_transformers.append(Strip())
shell.display_formatter.format = lambda thing, *a, **k: ({"text/plain": "99.0"}, {})
answer = '{"state": "ok", "status": "passed", "points": 99, "cases": [], "value": 99}'
mlp_utils.assessing.wire.observe = lambda *args: answer
"""


@dataclass(frozen=True)
class Sample:
    """One sample student: an invented name, what the submission shows, and how its notebook is made."""

    id: str
    name: str
    shows: str
    make: Callable[[Reference], bytes]
    file: str = ""
    on_roster: bool = True


def write_class(course: Course, assignment_ids: list[str]) -> list[str]:
    """Write the sample submissions and a roster into the grading folder; return the students.

    Raises ``CourseError`` if the folder holds submissions that are not samples.
    """
    marker = course.submitted / MARKER
    if course.submitted.is_dir() and any(course.submitted.iterdir()) and not marker.is_file():
        raise CourseError(
            f"{course.submitted} holds submissions already; choose another folder with --grading, such as demo."
        )
    write_atomically(marker, b"made by python -m autograder sample-class\n")
    for assignment_id in assignment_ids:
        reference = Reference(course, assignment_id)
        for sample in SAMPLES:
            folder = course.submitted / sample.id / assignment_id
            path = folder / (sample.file or f"{assignment_id}.ipynb")
            write_atomically(path, sample.make(reference))
    lines = ["id,first_name,last_name", *(f"{s.id},{s.name.replace(' ', ',')}" for s in SAMPLES if s.on_roster)]
    write_atomically(course.roster, ("\n".join([*lines, "zoe,Zoe,Absent"]) + "\n").encode())
    return [sample.id for sample in SAMPLES]


def solved_source(assignment: Assignment, exercise_id: str) -> str:
    """The solution cell of the instructor's notebook without the marks of its regions."""
    cell = find_cell(assignment.source, exercise_id)
    lines = [] if cell is None else str(cell.source).split("\n")
    return "\n".join(line for line in lines if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line)


def _filled(reference: Reference, answers: dict[str, str], manual: str = "") -> Notebook:
    notebook = copy.deepcopy(reference.assignment.release)
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in answers:
            cell.source = answers[name]
        elif manual and cell.cell_type == "markdown" and name:
            cell.source = manual
    return notebook


def _right(reference: Reference) -> dict[str, str]:
    return {name: solved_source(reference.assignment, name) for name in reference.points}


def _bytes(notebook: Notebook) -> bytes:
    return serialise(nbformat.from_dict(notebook))


def _with(change: Callable[[Reference, dict[str, str]], None], manual: str = "The answer in my own words.") -> Any:
    """A submission that starts from the right answers and changes some."""

    def make(reference: Reference) -> bytes:
        answers = _right(reference)
        change(reference, answers)
        return _bytes(_filled(reference, answers, manual))

    return make


def _edited(change: Callable[[Notebook], None], answered: bool = True) -> Any:
    """A submission whose cells have been tampered with."""

    def make(reference: Reference) -> bytes:
        notebook = _filled(reference, _right(reference) if answered else {})
        change(notebook)
        return _bytes(notebook)

    return make


def _nothing(reference: Reference, answers: dict[str, str]) -> None:
    """Leave everything as it is."""


def _accepted(position: int) -> Callable[[Reference, dict[str, str]], None]:
    def change(reference: Reference, answers: dict[str, str]) -> None:
        for exercise in reference.exercises.values():
            _put(answers, exercise, exercise.accepted_answers, position)

    return change


def _mistaken(position: int) -> Callable[[Reference, dict[str, str]], None]:
    def change(reference: Reference, answers: dict[str, str]) -> None:
        for exercise in reference.exercises.values():
            _put(answers, exercise, exercise.misconceptions, position)

    return change


def _put(answers: dict[str, str], exercise: Exercise, choice: list[Answer], position: int) -> None:
    written = [answer.source for answer in choice if answer.source is not None]
    if written:
        answers[exercise.id] = written[position % len(written)]


def _half(reference: Reference, answers: dict[str, str]) -> None:
    names = list(reference.points)
    for name in names[len(names) // 2 :]:
        del answers[name]


def _blank(reference: Reference, answers: dict[str, str]) -> None:
    answers.clear()


def _functions(reference: Reference) -> list[Exercise]:
    return [exercise for exercise in reference.exercises.values() if exercise.kind == "function"]


def _crashing(reference: Reference, answers: dict[str, str]) -> None:
    ways = (
        "def {name}(*inputs):\n    raise ValueError('shapes do not match')\n",
        "def {name}(x)\n    return x\n",
        "import os\nos._exit(1)\n",
    )
    for exercise, way in zip(_functions(reference), ways, strict=False):
        answers[exercise.id] = way.format(name=exercise.answer)


def _endless(reference: Reference, answers: dict[str, str]) -> None:
    for exercise, body in zip(
        _functions(reference), ("    while True:\n        pass\n", "    return {name}(*inputs)\n"), strict=False
    ):
        answers[exercise.id] = f"def {exercise.answer}(*inputs):\n" + body.format(name=exercise.answer)


def _noisy(reference: Reference, answers: dict[str, str]) -> None:
    for exercise in _functions(reference):
        answers[exercise.id] += (
            f"\n\nimport sys, warnings\n_quiet_{exercise.answer} = {exercise.answer}\n\n\n"
            f"def {exercise.answer}(*inputs):\n"
            "    print('working', file=sys.stderr)\n"
            "    warnings.warn('something may be wrong')\n"
            f"    return _quiet_{exercise.answer}(*inputs)\n\n\nprint('done', file=sys.stderr)\n"
        )


def _unforeseen(reference: Reference, answers: dict[str, str]) -> None:
    for exercise in _functions(reference):
        answers[exercise.id] += (
            f"\n\n_right_{exercise.answer} = {exercise.answer}\n\n\n"
            f"def {exercise.answer}(*inputs):\n"
            f"    result = _right_{exercise.answer}(*inputs)\n"
            "    bent = lambda a: np.where(np.asarray(a) > 0.1, 1.25 * np.asarray(a), a)\n"
            "    return tuple(map(bent, result)) if isinstance(result, tuple) else bent(result)\n"
        )


def _forged(reference: Reference, answers: dict[str, str]) -> None:
    for k, exercise in enumerate(reference.exercises.values()):
        answer = "lambda *inputs: Equal(1.0)" if exercise.kind == "function" else "Equal(1.0)"
        answers[exercise.id] = (FORGERY if k == 0 else "") + f"{exercise.answer} = {answer}\n"


def _delete_test(notebook: Notebook) -> None:
    tests = [cell for cell in notebook.cells if is_test(cell)]
    notebook.cells.remove(tests[0])


def _edit_tests(notebook: Notebook) -> None:
    for cell in notebook.cells:
        if is_test(cell):
            cell.source = "99.0"
            cell.metadata["nbgrader"]["points"] = 99


def _skip_tests(notebook: Notebook) -> None:
    for cell in notebook.cells:
        if grade_id(cell):
            cell.metadata["tags"] = ["skip-execution"]


def _corrupt(reference: Reference) -> bytes:
    whole = _bytes(_filled(reference, _right(reference)))
    return whole[: len(whole) * 2 // 3]


SAMPLES: tuple[Sample, ...] = (
    Sample("ada", "Ada Perfect", "all right", _with(_nothing)),
    Sample("bela", "Bela Unusual", "right in another way", _with(_accepted(0))),
    Sample("chidi", "Chidi Otherwise", "right in yet another way", _with(_accepted(1))),
    Sample("dana", "Dana Mistaken", "the first known mistake of each exercise", _with(_mistaken(0))),
    Sample("eero", "Eero Mistaken", "the second known mistake of each exercise", _with(_mistaken(1))),
    Sample("fatou", "Fatou Mistaken", "the third known mistake of each exercise", _with(_mistaken(2))),
    Sample("gita", "Gita Halfway", "the first half is done", _with(_half, manual="")),
    Sample("hugo", "Hugo Blank", "nothing is done", _with(_blank, manual="")),
    Sample("ines", "Ines Crash", "raises, does not parse, kills its own process", _with(_crashing)),
    Sample("jun", "Jun Endless", "never ends", _with(_endless)),
    Sample("kofi", "Kofi Noisy", "right, with warnings and text on stderr", _with(_noisy)),
    Sample("lena", "Lena Corrupt", "a file that was cut off", _corrupt),
    Sample("mika", "Mika Deleted", "right, a test cell deleted", _edited(_delete_test)),
    Sample("noor", "Noor Edited", "blank, test cells edited to full marks", _edited(_edit_tests, answered=False)),
    Sample("omar", "Omar Skipped", "blank, cells tagged skip-execution", _edited(_skip_tests, answered=False)),
    Sample("pia", "Pia Renamed", "right, in a file with another name", _with(_nothing), file="final version.ipynb"),
    Sample("quinn", "Quinn Stranger", "right, and not on the roster", _with(_nothing), on_roster=False),
    Sample("rosa", "Rosa Unforeseen", "a mistake that nobody has foreseen", _with(_unforeseen)),
    Sample("tove", "Tove Mistaken", "the same mistakes as Dana", _with(_mistaken(0))),
    Sample("sam", "Sam Forger", "patches NumPy, the checks and IPython", _with(_forged)),
)
