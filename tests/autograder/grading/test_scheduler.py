"""Grading on a Dask cluster finds what one process finds, and survives its workers."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
from collections.abc import Iterator
from typing import Any

import dask.config
import distributed
import pytest

from autograder.building.sample_class import write_class
from autograder.files.paths import Course, CourseError
from autograder.grading import scheduler, work
from autograder.grading.run import Graded, grade
from autograder.kernels.kernel import Limits

from ...waiting import until
from ..helpers import submit
from ..same import assert_same, records

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Dask warns of its own ports and sockets

LIMITS = Limits(cell_seconds=20, ask_seconds=20, notebook_seconds=90)
CLASS = ("ada", "dana", "gita", "ines", "lena", "mika")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two worker processes that a test may do things to; whoever ends two is not given to a third."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as cluster,
    ):
        yield cluster


def small_class(course: Course) -> None:
    write_class(course, ["mini"])
    for folder in course.submitted.iterdir():
        if folder.is_dir() and folder.name not in CLASS:
            shutil.rmtree(folder)
    course.seeds.write_text('{"mini": 7}', encoding="utf-8")


def fresh(result: Graded) -> list[str]:
    return sorted(record.student_id for record in result.fresh)


def test_a_local_cluster_finds_what_one_process_finds(mini_course: Course) -> None:
    other = Course(mini_course.root, mini_course.root / "other")
    for course, how in ((mini_course, {"jobs": 1}), (other, {"jobs": 2, "scheduler": "local"})):
        small_class(course)
        result = grade(course, ["mini"], limits=LIMITS, **how)
        assert result.failures == [] and fresh(result) == sorted(CLASS)
    assert_same(mini_course, other)


def test_a_worker_that_is_killed_loses_nothing(mini_course: Course, cluster: Any) -> None:
    small_class(mini_course)
    pids = [worker.pid for worker in cluster.workers.values()]
    done: list[str] = []

    def kill_one(name: str) -> None:
        if not done:
            os.kill(pids[0], signal.SIGKILL)
        done.append(name)

    result = grade(mini_course, ["mini"], limits=LIMITS, scheduler=cluster.scheduler_address, finished=kill_one)
    assert result.failures == [] and fresh(result) == sorted(CLASS)
    assert sorted(done) == sorted(f"{name}/mini" for name in CLASS)


def test_a_submission_that_kills_every_worker_is_named_and_costs_nobody_else(
    mini_course: Course, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poison(distributed.WorkerPlugin):  # type: ignore[misc, name-defined]
        """In each worker process, also in those that replace a killed one."""

        def setup(self, worker: Any) -> None:
            import os

            from autograder.grading import work

            grade_submission = work.grade_submission

            def poisoned(content: bytes, student: str, *rest: Any) -> Any:
                if student == "bob":
                    os.kill(os.getpid(), 9)
                return grade_submission(content, student, *rest)

            work.grade_submission = poisoned

    for student in ("ada", "bob", "cleo"):
        submit(mini_course, student)
    with distributed.Client(cluster, set_as_default=False) as client:
        client.register_plugin(Poison())
        result = grade(mini_course, ["mini"], limits=LIMITS, scheduler=cluster.scheduler_address)
    assert fresh(result) == ["ada", "cleo"]
    assert result.failures == [
        "bob/mini could not be graded: it has ended every worker that graded it; look at this notebook."
    ]


def test_another_version_of_the_course_is_refused(
    mini_course: Course, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(mini_course, "ada")
    digest = work.course_digest

    def ours(course: Course, assignment_id: str) -> str:
        return f"{digest(course, assignment_id)}, changed"

    monkeypatch.setattr("autograder.grading.run.course_digest", ours)
    monkeypatch.setattr(work, "course_digest", ours)
    with pytest.raises(
        CourseError, match=r"^ada/mini: the course in .* is another version than the grader's .* again\.$"
    ):
        grade(mini_course, ["mini"], limits=LIMITS, scheduler=cluster.scheduler_address)
    assert not mini_course.record("ada", "mini").exists()


def test_a_scheduler_that_is_not_there_is_one_sentence(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(mini_course, "ada")
    with pytest.raises(CourseError, match=re.escape("There is no scheduler at tcp://127.0.0.1:9 (")):
        grade(mini_course, ["mini"], scheduler="tcp://127.0.0.1:9")


def test_a_cluster_without_workers_is_given_up(
    mini_course: Course, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "PATIENCE", 2.0)
    submit(mini_course, "ada")
    cluster.scale(0)
    until(lambda: not cluster.workers)
    with pytest.raises(CourseError, match="has had no worker for 2 s; start workers and run grade again"):
        grade(mini_course, ["mini"], scheduler=cluster.scheduler_address)


def test_an_order_carries_bytes_of_json_alone(mini_course: Course) -> None:
    order = work.Order(
        "ada", "mini", b"\x00\xff", ("odd",), "hash", 7, {"cell_seconds": 1.0}, "limits", "/course", "digest"
    )
    assert work.Order.from_bytes(order.to_bytes()) == order
    assert isinstance(json.loads(order.to_bytes()), dict)
    assert b"failure" in work.perform(b"no json")
    assert work.outcome_of(order, b"no json").failure == "the worker's reply could not be read."
    submit(mini_course, "ada")
    grade(mini_course, ["mini"], limits=LIMITS, jobs=1)
    reply = mini_course.record("ada", "mini").read_bytes()
    assert work.outcome_of(order, reply).failure == "the worker answered for another submission."
    assert list(records(mini_course)) == ["ada/mini.json"]
