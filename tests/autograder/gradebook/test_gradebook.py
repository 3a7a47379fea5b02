"""The gradebook is a projection: a write that was cut off is seen and done again, and a person's decisions stay."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError
from autograder.gradebook import database, nbgrader_steps
from autograder.gradebook import writer as gradebook
from autograder.judging.verdict import Record, fingerprint

from ..records import give, into_gradebook, make_record, verdict
from ..same import gradebook_rows

pytestmark = pytest.mark.slow

KEY = ("ada", "mini")


class Cut(BaseException):
    """The process ends here: no handler runs but those of `finally`."""


def shown(course: Course, record: Record) -> bool:
    return gradebook.written(course).get(KEY) == fingerprint(record.to_bytes())


def crashed(course: Course) -> Record:
    return make_record(course, "ada", [verdict("square", Status.CRASHED), verdict("root", Status.TIMED_OUT)])


@pytest.mark.parametrize("place", ["chain", "annotate", "end"])
def test_a_write_that_is_cut_off_counts_as_none_and_can_be_repeated(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    first = make_record(mini_course, "ada")
    into_gradebook(mini_course, first)
    assert shown(mini_course, first)
    second = crashed(mini_course)
    with monkeypatch.context() as patched:
        if place == "chain":
            # after the sanitised notebook has been written, in the middle of the scores
            _cut(patched, nbgrader_steps.SaveAutoGrades, "_add_comment")
        else:
            _cut(patched, gradebook, "_annotate" if place == "annotate" else "_end")
        with pytest.raises(Cut):
            gradebook.write(mini_course, second, {})
    assert not shown(mini_course, first) and not shown(mini_course, second)
    gradebook.write(mini_course, second, {})
    assert shown(mini_course, second)
    again = gradebook_rows(mini_course)
    into_gradebook(mini_course, second)  # into an empty one
    assert gradebook_rows(mini_course) == again


def _cut(patched: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    def cut(*arguments: object, **options: object) -> None:
        raise Cut

    patched.setattr(owner, name, cut)


def test_a_lost_notebook_is_written_again(mini_course: Course) -> None:
    record = make_record(mini_course, "ada")
    into_gradebook(mini_course, record)
    (mini_course.autograded / "ada" / "mini" / "mini.ipynb").unlink()
    assert not shown(mini_course, record)


def test_another_record_of_the_same_submission_is_not_the_one_shown(mini_course: Course) -> None:
    record = make_record(mini_course, "ada")
    into_gradebook(mini_course, record)
    assert not shown(mini_course, replace(record, seconds=9.0))


def _by_a_person(course: Course) -> None:
    give(course, "ada", "why", 1.0, comment="Well said.", penalty=0.5)
    give(course, "ada", "test_square", 2.5, comment="It would be right on your machine.")
    give(course, "ada", "test_root", 0.0)
    with database.opened(course) as book:
        book.find_grade("test_double_angle", "mini", "mini", "ada").extra_credit = 0.25
        book.db.commit()


def _manual(course: Course) -> dict[str, tuple[Any, ...]]:
    rows = gradebook_rows(course)
    points = {row[1]: (row[3], row[4]) for row in rows["grades"]}
    comments = {row[1]: (row[3],) for row in rows["comments"] if row[3]}
    return points | comments


@pytest.mark.parametrize("changed", [False, True], ids=["the same submission", "a changed submission"])
def test_what_a_person_gave_survives(mini_course: Course, changed: bool) -> None:
    into_gradebook(mini_course, crashed(mini_course))
    _by_a_person(mini_course)
    given = _manual(mini_course)
    assert given["test_square"] == (2.5, None) and given["test_double_angle"] == (None, 0.25)
    assert given["why"] == ("Well said.",) and given["square"] == ("It would be right on your machine.",)
    record = make_record(mini_course, "ada", answers={"square": "def square(x):\n    return x**2"} if changed else {})
    gradebook.write(mini_course, record if changed else crashed(mini_course), {})
    assert _manual(mini_course) == given
    with database.opened(mini_course) as book:
        assert book.find_grade("test_square", "mini", "mini", "ada").score == 2.5
        assert book.find_grade("test_double_angle", "mini", "mini", "ada").score == 1.25
        # Whoever changes the work gets a second look; the same work was looked at already.
        assert bool(book.find_grade("test_square", "mini", "mini", "ada").needs_manual_grade) == changed
        assert bool(book.find_grade("why", "mini", "mini", "ada").needs_manual_grade) == changed


def test_what_a_person_settled_stays_so_after_a_cut(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    record = crashed(mini_course)
    into_gradebook(mini_course, record)
    _by_a_person(mini_course)
    before = gradebook_rows(mini_course)
    for _ in range(2):
        with monkeypatch.context() as patched:
            _cut(patched, gradebook, "_annotate")
            with pytest.raises(Cut):
                gradebook.write(mini_course, record, {})
    gradebook.write(mini_course, record, {})
    assert gradebook_rows(mini_course) == before


def test_other_points_for_the_same_work_ask_for_a_second_look(mini_course: Course) -> None:
    into_gradebook(mini_course, make_record(mini_course, "ada", [verdict("root", "failed")]))
    give(mini_course, "ada", "test_root", 0.5)
    give(mini_course, "ada", "why", 1.0)
    gradebook.write(mini_course, make_record(mini_course, "ada", [verdict("root", Status.PASSED)]), {})
    with database.opened(mini_course) as book:
        assert book.find_grade("test_root", "mini", "mini", "ada").needs_manual_grade
        assert not book.find_grade("why", "mini", "mini", "ada").needs_manual_grade


def test_a_gradebook_in_use_is_one_sentence(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    record = make_record(mini_course, "ada")
    into_gradebook(mini_course)
    other = sqlite3.connect(mini_course.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(database.GradebookUnusable, match=r"in use by another program; close formgrader .* is safe\."):
        gradebook.write(mini_course, record, {})
    other.execute("ROLLBACK")
    other.close()
    gradebook.write(mini_course, record, {})
    assert shown(mini_course, record)


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_gradebook_is_one_sentence(mini_course: Course, content: bytes) -> None:
    mini_course.grading.mkdir()
    mini_course.database.write_bytes(content)
    with pytest.raises(CourseError, match=r"gradebook\.db is .*; put a backup in its place, or move it away"):
        gradebook.register(mini_course, ["mini"])
    assert mini_course.database.read_bytes() == content


def test_a_full_disk_under_the_gradebook_is_one_sentence(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    record = make_record(mini_course, "ada", [verdict("square", "failed", message="x" * 100_000)])
    into_gradebook(mini_course)
    pages = sqlite3.connect(mini_course.database).execute("PRAGMA page_count").fetchone()[0]
    create = database.Gradebook.__init__

    def small(self: Any, *arguments: object, **options: object) -> None:
        create(self, *arguments, **options)
        self.db.execute(gradebook.text(f"PRAGMA max_page_count = {pages}"))

    with monkeypatch.context() as patched:
        patched.setattr(database.Gradebook, "__init__", small)
        with pytest.raises(database.GradebookUnusable, match="cannot grow because the disk is full"):
            gradebook.write(mini_course, record, {})
    gradebook.write(mini_course, record, {})
    assert shown(mini_course, record)


def test_a_gradebook_is_created_complete_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(tmp_path, tmp_path / "grading")
    with monkeypatch.context() as patched:
        _cut(patched, database.Gradebook, "check_course")
        with pytest.raises(Cut), database.opened(course):
            pass
    assert not course.database.exists()
    with database.opened(course) as book:
        assert book.students == []


def test_what_stands_in_the_gradebook_is_not_entered_again(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradebook.register(mini_course, ["mini"])
    with monkeypatch.context() as patched:
        _cut(patched, gradebook, "run_steps")
        gradebook.register(mini_course, ["mini"])


@pytest.mark.parametrize("change", ["points", "source", "removed", "version", "notebook"])
def test_what_somebody_has_changed_since_is_entered_again(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """As nbgrader's own commands do it; and a mark of an earlier entry must not be taken for one of this state."""
    gradebook.register(mini_course, ["mini"])
    before = gradebook_rows(mini_course)
    if change == "version":
        monkeypatch.setattr(gradebook, "VERSIONS", "others")
    elif change == "notebook":
        path = mini_course.source_notebook("mini")
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        with database.opened(mini_course) as book:
            if change == "points":
                book.find_grade_cell("test_square", "mini", "mini").max_score = 9
            elif change == "source":
                book.find_source_cell("square", "mini", "mini").source = "# another"
            else:
                book.remove_assignment("mini")
            book.db.commit()
    entered = []
    steps = gradebook.run_steps
    monkeypatch.setattr(gradebook, "run_steps", lambda *arguments: (entered.append(1), steps(*arguments)))
    gradebook.register(mini_course, ["mini"])
    assert entered and gradebook_rows(mini_course) == before
    gradebook.register(mini_course, ["mini"])
    assert len(entered) == 1
