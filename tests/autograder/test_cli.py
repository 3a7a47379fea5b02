"""The commands: exit codes, and errors of one sentence."""

from __future__ import annotations

import errno
import os
import re

import pytest

from autograder.cli import main
from autograder.files.paths import Course

from .helpers import submit


@pytest.fixture
def inside(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.chdir(mini_course.root)
    monkeypatch.delenv("MLP_GRADING", raising=False)
    return mini_course


def test_build_and_check(inside: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build"]) == 0
    assert main(["build", "--check"]) == 0
    inside.release_notebook("mini").unlink()
    assert main(["build", "--check"]) == 1
    assert "release/mini/mini.ipynb is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["build", "nosuch"], "There is no assignment 'nosuch'; the course has: mini."),
        (["grade"], "There are no submissions for mini"),
        (["grade", "--student", "eve"], "There are no submissions of eve for mini"),
        (["adopt", "nosuch"], "There is no assignment 'nosuch'"),
        (["lab", "release"], "is the release itself"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(
    inside: Course, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert says in message
    assert "Traceback" not in message


def test_what_the_disk_refuses_is_one_sentence_whatever_the_command(
    inside: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")

    monkeypatch.setattr("autograder.building.sample_class.write_atomically", full)
    assert main(["sample-class"]) == 1
    message = capsys.readouterr().err
    assert "The disk is full: Reading or writing a file (somewhere); nothing that was recorded is lost" in message
    assert "Traceback" not in message


def test_a_folder_that_is_no_course_is_not_mistaken_for_one(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--grading", str(tmp_path / "none"), "grade"]) == 1
    assert "no submissions" in capsys.readouterr().err


@pytest.mark.slow
def test_grade_prints_a_table_and_counts(inside: Course, capsys: pytest.CaptureFixture[str]) -> None:
    submit(inside, "ada")
    submit(inside, "eve")
    inside.roster.write_text("id,first_name\nada,Ada\n", encoding="utf-8")
    assert main(["grade", "--jobs", "2"]) == 0
    text = capsys.readouterr().out
    assert "ada" in text and "7/7" in text
    assert "Not on the roster: eve." in text
    assert main(["grade"]) == 0
    text = capsys.readouterr().out
    assert "0 graded, 2 unchanged." in text
    assert re.search(r"mini\W+2\W+0\W+7\.0\W+7\W+0\W", text)  # handed in, graded now, mean, of, to be seen


@pytest.mark.slow
def test_a_folder_whose_name_is_no_student_id_costs_only_itself(
    inside: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(inside, "ada")
    submit(inside, "[bold]eve and bob")
    assert main(["grade"]) == 1
    captured = capsys.readouterr()
    assert "[bold]eve and bob: a student id has" in captured.err
    assert "7/7" in captured.out


def test_the_private_copy_of_the_release_is_never_overwritten(inside: Course) -> None:
    assert main(["lab", "--no-browser"]) == 0
    mine = inside.root / "my_course" / "mini" / "mini.ipynb"
    mine.write_text("my work", encoding="utf-8")
    assert main(["lab", "--no-browser"]) == 0
    assert mine.read_text(encoding="utf-8") == "my work"


def test_sample_submissions_are_not_mixed_with_real_ones(inside: Course, capsys: pytest.CaptureFixture[str]) -> None:
    submit(inside, "ada")
    assert main(["sample-class"]) == 1
    assert "holds submissions already" in capsys.readouterr().err
    assert main(["--grading", "demo", "sample-class"]) == 0
    assert main(["--grading", "demo", "sample-class"]) == 0
