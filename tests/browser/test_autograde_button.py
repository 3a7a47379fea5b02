"""Formgrader's *Autograde* button and JupyterLab's *Validate* button, pressed on a hostile submission."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.grading.lock import grading_lock

from ..end_to_end.test_nbgrader_confined import Danger
from .conftest import LabServer

pytestmark = pytest.mark.browser

PATIENCE = 120_000


@pytest.fixture(scope="module")
def danger(tmp_path_factory: pytest.TempPathFactory) -> Danger:
    return Danger(tmp_path_factory.mktemp("danger"))


@pytest.fixture(scope="module")
def server(danger: Danger, lab_servers: Callable[..., LabServer]) -> LabServer:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"MLP_GRADING": str(danger.course.grading), "PATH": path, "MLP_PLAIN_NBGRADER": ""}
    return lab_servers(danger.course.root, env=environment)


@pytest.fixture
def submissions(server: LabServer, browser: Browser) -> Page:
    """Formgrader's page of the submissions for the small assignment."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{server.url}tree?token={server.token}")  # the token becomes a cookie here
    page.goto(f"{server.url}formgrader/manage_submissions/mini")
    return page


def press_autograde(page: Page) -> None:
    row = page.locator("tr", has_text="eve")
    row.locator("td.autograde a").click(timeout=PATIENCE)


def test_while_somebody_grades_the_page_says_so(danger: Danger, submissions: Page, artifacts: Path) -> None:
    with grading_lock(danger.course):
        press_autograde(submissions)
        dialog = submissions.locator("#error-modal")
        expect(dialog).to_contain_text("is being graded already, by process", timeout=PATIENCE)
    submissions.wait_for_timeout(1000)  # it slides in
    submissions.screenshot(path=artifacts / "autograde-busy.png")
    assert danger.done() == []


def test_the_autograde_button_grades_in_the_sandbox(danger: Danger, submissions: Page, artifacts: Path) -> None:
    expect(submissions.locator("tr", has_text="eve")).to_contain_text("needs autograding", timeout=PATIENCE)
    press_autograde(submissions)
    dialog = submissions.locator("#success-modal")
    expect(dialog).to_contain_text("Successfully autograded 'mini' for student 'eve'.", timeout=PATIENCE)
    expect(dialog).to_contain_text("Sandbox: ")
    expect(dialog).to_contain_text("1 graded, 0 unchanged.")
    submissions.wait_for_timeout(1000)
    submissions.screenshot(path=artifacts / "autograde-done.png")
    dialog.get_by_text("OK").click()
    row = submissions.locator("tr", has_text="eve")
    expect(row).to_contain_text("needs manual grading")  # the answer in words
    expect(row).to_contain_text("7 / 8")
    submissions.wait_for_timeout(1000)
    submissions.screenshot(path=artifacts / "autograde-row.png")
    assert danger.done() == [] and danger.graded("eve")


def test_the_validate_button_refuses_a_submission(
    danger: Danger, server: LabServer, browser: Browser, artifacts: Path
) -> None:
    # Without the module: JupyterLab itself starts a kernel in the folder of a notebook that is opened (SECURITY.md).
    (danger.course.submitted / "eve" / "mini" / "ipykernel_launcher.py").unlink()
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(server.lab_url("grading/submitted/eve/mini/mini.ipynb"))
    page.get_by_text("Validate", exact=True).first.click(timeout=PATIENCE)
    expect(page.get_by_text("is a student's work").first).to_be_visible(timeout=PATIENCE)
    page.screenshot(path=artifacts / "validate-refused.png")
    assert danger.done() == []
    server.stop_kernels()
