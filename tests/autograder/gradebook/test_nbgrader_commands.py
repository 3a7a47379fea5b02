"""nbgrader's classes in this process: what they hand to our engine, and what they refuse to run."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.validator import Validator
from traitlets.config import Config

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.gradebook.nbgrader_commands import DIALOG, PLAIN, NotConfined
from autograder.gradebook.nbgrader_settings import configure
from autograder.grading.lock import grading_lock
from autograder.judging.verdict import read_record

from ...conftest import make_mini_course
from ..helpers import submit

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own


def unfolded(text: str) -> str:
    """A sentence that was folded for a dialog, in one line."""
    return " ".join(text.split())


Requests = Callable[[], list[dict[str, Any]]]
KERNELS = re.compile(r"ExecutePreprocessor|start_new_kernel|KernelManager|NotebookClient")


@pytest.fixture(autouse=True)
def not_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLAIN, raising=False)
    # nbgrader runs the command alembic when it makes a gradebook, and the environment may not be activated.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_mini_course(tmp_path_factory.mktemp("root")).root


@pytest.fixture
def course(root: Path, tmp_path: Path) -> Course:
    """The small course with a grading folder for each test."""
    return Course(root, tmp_path / "grading")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


def harm(folder: Path, name: str = "harm") -> dict[str, str]:
    """Right answers, one of which writes a file where it must not and hides that it could not."""
    write = f"try:\n    open({str(folder / name)!r}, 'w').close()\nexcept OSError:\n    pass\n"
    return {"square": f"{write}def square(x):\n    return x * x"}


def autograde(course: Course, student: str = "*", **settings: Any) -> Autograde:
    """nbgrader's converter as its command makes it."""
    config = configure(Config(), course)
    folders = CourseDirectory(config=config)
    folders.assignment_id, folders.student_id = settings.pop("assignment", "mini"), student
    for name in ("notebook_id", "student_id_exclude", "submitted_directory", "db_url"):
        if name in settings:
            setattr(folders, name, settings.pop(name))
    config.merge(settings.pop("config", Config()))
    return Autograde(coursedir=folders, config=config, **settings)


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Requests:
    """What has been asked of the engine, which is not started."""
    path = tmp_path / "requests"
    keep = f"import sys; open({str(path)!r}, 'a').write(sys.stdin.read() + chr(10))"
    monkeypatch.setattr("autograder.gradebook.nbgrader_commands._PROGRAM", keep)
    return lambda: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_the_library_grades_in_the_sandbox_and_shows_the_record(course: Course, outside: Path) -> None:
    submit(course, "eve", harm(outside))
    api = NbGraderAPI(config=configure(Config(), course))
    assert not api.get_submission("mini", "eve")["autograded"]
    answer = api.autograde("mini", "eve")
    assert answer["success"], answer
    assert "Sandbox: " in answer["log"] and "1 graded, 0 unchanged." in answer["log"]
    assert list(outside.iterdir()) == []
    record = read_record(course.record("eve", "mini"))
    assert record is not None and record.points == 7
    shown = api.get_submission("mini", "eve")
    assert shown["autograded"] and shown["code_score"] == 7


def test_marks_that_a_person_gave_stay_when_the_button_grades_again(course: Course) -> None:
    submit(course, "ada")
    api = NbGraderAPI(config=configure(Config(), course))
    assert api.autograde("mini", "ada")["success"]
    with opened(course) as book:
        grade = book.find_grade("why", "mini", "mini", "ada")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        book.find_comment("why", "mini", "mini", "ada").manual_comment = "Nearly."
        book.db.commit()
    before = course.record("ada", "mini").stat().st_mtime_ns
    answer = api.autograde("mini", "ada", force=False)
    assert answer["success"] and "0 graded, 1 unchanged." in answer["log"]
    assert course.record("ada", "mini").stat().st_mtime_ns == before
    answer = api.autograde("mini", "ada")  # the button forces, as nbgrader has it
    assert answer["success"] and "1 graded, 0 unchanged." in answer["log"]
    assert course.record("ada", "mini").stat().st_mtime_ns != before
    with opened(course) as book:
        grade = book.find_grade("why", "mini", "mini", "ada")
        assert grade.manual_score == 0.5 and not grade.needs_manual_grade
        assert book.find_comment("why", "mini", "mini", "ada").comment == "Nearly."


