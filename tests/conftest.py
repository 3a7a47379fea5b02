"""Fixtures that several tests share."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autograder.building.build import build
from autograder.files.paths import CONFIG, Course, find_course

from .matrix import pytest_terminal_summary  # noqa: F401 - pytest finds it here

# The same examples each time and everywhere; a slow machine is no fault.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

HERE = Path(__file__).parent
ROOT = HERE.parent


def make_mini_course(folder: Path, content: str = "mini", *, practice: str = "") -> Course:
    """A small course in a folder of its own, built: the assignment of tests/mini, or of another folder beside it.

    practice: the exercises that are worth 0 points, as a regular expression; none by default.
    """
    shutil.copytree(_built(content, practice), folder, dirs_exist_ok=True)
    return Course(folder, folder / "grading")


@functools.cache
def _built(content: str, practice: str) -> Path:
    """The same, built once for each process, and copied for each test."""
    place = tempfile.mkdtemp(prefix="mini-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = Path(place) / "course"
    shutil.copytree(HERE / content, folder)
    shutil.copytree(
        ROOT / "course" / "mlp_utils",
        folder / "course" / "mlp_utils",
        ignore=shutil.ignore_patterns("__pycache__", "visible"),
    )
    shutil.copy(ROOT / CONFIG, folder)
    course = Course(folder, folder / "grading")
    if practice:
        path = course.assignments / "mini" / "notebook.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf'((?:test|manual)="(?:{practice})" points)=\d+', r"\1=0", text), encoding="utf-8")
    build(course)
    return folder


@pytest.fixture
def mini_course(tmp_path: Path) -> Course:
    return make_mini_course(tmp_path / "course root")


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this checkout."""
    return find_course(ROOT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one assignment run in one process, because its reference takes long to work out."""
    for item in items:
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        firsts = [value[0] if isinstance(value, tuple) and value else value for value in values]
        for name in [first for first in firsts if isinstance(first, str) and first in ASSIGNMENTS][:1]:
            item.add_marker(pytest.mark.xdist_group(name))


ASSIGNMENTS = frozenset(find_course(ROOT).assignment_ids())
