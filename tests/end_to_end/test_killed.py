"""A grader that is killed wherever it may be ends with what an undisturbed one finds, and grades nothing twice.

Kills come at named places of a run and at no time; ``killing.py`` has the places.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.building.sample_class import write_class
from autograder.files.paths import Course

from ..autograder.same import assert_same
from ..conftest import make_mini_course
from ..waiting import PATIENCE, until
from . import killing
from .killing import PLACES, owner_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills process groups, and forks")

CLASS = ("ada", "dana", "gita", "ines", "lena", "mika")
SEED = 7
CHAINS = {
    "beginning": (
        "the lock is taken",
        "the scratch folder is not yet noted",
        "the scratch folder is noted",
        "the scratch folder is made",
        "the library is made",
        "the first server starts",
        "the second server starts",
        "the first worker is there",
    ),
    "worker": (
        "a worker begins a submission",
        "a kernel is there",
        "a cell runs",
        "a question is asked",
        "a reply is there",
        "a worker has graded",
    ),
    "record": (
        "the first record is written",
        "the first record is there",
        "the third record is written",
        "no log of the first record",
        "the log is written",
        "the log is there",
    ),
    "gradebook": (
        "the gradebook is made",
        "the gradebook is there",
        "the assignments are entered",
        "nbgrader has written",
        "the notebook is written",
        "the notebook is there",
        "the gradebook is not committed",
        "the gradebook is committed",
        "the second is not committed",
    ),
    "end": (
        "the second record is there",
        "everything is recorded",
        "the lines are begun",
        "the lines are written",
        "the lines are there",
        "the table is shown",
        "the libraries go",
    ),
}
"""One run after the other in the same folder, each killed at the next place."""

FORCED = (
    "what is forced is written",
    "what is forced is there",
    "the mark is taken away",
    "the third record is written",
    "what was forced is done",
    "what was forced is cleared",
)
SEEDS = ("the seeds are written", "the seeds are there")
SHORT = (
    "the first server starts",
    "a question is asked",
    "the first record is there",
    "the gradebook is not committed",
)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a short name: the kernels' sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small class, graded in one go."""
    course = make_mini_course(tmp_path_factory.mktemp("killed") / "course")
    write_class(course, ["mini"])
    for folder in list(course.submitted.iterdir()):
        if folder.is_dir() and folder.name not in CLASS:
            shutil.rmtree(folder)
    prepare(course)
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        assert run(course, Path(folder)) == 0
    return course


def prepare(course: Course) -> None:
    course.seeds.write_text(json.dumps({"mini": SEED}), encoding="utf-8")
    course.roster.write_text("id\nada\n", encoding="utf-8")
    (course.grading / ".notes").write_text("a file of somebody else, which stays", encoding="utf-8")


def same_class(undisturbed: Course, name: str) -> Course:
    """The class in a grading folder of its own, not yet graded."""
    course = Course(undisturbed.root, undisturbed.root / f"grading_{name}")
    shutil.copytree(undisturbed.submitted, course.submitted)
    prepare(course)
    return course


@pytest.mark.slow
def test_a_run_that_is_killed_at_a_few_places(undisturbed: Course, temporary: Path) -> None:
    course = same_class(undisturbed, "short")
    seen: dict[Path, bytes] = {}
    for place in SHORT:
        killed(course, temporary, place)
        check_nothing_is_lost(course, seen)
    check_the_end(course, undisturbed, temporary, seen)


@pytest.mark.kill
@pytest.mark.parametrize("chain", CHAINS)
def test_a_run_that_is_killed_again_and_again(undisturbed: Course, temporary: Path, chain: str) -> None:
    course = same_class(undisturbed, chain)
    seen: dict[Path, bytes] = {}
    for place in CHAINS[chain]:
        killed(course, temporary, place)
        check_nothing_is_lost(course, seen)
    check_the_end(course, undisturbed, temporary, seen)