def test_while_somebody_grades_the_button_says_so_in_one_sentence(course: Course) -> None:
    submit(course, "ada")
    api = NbGraderAPI(config=configure(Config(), course))
    with grading_lock(course):
        answer = api.autograde("mini", "ada")
    assert not answer["success"]
    wanted = f"{course.grading} is being graded already, by process {os.getpid()} on "
    assert unfolded(answer["log"]).startswith(f"[ERROR] {wanted}") and answer["log"].count("[") == 1
    assert f"NbGraderException: {wanted}" in unfolded(answer["error"])
    for line in answer["log"].splitlines():  # the dialog cuts off what is long
        assert len(line) <= DIALOG + len("[ERROR] ") or " " not in line.removeprefix("[ERROR] "), line
    assert not course.record("ada", "mini").exists()


def test_a_folder_of_somebody_elses_does_not_fail_a_student(course: Course) -> None:
    submit(course, "ada")
    (course.submitted / "not an id").mkdir()
    api = NbGraderAPI(config=configure(Config(), course))
    answer = api.autograde("mini", "ada")
    assert answer["success"] and "[WARNING]" in answer["log"] and "rename the folder" in unfolded(answer["log"])
    answer = api.autograde("mini", "*", force=False)
    assert not answer["success"] and "rename the folder" in unfolded(answer["error"])


@pytest.mark.parametrize(
    ("pattern", "settings", "students"),
    [
        ("*", {}, None),
        ("ada", {}, ["ada"]),
        ("a*", {}, ["abe", "ada"]),
        ("*", {"student_id_exclude": "abe,eve"}, ["ada"]),
    ],
)
def test_students_are_asked_for_as_nbgrader_does(
    course: Course, requests: Requests, pattern: str, settings: dict[str, Any], students: list[str] | None
) -> None:
    for student in ("abe", "ada", "eve"):
        submit(course, student)
    autograde(course, pattern, force=True, **settings).start()
    wanted = {"root": str(course.root), "grading": str(course.grading), "assignment": "mini", "force": True}
    assert requests() == [wanted | {"students": students}]
    autograde(course, "ada").start()
    assert requests()[-1]["force"] is False


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"assignment": "other"}, r"There is no assignment 'other' in .*; the course has: mini; MLP_PLAIN_NBGRADER=1"),
        ({"student": "zoe"}, r"There are no submissions of zoe for mini in "),
        ({"notebook_id": "1*"}, r"mini has no notebook '1\*'; leave --notebook out\."),
        ({"submitted_directory": "elsewhere/submitted"}, r"is not where this course's settings put it"),
        ({"db_url": "sqlite:////tmp/other.db"}, r"is not where this course's settings put it"),
        ({"config": Config({"Execute": {"enabled": False}})}, r"leave --no-execute out; MLP_PLAIN_NBGRADER=1"),
        ({"create_student": False}, r"ada has no entry in "),
    ],
)
def test_what_the_engine_cannot_do_is_one_sentence_and_runs_nothing(
    course: Course, requests: Requests, settings: dict[str, Any], says: str
) -> None:
    submit(course, "ada")
    with pytest.raises(NbGraderException, match=says) as caught:
        autograde(course, settings.pop("student", "*"), **settings).start()
    assert "\n" not in str(caught.value)
    assert requests() == [] and not course.autograded.exists()


