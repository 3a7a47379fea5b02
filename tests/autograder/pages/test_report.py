"""The page for the class."""

from __future__ import annotations

import re
import shutil

import pytest
from mlp_utils.status import Status

from autograder.files.paths import Course, CourseError
from autograder.pages import report
from autograder.pages.feedback import write_feedback
from autograder.pages.report import write_report
from autograder.pages.results import load_results
from autograder.pages.summary import bins, summarise

from ...conftest import make_mini_course
from ..helpers import submit
from ..records import SECRET, Page, assert_inert, give, into_gradebook, make_record, make_unreadable_record, verdict


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("report") / "course")


@pytest.fixture
def course(built: Course) -> Course:
    shutil.rmtree(built.grading, ignore_errors=True)
    return built


def page(course: Course) -> Page:
    return assert_inert(write_report(course).read_text(encoding="utf-8"))


def a_class(course: Course) -> None:
    """Two doubled, one clipped, one unforeseen, one power rule, one stopped, one perfect."""
    clipped = verdict("square", Status.PARTIAL, diagnosis="clipped", message="Large numbers are cut off. Try 1000.")
    make_record(course, "ada", [verdict("square", Status.FAILED)])
    make_record(course, "bob", [verdict("square", Status.FAILED), verdict("root", Status.NOT_ATTEMPTED)])
    make_record(course, "cho", [clipped])
    make_record(course, "dan", [verdict("square", Status.FAILED, diagnosis="", message="12 entries are wrong.")])
    make_record(course, "eve", [verdict("square_slope", Status.FAILED, diagnosis="sign_flipped")])
    make_record(course, "fay", [verdict("square", Status.CRASHED, message="It stopped.")])
    make_record(course, "gus")


def test_the_commonest_misconceptions_are_named_with_their_share(course: Course) -> None:
    a_class(course)
    text = page(course).text
    assert "The number is doubled and not squared. The square 2 33 %" in text
    assert "The number is doubled and not squared. doubled 2 33 %" in text, "and by exercise, with its id"
    assert "Large numbers are cut off. clipped 1 17 %" in text
    assert "Every entry has the wrong sign. sign_flipped 1 14 %" in text, "generic ones too"
    assert "No known mistake: read some of these and add it to the exercise. 1 17 %" in text


def test_counts_by_status_and_mean_points(course: Course) -> None:
    a_class(course)
    summary = summarise(load_results(course, "mini"))
    square = summary.items[0]
    assert dict(square.counts) == {"passed": 2, "partial": 1, "failed": 3, "crashed": 1}
    assert square.mean == pytest.approx((3 + 3 + 1) / 7)
    assert square.answers == 6 and square.unnamed == 1
    assert summary.statuses[:3] == ("passed", "partial", "failed")


def test_who_needs_a_person_and_why(course: Course) -> None:
    a_class(course)
    make_unreadable_record(course, "hal")
    text = page(course).text
    assert "fay The square stopped with an error. It stopped." in text
    assert "hal all file could not be read." in text
    assert "Formgrader, Manual Grading, mini" in text and "explain --student ID EXERCISE" in text
    assert "Why (why): 7 answer(s) in words to be graded" in text


def test_a_person_who_has_decided_is_not_asked_again(course: Course) -> None:
    into_gradebook(course, make_record(course, "ada", [verdict("square", Status.TIMED_OUT)]))
    assert len(summarise(load_results(course, "mini")).looks) == 1
    give(course, "ada", "test_square", 2.0)
    give(course, "ada", "why", 1.0)
    summary = summarise(load_results(course, "mini"))
    assert summary.looks == () and summary.to_grade == ()
    assert summary.scores == (7.0,)


def test_the_roster_tells_who_is_missing_and_who_is_a_stranger(course: Course) -> None:
    make_record(course, "ada")
    make_record(course, "stranger")
    course.roster.write_text(
        "id,first_name,last_name\nada,Ada,Lovelace\nzoe,Zoe,<script>alert(1)</script>\n", encoding="utf-8"
    )
    text = page(course).text
    assert "On the roster, and nothing handed in: 1 zoe (<script>alert(1)</script>, Zoe)" in text
    assert "Handed in, and not on the roster: 1" in text
    assert "Lovelace, Ada" in text
    assert "stranger" in text.split("Handed in, and not on the roster: 1")[1]


def test_without_a_roster_nobody_is_a_stranger(course: Course) -> None:
    make_record(course, "ada")
    assert "not on the roster" not in page(course).text


