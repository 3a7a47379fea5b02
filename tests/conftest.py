"""Fixtures that several tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.build import build
from autograder.paths import CONFIG, Course, find_course

HERE = Path(__file__).parent
ROOT = HERE.parent


def make_mini_course(folder: Path, content: str = "mini") -> Course:
    """A small course in a folder of its own, built: the assignment of tests/mini, or of another folder beside it."""
    shutil.copytree(HERE / content, folder, dirs_exist_ok=True)
    shutil.copytree(
        ROOT / "course" / "mlp_utils",
        folder / "course" / "mlp_utils",
        ignore=shutil.ignore_patterns("__pycache__", "visible"),
    )
    shutil.copy(ROOT / CONFIG, folder)
    course = Course(folder, folder / "grading")
    build(course)
    return course


@pytest.fixture
def mini_course(tmp_path: Path) -> Course:
    return make_mini_course(tmp_path / "course root")


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this checkout."""
    return find_course(ROOT)
