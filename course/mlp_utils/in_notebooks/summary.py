"""The last cell of each notebook: ``summary`` lists every exercise with its state.

In JupyterLab and VS Code it runs the *saved* notebook in a fresh kernel, as the grader will, and shows what
``python -m mlp_utils check`` says.  Elsewhere (plain Python, nbclient, nbgrader), and inside that fresh kernel, it
shows what the checks of this session have found.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlp_utils.assessing.tasks import visible_tasks
from mlp_utils.handing_in.check import Report, points_of, total
from mlp_utils.handing_in.manifest import MANUAL, SOLUTION, manifests
from mlp_utils.handing_in.run import MARK, Unreadable, read
from mlp_utils.in_notebooks.checks import states
from mlp_utils.messages import Remark, Table, show
from mlp_utils.status import SYMBOLS, WORDS, Status


def summary(assignment_id: str) -> None:
    """List every exercise of an assignment with its state, from a run of the saved notebook in a fresh kernel.

    Where the notebook's file cannot be found or run, the list is what the checks of this session have found.  Never
    raises.
    """
    path = None if os.environ.get(MARK) else find_notebook(assignment_id)
    try:
        problem = show_saved(path) if path is not None else ""
    except KeyboardInterrupt:
        problem = "The check of the saved notebook was stopped."
    except Exception as error:  # the list matters more than what went wrong on the way to it
        problem = f"The saved notebook could not be checked ({type(error).__name__}: {error})."
    if path is None or problem:
        if problem:
            show(Remark(f"{problem} What follows is the state of this session."))
        show(session_table(assignment_id))


def show_saved(path: Path) -> str:
    """Run a saved notebook in a fresh kernel and show the report; return why there is none, or an empty text."""
    saved = time.strftime("%H:%M", time.localtime(path.stat().st_mtime))
    show(Remark(f"Running {path.name}, as saved at {saved}, in a fresh kernel ..."))
    report, problem = run_saved(path)
    if report is None:
        return problem
    notes = [f"This is the notebook as saved at {saved}; save first if you have changed something since."]
    changed = not_as_saved(path, getattr(sys.modules.get("__main__"), "In", []))
    if changed:
        names = ", ".join(changed)
        notes.append(
            f"This session has run another text than the saved one of: {names}. Save, then run this cell again."
        )
    show(report.table(*notes))
    return ""


def find_notebook(assignment_id: str) -> Path | None:
    """The file of the notebook that this session belongs to; None if it is not known."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    vscode = getattr(sys.modules.get("__main__"), "__vsc_ipynb_file__", "")
    named = [text for text in (session, vscode) if isinstance(text, str) and text]
    if not named:
        return None
    for text in (*named, f"{assignment_id}.ipynb"):  # the last one after the notebook has been renamed
        path = Path(text)
        try:
            if path.suffix == ".ipynb" and path.is_file():
                return path.resolve()
        except (OSError, ValueError):
            continue
    return None


def run_saved(path: Path) -> tuple[Report | None, str]:
    """The report on a saved notebook; or None and a sentence that says why there is none.

    The check runs in a process of its own, so that nothing of this session can disturb it and it cannot disturb this
    session.
    """
    command = [sys.executable, "-m", "mlp_utils", "check", "--json", str(path)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", env=environment, check=False
        )
        return Report.from_json(done.stdout.strip().split("\n")[-1]), ""
    except OSError as error:
        return None, f"No process could be started ({error.strerror or error})."
    except (ValueError, TypeError, KeyError):
        last = done.stderr.strip().split("\n")[-1].removeprefix("mlp_utils check: ")
        return None, last or "The check of the saved notebook ended without a report."


def not_as_saved(path: Path, history: Any) -> list[str]:
    """The answers of which this session has last run another text than the file holds.

    history: IPython's list of what was run, oldest first.  An answer is recognised by the first name that it defines;
             one that this session has not run is not listed.
    """
    try:
        cells = [cell for cell in read(path).cells if cell.code and cell.name]
        latest: dict[str, str] = {}
        for text in history if isinstance(history, list) else []:
            if isinstance(text, str) and (name := _defines(text)):
                latest[name] = text.strip()
    except (Unreadable, RecursionError):
        return []
    answers = {cell.id for manifest in manifests().values() for cell in manifest.of_kind(SOLUTION)}
    return [
        cell.name
        for cell in cells
        if cell.name in answers and latest.get(_defines(cell.source), cell.source.strip()) != cell.source.strip()
    ]


def _defines(source: str) -> str:
    """The first name that a cell defines by ``def`` or ``=`` at its top level; empty if there is none."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return ""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            return node.name
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id
    return ""


def session_table(assignment_id: str) -> Table | Remark:
    """Every exercise with the state that its last check in this session found."""
    tasks = [task for task in visible_tasks().values() if task.assignment_id == assignment_id]
    if not tasks:
        return Remark(f"There is no assignment {assignment_id!r} in this version of mlp_utils.")
    found = states()
    rows: list[Sequence[str]] = []
    earned, passed = 0.0, 0
    for task in tasks:
        status, points = found.get(task.exercise_id, (Status.NOT_ATTEMPTED, 0.0))
        earned, passed = earned + points, passed + (status == Status.PASSED)
        word = WORDS[status] if task.exercise_id in found else "not checked in this session"
        rows.append((SYMBOLS[status], task.exercise_id, word, points_of(points, task.points)))
    below = [total(earned, sum(task.points for task in tasks), passed)]
    manifest = manifests().get(assignment_id)
    for cell in manifest.of_kind(MANUAL) if manifest else ():
        below.append(f"A person grades: {cell.id} ({points_of(cell.points)}).")
    below.append(
        "This is the state of this session. Before you hand in, run in a terminal, in the folder of the course: "
        f"python start.py --check {assignment_id}"
    )
    return Table(("", "exercise", "state", "points"), tuple(map(tuple, rows)), "\n".join(below))


__all__ = ["find_notebook", "not_as_saved", "run_saved", "session_table", "summary"]
