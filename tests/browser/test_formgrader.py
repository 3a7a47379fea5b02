"""nbgrader's formgrader in a real browser shows what our grader has decided."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.files.paths import Course
from autograder.gradebook.database import opened
from autograder.grading.run import grade
from autograder.kernels.kernel import Limits

from ..autograder.helpers import submit, submit_bytes
from ..conftest import make_mini_course
from .conftest import LabServer

pytestmark = pytest.mark.browser

HARM = "document.title='harmed'"
SCRIPT = f'<script>{HARM}</script><img src=x onerror="{HARM}">'


def scripts(notebook: nbformat.NotebookNode) -> None:
    """Cells that try to run JavaScript in the browser of the person who reads them."""
    code = f"from IPython.display import HTML, display\ndisplay(HTML({SCRIPT!r}))\nprint({SCRIPT!r})"
    notebook.cells += [nbformat.v4.new_markdown_cell(SCRIPT), nbformat.v4.new_code_cell(code)]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_mini_course(tmp_path_factory.mktemp("root"))
    submit(course, "ada")
    submit(course, "bob", {"square": "def square(x):\n    return 2 * x"})
    submit(course, "cleo", {"square": "def square(x):\n    raise ValueError('no')"})
    submit_bytes(course, "dora", b"not a notebook")
    submit(course, "eve", {"why": f"{SCRIPT}\n\n$x^2$ [x](javascript:{HARM})"}, scripts)
    assert grade(course, ["mini"], limits=Limits(cell_seconds=10)).failures == []
    return course


@pytest.fixture
def visit(course: Course, browser: Browser, lab_servers: Callable[..., LabServer]) -> Callable[[str], Page]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    server = lab_servers(course.root, env={"MLP_GRADING": str(course.grading), "PATH": path})

    def go(where: str) -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{server.url}tree?token={server.token}")  # the token becomes a cookie here
        page.goto(f"{server.url}formgrader/{where}")
        return page

    return go


def test_the_graded_class_is_there_with_points_and_comments(
    visit: Callable[[str], Page], course: Course, artifacts: Path
) -> None:
    page = visit("gradebook/mini/mini")
    for score in ("7 / 8", "4 / 8", "0 / 8"):
        expect(page.get_by_text(score, exact=True).first).to_be_visible(timeout=90_000)
    page.screenshot(path=artifacts / "formgrader-class.png")
    with opened(course) as book:
        submission = book.find_submission_notebook("mini", "mini", "bob").id
    page = visit(f"submissions/{submission}")
    expect(page.get_by_text("The number is doubled and not squared.").first).to_be_visible(timeout=90_000)
    expect(page.locator("textarea", has_text="").first).to_be_attached()
    comments = page.locator("textarea.comment")
    texts = [comments.nth(k).get_attribute("placeholder") or "" for k in range(comments.count())]
    assert any("not yet right" in text for text in texts), texts
    points = page.locator("input.score")
    shown = [points.nth(k).get_attribute("placeholder") for k in range(points.count())]
    assert "0" in [str(value).split(".")[0] for value in shown]
    page.screenshot(path=artifacts / "formgrader-bob.png", full_page=True)


def test_what_could_not_be_judged_asks_for_a_person(visit: Callable[[str], Page], course: Course) -> None:
    for student, word in (("cleo", "stopped with an error"), ("dora", "could not be read")):
        with opened(course) as book:
            submission = book.find_submission_notebook("mini", "mini", student).id
        page = visit(f"submissions/{submission}")
        expect(page.get_by_text(word).first).to_be_visible(timeout=90_000)
        expect(page.get_by_text("A person will look at this.").first).to_be_visible()


def test_a_submissions_scripts_do_not_run(visit: Callable[[str], Page], course: Course, artifacts: Path) -> None:
    with opened(course) as book:
        submission = book.find_submission_notebook("mini", "mini", "eve").id
    page = visit(f"submissions/{submission}")
    expect(page.get_by_text("The square").first).to_be_visible(timeout=90_000)
    page.wait_for_timeout(1000)
    assert page.title() != "harmed"
    assert page.locator("[onerror]").count() == 0
    page.screenshot(path=artifacts / "formgrader-eve.png", full_page=True)
