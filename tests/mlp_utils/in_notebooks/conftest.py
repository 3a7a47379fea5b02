"""Fixtures that test_checks.py and test_messages.py share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mlp_utils.assessing import tasks
from mlp_utils.in_notebooks import checks
from mlp_utils.in_notebooks import summary as notebook_summary

from .check_cases import TASKS, Shown


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    """Run something that shows a message, and return the text of it."""

    def run(function: Callable[..., Any], *arguments: Any) -> str:
        capsys.readouterr()
        function(*arguments)
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return run


@pytest.fixture
def few_exercises(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A course of a few exercises, and no check that has been run yet."""
    found = {task.exercise_id: task for task in TASKS}
    for module in (tasks, notebook_summary):
        monkeypatch.setattr(module, "visible_tasks", lambda: found)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(checks, "_last_outcomes", {})
    monkeypatch.setattr(checks, "_latest", [])
    yield
