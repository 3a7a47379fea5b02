"""Folders are called as people call them: grades lie where they should, whatever signs are in the path."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from traitlets.config import Config

from autograder.cli import main
from autograder.files.paths import Course, CourseError
from autograder.gradebook import odd_folders
from autograder.gradebook.database import opened
from autograder.gradebook.nbgrader_settings import configure
from autograder.gradebook.odd_folders import database_url, find

from ...conftest import make_mini_course
from ..helpers import submit

pytestmark = pytest.mark.slow

NAMES = (
    "who?",
    "course%20one",
    "50%",
    "a#b",
    "a&b=c",
    "my courses [ü] (1)",
    "x+y|{z}^$",
    "it's",
    "a;b,c",
    "-v",
    "@home",
)

AWFUL = "my courses [ü] (1) a#b&c=d+e 50% course%20one {x} it's who?"


@pytest.mark.parametrize("name", NAMES)
def test_the_gradebook_lies_in_its_folder_and_nowhere_else(tmp_path: Path, name: str) -> None:
    course = Course(tmp_path / name, tmp_path / name / "grading")
    with opened(course) as book:
        book.add_student("ada")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [path.name for path in course.grading.iterdir()] == ["gradebook.db"]
    url = configure(Config(), course).CourseDirectory.db_url
    with Gradebook(url, "mlp") as book:  # as nbgrader's own commands do
        assert [student.id for student in book.students] == ["ada"]
    assert make_url(url).database == str(course.database)


def test_an_address_that_cannot_be_written_is_refused_before_anything_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(odd_folders, "make_url", lambda url: make_url(url.split("%")[0]))
    with pytest.raises(CourseError, match=r"cannot open .*who\?.*; rename the folder so that no % and no \? is in"):
        database_url(tmp_path / "who?" / "gradebook.db")
    with pytest.raises(CourseError), opened(Course(tmp_path, tmp_path / "who?")):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_finds_the_submissions(tmp_path: Path, name: str) -> None:
    course = Course(tmp_path / name, tmp_path / name / "grading")
    place = course.submitted / "ada" / "mini"
    place.mkdir(parents=True)
    (place / "mini.ipynb").touch()
    directory = CourseDirectory(config=configure(Config(), course))
    step = directory.submitted_directory
    assert find(directory.format_path(step, "*", "mini")) == [str(place)]
    assert find(directory.format_path(step, "ada", "mini")) == [str(place)]
    assert find(directory.format_path(step, "eve", "mini")) == []
    assert find(str(place / "*.ipynb")) == [str(place / "mini.ipynb")]
    assert find(str(course.submitted / "a?a" / "m*")) == [str(place)]


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_reads_names_from_paths(tmp_path: Path, name: str) -> None:
    course = Course(tmp_path / "course", tmp_path / name)  # beside the course
    directory = CourseDirectory(config=configure(Config(), course))
    pattern = directory.format_path(directory.submitted_directory, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
    found = re.match(pattern, str(course.submitted / "ada" / "mini"))
    assert found and found.groupdict() == {"student": "ada", "assignment": "mini"}


def test_a_pattern_may_be_relative_and_a_folder_called_star_is_no_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("*", "ada"):
        (tmp_path / "[in]" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert sorted(find("[in]/*")) == ["[in]/*", "[in]/ada"]
    assert find("[in]") == ["[in]"]
    assert find("./[in]/./a*") == ["./[in]/./ada"]


@pytest.mark.slow
def test_a_class_is_graded_by_us_and_by_nbgrader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = make_mini_course(tmp_path / AWFUL / "course")
    course = Course(inner.root, inner.root / "grades [a-b]")
    submit(course, "ada")
    monkeypatch.chdir(course.root)
    for command in (["grade", "--jobs", "1"], ["feedback"], ["report"], ["export"]):
        assert main(["--grading", str(course.grading), *command]) == 0, capsys.readouterr().err
    assert "export: grades [a-b]/export.csv" in capsys.readouterr().out  # the brackets are no markup
    assert (course.feedback / "ada" / "mini" / "mini.html").is_file()
    assert points(course) == 7
    with opened(course) as book:
        for grade in book.find_submission_notebook("mini", "mini", "ada").grades:
            grade.auto_score = 0.0
        book.db.commit()
    (course.autograded / "ada" / "mini" / "mini.ipynb").unlink()
    nbgrader(course, "autograde", "mini", "--force")
    assert points(course) == 7
    assert (course.autograded / "ada" / "mini" / "mini.ipynb").is_file()
    nbgrader(course, "db", "upgrade")
    assert len(list(course.grading.glob("gradebook.db*"))) == 2  # one is the copy
    assert [path.name for path in tmp_path.iterdir()] == [AWFUL]


def points(course: Course) -> float:
    with opened(course) as book:
        grades = book.find_submission_notebook("mini", "mini", "ada").grades
        return sum(grade.auto_score or 0.0 for grade in grades)


def nbgrader(course: Course, *arguments: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env=os.environ
        | {"PATH": path, "MLP_GRADING": str(course.grading), "PYTHONPATH": str(course.root / "course")}
        | {"HOME": str(course.root)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-1500:]
