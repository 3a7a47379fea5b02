"""Hostile submissions among honest ones: no point that honest work would not get, and nobody else is touched.

By default in the strongest sandbox that works here; MLP_HOSTILE names others, such as "bwrap limits none".
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import pytest

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.grading.run import Graded, grade
from autograder.judging.verdict import Record
from autograder.kernels.kernel import Limits
from autograder.kernels.sandbox import NONE, Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox
from autograder.pages.export import write_csv
from autograder.pages.feedback import write_feedback
from autograder.pages.report import write_report

from ..autograder.helpers import RIGHT, submit
from ..conftest import make_mini_course
from .cases import EXERCISES, Hostile, code_cases
from .tampering import file_cases, tampered_cases

pytestmark = pytest.mark.hostile

CASES = [*code_cases(), *tampered_cases(), *file_cases()]
MARK = f"mark{secrets.token_hex(4)}"
NEIGHBOURS = ("aa_first", "mm_middle", "zz_zz_last")
MAXIMUM = {"square": 3.0, "square_slope": 2.0, "root": 1.0, "double_angle": 1.0}
LIMITS = Limits(cell_seconds=4, ask_seconds=4, notebook_seconds=60, memory_mb=1024)


@dataclass
class Outcome:
    """What a run has left: the course, the result, where traps were laid, and who called at the trap door."""

    course: Course
    graded: Graded
    sandbox: Sandbox
    canary: Path
    calls: list[str]

    def record(self, student: str) -> Record:
        return next(record for record in self.graded.records if record.student_id == student)


@pytest.fixture(scope="module", params=os.environ.get("MLP_HOSTILE", "auto").split())
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """All hostile submissions graded in one run, between honest ones, and once again in nobody's presence."""
    try:
        sandbox = choose_sandbox(request.param)
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("hostile")
    course = make_mini_course(folder / "course")
    home = folder / "home"
    home.mkdir()
    (home / "private.txt").write_text("private", encoding="utf-8")
    before = dict(os.environ)
    with listening() as (port, calls):
        words = {
            "@MARK@": MARK,
            "@CANARY@": str(folder / "canary"),
            "@EXERCISES@": str(course.assignments / "mini" / "exercises.py"),
            "@SOURCE@": str(course.source_notebook("mini")),
            "@ROOT@": str(course.root),
            "@GRADEBOOK@": str(course.database),
            "@NEIGHBOUR@": str(course.submitted / NEIGHBOURS[0] / "mini" / "mini.ipynb"),
            "@RECORD@": str(course.record(NEIGHBOURS[0], "mini")),
            "@HOME@": str(home),
            "@PORT@": str(port),
            "@GRADER@": str(os.getpid()),
            "@SECRET@": f"secret-{MARK}",
        }
        for student in NEIGHBOURS:
            submit(course, student)
        for case in CASES:
            hand_in(course, case, words)
        os.environ |= {"HOME": str(home), "MLP_SECRET": words["@SECRET@"], "AWS_TOKEN": words["@SECRET@"]}
        try:
            graded = grade(course, ["mini"], jobs=2, limits=LIMITS, sandbox=request.param)
        finally:
            os.environ.clear()
            os.environ.update(before)
        yield Outcome(course, graded, sandbox, folder / "canary", calls)


