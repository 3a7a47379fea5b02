"""A student's way through a released notebook in a real JupyterLab: wrong, hint, right, summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from autograder.files.paths import find_course

pytestmark = pytest.mark.browser

COURSE = find_course(Path(__file__))
WRONG = "def sigmoid(x):\n    return 1 / (1 + np.exp(x))\n"
RIGHT = "def sigmoid(x):\n    return (1 + np.tanh(np.asarray(x) / 2)) / 2\n"


def with_answer(folder: Path, source: str) -> Path:
    """The released notebook with an answer to `sigmoid` typed in."""
    notebook = nbformat.read(COURSE.release_notebook("01_activations"), 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "sigmoid":
            cell.source = source
    path = folder / "01_activations.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_wrong_answer_is_answered_by_what_is_wrong_with_the_numbers(
    open_lab: Callable[..., Page], run_all: Callable[[Page], None], tmp_path: Path, artifacts: Path
) -> None:
    page = open_lab(with_answer(tmp_path, WRONG))
    run_all(page)
    message = page.locator(".jp-OutputArea", has_text="A sigmoid for every x").first
    expect(message).to_contain_text("not yet right")
    expect(message).to_contain_text("wanted")
    message.screenshot(path=artifacts / "check-message.png")
    # Run All went on to the end although exercises are missing: the summary lists them.
    summary = page.locator(".jp-OutputArea", has_text="points in the visible checks").first
    # The last cell has run the saved file in a fresh kernel; a person's part stands there too.
    expect(summary).to_contain_text("01_activations.ipynb, as saved at")
    expect(summary).to_contain_text("gradient_check")
    expect(summary).to_contain_text("not attempted yet")
    expect(summary).to_contain_text("A person grades: explain_step_size (2 points), still as released.")
    expect(summary).to_contain_text("This is the notebook as saved at")
    assert "another text" not in summary.inner_text()
    summary.screenshot(path=artifacts / "summary.png")
    assert page.locator(".jp-OutputArea", has_text="Traceback").count() == 0


def test_a_partly_right_answer_names_its_parts(
    open_lab: Callable[..., Page], run_all: Callable[[Page], None], tmp_path: Path, artifacts: Path
) -> None:
    page = open_lab(with_answer(tmp_path, RIGHT))
    run_all(page)
    message = page.locator(".jp-OutputArea", has_text="A sigmoid for every x").first
    # tanh rounds to -1 far out, so tiny results lose their digits: one part of two.
    expect(message).to_contain_text("partly right")
    expect(message).to_contain_text("large inputs")
    message.screenshot(path=artifacts / "check-message-partial.png")


def test_the_untouched_notebook_runs_to_its_end(
    open_lab: Callable[..., Page], run_all: Callable[[Page], None], artifacts: Path
) -> None:
    page = open_lab(COURSE.release_notebook("01_activations"))
    run_all(page)
    expect(page.locator(".jp-OutputArea", has_text="0 of 18 points in the visible checks").first).to_be_visible()
    assert page.locator(".jp-OutputArea", has_text="Traceback").count() == 0
    page.screenshot(path=artifacts / "released.png")


def test_an_answer_that_is_not_saved_is_named_by_the_last_cell(
    open_lab: Callable[..., Page], run_all: Callable[[Page], None], tmp_path: Path, artifacts: Path
) -> None:
    page = open_lab(with_answer(tmp_path, WRONG))
    page.evaluate(
        """source => {
            const cells = window.jupyterapp.shell.currentWidget.context.model.cells;
            for (const cell of cells)
                if ((cell.getMetadata('nbgrader') || {}).grade_id === 'sigmoid') cell.sharedModel.setSource(source);
        }""",
        RIGHT,
    )
    run_all(page)
    summary = page.locator(".jp-OutputArea", has_text="points in the visible checks").first
    expect(summary).to_contain_text("This session has run another text than the saved one of: sigmoid.")
    summary.screenshot(path=artifacts / "summary-not-saved.png")
