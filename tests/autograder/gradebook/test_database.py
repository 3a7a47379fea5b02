"""An empty gradebook is what nbgrader itself would make."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.files.paths import Course
from autograder.gradebook.database import COURSE_ID, opened


def contents(path: Path) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], list[tuple[str, ...]]]:
    connection = sqlite3.connect(path)
    try:
        tables = sorted(
            connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        )
        return (
            [(kind, name, " ".join(sql.replace("(", " ( ").split()).rstrip(";")) for kind, name, sql in tables],
            connection.execute("SELECT * FROM alembic_version").fetchall(),
            connection.execute("SELECT * FROM course").fetchall(),
        )
    finally:
        connection.close()


@pytest.mark.slow
def test_an_empty_gradebook_is_as_nbgrader_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    course = Course(tmp_path, tmp_path / "grading")
    with opened(course):
        pass
    with Gradebook(f"sqlite:///{tmp_path / 'own.db'}", COURSE_ID):
        pass
    assert contents(course.database) == contents(tmp_path / "own.db")
