"""A grader that is killed again and again ends with what an undisturbed one finds, and grades nothing twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.building.sample_class import write_class
from autograder.files.paths import Course, find_course

from ..autograder.same import assert_same
from ..conftest import make_mini_course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="kills process groups"),
]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a short name: the kernels' sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        yield Path(folder)


def test_three_kills_of_a_small_run(tmp_path: Path, temporary: Path) -> None:
    course = make_mini_course(tmp_path / "course")
    write_class(course, ["mini"])
    shutil.rmtree(course.submitted / "jun")  # who wastes time
    survive(course, ["mini"], temporary, kills=3, longest=0.3)


@pytest.mark.kill
def test_twenty_kills_of_a_run_of_forty(tmp_path: Path, temporary: Path) -> None:
    course = Course(find_course(Path(__file__)).root, tmp_path / "grading")
    names = ["00_start", "01_activations"]
    write_class(course, names)
    survive(course, names, temporary, kills=20, longest=0.7)


def survive(course: Course, names: list[str], temporary: Path, kills: int, longest: float) -> None:
    """Grade a copy of the class undisturbed, then the class itself with kills, and compare.

    longest: seconds that a grader has at most until it is killed.
    """
    other = Course(course.root, course.grading.with_name("undisturbed"))
    shutil.copytree(course.submitted, other.submitted)
    for place in (course, other):
        place.seeds.write_text(json.dumps(dict.fromkeys(names, 7)))
        place.roster.write_text("id\nada\n")
        (place.grading / ".notes").write_text("a file of somebody else, which stays")
    started = time.monotonic()
    assert start(other, names, temporary).wait(900) == 0
    whole = time.monotonic() - started
    rng = random.Random(20)
    seen: dict[Path, bytes] = {}
    reached = []
    for k in range(1, kills + 1):
        grader = start(course, names, temporary)
        if k % 2:  # every other kill comes at any moment after something has been recorded, the rest after the start
            wait_for_a_record(course, len(seen), grader)
        try:
            grader.wait(rng.uniform(0.0, longest))
        except subprocess.TimeoutExpired:
            os.killpg(grader.pid, signal.SIGKILL)
            grader.wait()
        check_nothing_is_lost(course, seen)
        reached.append(len(seen))
    assert reached[-1] > 1 and reached[-1] < len(list(course.submitted.glob("*/*/"))), reached
    assert start(course, names, temporary).wait(900) == 0
    check_nothing_is_lost(course, seen)
    print(f"undisturbed {whole:.0f} s; records after each kill: {reached}; all {time.monotonic() - started:.0f} s")
    assert_same(course, other)
    assert course.verdict_lines.read_bytes().count(b"\n") == other.verdict_lines.read_bytes().count(b"\n") > 0
    assert {p.name for p in course.grading.iterdir()} == {p.name for p in other.grading.iterdir()}
    assert not list(course.grading.rglob("*.part"))
    nothing_is_left_running(temporary)


def start(course: Course, names: list[str], temporary: Path) -> subprocess.Popen[bytes]:
    """The command, in a process group of its own."""
    command = [sys.executable, "-m", "autograder", "--grading", str(course.grading), "grade", *names]
    return subprocess.Popen(
        [*command, "--jobs", "2", "--cell-seconds", "10"],
        cwd=course.root,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for_a_record(course: Course, before: int, grader: subprocess.Popen[bytes]) -> None:
    while grader.poll() is None and len(list(course.verdicts.glob("*/*.json"))) <= before:
        time.sleep(0.05)


def check_nothing_is_lost(course: Course, seen: dict[Path, bytes]) -> None:
    """Each record is complete from the moment that it is there, and never made again."""
    for path in course.verdicts.glob("*/*.json"):
        content = path.read_bytes()
        assert json.loads(content)["verdicts"]
        assert seen.setdefault(path, content) == content
    assert all(path.is_file() for path in seen)


def nothing_is_left_running(temporary: Path) -> None:
    """The kernels of killed graders end by themselves, and the next grader removes their folders."""
    deadline = time.monotonic() + 20
    while running := [p.info for p in psutil.process_iter(["cmdline"]) if str(temporary) in str(p.info["cmdline"])]:
        assert time.monotonic() < deadline, running
        time.sleep(0.2)
    assert [path.name for path in temporary.iterdir() if path.name.startswith("mlp-")] == []
