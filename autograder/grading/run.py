"""Grade what has come in: find what changed, hand it to workers, write each record, then the gradebook.

Records are written by this process alone, as they come, one atomic file each.  Everything else is made from them, so
a run that is cut off at any moment goes on where it was: what has a record is not graded again, and what the
gradebook does not show completely is written again.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.files.paths import Course, CourseError
from autograder.files.roster import read_roster
from autograder.files.seeds import draw_seeds
from autograder.files.storage import clear_unfinished, refusal, write_atomically
from autograder.files.submissions import Submission, key_bytes, list_submissions, read_submission, unusable_folders
from autograder.gradebook.projection import Projection
from autograder.grading.backlog import Backlog, Name
from autograder.grading.lock import grading_lock
from autograder.grading.logs import write_lines, write_log
from autograder.grading.scheduler import through_dask
from autograder.grading.work import Order, OrderOutcome, Tick, course_digest, forget, loaded
from autograder.grading.workers import can_fork, on_this_machine
from autograder.judging.verdict import Record, fingerprint, read_record
from autograder.kernels.kernel import Limits
from autograder.kernels.pool import EarlyServers
from autograder.kernels.sandbox import AUTO, Sandbox
from autograder.kernels.which import choose_sandbox

Workers = Callable[[Backlog, Tick], Iterator[OrderOutcome]]
"""Carries out the orders in whatever sequence, calls back now and then while it waits, and gives each outcome once."""


@dataclass
class Graded:
    """What one run has done: the records of all submissions asked for (without notebooks), and which of them are new.

    failures: what could not be done, in sentences; the exit code tells that there are some.
    notes:    what was mended on the way.
    """

    records: list[Record] = field(default_factory=list)
    fresh: list[Record] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sandbox: Sandbox | None = None


def grade(
    course: Course,
    assignment_ids: list[str],
    *,
    student_id: str | None = None,
    jobs: int | None = None,
    force: bool = False,
    redraw: bool = False,
    limits: Limits | None = None,
    sandbox: str = AUTO,
    lacking: Callable[[Sandbox], None] = lambda sandbox: None,
    scheduler: str = "",
    started: Callable[[int], None] = lambda count: None,
    finished: Callable[[str], None] = lambda name: None,
    tick: Tick = lambda: None,
) -> Graded:
    """Grade the submissions of these assignments and bring the gradebook up to date.

    A submission is graded again only if it, the key or the seed has changed, or with ``force``.  ``jobs`` worker
    processes of this machine do the work, or those of the Dask ``scheduler``.  ``lacking`` is told once which sandbox
    is used, before the first kernel starts; ``SandboxUnavailable`` if it does not work here.  ``CourseError`` if
    another grader is at work in the same folder, or if nothing more can be recorded.
    """
    names = list(list_submissions(course, assignment_ids, student_id))
    if not names:
        who = f" of {student_id}" if student_id else ""
        raise CourseError(
            f"There are no submissions{who} for {', '.join(assignment_ids)} in {course.submitted}; put them there as "
            "<student>/<assignment>/<assignment>.ipynb."
        )
    jobs = max(1, jobs or os.cpu_count() or 1)
    with grading_lock(course):
        clear_unfinished(course)
        chosen = choose_sandbox(sandbox)  # here, where what it leaves when it is killed is cleared by the next run
        run = _GradingRun(course, names, limits or Limits(), chosen, redraw)
        try:
            run.sort_out(force)
            here = 0 if scheduler or not can_fork() else min(jobs, len(run.todo), os.cpu_count() or 1)
            with run.gradebook, EarlyServers(chosen, here) as early:
                workers: Workers = functools.partial(on_this_machine, jobs=jobs, early=early)
                if scheduler:
                    workers = functools.partial(through_dask, address=scheduler, jobs=jobs)
                run.load(early.begin)
                lacking(chosen)
                started(len(run.todo))

                def meanwhile() -> None:
                    run.gradebook.open()
                    tick()

                for outcome in workers(Backlog(run.todo, run.order), meanwhile):
                    run.take(outcome)
                    finished(outcome.order.name)
                run.finish()
        finally:
            forget()
    return run.result


class _GradingRun:
    """One run over a grading folder, under its lock."""

    def __init__(self, course: Course, names: list[Name], limits: Limits, sandbox: Sandbox, redraw: bool) -> None:
        self.course, self.names, self.limits, self.sandbox = course, names, limits, sandbox
        self.result = Graded(failures=unusable_folders(course), sandbox=sandbox)
        self.assignments = sorted({assignment_id for _, assignment_id in names})
        self.seeds = draw_seeds(course, self.assignments, redraw)
        self.keys = {name: key_bytes(course, name) for name in self.assignments}
        self.digests = {name: course_digest(course, name) for name in self.assignments}
        self.todo: list[Name] = []
        self.prints: dict[Name, str] = {}
        self.gradebook = Projection(course, self.assignments, self.result.failures, self.result.notes)

    def sort_out(self, force: bool) -> None:
        """Find what has to be graded; what has a record comes into the result."""
        hashes = {}
        for name in self.names:
            try:
                hashes[name] = self._hash(self._read(name))
            except OSError as error:
                self._cannot_read(name, error)
        stored = {name: self._stored(name) for name in hashes}
        forced = self._forced(force)
        for name, graded_hash in hashes.items():
            record = stored[name]
            if record is None or name in forced or record.graded_hash != graded_hash:
                self.todo.append(name)
        self.todo.sort(key=lambda name: name[::-1])
        todo = set(self.todo)
        self.result.records += [r for name, r in stored.items() if r is not None and name not in todo]

    def load(self, begin: Callable[[Path], None]) -> None:
        """Load the references and work out the keys; ``begin`` is told the libraries for the students' kernels.

        It is done here, so that workers that are forked have it, and a mistake of the author shows at once.  How the
        known mistakes do is worked out by the worker that meets the first wrong answer.
        """
        for assignment_id in sorted({assignment_id for _, assignment_id in self.todo}):
            reference, library = loaded(str(self.course.root), assignment_id, self.digests[assignment_id])
            begin(library)
            for exercise_id in reference.points:
                reference.key(exercise_id, self.seeds[assignment_id])

    def order(self, name: Name) -> Order | None:
        """What a worker has to know about a submission; None if its files cannot be read, which is noted."""
        try:
            submission = self._read(name)
        except OSError as error:
            self._cannot_read(name, error)
            return None
        student_id, assignment_id = name
        return Order(
            student_id,
            assignment_id,
            submission.content,
            submission.problems,
            self._hash(submission),
            self.seeds[assignment_id],
            dataclasses.asdict(self.limits),
            self.sandbox.kind,
            str(self.course.root),
            self.digests[assignment_id],
        )

    def take(self, outcome: OrderOutcome) -> None:
        """Record what came of an order; ``CourseError`` if nothing can be recorded any more."""
        if outcome.record is None:
            if outcome.fatal:
                raise CourseError(f"{outcome.order.name}: {outcome.failure}")
            self.result.failures.append(f"{outcome.order.name} could not be graded: {outcome.failure}")
            return
        record = outcome.record
        name = (record.student_id, record.assignment_id)
        path = self.course.record(*name)
        try:
            write_atomically(path, record.to_bytes())
            write_log(self.course, record)
        except OSError as error:
            raise refusal(error, f"Writing the record {path}") from error
        self.result.fresh.append(record.without_notebook())
        self.gradebook.write(record, self._titles(name[1]))

    def finish(self) -> None:
        """What is made when all records are there, and what an earlier run has not come to."""
        result = self.result
        for old in result.records:
            name = (old.student_id, old.assignment_id)
            if self.gradebook.shows(name, self.prints[name]):
                continue
            record = read_record(self.course.record(*name))
            if record is not None:
                self.gradebook.write(record, self._titles(name[1]))
        result.records += result.fresh
        result.records.sort(key=lambda record: (record.assignment_id, record.student_id))
        result.notes += write_lines(self.course)
        self._clear_forced()
        roster = read_roster(self.course)
        if roster is not None:
            result.strangers = sorted({record.student_id for record in result.records} - set(roster))

    def _read(self, name: Name) -> Submission:
        student_id, assignment_id = name
        return read_submission(self.course.submitted / student_id / assignment_id, student_id, assignment_id)

    def _hash(self, submission: Submission) -> str:
        return submission.graded_hash(self.keys[submission.assignment_id], self.seeds[submission.assignment_id])

    def _cannot_read(self, name: Name, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.result.failures.append(f"{'/'.join(name)} could not be read ({reason}); look at its folder.")

    def _stored(self, name: Name) -> Record | None:
        """The record from an earlier run; a damaged one is laid aside, because grading makes it anew."""
        path = self.course.record(*name)
        try:
            record = read_record(path)
        except CourseError as error:
            aside = path.with_name(path.name + ".damaged")
            path.replace(aside)
            self.result.notes.append(f"{error} This has been done; the damaged file is kept as {aside.name}.")
            return None
        if record is None:
            return None
        self.prints[name] = fingerprint(record.to_bytes())
        if not self.course.log(*name).is_file():  # lost, or the grader was killed before it
            write_log(self.course, record)
        return record.without_notebook()

    @functools.cache  # noqa: B019 - one run
    def _titles(self, assignment_id: str) -> dict[str, str]:
        reference, _ = loaded(str(self.course.root), assignment_id, self.digests[assignment_id])
        return {name: exercise.title for name, exercise in reference.exercises.items()}

    @property
    def _forced_file(self) -> Path:
        return self.course.grading / ".forced.json"

    def _forced(self, force: bool) -> set[Name]:
        """What is to be graded again although nothing has changed: by this run, or still by one that was cut off.

        For each submission the file holds the record that is to be replaced, so what has been done shows by itself.
        """
        open_ = self._read_forced()
        if force:
            open_ |= {"/".join(name): record for name, record in self.prints.items()}
            write_atomically(self._forced_file, json.dumps(open_).encode())
        return {name for name, record in self.prints.items() if open_.get("/".join(name)) == record}

    def _read_forced(self) -> dict[str, str]:
        try:
            found = json.loads(self._forced_file.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _clear_forced(self) -> None:
        """Nothing is left of what ``force`` asked for, except where grading has failed."""
        if not self._forced_file.is_file():
            return
        done = {f"{record.student_id}/{record.assignment_id}" for record in self.result.records}
        left = {name: record for name, record in self._read_forced().items() if name not in done}
        if left:
            write_atomically(self._forced_file, json.dumps(left).encode())
        else:
            self._forced_file.unlink()
