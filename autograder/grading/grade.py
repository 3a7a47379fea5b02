"""Grade one submission: run its notebook in a kernel, ask for what its functions return, judge, and make the record."""

from __future__ import annotations

import ast
import functools
import json
import time
from pathlib import Path
from typing import Any

from mlp_utils.assessing.tasks import Task
from mlp_utils.handing_in.notebook_file import UnreadableNotebook, parse
from mlp_utils.handing_in.ran import Ending, Ran
from mlp_utils.status import Status

from autograder.files.notebooks import (
    Assignment,
    Cell,
    Notebook,
    blank,
    exercise_of,
    find_cell,
    grade_id,
    is_test,
    restore,
    runs,
    untouched,
)
from autograder.judging.judge import Evidence, judge, unreadable
from autograder.judging.key import Key
from autograder.judging.reference import Reference
from autograder.judging.verdict import Record, Verdict
from autograder.kernels.kernel import KernelUnavailable, Limits, StudentKernel
from autograder.kernels.sandbox import Sandbox

MOST_RESTARTS = 12


def grade_submission(
    content: bytes,
    student_id: str,
    reference: Reference,
    seed: int,
    limits: Limits,
    library: Path,
    graded_hash: str,
    sandbox: Sandbox | None = None,
) -> Record:
    """The record of one submission.  Whatever is wrong with it ends in the record, not in an exception.

    ``KernelUnavailable`` if not even the first kernel can be started, before any of the student's code has run: that
    is no fault of the submission, and no verdict comes of it.
    """
    started = time.monotonic()
    assignment = reference.assignment
    keys = {cell.exercise_id: reference.key(cell.exercise_id, seed) for cell in assignment.graded}
    timeline: list[dict[str, Any]] = []
    try:
        notebook, problems = restore(parse(content), assignment)
    except UnreadableNotebook as error:
        verdicts = tuple(unreadable(key, student_id, str(error)) for key in keys.values())
        notebook, problems = blank(assignment), [f"The notebook could not be read: {error}"]
    else:
        run = _NotebookPass(notebook, assignment, keys, limits)
        with StudentKernel(library, limits, sandbox) as student:
            run.note_sandbox(student.sandbox)
            try:
                run.all(student)
            except KernelUnavailable as error:
                run.give_up(str(error))
        timeline = run.timeline
        problems += run.problems
        verdicts = tuple(_verdict(key, run.evidence.get(name), student_id) for name, key in keys.items())
    return Record(
        student_id,
        assignment.id,
        graded_hash,
        verdicts,
        tuple(dict.fromkeys(problems)),
        round(time.monotonic() - started, 2),
        json.loads(json.dumps(notebook)),
        tuple(timeline),
    )


def question(task: Task, name: str) -> str:
    """The expression that makes a kernel answer for one exercise; it holds inputs and no answers."""
    return f"__import__('mlp_utils.assessing.wire', fromlist=['observe']).observe(lambda: {name}, {task.request()!r})"


@functools.lru_cache(maxsize=512)
def only_checks(source: str, exercise_id: str, answer: str) -> bool:
    """Whether a test cell is ``check("exercise_id", answer)`` and nothing else.

    Then the judge's question takes its place: what the check would print in the student's process is replaced by the
    verdict, and a third of a kernel's time would go into it.
    """
    try:
        wanted = ast.dump(ast.parse(f"check({exercise_id!r}, {answer})"))
        return ast.dump(ast.parse(source)) == wanted
    except SyntaxError:
        return False


def _verdict(key: Key, evidence: Evidence | None, student_id: str) -> Verdict:
    return judge(key, evidence or Evidence(trouble=Status.CRASHED), student_id)


