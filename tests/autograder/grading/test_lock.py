"""One grader at a time, and no dead grader in anybody's way."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.files.paths import Course, CourseError
from autograder.grading import lock
from autograder.grading.lock import grading_lock

HOLD = """
import sys, time
from pathlib import Path
from autograder.grading.lock import grading_lock
from autograder.files.paths import Course
with grading_lock(Course(Path(sys.argv[1]), Path(sys.argv[1]))) as scratch:
    print(scratch, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path, tmp_path / "grading")


@pytest.fixture(params=["locks of the system", "a file instead"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of locking: the second as on a file system without locks."""
    if request.param == "a file instead":

        def refuse(handle: int) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(lock, "_lock", refuse)
    return str(request.param)


def test_a_second_grader_is_told_who_is_at_work(course: Course, kind: str) -> None:
    with grading_lock(course):
        me = f"process {os.getpid()} on {socket.gethostname()}"
        with pytest.raises(CourseError, match=me) as caught, grading_lock(course):
            pass
        assert "wait until it has finished, or stop it" in str(caught.value)
    with grading_lock(course):
        pass


def test_the_lock_is_free_again_after_an_error(course: Course, kind: str) -> None:
    with pytest.raises(RuntimeError), grading_lock(course):
        raise RuntimeError
    with grading_lock(course):
        pass


def test_a_grader_that_was_killed_is_in_nobodys_way(course: Course) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(course.grading)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert holder.stdout is not None
    scratch = Path(holder.stdout.readline().strip())
    with pytest.raises(CourseError, match=f"process {holder.pid} on"), grading_lock(course):
        pass
    assert scratch.is_dir()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with grading_lock(course) as mine:
        assert not scratch.exists() and mine.is_dir()


def test_without_locks_the_file_of_a_dead_process_is_taken_over(course: Course, monkeypatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(lock, "_lock", refuse)
    held = course.grading / ".lock.held"
    course.grading.mkdir()
    me = lock._me()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for left in ({**me, "pid": dead.pid}, {**me, "began": me["began"] - 3600}, {"host": me["host"]}, "nonsense"):
        held.write_text(json.dumps(left), encoding="utf-8")
        with grading_lock(course):
            assert json.loads(held.read_text(encoding="utf-8"))["pid"] == os.getpid()
        assert not held.exists()
    held.write_text(json.dumps({**me, "host": "another"}), encoding="utf-8")
    says = r"process \d+ on another; .* or delete .*held if that process is no more"
    with pytest.raises(CourseError, match=says), grading_lock(course):
        pass


def test_temporary_files_go_to_a_folder_that_goes_away(course: Course) -> None:
    with grading_lock(course) as scratch:
        assert Path(tempfile.mkdtemp()).parent == scratch
    assert not scratch.exists()
    assert Path(tempfile.gettempdir()) != scratch


def test_only_the_scratch_folder_of_a_grader_is_removed(course: Course, tmp_path: Path) -> None:
    other = tmp_path / "important"
    other.mkdir()
    course.grading.mkdir()
    (course.grading / ".lock").write_text(
        json.dumps({"host": socket.gethostname(), "scratch": str(other)}), encoding="utf-8"
    )
    with grading_lock(course):
        assert other.is_dir()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    course = Course(tmp_path, tmp_path / "file" / "grading")
    with pytest.raises(CourseError, match=r"Writing to .*grading"), grading_lock(course):
        pass