class listening:  # noqa: N801 - reads as a verb where it is used
    """A server on this machine that writes down who connects or sends."""

    def __enter__(self) -> tuple[int, list[str]]:
        self.calls: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        port = int(self.server.getsockname()[1])
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", port))
        for listen in (self._connections, self._packets):
            threading.Thread(target=listen, daemon=True).start()
        return port, self.calls

    def _connections(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.calls.append("connection")
            connection.close()

    def _packets(self) -> None:
        while True:
            try:
                self.calls.append(self.datagrams.recv(100).decode())
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.datagrams.close()


def hand_in(course: Course, case: Hostile, words: dict[str, str]) -> None:
    """Put a case into ``submitted/`` under its own name."""

    def put(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    folder = course.submitted / case.name / "mini"
    if case.file is None:
        submit(course, case.name, dict(case.cells))
        path = folder / "mini.ipynb"
        notebook = nbformat.read(path, 4)
        if case.change is not None:
            case.change(notebook)
        # Not by nbformat, which would mend or refuse what is wrong on purpose.
        path.write_text(put(json.dumps(notebook)), encoding="utf-8")
        return
    folder.mkdir(parents=True)
    case.file(folder)
    for link in folder.iterdir():
        if link.is_symlink():
            target = put(str(link.readlink()))
            link.unlink()
            link.symlink_to(target)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_comes_out_as_it_must(outcome: Outcome, case: Hostile) -> None:
    if case.needs and outcome.sandbox.kind == NONE:
        pytest.skip(f"without a sandbox nothing is promised about {case.needs}")
    record = outcome.record(case.name)
    found = {verdict.exercise_id: verdict for verdict in record.verdicts}
    told = {name: (verdict.status, verdict.message) for name, verdict in found.items()}
    for name in EXERCISES:
        verdict = found[name]
        assert verdict.status in case.allowed(name), (case.does, told, record.problems)
        assert verdict.points == (MAXIMUM[name] if verdict.status == "passed" else verdict.points) <= MAXIMUM[name]
        if verdict.status not in ("passed", "partial"):
            assert verdict.points == 0, told
    for name, diagnosis in case.diagnosis.items():
        assert found[name].diagnosis == diagnosis, told
    texts = " ".join([*record.problems, *(verdict.message for verdict in found.values())])
    assert case.says in texts, texts
    assert all(verdict.message for verdict in found.values()), told


@pytest.mark.parametrize("student", NEIGHBOURS)
def test_the_neighbours_are_untouched(outcome: Outcome, student: str) -> None:
    record = outcome.record(student)
    assert {v.exercise_id: v.points for v in record.verdicts} == MAXIMUM
    assert record.problems == ()
    submitted = nbformat.read(outcome.course.submitted / student / "mini" / "mini.ipynb", 4)
    sources = {c.metadata.get("nbgrader", {}).get("grade_id"): c.source for c in submitted.cells}
    assert {name: sources[name] for name in RIGHT} == RIGHT


def test_everybody_has_a_record_and_nothing_failed(outcome: Outcome) -> None:
    assert {record.student_id for record in outcome.graded.records} == {*NEIGHBOURS, *(case.name for case in CASES)}
    assert outcome.graded.failures == []


def test_the_gradebook_says_what_the_records_say(outcome: Outcome) -> None:
    with opened(outcome.course) as book:
        for record in outcome.graded.records:
            grades = book.find_submission_notebook("mini", "mini", record.student_id).grades
            scores = {g.name.removeprefix("test_"): g.auto_score for g in grades if g.name.startswith("test_")}
            assert scores == {v.exercise_id: v.points for v in record.verdicts}, record.student_id


def test_nothing_was_reached_or_written_outside(outcome: Outcome) -> None:
    if outcome.sandbox.kind == NONE:
        pytest.skip("without a sandbox nothing is promised about files and the network")
    assert not outcome.canary.exists()
    assert outcome.calls == []
    left = [p for place in ("/tmp", "/var/tmp", "/dev/shm") for p in Path(place).glob(f"*{MARK}*")]
    assert left == []


def test_no_process_is_left(outcome: Outcome) -> None:
    if outcome.sandbox.kind == NONE:
        pytest.skip("without a sandbox nothing is promised about processes")
    marked = [p for p in psutil.process_iter(["cmdline"]) if any(MARK in part for part in p.info["cmdline"] or [])]
    assert [p for p in marked if p.pid != os.getpid()] == []


def test_records_are_small(outcome: Outcome) -> None:
    largest = max(outcome.course.verdicts.glob("*/mini.json"), key=lambda path: path.stat().st_size)
    assert largest.stat().st_size < 5_000_000, largest


def test_scripts_are_inert_in_feedback_and_report(outcome: Outcome) -> None:
    pages = [*write_feedback(outcome.course, ["mini"]), write_report(outcome.course, ["mini"])]
    assert len(pages) > len(CASES)
    for page in pages:
        files = page.rglob("*.html") if page.is_dir() else [page]
        for file in files:
            text = file.read_text(encoding="utf-8")
            for harm in (f"<script>document.title='{MARK}'", "<img src=x", 'href="javascript:'):
                assert harm not in text, file
    path = write_csv(outcome.course, outcome.course.grading / "export.csv", ["mini"])
    assert all(case.name in path.read_text(encoding="utf-8") for case in CASES)


def test_a_second_run_grades_nothing_again(outcome: Outcome) -> None:
    shutil.rmtree(outcome.course.feedback, ignore_errors=True)
    again = grade(outcome.course, ["mini"], jobs=2, limits=LIMITS, sandbox=outcome.sandbox.kind)
    assert [record.student_id for record in again.fresh] == []
