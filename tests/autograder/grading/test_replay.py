"""After a kernel was lost its earlier cells run again, within the time of the notebook; nothing is taken for run."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from mlp_utils.handing_in.ran import Ending, Ran

from autograder.files.notebooks import load_assignment
from autograder.files.paths import Course
from autograder.grading import grade
from autograder.grading.grade import _NotebookPass
from autograder.kernels.kernel import Limits


class Clock:
    """Stands for the module ``time``: nobody waits, and a slow machine makes no difference."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(grade, "time", clock)
    return clock


class Student:
    """A kernel whose cells take a while, or that is lost at the first cell."""

    def __init__(self, clock: Clock, seconds: float = 0.0, state: Ending = Ending.OK) -> None:
        self.clock, self.seconds, self.state, self.ran, self.restarts = clock, seconds, state, 0, 0

    def run(self, source: str) -> tuple[Ran, list[Any]]:
        self.ran += 1
        self.clock.now += self.seconds
        return Ran(self.state), []

    def responsive(self) -> bool:
        return False

    def restart(self) -> None:
        self.restarts += 1


def run_of(course: Course, seconds: float, done: int) -> _NotebookPass:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    run = _NotebookPass(notebook, load_assignment(course, "mini"), {}, Limits(notebook_seconds=seconds))
    run.done = [f"cell {k}" for k in range(done)]
    return run


def test_a_replay_ends_with_the_time_of_the_notebook(mini_course: Course, clock: Clock) -> None:
    """Code can tell that it runs again, since nobody asks it anything in between, and sleep as long as it may."""
    run, student = run_of(mini_course, 300.0, 200), Student(clock, seconds=40.0)
    run._recover(student)  # type: ignore[arg-type]
    assert student.ran == 8  # the last one begins within the time
    assert run.done == [f"cell {k}" for k in range(student.ran)]


def test_a_kernel_that_is_lost_again_holds_nothing(mini_course: Course, clock: Clock) -> None:
    run, student = run_of(mini_course, 60, 3), Student(clock, state=Ending.DIED)
    run._recover(student)  # type: ignore[arg-type]
    assert (student.ran, student.restarts, run.done) == (1, 2, [])


def test_a_replay_that_goes_through_holds_all(mini_course: Course, clock: Clock) -> None:
    run, student = run_of(mini_course, 60, 3), Student(clock)
    run._recover(student)  # type: ignore[arg-type]
    assert (student.ran, student.restarts, len(run.done)) == (3, 1, 3)
