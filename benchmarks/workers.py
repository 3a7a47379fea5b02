"""Notebooks graded per second: worker threads, worker processes and a Dask cluster on this machine.

    python benchmarks/workers.py [--assignment 02_softmax] [--copies 1] [--jobs 2] [--rounds 3]

Each way grades the same submissions of the sample class (without the one that never ends, which measures nothing but
the time limit).  Records are made and thrown away; the gradebook is left out.  The ways take turns.  The time of a
Dask cluster includes its start.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from mlp_utils.streams import lenient_output

from autograder.building.sample_class import write_class
from autograder.files.paths import Course, find_course
from autograder.files.submissions import list_submissions, read_submission
from autograder.grading.backlog import Backlog
from autograder.grading.grade import grade_submission
from autograder.grading.scheduler import through_dask
from autograder.grading.work import Order, course_digest, loaded
from autograder.grading.workers import on_this_machine
from autograder.kernels.kernel import Limits

SEED = 7
LIMITS = Limits()


def make_orders(course: Course, assignment_id: str, copies: int) -> list[Order]:
    write_class(course, [assignment_id])
    digest = course_digest(course, assignment_id)
    orders = []
    for student_id, _ in list_submissions(course, [assignment_id]):
        if student_id == "jun":
            continue
        found = read_submission(course.submitted / student_id / assignment_id, student_id, assignment_id)
        for copy in range(copies):
            name = f"{student_id}{copy}"
            limits = dataclasses.asdict(LIMITS)
            orders.append(Order(name, assignment_id, found.content, (), "h", SEED, limits, str(course.root), digest))
    return orders


def by_threads(orders: list[Order], jobs: int) -> float:
    """As the grader once did: kernels of their own, but one interpreter that judges."""

    def work(order: Order) -> None:
        reference, library = loaded(order.root, order.assignment_id, order.digest)
        grade_submission(order.content, order.student_id, reference, SEED, LIMITS, library, "h").to_bytes()

    started = time.perf_counter()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(work, orders))
    return time.perf_counter() - started


def by_workers(orders: list[Order], workers: Callable[..., object]) -> float:
    started = time.perf_counter()
    outcomes = list(workers(Backlog.of(orders), lambda: None))  # type: ignore[call-overload]
    assert all(outcome.record is not None for outcome in outcomes)
    return time.perf_counter() - started


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assignment", default="02_softmax")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dask", action="store_true", help="also a cluster on this machine")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = Course(find_course(Path(__file__)).root, Path(folder))
        orders = make_orders(course, options.assignment, options.copies)
        reference, _ = loaded(orders[0].root, options.assignment, orders[0].digest)
        for exercise_id in reference.points:
            key = reference.key(exercise_id, SEED)
            for answer in key.exercise.misconceptions:
                key.outcome_of(answer)
        # Processes first: a process that has had threads is not forked.
        ways: dict[str, Callable[[], float]] = {
            "processes": partial(by_workers, orders, partial(on_this_machine, jobs=options.jobs)),
            "threads": partial(by_threads, orders, options.jobs),
        }
        if options.dask:
            ways["dask"] = partial(by_workers, orders, partial(through_dask, address="local", jobs=options.jobs))
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                times[name].append(way())
        print(f"{len(orders)} submissions of {options.assignment}, {options.jobs} at a time, {options.rounds} rounds")
        for name, seconds in times.items():
            middle = statistics.median(seconds)
            print(f"{name:10} {middle:6.1f} s  {len(orders) / middle:5.2f} notebooks/s  (fastest {min(seconds):.1f} s)")


if __name__ == "__main__":
    main()
