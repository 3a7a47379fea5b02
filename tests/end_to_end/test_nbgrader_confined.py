"""A submission that writes a file outside, on every way on which nbgrader would run it with the instructor's rights."""

from __future__ import annotations

import glob
import json
import os
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.grading.lock import grading_lock
from autograder.judging.verdict import read_record

from ..autograder.helpers import submit
from ..browser.conftest import LabServer, running_lab
from ..conftest import ROOT, make_mini_course
from .test_plain_nbgrader import nbgrader

pytestmark = pytest.mark.slow

EVERYWHERE = ROOT / "autograder" / "gradebook" / "everywhere.py"
EVE = Path("eve") / "mini" / "mini.ipynb"


class Danger:
    """A small course with a hostile submission, and the folder that it wants to write into."""

    def __init__(self, folder: Path) -> None:
        self.course = make_mini_course(folder / "root")
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.hand_in("eve")

    def hand_in(self, student: str) -> None:
        """Right answers with a cell that writes, and a module that would be loaded by a kernel that starts there."""
        write = f"open({str(self.outside)!r} + '/' + {student!r} + {{}}, 'w').close()"
        answer = f"try:\n    {write.format(repr('-cell'))}\nexcept OSError:\n    pass\ndef square(x):\n    return x * x"
        submit(self.course, student, {"square": answer})
        module = self.course.submitted / student / "mini" / "ipykernel_launcher.py"
        module.write_text(write.format(repr("-module")), encoding="utf-8")

    def done(self) -> list[str]:
        return sorted(path.name for path in self.outside.iterdir())

    def graded(self, student: str) -> bool:
        """Whether there is a record with the right points, and the gradebook shows it."""
        record = read_record(self.course.record(student, "mini"))
        with opened(self.course) as book:
            scores = {row["student"]: row["code_score"] for row in book.submission_dicts("mini")}
        return record is not None and record.points == 7 == scores.get(student)


@pytest.fixture(scope="module")
def danger(tmp_path_factory: pytest.TempPathFactory) -> Danger:
    return Danger(tmp_path_factory.mktemp("danger"))


def test_plain_nbgrader_would_let_it_write(danger: Danger, tmp_path: Path) -> None:
    """Or the other tests would show nothing."""
    trial = Danger(tmp_path)
    done = nbgrader(trial.course, "validate", str(trial.course.submitted / EVE), plain=True)
    assert trial.done() != [], done.stderr


def test_autograde_grades_everybody_in_the_sandbox(danger: Danger) -> None:
    danger.hand_in("ava")
    done = nbgrader(danger.course, "autograde", "mini")
    assert done.returncode == 0, done.stderr
    assert danger.done() == [] and danger.graded("eve") and danger.graded("ava")
    done = nbgrader(danger.course, "autograde", "mini")
    assert f"0 graded, {len(list(danger.course.submitted.iterdir()))} unchanged." in done.stderr


def test_autograde_grades_one_student_in_the_sandbox(danger: Danger) -> None:
    danger.hand_in("eva")
    done = nbgrader(danger.course, "autograde", "mini", "--student", "eva", "--force")
    assert done.returncode == 0, done.stderr
    assert "1 graded, 0 unchanged." in done.stderr
    assert danger.done() == [] and danger.graded("eva")


def test_autograde_while_grading_is_refused_in_one_sentence(danger: Danger) -> None:
    with grading_lock(danger.course):
        done = nbgrader(danger.course, "autograde", "mini", "--force")
    assert done.returncode == 1 and danger.done() == []
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and f"is being graded already, by process {os.getpid()} on " in lines[0], done.stderr


