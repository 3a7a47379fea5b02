"""Grade what has come in: find what changed, grade it side by side, write each record, then the gradebook.

Records are written by this process as they come, one atomic file each; the gradebook has this one writer.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder import gradebook
from autograder.grade import grade_submission, make_library
from autograder.kernel import Limits, kept_servers
from autograder.paths import Course, CourseError
from autograder.reference import Reference
from autograder.sandbox import AUTO, Sandbox
from autograder.seeds import draw_seeds
from autograder.submissions import Submission, find_submissions, key_bytes, unusable_folders
from autograder.verdict import Record, read_record, write_atomically

Progress = Callable[[str], None]


@dataclass
class Graded:
    """What one run has done: the records of all submissions asked for, and which of them are new."""

    records: list[Record] = field(default_factory=list)
    fresh: list[Record] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    sandbox: Sandbox | None = None


@dataclass(frozen=True)
class _Job:
    submission: Submission
    graded_hash: str


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
    started: Callable[[int], None] = lambda count: None,
    finished: Progress = lambda name: None,
) -> Graded:
    """Grade the submissions of these assignments and bring the gradebook up to date.

    A submission is graded again only if it, the key or the seed has changed, or with ``force``.  ``lacking`` is told
    once which sandbox is used, before the first kernel starts; ``SandboxUnavailable`` if it does not work here.
    """
    chosen = Sandbox.choose(sandbox)
    submissions = list(find_submissions(course, assignment_ids, student_id))
    if not submissions:
        who = f" of {student_id}" if student_id else ""
        raise CourseError(
            f"There are no submissions{who} for {', '.join(assignment_ids)} in {course.submitted}; put them there as "
            "<student>/<assignment>/<assignment>.ipynb."
        )
    names = sorted({submission.assignment_id for submission in submissions})
    seeds = draw_seeds(course, names, redraw)
    references = {name: Reference(course, name) for name in names}
    for name, reference in references.items():
        for exercise_id in reference.points:
            key = reference.key(exercise_id, seeds[name])
            # Worked out once, before the threads start: running answers redirects this process's output.
            for answer in key.exercise.misconceptions:
                key.outcome_of(answer)
    gradebook.register(course, names)
    keys = {name: key_bytes(course, name) for name in names}
    result = Graded(failures=unusable_folders(course), sandbox=chosen)
    todo: list[_Job] = []
    for submission in submissions:
        graded_hash = submission.graded_hash(keys[submission.assignment_id], seeds[submission.assignment_id])
        record = None if force else _stored(course, submission)
        if record is not None and record.graded_hash == graded_hash:
            result.records.append(record)
        else:
            todo.append(_Job(submission, graded_hash))
    lacking(chosen)
    started(len(todo))
    with kept_servers(), tempfile.TemporaryDirectory(prefix="mlp-library-") as folder:
        Path(folder).chmod(0o755)  # kernels may run as other users
        libraries = {
            name: make_library(course.root / "course" / "mlp_utils", Path(folder) / name, reference.withheld)
            for name, reference in references.items()
        }

        def work(job: _Job) -> Record:
            name = job.submission.assignment_id
            record = grade_submission(
                job.submission.content,
                job.submission.student_id,
                references[name],
                seeds[name],
                limits or Limits(),
                libraries[name],
                job.graded_hash,
                chosen,
            )
            record = replace(record, problems=(*job.submission.problems, *record.problems))
            return Record.from_bytes(record.to_bytes())  # as it will be read again

        for record in _side_by_side(work, todo, jobs or os.cpu_count() or 1):
            write_atomically(course.record(record.student_id, record.assignment_id), record.to_bytes())
            result.fresh.append(record)
            finished(f"{record.student_id}/{record.assignment_id}")
    result.records += result.fresh
    result.records.sort(key=lambda record: (record.assignment_id, record.student_id))
    for record in result.records:
        if record in result.fresh or not gradebook.up_to_date(course, record):
            titles = {name: ex.title for name, ex in references[record.assignment_id].exercises.items()}
            try:
                gradebook.write(course, record, titles)
            except CourseError as error:
                result.failures.append(str(error))
    roster = gradebook.read_roster(course)
    if roster is not None:
        result.strangers = sorted({record.student_id for record in result.records} - set(roster))
    return result


def _stored(course: Course, submission: Submission) -> Record | None:
    """The record from an earlier run; a damaged one counts as none, because grading makes it anew."""
    try:
        return read_record(course.record(submission.student_id, submission.assignment_id))
    except CourseError:
        return None


def _side_by_side(work: Callable[[_Job], Record], jobs: list[_Job], workers: int) -> Iterator[Record]:
    """Run the jobs with at most ``workers`` kernels at a time; give each record as it comes."""
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        pending: set[Future[Record]] = {pool.submit(work, job) for job in jobs}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()
