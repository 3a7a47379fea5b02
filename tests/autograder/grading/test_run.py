"""A run loses nothing: not to a crash of the grader, a dying worker, a full disk, or a file that was damaged."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.files.paths import Course, CourseError
from autograder.gradebook import database
from autograder.gradebook import writer as gradebook
from autograder.grading import logs, run, work, workers
from autograder.grading.run import Graded, grade
from autograder.judging.verdict import VERDICT_SCHEMA, Record, read_record
from autograder.kernels.kernel import KernelUnavailable, Limits, StudentKernel
from autograder.kernels.pool import EarlyServers

from ..helpers import submit
from ..same import assert_same, records

pytestmark = pytest.mark.slow

LIMITS = Limits(cell_seconds=20, ask_seconds=20, notebook_seconds=90)


@pytest.fixture
def quick(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Two students, graded without kernels: what the grader does with a submission is the other tests' matter."""
    monkeypatch.setattr(work, "grade_submission", _without_kernel)
    monkeypatch.setattr(run, "EarlyServers", lambda sandbox, count: EarlyServers(sandbox, 0))
    start_by("fork", monkeypatch)
    submit(mini_course, "ada")
    submit(mini_course, "bob", {"root": "root = 1.0"})
    return mini_course


def start_by(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forked worker has what a test has patched, whatever threads other tests have left in this process."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"there is no {method} here")
    monkeypatch.setattr(workers, "can_fork", lambda: method == "fork")


def _without_kernel(content: bytes, student: str, reference: Any, seed: int, limits: Any, *rest: Any) -> Record:
    from autograder.grading.grade import unreadable

    verdicts = tuple(unreadable(reference.key(name, seed), student, "no kernel.") for name in reference.points)
    notebook = json.loads(content)
    done = ({"cell": "square", "did": "run", "state": "ok", "error": "", "seconds": 0.1},)
    return Record(student, "mini", rest[1], verdicts, (), time.monotonic(), notebook, done)


def only(student: str, act: Any) -> Any:
    """Grading in which something happens to one student, in the worker's process."""

    def grade_submission(content: bytes, name: str, *rest: Any) -> Record:
        if name == student:
            act()
        return _without_kernel(content, name, *rest)

    return grade_submission


def fresh(result: Graded) -> list[str]:
    return [record.student_id for record in result.fresh]


def no_memory() -> None:
    raise MemoryError("no room for the judge")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_crash_of_the_grader_costs_only_that_submission(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(work, "grade_submission", only("ada", no_memory))
        result = grade(quick, ["mini"], jobs=1)
    assert fresh(result) == ["bob"]
    assert len(result.failures) == 1
    assert result.failures[0].startswith("ada/mini could not be graded: the grader itself failed with MemoryError: no")
    assert not quick.record("ada", "mini").exists()
    assert fresh(grade(quick, ["mini"])) == ["ada"]


def test_a_submission_that_ends_its_worker_is_tried_again_and_named(
    quick: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(quick, "cleo")
    submit(quick, "dan")
    with monkeypatch.context() as patched:
        patched.setattr(work, "grade_submission", only("bob", killed))
        result = grade(quick, ["mini"], jobs=2)
    assert sorted(fresh(result)) == ["ada", "cleo", "dan"]
    assert len(result.failures) == 1
    assert (
        "bob/mini could not be graded: the worker that graded it ended 2 times (killed by signal 9"
        in result.failures[0]
    )
    assert fresh(grade(quick, ["mini"])) == ["bob"]


def test_a_worker_that_is_killed_once_loses_nothing(
    quick: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def once() -> None:
        marker = tmp_path / "been here"
        if not marker.exists():
            marker.touch()
            killed()

    monkeypatch.setattr(work, "grade_submission", only("ada", once))
    result = grade(quick, ["mini"], jobs=2)
    assert sorted(fresh(result)) == ["ada", "bob"] and result.failures == []


def test_a_worker_that_does_not_answer_is_given_up(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "grade_submission", only("ada", lambda: time.sleep(600)))
    patience = property(lambda order: 1.0 if order.student_id == "ada" else 600.0)
    monkeypatch.setattr(work.Order, "patience", patience)
    result = grade(quick, ["mini"], jobs=2)
    assert fresh(result) == ["bob"]
    assert "ended 2 times (it did not answer in time)" in result.failures[0]


def test_workers_end_with_a_grader_that_was_killed() -> None:
    """The watch in each worker, by itself: the worker's parent has gone."""
    pid = os.fork()
    if pid == 0:
        workers._end_with(os.getpid())  # not its parent
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_a_kernel_that_cannot_start_makes_no_record(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: StudentKernel) -> None:
        raise KernelUnavailable("The kernel could not be started: no processes left.")

    submit(mini_course, "ada")
    start_by("fork", monkeypatch)
    monkeypatch.setattr(StudentKernel, "_start", refuse)
    result = grade(mini_course, ["mini"], jobs=1)
    assert result.failures == ["ada/mini could not be graded: The kernel could not be started: no processes left."]
    assert not mini_course.record("ada", "mini").exists()


def test_a_full_disk_ends_the_run_in_one_sentence_and_loses_nothing(
    quick: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = run.write_atomically

    def full(path: Path, content: bytes) -> None:
        if path.name == "mini.json" and path.parent.name == "bob":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(run, "write_atomically", full)
        with pytest.raises(CourseError, match=r"The disk is full: Writing the record .*make room and run the same"):
            grade(quick, ["mini"], jobs=1)
    assert list(records(quick)) == ["ada/mini.json"]
    assert fresh(grade(quick, ["mini"])) == ["bob"]


def test_a_full_disk_under_the_kernels_ends_the_run(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(work, "grade_submission", only("ada", full))
    with pytest.raises(CourseError, match=r"^ada/mini: OSError: \[Errno 28\] No space left on device\.$"):
        grade(quick, ["mini"], jobs=1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that tests may fill; only who may mount one gets it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_is_really_full(quick: Course, small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Room for ever more of the files: each time the run ends in words, and goes on where it was with more room."""
    for student in ("cleo", "dan", "emil", "finn"):
        submit(quick, student)
    course = Course(quick.root, small_disk / "grading")
    said: list[str] = []
    seen: dict[str, bytes] = {}
    for kilobytes in (*range(140, 460, 30), 2000):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", small_disk], check=True)
        if not course.submitted.is_dir():
            shutil.copytree(quick.submitted, course.submitted)
        try:
            result = grade(course, ["mini"], jobs=1)
        except CourseError as error:
            said.append(str(error))
        else:
            said += result.failures
        for path in course.verdicts.glob("*/*.json"):
            assert seen.setdefault(str(path), path.read_bytes()) == path.read_bytes()
    assert len(seen) == 6 and result.failures == []
    assert len(said) >= 3 and all("disk is full" in text for text in said), said
    assert any("gradebook.db cannot grow because the disk is full" in text for text in said)
    assert capsys.readouterr().err == ""
    quick.seeds.write_bytes(course.seeds.read_bytes())
    assert grade(quick, ["mini"]).failures == []
    assert_same(course, quick)


def test_a_damaged_record_is_kept_aside_and_made_anew(quick: Course) -> None:
    grade(quick, ["mini"])
    path = quick.record("ada", "mini")
    half = path.read_bytes()[:200]
    path.write_bytes(half)
    result = grade(quick, ["mini"])
    assert fresh(result) == ["ada"] and result.failures == []
    assert len(result.notes) == 1 and "mini.json is not a complete record" in result.notes[0]
    assert path.with_name("mini.json.damaged").read_bytes() == half
    assert read_record(path) is not None


def test_the_record_of_another_student_is_not_taken_for_ones_own(quick: Course) -> None:
    grade(quick, ["mini"])
    quick.record("ada", "mini").write_bytes(quick.record("bob", "mini").read_bytes())
    result = grade(quick, ["mini"])
    assert fresh(result) == ["ada"] and "is the record of bob/mini" in result.notes[0]


@pytest.mark.parametrize("content", [b"{half", b"[1]", b'{"mini": "x"}', b'{"mini": -3}', b"\xff"])
def test_damaged_seeds_are_one_sentence_and_nothing_is_graded(quick: Course, content: bytes) -> None:
    grade(quick, ["mini"])
    before = records(quick)
    quick.seeds.write_bytes(content)
    with pytest.raises(CourseError, match=r"seeds\.json is not a table of seeds; .*seed.*verdict"):
        grade(quick, ["mini"])
    assert records(quick) == before and quick.seeds.read_bytes() == content


def test_a_gradebook_in_use_costs_one_sentence_and_is_caught_up_later(
    quick: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(quick, ["mini"])
    submit(quick, "ada", {"root": "root = 2.0"})
    submit(quick, "bob", {"root": "root = 2.0"})
    other = sqlite3.connect(quick.database, isolation_level=None)

    def lock_it(count: int) -> None:
        other.execute("BEGIN IMMEDIATE")

    result = grade(quick, ["mini"], started=lock_it)
    other.execute("ROLLBACK")
    other.close()
    assert sorted(fresh(result)) == ["ada", "bob"]
    assert len(result.failures) == 1 and "is in use by another program" in result.failures[0]
    written: list[str] = []
    write = gradebook.Writer.write
    monkeypatch.setattr(gradebook.Writer, "write", lambda *a: (written.append(a[1].student_id), write(*a)))
    assert fresh(grade(quick, ["mini"])) == []
    assert sorted(written) == ["ada", "bob"]
    assert fresh(grade(quick, ["mini"])) == [] and len(written) == 2


def test_a_clock_that_goes_back_changes_nothing(quick: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    grade(quick, ["mini"])
    before = records(quick)
    future = time.time() + 10**7
    for path in quick.grading.rglob("*"):
        if path.is_file():
            os.utime(path, (future, future))
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() - 10**7)
    assert fresh(grade(quick, ["mini"])) == []
    submit(quick, "bob")
    assert fresh(grade(quick, ["mini"])) == ["bob"]
    assert records(quick)["ada/mini.json"] == before["ada/mini.json"]


def test_force_that_was_cut_off_goes_on_where_it_was(quick: Course) -> None:
    grade(quick, ["mini"])

    def cut(name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(quick, ["mini"], force=True, jobs=1, finished=cut)
    assert fresh(grade(quick, ["mini"])) == ["bob"]
    assert fresh(grade(quick, ["mini"])) == []
    assert sorted(fresh(grade(quick, ["mini"], force=True))) == ["ada", "bob"]
    assert fresh(grade(quick, ["mini"])) == []


def test_a_second_grader_is_refused(quick: Course) -> None:
    def again(count: int) -> None:
        with pytest.raises(CourseError, match=f"is being graded already, by process {os.getpid()}"):
            grade(quick, ["mini"])

    assert len(grade(quick, ["mini"], started=again).fresh) == 2


def test_verdicts_for_programs_are_all_there_and_valid(quick: Course) -> None:
    grade(quick, ["mini"])
    jsonschema.Draft202012Validator.check_schema(VERDICT_SCHEMA)
    lines = [json.loads(line) for line in quick.verdict_lines.read_text(encoding="utf-8").splitlines()]
    wanted = [json.loads(text)["verdicts"] for text in records(quick).values()]
    assert lines == [verdict for verdicts in wanted for verdict in verdicts]
    assert len(lines) == 8
    for line in lines:
        jsonschema.validate(line, VERDICT_SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lines[0] | {"points": -1}, VERDICT_SCHEMA)


def test_the_log_tells_what_ran_and_no_answers(quick: Course) -> None:
    submit(quick, "ada", {"square": "def square(x):\n    return x * x  # my own secret"})
    grade(quick, ["mini"])
    text = quick.log("ada", "mini").read_text(encoding="utf-8")
    assert "run     square                              0.100 s  ok" in text
    assert "invalid       double_angle                          0/1" in text
    assert "0 restart(s), 0 of 7 points" in text
    assert "secret" not in text and "bob" not in text


def test_a_log_can_be_made_again(quick: Course) -> None:
    grade(quick, ["mini"])
    before = quick.log("ada", "mini").read_bytes()
    quick.log("ada", "mini").unlink()
    record = read_record(quick.record("ada", "mini"))
    assert record is not None
    logs.write_log(quick, record)
    assert quick.log("ada", "mini").read_bytes() == before


@pytest.mark.slow
def test_workers_that_are_not_forked_find_the_same(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows and macOS: the workers load the course by themselves."""
    submit(mini_course, "ada", {"root": "root = 1.0"})
    found = []
    for method in ("fork", "spawn"):
        with monkeypatch.context() as patched:
            start_by(method, patched)
            result = grade(mini_course, ["mini"], jobs=1, limits=LIMITS, force=True)
        assert fresh(result) == ["ada"] and result.failures == []
        found.append(records(mini_course))
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_log_that_was_lost_is_written_again(quick: Course) -> None:
    grade(quick, ["mini"], jobs=1, limits=LIMITS)
    log = quick.log("ada", "mini")
    before = log.read_bytes()
    log.unlink()
    assert fresh(grade(quick, ["mini"], jobs=1, limits=LIMITS)) == []
    assert log.read_bytes() == before


def test_what_workers_have_found_is_recorded_even_if_handing_out_fails(
    quick: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next submission cannot be read for a reason that nobody has foreseen; the one before it has been graded."""
    order = run._GradingRun.order

    def broken(self: Any, name: tuple[str, str]) -> Any:
        if name[0] == "bob":
            raise RuntimeError("nobody has foreseen this")
        return order(self, name)

    monkeypatch.setattr(run._GradingRun, "order", broken)
    with pytest.raises(RuntimeError, match="foreseen"):
        grade(quick, ["mini"], jobs=1, limits=LIMITS)
    assert list(records(quick)) == ["ada/mini.json"]


def test_links_in_the_place_of_folders_are_not_followed(quick: Course) -> None:
    """Behind a link may lie another student's work, or the instructor's."""
    (quick.submitted / "eve").mkdir()
    (quick.submitted / "eve" / "mini").symlink_to("../ada/mini")
    (quick.submitted / "mal").symlink_to("ada")
    result = grade(quick, ["mini"], jobs=1, limits=LIMITS)
    assert fresh(result) == ["ada", "bob"]
    assert [text.split(": ")[0].removeprefix(f"{quick.submitted}/") for text in result.failures] == ["eve/mini", "mal"]
    assert all("is a folder and no link to one" in text for text in result.failures)


@pytest.mark.parametrize("content", ["", "soon", "\0", "9" * 400, "2026-02-30 10:00:00 UTC", None])
def test_a_time_that_cannot_be_read_is_named_and_costs_nothing(quick: Course, content: str | None) -> None:
    stamp = quick.submitted / "ada" / "mini" / "timestamp.txt"
    if content is None:
        stamp.symlink_to("/etc/hostname")
    else:
        stamp.write_text(content, encoding="utf-8")
    (quick.submitted / "bob" / "mini" / "timestamp.txt").write_text(
        "2026-02-01 17:30:00 Europe/Berlin", encoding="utf-8"
    )
    result = grade(quick, ["mini"], jobs=1, limits=LIMITS)
    assert result.failures == [] and fresh(result) == ["ada", "bob"]
    assert result.notes == [
        f"{stamp} is no time such as 2026-02-01 17:30:00 UTC; mend or delete it, then the lateness is right."
    ]
    with database.opened(quick) as book:
        assert book.find_submission("mini", "ada").timestamp is None
        assert book.find_submission("mini", "bob").timestamp.isoformat() == "2026-02-01T16:30:00"


def test_a_gradebook_of_another_make_is_one_sentence(quick: Course) -> None:
    grade(quick, ["mini"], jobs=1, limits=LIMITS)
    with sqlite3.connect(quick.database) as connection:
        connection.execute("ALTER TABLE grade RENAME COLUMN auto_score TO score")
    connection.close()
    result = grade(quick, ["mini"], jobs=1, limits=LIMITS, force=True)
    assert len(result.fresh) == 2
    assert len(result.failures) == 1 and "does not fit this nbgrader" in result.failures[0]