def test_validate_refuses_what_is_a_students_in_one_sentence(danger: Danger) -> None:
    course = danger.course
    copied = course.autograded / EVE
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(course.submitted / EVE, copied)
    for path in (course.submitted / EVE, copied):
        done = nbgrader(course, "validate", str(path))
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        assert done.returncode == 1 and done.stdout == "" and danger.done() == []
        assert len(lines) == 1 and f"{path} is a student's work" in lines[0], done.stderr
        assert "`python -m autograder grade`" in lines[0] and "MLP_PLAIN_NBGRADER=1" in lines[0]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With the settings that ``make setup`` puts into it."""
    folder = tmp_path / "etc"
    folder.mkdir()
    shutil.copy(EVERYWHERE, folder / "nbgrader_config.py")
    return {"JUPYTER_CONFIG_PATH": str(folder)}


def test_validate_started_elsewhere_refuses_the_same(
    danger: Danger, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = nbgrader(danger.course, "validate", str(danger.course.submitted / EVE), cwd=tmp_path, **environment)
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert done.returncode == 1 and danger.done() == []
    assert len(lines) == 1 and "is a student's work" in lines[0], done.stderr


@pytest.mark.parametrize("command", [("validate", "mini.ipynb"), ("autograde", "mini", "--force")])
def test_nbgrader_does_not_start_in_the_folder_of_a_submission(
    danger: Danger, environment: dict[str, str], command: tuple[str, ...]
) -> None:
    danger.hand_in("eda")
    folder = danger.course.submitted / "eda" / "mini"
    for name in ("nbgrader_config.py", "autograder.py"):
        (folder / name).write_text(f"open({str(danger.outside)!r} + '/{name}', 'w').close()", encoding="utf-8")
    done = nbgrader(danger.course, *command, cwd=folder, **environment)
    assert done.returncode == 1 and danger.done() == []
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and f"{folder} holds the work of students" in lines[0], done.stderr


def test_make_setup_puts_the_settings_where_jupyter_looks() -> None:
    from jupyter_core.paths import ENV_CONFIG_PATH

    places = [Path(path).relative_to(sys.prefix) for path in ENV_CONFIG_PATH if Path(path).is_relative_to(sys.prefix)]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"READY := .venv/{places[0]}/nbgrader_config.py\n" in makefile
    assert f"$(READY): {EVERYWHERE.relative_to(ROOT)} .venv/ready\n" in makefile


def test_validate_runs_ones_own_work(danger: Danger) -> None:
    course = danger.course
    own = course.root / "my_course"
    own.mkdir()
    submit(Course(course.root, own), "me")
    shutil.copy(own / "submitted" / "me" / "mini" / "mini.ipynb", own / "mini.ipynb")
    for path in (course.source_notebook("mini"), own / "mini.ipynb"):
        done = nbgrader(course, "validate", str(path))
        assert "Success! Your notebook passes all the tests." in done.stdout, done.stderr


@pytest.fixture(scope="module")
def server(danger: Danger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    env = {"MLP_GRADING": str(danger.course.grading), "MLP_PLAIN_NBGRADER": "0"}
    env["PYTHONPATH"] = str(danger.course.root / "course")
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if glob.escape(sys.prefix) != sys.prefix:
        pytest.skip("Jupyter finds no server extensions where the environment's folder has [, * or ? in its name")
    with running_lab(danger.course.root, tmp_path_factory.mktemp("private"), env=env) as lab:
        yield lab


def post(server: LabServer, where: str, **fields: str) -> Any:
    request = urllib.request.Request(
        server.url + where,
        data=urllib.parse.urlencode(fields).encode(),
        headers={"Authorization": f"token {server.token}"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=300) as reply:
        return json.loads(reply.read())


def test_formgraders_button_grades_in_the_sandbox(danger: Danger, server: LabServer) -> None:
    danger.hand_in("evi")
    answer = post(server, "formgrader/api/submission/mini/evi/autograde")
    assert answer["success"], answer
    assert danger.done() == [] and danger.graded("evi")
    shown = server.request("formgrader/api/submission/mini/evi")
    assert shown["autograded"] and shown["code_score"] == 7


def test_formgraders_button_says_that_somebody_grades(danger: Danger, server: LabServer) -> None:
    with grading_lock(danger.course):
        answer = post(server, "formgrader/api/submission/mini/eve/autograde")
    assert (
        not answer["success"] and "is being graded already" in " ".join(answer["log"].split()) and danger.done() == []
    )


def test_the_validate_button_refuses_what_is_a_students(danger: Danger, server: LabServer) -> None:
    path = (danger.course.submitted / EVE).relative_to(danger.course.root)
    answer = post(server, "assignments/validate", path=str(path))
    assert not answer["success"] and "is a student's work" in " ".join(answer["value"].split()) and danger.done() == []
    answer = post(server, "assignments/validate", path="source_notebooks/mini/mini.ipynb")
    assert answer == {"success": True, "value": {}}
