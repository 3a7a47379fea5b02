"""What two gradings must have in common, whatever happened to one of them on the way."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from autograder.files.paths import Course

QUERIES = {
    "grades": (
        "SELECT student.id, base_cell.name, grade.auto_score, grade.manual_score, grade.extra_credit, "
        "grade.needs_manual_grade FROM grade JOIN base_cell ON grade.cell_id = base_cell.id "
    ),
    "comments": (
        "SELECT student.id, base_cell.name, comment.auto_comment, comment.manual_comment "
        "FROM comment JOIN base_cell ON comment.cell_id = base_cell.id "
    ),
}
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def gradebook_rows(course: Course) -> dict[str, list[tuple[Any, ...]]]:
    """Scores and comments of everybody, without the ids that nbgrader draws at random."""
    rows = {}
    connection = sqlite3.connect(course.database)
    for name, query in QUERIES.items():
        table = name.removesuffix("s")
        joins = (
            f"JOIN submitted_notebook ON {table}.notebook_id = submitted_notebook.id "
            "JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id "
            "JOIN student ON submitted_assignment.student_id = student.id"
        )
        rows[name] = sorted(connection.execute(query + joins), key=str)
    connection.close()
    return rows


def records(course: Course) -> dict[str, str]:
    """The text of each record without what a clock or the memory's layout decides."""
    found = {}
    for path in sorted(course.verdicts.rglob("*")):
        if path.is_file():
            data = json.loads(path.read_bytes())
            data["seconds"] = 0
            for item in data["timeline"]:
                item["seconds"] = 0
            text = json.dumps(data, sort_keys=True)
            found[str(path.relative_to(course.verdicts))] = ADDRESS.sub("0x", text)
    return found


def autograded(course: Course) -> dict[str, str]:
    return {
        str(path.relative_to(course.autograded)): ADDRESS.sub("0x", path.read_text(encoding="utf-8"))
        for path in sorted(course.autograded.rglob("*.ipynb"))
    }


def assert_same(one: Course, other: Course) -> None:
    """Records, scores, comments and autograded notebooks agree."""
    ours, theirs = records(one), records(other)
    assert list(ours) == list(theirs)
    for name in ours:
        assert ours[name] == theirs[name], name
    assert gradebook_rows(one) == gradebook_rows(other)
    ours, theirs = autograded(one), autograded(other)
    assert list(ours) == list(theirs)
    for name in ours:
        assert ours[name] == theirs[name], name