@pytest.mark.kill
def test_grading_again_by_force_goes_on_where_it_was_killed(undisturbed: Course, temporary: Path) -> None:
    """Only the first two runs are told to; the others finish what was asked for, each record once."""
    course = Course(undisturbed.root, undisturbed.root / "grading_forced")
    shutil.copytree(undisturbed.grading, course.grading)
    old = {path: path.read_bytes() for path in records_of(course)}
    times = {path: path.stat().st_mtime_ns for path in old}
    seen: dict[Path, bytes] = {}
    for place in FORCED:
        killed(course, temporary, place, *(["--force"] if place in FORCED[:2] else []))
        assert all(path.is_file() for path in old)
        check_nothing_is_lost(course, seen, old)
    check_the_end(course, undisturbed, temporary, seen, old)
    # By the time: a submission that needs no kernel may have the same record twice.
    assert [path for path in old if path.stat().st_mtime_ns == times[path]] == [], "each has been graded again"


@pytest.mark.kill
def test_a_seed_that_was_drawn_stays(undisturbed: Course, temporary: Path) -> None:
    course = same_class(undisturbed, "seeds")
    course.seeds.write_text(json.dumps({"other": 3}), encoding="utf-8")
    killed(course, temporary, SEEDS[0])
    assert json.loads(course.seeds.read_bytes()) == {"other": 3}
    killed(course, temporary, SEEDS[1])
    drawn = json.loads(course.seeds.read_bytes())
    assert drawn.keys() == {"other", "mini"} and drawn["other"] == 3
    assert run(course, temporary) == 0
    assert json.loads(course.seeds.read_bytes()) == drawn
    for path in records_of(course):
        assert {verdict["seed"] for verdict in json.loads(path.read_bytes())["verdicts"]} == {drawn["mini"]}
    nothing_is_left_running(temporary)


@pytest.mark.parametrize("name", PLACES)
def test_each_place_exists_and_is_killed_at(name: str) -> None:
    owner, function = owner_of(PLACES[name].target)
    assert callable(getattr(owner, function))
    assert any(name in chain for chain in (*CHAINS.values(), FORCED, SEEDS))


def killed(course: Course, temporary: Path, place: str, *more: str) -> None:
    """Grade until the place is reached; a run that does not come to it fails."""
    marker = temporary / "killed"
    marker.unlink(missing_ok=True)
    assert (run(course, temporary, place, *more), marker.exists()) == (-signal.SIGKILL, True), place


def run(course: Course, temporary: Path, place: str = "", *more: str) -> int:
    """The command in a process group of its own, to its end; its exit code."""
    arguments = ["--grading", str(course.grading), "grade", "mini", "--jobs", "2", *more]
    with subprocess.Popen(
        [sys.executable, killing.__file__, place, str(temporary / "killed"), *arguments],
        cwd=course.root,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as grader:
        try:
            return grader.wait(PATIENCE)
        except BaseException:
            os.killpg(grader.pid, signal.SIGKILL)
            raise


def records_of(course: Course) -> list[Path]:
    return sorted(course.verdicts.glob("*/*.json"))


def check_nothing_is_lost(course: Course, seen: dict[Path, bytes], old: dict[Path, bytes] | None = None) -> None:
    """Each record is complete from the moment that it is there, and never made again.

    old: records of an earlier run, which are to be replaced.
    """
    for path in records_of(course):
        content = path.read_bytes()
        assert json.loads(content)["verdicts"]
        if old is None or content != old[path]:
            assert seen.setdefault(path, content) == content
    assert all(path.is_file() for path in seen)


def check_the_end(
    course: Course,
    undisturbed: Course,
    temporary: Path,
    seen: dict[Path, bytes],
    old: dict[Path, bytes] | None = None,
) -> None:
    """Another run ends well, and then everything is as it is without a kill."""
    assert run(course, temporary) == 0
    check_nothing_is_lost(course, seen, old)
    assert_same(course, undisturbed)
    lines, whole = (place.verdict_lines.read_bytes().count(b"\n") for place in (course, undisturbed))
    assert lines == whole > 0
    assert {path.name for path in course.logs.rglob("*")} == {path.name for path in undisturbed.logs.rglob("*")}
    assert {path.name for path in course.grading.iterdir()} == {path.name for path in undisturbed.grading.iterdir()}
    assert not list(course.grading.rglob("*.part"))
    nothing_is_left_running(temporary)


def nothing_is_left_running(temporary: Path) -> None:
    """The kernels of killed graders end by themselves, and the next grader removes their folders."""

    def running() -> list[str]:
        return [line for p in psutil.process_iter(["cmdline"]) if str(temporary) in (line := str(p.info["cmdline"]))]

    until(lambda: not running(), f"the end of {running()}")
    assert [path.name for path in temporary.iterdir() if path.name.startswith("mlp-")] == []
