"""Records made by hand: what grading would have found, without a kernel."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

import nbformat
from mlp_utils.status import Status

from autograder.files.notebooks import find_cell
from autograder.files.paths import Course
from autograder.files.storage import write_atomically
from autograder.gradebook import database
from autograder.gradebook import writer as gradebook
from autograder.judging.verdict import Record, Verdict

from .helpers import RIGHT

POINTS = {"square": 3.0, "square_slope": 2.0, "root": 1.0, "double_angle": 1.0}
VERSIONS = {"python": "3.11.0", "numpy": "2.0.0", "mlp_utils": "0.1.0"}
SECRET = "nobody but staff sees this"


def verdict(exercise_id: str, status: str = Status.PASSED, **changes: Any) -> Verdict:
    """A verdict with the usual detail; a failed square is a doubled one."""
    parts = {"small": status in (Status.PASSED, Status.PARTIAL), "large": status == Status.PASSED}
    values: dict[str, Any] = {
        "points": POINTS[exercise_id] * {Status.PASSED: 1.0, Status.PARTIAL: 1 / 3}.get(status, 0.0),
        "max_points": POINTS[exercise_id],
        "message": "Right." if status == Status.PASSED else "Something is not right.",
        "detail": {"source": "x", "sentence": SECRET, "parts": parts if exercise_id == "square" else {"values": True}},
        "seed": 7,
        "versions": VERSIONS,
    }
    if exercise_id == "square" and status == Status.FAILED:
        values |= {"diagnosis": "doubled", "message": "The number is doubled and not squared. What is the square of 3?"}
    return Verdict("", "mini", exercise_id, status, **(values | changes))


def make_record(
    course: Course,
    student: str,
    verdicts: Iterable[Verdict] = (),
    answers: dict[str, str] | None = None,
    problems: tuple[str, ...] = (),
) -> Record:
    """Store the record of a submission: right answers but for those given, all passed but for ``verdicts``."""
    notebook = nbformat.read(course.release_notebook("mini"), 4)
    for name, source in (RIGHT | (answers or {})).items():
        find_cell(notebook, name).source = source
    changed = {item.exercise_id: item for item in verdicts}
    found = [changed.get(name) or verdict(name) for name in POINTS]
    named = tuple(Verdict(**(vars(item) | {"student_id": student})) for item in found)
    record = Record(student, "mini", "c0ffee" * 10, named, problems, 1.0, json.loads(json.dumps(notebook)))
    return store(course, record)


def make_unreadable_record(course: Course, student: str) -> Record:
    """What grading makes of a file that is no notebook."""
    reason = "The notebook could not be read: the file is empty."
    verdicts = tuple(
        Verdict(student, "mini", name, Status.INVALID, 0.0, points, message=reason, seed=7, versions=VERSIONS)
        for name, points in POINTS.items()
    )
    notebook = json.loads(course.release_notebook("mini").read_text(encoding="utf-8"))
    return store(course, Record(student, "mini", "c0ffee" * 10, verdicts, (reason,), 0.0, notebook))


def store(course: Course, record: Record) -> Record:
    write_atomically(course.record(record.student_id, "mini"), record.to_bytes())
    return record


def into_gradebook(course: Course, *records: Record) -> None:
    """Bring the records into a gradebook; the empty one is kept, because registering takes seconds."""
    kept = course.root / "registered.db"
    if not kept.is_file():
        gradebook.register(course, ["mini"])
        shutil.copy(course.database, kept)
    shutil.copy(kept, course.database)
    for record in records:
        gradebook.write(course, record, {})


def give(
    course: Course, student: str, cell: str, points: float, comment: str = "", penalty: float = 0.0, again: bool = False
) -> None:
    """A person gives points and writes a comment, as in formgrader."""
    with database.opened(course) as book:
        where = ("mini", "mini", student)
        grade = book.find_grade(cell, *where)
        grade.manual_score, grade.needs_manual_grade = points, again
        if comment:
            book.find_comment(cell.removeprefix("test_"), *where).manual_comment = comment
        book.find_submission_notebook(*where).late_submission_penalty = penalty
        book.db.commit()


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.pieces: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("td", "th", "tr", "li", "p"):
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


HARMFUL = {"script", "iframe", "object", "embed", "img", "link", "base", "form", "input", "button", "video", "audio"}


def assert_inert(html: str) -> Page:
    """Nothing on the page runs, loads or leads away, and the page itself forbids it."""
    page = Page(html)
    assert not HARMFUL & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "srcset", "action", "formaction", "xlink:href"), (tag, name)
            if name == "href":
                assert value.startswith(("#", "../feedback/", "index.html", "class.csv", "students-")), value
            if name == "style":
                assert "url(" not in value and "expression" not in value, value
    policies = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert [attributes["lang"] for attributes in page.all("html")] == ["en"]
    assert page.all("title") and len(page.all("h1")) == 1
    return page
