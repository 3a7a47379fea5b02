"""What is known of nbgrader's database without asking it."""

from __future__ import annotations

import sqlite3

import pytest
from alembic.script import ScriptDirectory
from nbgrader import dbutil

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.gradebook.odd_folders import alembic_version


@pytest.mark.slow
def test_a_new_gradebook_has_the_version_that_alembic_says(mini_course: Course) -> None:
    assert alembic_version() == ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
    with opened(mini_course):
        pass
    connection = sqlite3.connect(mini_course.database)
    try:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [(alembic_version(),)]
        assert connection.execute("SELECT id FROM course").fetchall() == [("mlp",)]
    finally:
        connection.close()
