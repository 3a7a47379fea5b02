"""Making submissions for the small assignment."""

from __future__ import annotations

from collections.abc import Callable

import nbformat

from autograder.files.paths import Course

RIGHT = {
    "square": "def square(x):\n    return x * x",
    "square_slope": "def square_slope(x):\n    return 2 * x",
    "root": "root = 2**0.5",
    "double_angle": "double_angle = '2*tanh(x) / (1 + tanh(x)**2)'",
    "why": "Because it doubles.",
}


def submit(
    course: Course,
    student: str,
    answers: dict[str, str] | None = None,
    change: Callable[[nbformat.NotebookNode], None] = lambda notebook: None,
    name: str = "mini.ipynb",
) -> None:
    """Hand in the right answers, except for those given."""
    notebook = nbformat.read(course.release_notebook("mini"), 4)
    wanted = RIGHT | (answers or {})
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in wanted:
            cell.source = wanted[grade_id]
    change(notebook)
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)


def submit_bytes(course: Course, student: str, content: bytes) -> None:
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mini.ipynb").write_bytes(content)
