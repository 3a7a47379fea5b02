"""An instructor edits the built notebook in JupyterLab with nbgrader's own toolbar and brings the edit back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from autograder.building.build import adopt, build, differences, edited, made

from ..conftest import make_mini_course
from .conftest import _KERNEL, LabServer

pytestmark = pytest.mark.browser


def test_points_changed_in_nbgraders_panel_come_back_into_notebook_py(
    browser: Browser, lab_servers: Callable[..., LabServer], tmp_path: Path, artifacts: Path
) -> None:
    course = make_mini_course(tmp_path)
    server = lab_servers(course.root)
    page = browser.new_page(viewport={"width": 1500, "height": 1000})
    page.set_default_timeout(90_000)
    page.goto(server.lab_url("source_notebooks/mini/mini.ipynb"))
    page.wait_for_function(f"() => ({_KERNEL})()?.connectionStatus === 'connected'")
    page.get_by_role("tab", name="Create Assignment").click()
    points = page.locator(".nbgrader-CellPoints input:visible")  # of graded cells only
    expect(points.first).to_be_visible()
    assert points.first.input_value() == "3"
    points.first.fill("2.5")
    points.first.press("Enter")
    page.screenshot(path=artifacts / "create-assignment.png")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.close()

    assert edited(course, "mini")
    before = (course.assignments / "mini" / "notebook.py").read_text(encoding="utf-8")
    adopt(course, "mini")
    after = (course.assignments / "mini" / "notebook.py").read_text(encoding="utf-8")
    assert after == before.replace('test="square" points=3', 'test="square" points=2.5')
    build(course, overwrite=True)
    assert differences(course, made(course, ["mini"])) == []
