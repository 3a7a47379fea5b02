"""The grader as nbgrader's commands and buttons start it (``gradebook/nbgrader_commands.py``).

Formgrader's server has threads, an event loop and the instructor's session; a grading run has workers, kernels and a
lock.  So a run is a process of its own, as with ``python -m autograder grade``: a request as JSON comes in, and what is
to be told goes out, line by line.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.files.paths import Course, CourseError
from autograder.files.storage import refusal
from autograder.files.submissions import unusable_folders
from autograder.grading.run import Graded, grade
from autograder.kernels.sandbox import Sandbox

Say = Callable[[str, str], None]
"""Told how grave it is (info, warning, error), and a sentence."""


def main() -> int:
    """Do what standard input asks for; exit code 0 if all of it was done."""
    out = sys.stdout
    sys.stdout = sys.stderr  # a library that prints does not disturb
    errors = 0

    def say(level: str, text: str) -> None:
        nonlocal errors
        errors += level == "error"
        line = json.dumps([level, "".join(c if c.isprintable() else "?" for c in text)])
        with contextlib.suppress(BrokenPipeError):  # nobody listens any more, and the work goes on
            print(line, file=out, flush=True)

    try:
        answer(json.load(sys.stdin), say)
    except CourseError as error:
        say("error", str(error))
    except OSError as error:
        say("error", str(refusal(error, "Reading or writing a file")))
    except KeyboardInterrupt:
        say("error", "Stopped; what had been recorded is safe, and the same command goes on from there.")
    return 1 if errors else 0


def answer(request: dict[str, Any], say: Say) -> None:
    """Grade the submissions of an assignment; of all students, or of those that are named.

    Of all students whatever went wrong is an error.  Of those named only what concerns them is; a folder of somebody
    else's that cannot be used is a warning.
    """
    course = Course(Path(request["root"]), Path(request["grading"]))
    assignment_id, students = request["assignment"], request["students"]
    fresh = unchanged = 0
    told: set[str] = set()
    others = set(unusable_folders(course)) if students is not None else set()

    def once(level: str, text: str) -> None:
        if text not in told:
            told.add(text)
            say(level, text)

    def lacking(sandbox: Sandbox) -> None:
        once("info", f"Sandbox: {sandbox.kind}.")
        for sentence in sandbox.missing():
            once("warning", sentence)

    for student in [None] if students is None else students:
        result: Graded = grade(
            course,
            [assignment_id],
            student_id=student,
            force=request["force"],
            lacking=lacking,
            finished=lambda name: say("info", f"Graded {name}."),
        )
        fresh += len(result.fresh)
        unchanged += len(result.records) - len(result.fresh)
        for note in result.notes:
            once("warning", note)
        for failure in result.failures:
            once("warning" if failure in others else "error", failure)
    say("info", f"{fresh} graded, {unchanged} unchanged.")