class _NotebookPass:
    """One pass over a notebook: what has been run, and what each exercise has shown."""

    def __init__(self, notebook: Notebook, assignment: Assignment, keys: dict[str, Key], limits: Limits) -> None:
        self.notebook, self.assignment, self.keys, self.limits = notebook, assignment, keys, limits
        self.evidence: dict[str, Evidence] = {}
        self.problems: list[str] = []
        self.ended: dict[str, Ran] = {}
        self.done: list[str] = []
        self.restarts = 0
        self.timeline: list[dict[str, Any]] = []
        self.deadline = time.monotonic() + limits.notebook_seconds
        self.names = {id(cell): grade_id(cell) or f"no. {k}" for k, cell in enumerate(notebook.cells)}

    def all(self, student: StudentKernel) -> None:
        """Run every cell in order and ask for each exercise right after its test cell."""
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            if not runs(cell):
                continue
            exercise_id = exercise_of(cell) if is_test(cell) else ""
            if time.monotonic() > self.deadline:
                self._note(self._name(cell), "left out", time.monotonic(), "the time for the notebook is over")
                if exercise_id in self.keys:
                    self.evidence[exercise_id] = self._evidence(exercise_id, None, Status.TIMED_OUT)
                continue
            key = self.keys.get(exercise_id)
            if key is not None and only_checks(cell.source, exercise_id, key.exercise.answer):
                self.evidence[exercise_id] = self._ask(student, exercise_id)
                continue
            ended = self._run_cell(student, cell)
            if key is not None:
                self.evidence[exercise_id] = self._ask(student, exercise_id, ended)

    def note_sandbox(self, sandbox: Sandbox) -> None:
        """Which sandbox it ran in, and what that lacks: workers may run on several machines."""
        self._note("", "sandbox", time.monotonic(), sandbox.kind, " ".join(sandbox.missing()))

    def give_up(self, reason: str) -> None:
        """No kernel: every exercise that was not asked for is a crash, not a wrong answer."""
        self.problems.append(reason)
        for name in self.keys:
            self.evidence.setdefault(name, Evidence(trouble=Status.CRASHED, error=reason))

    def _run_cell(self, student: StudentKernel, cell: Cell) -> Ran:
        started = time.monotonic()
        ended, cell.outputs = student.run(cell.source)
        self._note(self._name(cell), "run", started, ended.state, ended.error)
        self.ended[grade_id(cell)] = ended
        if ended.state in (Ending.OK, Ending.ERROR):
            self.done.append(cell.source)
        else:
            self.problems.append(f"The cell {self._name(cell)} was stopped: {ended.error}.")
            self._recover(student)
        return ended

    def _recover(self, student: StudentKernel) -> None:
        """After a hang or a death: the same kernel if it answers, else a new one with the earlier cells run again."""
        if student.responsive():
            return
        self.restarts += 1
        if self.restarts > MOST_RESTARTS:
            raise KernelUnavailable(f"The kernel had to be started again more than {MOST_RESTARTS} times.")
        started = time.monotonic()
        student.restart()
        replayed: list[str] = []
        for source in self.done:
            if time.monotonic() > self.deadline:
                break  # code can tell that it runs again, and be slow then
            ended, _ = student.run(source)
            if ended.state in (Ending.OK, Ending.ERROR):
                replayed.append(source)
            elif not student.responsive():
                student.restart()
                replayed = []  # of an empty kernel
                break
        self._note("", "restart", started, f"{len(replayed)} of {len(self.done)} earlier cells run again")
        self.done = replayed

    def _ask(self, student: StudentKernel, exercise_id: str, before: Ran | None = None) -> Evidence:
        """Ask for what the judge wants to know; ``before`` is how the test cell ended, if it was run."""
        if before is not None and before.state in (Ending.TIMED_OUT, Ending.DIED):
            # The check has just called the student's function; asking again would only stop again.
            return self._evidence(exercise_id, None, _trouble(before.state))
        key = self.keys[exercise_id]
        started = time.monotonic()
        ended, reply = student.ask(question(key.task, key.exercise.answer))
        self._note(exercise_id, "ask", started, ended.state, ended.error)
        if ended.state != Ending.OK:
            self.problems.append(f"The check of {exercise_id} was stopped: {ended.error}.")
            self._recover(student)
            return self._evidence(exercise_id, None, _trouble(ended.state))
        # Something came back that is not the text asked for: unreadable, which the judge will say.
        return self._evidence(exercise_id, reply or "", None)

    def _name(self, cell: Cell) -> str:
        return self.names[id(cell)]

    def _note(self, cell: str, did: str, started: float, state: str, error: str = "") -> None:
        seconds = round(time.monotonic() - started, 3)
        self.timeline.append({"cell": cell, "did": did, "state": state, "error": error, "seconds": seconds})

    def _evidence(self, exercise_id: str, reply: str | None, trouble: Status | None) -> Evidence:
        cell = find_cell(self.notebook, exercise_id)
        released = self.assignment.release_cell(exercise_id)
        solution = self.ended.get(exercise_id)
        error = ""
        if solution is not None and solution.state != Ending.OK:
            error = solution.error
            trouble = trouble or _trouble(solution.state)
        return Evidence(
            reply=reply,
            trouble=trouble,
            error=error,
            blank=cell is None or untouched(cell, released),
            source="" if cell is None else cell.source,
        )


def _trouble(state: Ending) -> Status:
    return Status.TIMED_OUT if state == Ending.TIMED_OUT else Status.CRASHED