def test_a_student_with_an_entry_needs_no_new_one(course: Course, requests: Requests) -> None:
    submit(course, "ada")
    with opened(course) as book:
        book.add_student("ada")
    autograde(course, "ada", create_student=False).start()
    assert len(requests()) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os._exit(9)", r"The grader ended without an answer \(exit code 9\); run `python -m autograder"),
        ('import sys; sys.stdin.read(); print(\'["error", "No room."]\'); sys.exit(1)', r"\ANo room\.\Z"),
    ],
)
def test_a_grader_that_fails_is_one_sentence(
    course: Course, monkeypatch: pytest.MonkeyPatch, code: str, says: str
) -> None:
    submit(course, "ada")
    monkeypatch.setattr("autograder.gradebook.nbgrader_commands._PROGRAM", code)
    with pytest.raises(NbGraderException, match=says):
        autograde(course, "ada").start()


@pytest.mark.parametrize("step", ["submitted", "autograded"])
def test_the_validator_runs_nothing_of_a_student(course: Course, step: str, tmp_path: Path, outside: Path) -> None:
    config = configure(Config(), course)
    submit(course, "eve", harm(outside))
    path = course.submitted / "eve" / "mini" / "mini.ipynb"
    if step != "submitted":
        path = course.grading / step / "eve" / "mini" / "mini.ipynb"
        path.parent.mkdir(parents=True)
        (course.submitted / "eve" / "mini" / "mini.ipynb").rename(path)
    link = tmp_path / "link.ipynb"
    link.symlink_to(path)
    for name in (path, link, path.parent / ".." / "mini" / path.name):
        with pytest.raises(NotConfined) as caught:
            Validator(config=config).validate(str(name))
        wanted = r"is a student's work.*`python -m autograder grade`.*MLP_PLAIN_NBGRADER"
        assert re.search(wanted, unfolded(str(caught.value)))
    assert list(outside.iterdir()) == []


def test_whatever_runs_cells_runs_none_of_a_student(
    course: Course, monkeypatch: pytest.MonkeyPatch, outside: Path
) -> None:
    configure(Config(), course)
    submit(course, "eve", harm(outside))
    folder = course.submitted / "eve" / "mini"
    notebook = nbformat.read(folder / "mini.ipynb", 4)
    for resources in ({"nbgrader": {"student": "eve"}}, {"metadata": {"path": str(folder)}}):
        with pytest.raises(NotConfined):
            Execute().preprocess(notebook, resources)
    monkeypatch.chdir(folder)
    with pytest.raises(NotConfined):
        Execute().preprocess(notebook, {})
    assert list(outside.iterdir()) == []


def test_a_course_below_a_folder_called_submitted_validates_its_own_notebooks(tmp_path: Path) -> None:
    course = make_mini_course(tmp_path / "submitted" / "course")
    config = configure(Config(), course)
    ran = []

    class Listening(Validator):  # type: ignore[misc]
        def _preprocess(self, notebook: Any) -> Any:
            ran.append(notebook)
            return notebook

    Listening(config=config).validate(str(course.source_notebook("mini")))
    Listening(config=config).validate(str(course.release_notebook("mini")))
    assert len(ran) == 2


def test_nbgrader_starts_kernels_in_two_places_that_are_looked_after() -> None:
    """Another place is a way for student code to run that nobody has thought of."""
    package = Path(nbgrader.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if KERNELS.search(path.read_text(encoding="utf-8")) and not {"tests", "docs"} & set(path.parts)
    }
    # The second makes tests from the instructor's own notebooks; no command takes a submission there.
    assert found == {"preprocessors/execute.py", "preprocessors/instantiatetests.py"}
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\bExecute\b|\bInstantiateTests\b", path.read_text(encoding="utf-8"))
        and not {"tests", "docs"} & set(path.parts)
    }
    assert users == {
        *found,
        "preprocessors/__init__.py",
        "validator.py",
        "converters/autograde.py",
        "converters/generate_assignment.py",
        "converters/generate_solution.py",
        "converters/generate_source_with_tests.py",
        "apps/autogradeapp.py",
    }
