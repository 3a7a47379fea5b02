"""The pages that students get."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mlp_utils.derivations.route import END, FIRST
from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError, find_course
from autograder.judging.reference import Reference
from autograder.judging.verdict import Verdict
from autograder.pages.feedback import _parts, page_of, write_feedback
from autograder.pages.results import Item, Result

from ...conftest import make_mini_course
from ..records import SECRET, Page, assert_inert, give, into_gradebook, make_record, make_unreadable_record, verdict

HOSTILE = (
    "</pre></code><script>alert(1)</script><img src=x onerror=alert(1)>\n"
    "def square(x):  # \u202e gnipoleved\n    return '" + "x" * 5000 + "'\x1b[31m\n"
)
HOSTILE_WORDS = (
    "So <script>alert(1)</script> [x](javascript:alert(1)) ![x](http://example.org/x.png)\n\n"
    "$\\href{javascript:alert(1)}{x}$ $\\frac{broken$ $\\text{</div><script>alert(1)</script>}$\n\n</div></section>"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("feedback") / "course")


@pytest.fixture
def course(built: Course) -> Course:
    """The built course with an empty grading folder."""
    shutil.rmtree(built.grading, ignore_errors=True)
    return built


def page(course: Course, student: str) -> Page:
    return assert_inert(page_of(course, student, "mini").read_text(encoding="utf-8"))


def test_a_page_tells_result_points_mistake_hint_and_own_code(course: Course) -> None:
    make_record(course, "ada", [verdict("square", Status.FAILED)], {"square": "def square(x):\n    return 2 * x"})
    assert write_feedback(course) == [course.feedback / "ada" / "mini" / "mini.html"]
    text = page(course, "ada").text
    assert "A small assignment for the tests" in text and "ada" in text
    assert "4 of 8 points" in text
    assert "The number is doubled and not squared." in text
    assert "Hint: What is the square of 3?" in text
    assert "return 2 * x" in text
    assert "✘\ufe0e not yet right 0 of 3 points" in text and "✔\ufe0e passed 2 of 2 points" in text
    assert text.count("The slope of the square") >= 2, "in the table and as a heading"


def test_each_exercise_is_linked_to_its_section(course: Course) -> None:
    make_record(course, "ada")
    write_feedback(course)
    found = page(course, "ada")
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    links = {attributes["href"].removeprefix("#") for attributes in found.all("a")}
    assert {"square", "square_slope", "root", "double_angle", "why"} <= links <= targets


def test_hostile_answers_comments_and_messages_are_inert(course: Course) -> None:
    message = "Your code stopped with an error: <script>alert(1)</script>\u202e."
    record = make_record(
        course,
        "mallory",
        [verdict("square", Status.CRASHED, message=message)],
        {"square": HOSTILE, "why": HOSTILE_WORDS},
        ("The notebook was called <img src=x onerror=alert(1)>.ipynb instead of mini.ipynb.",),
    )
    into_gradebook(course, record)
    give(course, "mallory", "why", 0.5, "</div><script>alert('comment')</script>")
    write_feedback(course)
    text = page(course, "mallory").text
    assert "<script>alert('comment')</script>" in text
    assert "<img src=x onerror=alert(1)>.ipynb" in text
    assert "⟨U+202E⟩" in text and "⟨U+001B⟩" in text
    assert "x (javascript:alert(1))" in text and "$\\frac{broken$" in text


def test_nothing_is_shown_that_is_for_staff_only(course: Course) -> None:
    make_record(course, "ada", [verdict("square", Status.FAILED), verdict("root", Status.FAILED)])
    write_feedback(course)
    html = page_of(course, "ada", "mini").read_text(encoding="utf-8")
    assert SECRET not in html, "a verdict's detail"
    for hidden in ("HIDDEN", "grade_function", "np.sqrt(2)", "Because the slope doubles", "BEGIN SOLUTION"):
        assert hidden not in html, hidden
    assert ">7<" not in html and "seed" not in html.lower()


def test_parts_are_listed_with_their_points_and_not_told_twice(course: Course) -> None:
    message = "Right: small. Not yet: large. Large numbers are cut off. Try 1000."
    make_record(course, "ada", [verdict("square", Status.PARTIAL, message=message, diagnosis="clipped")])
    write_feedback(course)
    text = page(course, "ada").text
    assert "small: passed, 1 of 1" in text and "large: not yet right, 0 of 2" in text
    assert "Not yet: large" not in text
    assert "Large numbers are cut off. Hint: Try 1000." in text


def test_the_parts_of_a_derivation_stand_in_the_order_of_its_way() -> None:
    """A record has them by the alphabet, in which «the end» comes before «the slope»."""
    exercise = Reference(find_course(), "04_mlp_backprop").exercises["first_weight_steps"]
    assert exercise.route is not None
    order = [FIRST, *exercise.route.waypoints, END]
    detail = {"lines": ["d(L, W1[r, p])"], "parts": dict.fromkeys(sorted(order), True)}
    given = Verdict("ada", "04_mlp_backprop", exercise.id, Status.PASSED, 2.0, 2.0, detail=detail)
    found = _parts(Result(Item(exercise.id, exercise.title, 2.0, exercise=exercise), Status.PASSED, 2.0, given))
    assert [name for name, _, _ in found] == order != sorted(order)
    assert sum(points for _, _, points in found) == 2.0


def test_several_mistakes_each_have_their_hint(course: Course) -> None:
    detail = {"parts": {"small": False, "large": False}, "diagnoses": ["doubled", "clipped"]}
    message = "The number is doubled and not squared. What is the square of 3? Large numbers are cut off. Try 1000."
    make_record(course, "ada", [verdict("square", Status.FAILED, message=message, detail=detail)])
    write_feedback(course)
    text = page(course, "ada").text
    assert "not squared. Hint: What is the square of 3? Large numbers are cut off. Hint: Try 1000." in text


@pytest.mark.parametrize("status", [Status.CRASHED, Status.TIMED_OUT, Status.INVALID])
def test_what_was_not_judged_promises_a_person_once(course: Course, status: str) -> None:
    make_record(course, "ada", [verdict("square", status, message="It stopped.")])
    write_feedback(course)
    text = page(course, "ada").text
    assert "It stopped. A person will look at this; until then it counts 0." in text
    assert "small: not yet right" not in text, "nothing was judged, so nothing was wrong"


def test_a_persons_points_and_comment_replace_the_promise(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.CRASHED)]))
    give(course, "ada", "test_square", 1.5, "Half of it was right.\nSee the shapes.")
    write_feedback(course)
    text = page(course, "ada").text
    assert "stopped with an error 1.5 of 3 points" in text
    assert "A person gave these points." in text and "Half of it was right. See the shapes." in text
    assert "A person will look" not in text
    assert "5.5 of 8 points" in text


def test_points_by_a_person_are_looked_at_again_after_a_new_grading(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada"))
    give(course, "ada", "why", 1.0, again=True)
    write_feedback(course)
    assert "They will be looked at again, because your work has been graded once more." in page(course, "ada").text


def test_an_answer_in_words_is_set_with_its_mathematics(course: Course) -> None:
    answer = "**Because** $\\frac{d}{dx} x^2 = 2x$, and\n\n- one\n- two"
    into_gradebook(course, make_record(course, "ada", answers={"why": answer}))
    write_feedback(course)
    html = page_of(course, "ada", "mini").read_text(encoding="utf-8")
    assert "<mfrac>" in html and "<strong>Because</strong>" in html and "<li>one</li>" in html
    text = page(course, "ada").text
    assert "waits to be graded – of 1 points" in text
    assert "So far: 1 of the 8 points belong to answers that a person has yet to grade." in text


def test_manual_points_and_the_late_penalty_count(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada"))
    give(course, "ada", "why", 0.5, "Nearly.", penalty=2.0)
    write_feedback(course)
    text = page(course, "ada").text
    assert "5.5 of 8 points" in text and "7.5 points less 2 for handing in late." in text
    assert "graded by a person 0.5 of 1 points" in text and "Comment: Nearly." in text


def test_the_name_comes_from_the_roster_or_the_gradebook(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada"), make_record(course, "bob"))
    course.roster.write_text("id,first_name,last_name\nada,Ada,<b>Lovelace\n", encoding="utf-8")
    write_feedback(course)
    assert "Ada <b>Lovelace (ada)" in page(course, "ada").text
    assert "bob ·" not in page(course, "bob").text


def test_a_file_that_could_not_be_read_gets_one_explanation(course: Course) -> None:
    make_unreadable_record(course, "ada")
    write_feedback(course)
    text = page(course, "ada").text
    assert "Your notebook could not be read, so nothing in it has been judged." in text
    assert text.count("the file is empty") == 1
    assert text.count("file could not be read") == 5
    assert "Your code" not in text and "YOUR CODE HERE" not in text


def test_what_was_not_attempted_shows_no_stub(course: Course) -> None:
    from autograder.files.notebooks import find_cell, read_path

    stub = find_cell(read_path(course.release_notebook("mini")), "square").source
    make_record(course, "ada", [verdict("square", Status.NOT_ATTEMPTED, message="Not attempted.")], {"square": stub})
    write_feedback(course)
    text = page(course, "ada").text
    assert "Not attempted. This cell was as it had been handed out." in text and "YOUR CODE HERE" not in text


def test_problems_of_the_file_are_told(course: Course) -> None:
    make_record(course, "ada", problems=("The cell root had been deleted.",))
    write_feedback(course)
    assert "What was odd about the file The cell root had been deleted." in page(course, "ada").text


def test_two_runs_write_the_same_bytes(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.FAILED)], {"why": HOSTILE_WORDS}))
    (first,) = write_feedback(course)
    before = first.read_bytes()
    (second,) = write_feedback(course)
    assert second.read_bytes() == before


def test_a_page_that_plain_nbgrader_left_read_only_is_replaced(course: Course) -> None:
    make_record(course, "ada")
    old = page_of(course, "ada", "mini")
    old.parent.mkdir(parents=True)
    old.write_text("old", encoding="utf-8")
    old.chmod(0o444)
    old.parent.chmod(0o555)
    write_feedback(course)
    assert "A small assignment" in old.read_text(encoding="utf-8")
    assert old.stat().st_mode & 0o777 == 0o644, "readable for the student who gets a copy"


def test_one_student_and_progress(course: Course) -> None:
    make_record(course, "ada")
    make_record(course, "bob")
    seen: list[str] = []
    assert write_feedback(course, ["mini"], "bob", seen.append) == [page_of(course, "bob", "mini")]
    assert seen == ["bob/mini"]


def test_a_damaged_record_does_not_hold_up_the_others(course: Course) -> None:
    make_record(course, "ada")
    course.record("bob", "mini").parent.mkdir(parents=True)
    course.record("bob", "mini").write_text('{"format": 1', encoding="utf-8")
    with pytest.raises(CourseError, match=r"bob.* not a complete record.*1 page\(s\) have been written"):
        write_feedback(course)
    assert page_of(course, "ada", "mini").is_file()


def test_what_cannot_be_told_is_said_with_what_to_do(course: Course) -> None:
    with pytest.raises(CourseError, match=r"Nothing has been handed in .* run `python -m autograder grade`"):
        write_feedback(course)
    make_record(course, "ada")
    with pytest.raises(CourseError, match="no submission of nobody"):
        write_feedback(course, student_id="nobody")
    (course.submitted / "bob" / "mini").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"not been graded yet \(bob/mini\); run `python -m autograder grade` first"):
        write_feedback(course)


def test_the_page_has_what_a_screen_reader_needs(course: Course) -> None:
    make_record(course, "ada", answers={"square": "x = 1"})
    write_feedback(course)
    found = page(course, "ada")
    assert len(found.all("caption")) == len(found.all("table")) == 1
    assert all("scope" in attributes for attributes in found.all("th"))
    labelled = {attributes["aria-labelledby"] for attributes in found.all("section")}
    assert labelled <= {attributes.get("id") for attributes in found.all("h2")}
    assert all(attributes.get("tabindex") == "0" and attributes["aria-label"] for attributes in found.all("pre"))


def test_pages_stay_inside_the_feedback_folder(course: Course) -> None:
    make_record(course, "ada")
    (written,) = write_feedback(course)
    assert written.is_relative_to(course.feedback)
    assert [path for path in course.feedback.rglob("*") if path.is_file()] == [Path(written)]