def test_problems_of_files_and_what_is_out_of_date_are_told(course: Course) -> None:
    from autograder.files.seeds import draw_seeds

    draw_seeds(course, ["mini"])
    make_record(course, "ada", problems=("The notebook was called <b>x.ipynb instead of mini.ipynb.",))
    submit(course, "ada")
    (course.submitted / "bob" / "mini").mkdir(parents=True)
    (course.submitted / "not an id" / "mini").mkdir(parents=True)
    course.record("cho", "mini").parent.mkdir(parents=True)
    course.record("cho", "mini").write_text("{", encoding="utf-8")
    text = page(course).text
    assert "ada: The notebook was called <b>x.ipynb instead" in text
    assert "1 submission(s) have not been graded yet" in text
    assert "1 submission(s) or their key have changed since they were graded" in text
    assert "not a complete record" in text
    assert "not an id: a student id has letters" in text


def test_the_table_of_students_has_symbols_words_points_and_links(course: Course) -> None:
    a_class(course)
    write_feedback(course, student_id="ada")
    found = page(course)
    assert "✘\ufe0enot yet right, 0" in found.text and "✔\ufe0epassed, 2" in found.text
    links = [attributes["href"] for attributes in found.all("a")]
    assert "../feedback/ada/mini/mini.html" in links
    assert not any("bob" in link for link in links), "a page that is not there is not linked"
    assert "class.csv" in links and (course.report / "class.csv").is_file()


def test_the_distribution_has_a_text_alternative(course: Course) -> None:
    a_class(course)
    found = page(course)
    (picture,) = found.all("svg")
    assert picture["role"] == "img"
    ids = {attributes.get("id") for tag in ("title", "desc") for attributes in found.all(tag)}
    assert set(picture["aria-labelledby"].split()) <= ids
    assert "4 to under 5 points: 3" in found.text
    assert len(found.all("rect")) == len(set(summarise(load_results(course, "mini")).scores))


@pytest.mark.parametrize(
    ("scores", "top", "columns"),
    [((), 0, [0]), ((0.0, 7.5), 7.5, [1, 0, 0, 0, 0, 0, 0, 1]), ((20.0, 21.5), 20, [0] * 20 + [2])],
)
def test_every_score_has_a_column(scores: tuple[float, ...], top: float, columns: list[int]) -> None:
    assert [column.count for column in bins(scores, top)] == columns


def test_a_large_maximum_gets_wider_columns() -> None:
    found = bins(tuple(float(k) for k in range(101)), 100)
    assert len(found) <= 25 and sum(column.count for column in found) == 101


def test_a_large_class_gets_its_students_on_a_page_of_their_own(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_ROWS", 3)
    a_class(course)
    found = page(course)
    assert "students-mini.html" in [attributes["href"] for attributes in found.all("a")]
    apart = course.report / "students-mini.html"
    assert "gus" in assert_inert(apart.read_text(encoding="utf-8")).text
    monkeypatch.undo()
    page(course)
    assert not apart.exists(), "a page that is no longer linked does not stay behind"


def test_hostile_text_is_inert(course: Course) -> None:
    message = "Your code stopped with an error: </td><script>alert(1)</script>."
    make_record(course, "mallory", [verdict("square", Status.CRASHED, message=message)], {}, ("<iframe src=//x>",))
    course.roster.write_text(
        'id,first_name,last_name\nmallory,"<img src=x onerror=alert(1)>","=cmd()"\n', encoding="utf-8"
    )
    text = page(course).text
    assert "</td><script>alert(1)</script>" in text and "<iframe src=//x>" in text


def test_staff_details_and_answers_stay_out(course: Course) -> None:
    a_class(course)
    html = write_report(course).read_text(encoding="utf-8")
    assert SECRET not in html and "return x * x" not in html and str(course.root) not in html


def test_two_reports_are_the_same_bytes(course: Course) -> None:
    a_class(course)
    first = write_report(course).read_bytes()
    assert write_report(course).read_bytes() == first


def test_every_table_has_a_caption_and_its_heads_a_scope(course: Course) -> None:
    a_class(course)
    found = page(course)
    assert len(found.all("caption")) == len(found.all("table"))
    assert all("scope" in attributes for attributes in found.all("th"))
    html = write_report(course).read_text(encoding="utf-8")
    assert re.findall(r"<h[1-6]", html)[0] == "<h1"


def test_nothing_handed_in_is_an_error_that_says_what_to_do(course: Course) -> None:
    with pytest.raises(CourseError, match="Nothing has been handed in for mini"):
        write_report(course)
