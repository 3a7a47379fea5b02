"""Nothing that answers an exercise reaches a student: not the release, not the wheel, not the sdist."""

from __future__ import annotations

import functools
import inspect
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from mlp_utils.assessing.tasks import DERIVATION, VALUE

from autograder.building.visible import make_visible_task
from autograder.files.notebooks import grade_id
from autograder.gradebook.nbgrader_settings import HIDDEN_BEGIN, HIDDEN_END

from .conftest import COURSE, reference
from .derivations import lines_in, text_of

SHORT = 24
"""A line shorter than this may stand in a text by chance (``return x``)."""


def regions(source: str, begin: str, end: str) -> list[str]:
    lines, inside = [], False
    for line in source.split("\n"):
        if begin in line:
            inside = True
        elif end in line:
            inside = False
        elif inside and len(line.strip()) >= SHORT:
            lines.append(line.strip())
    return lines


@functools.cache
def secrets(assignment: str) -> dict[str, list[str]]:
    """What must not leave the instructor's machine, by kind."""
    ref = reference(assignment)
    sources = [cell.source for cell in ref.assignment.source.cells]
    others = [e for e in ref.exercises.values() if e.kind != DERIVATION]
    answers = [a for e in others for a in (*e.accepted_answers, *e.misconceptions)]
    shown = {line.strip() for cell in ref.assignment.release.cells for line in cell.source.split("\n")}
    typed = [
        line
        for e in ref.exercises.values()
        if e.kind == DERIVATION
        for a in (*e.accepted_answers, *e.misconceptions)
        for line in lines_in(text_of(a))
        if len(line) >= SHORT and not any(line in other for other in shown)
    ]
    body = typed + [
        line.strip()
        for answer in answers
        for line in (answer.source or "").split("\n")[1:]
        if len(line.strip()) >= SHORT and line.strip() not in shown
    ]
    return {
        "solutions": [
            line for s in sources for line in regions(s, "BEGIN SOLUTION", "END SOLUTION") if line not in given(s)
        ],
        "hidden tests": [line for s in sources for line in regions(s, HIDDEN_BEGIN, HIDDEN_END)],
        "misconceptions": [text for e in ref.exercises.values() for a in e.misconceptions for text in (a.says, a.hint)],
        "answers": body,
        "cases": case_lines(assignment, shown),
    }


def given(source: str) -> set[str]:
    """The lines of a cell that stand above its solution: the start of a derivation, and what has no gap."""
    return {line.strip() for line in source.split("### BEGIN SOLUTION")[0].split("\n")}


def case_lines(assignment: str, shown: set[str]) -> list[str]:
    """The source of the functions that draw cases, as far as students do not see the same line in their notebook."""
    sources = [inspect.getsource(e.make_cases) for e in reference(assignment).exercises.values() if e.make_cases]
    lines = [line.strip() for source in sources for line in source.split("\n")]
    return [line for line in lines if len(line) >= SHORT and line not in shown]


def assert_nothing_leaks(text: str, assignment: str, where: str) -> None:
    found = secrets(assignment)
    assert all(found.values()), "there is something to find of each kind"
    for kind, lines in found.items():
        for line in lines:
            escaped = json.dumps(line, ensure_ascii=False)[1:-1]
            assert line not in text and escaped not in text, f"{kind} in {where}: {line}"


def test_the_release_holds_no_solution_hidden_test_or_misconception(assignment: str) -> None:
    files = [p for p in (COURSE.release / assignment).rglob("*") if p.is_file()]
    assert [p.name for p in files] == [f"{assignment}.ipynb"]
    for path in files:
        assert_nothing_leaks(path.read_text(encoding="utf-8"), assignment, path.name)
        for word in ("BEGIN SOLUTION", HIDDEN_BEGIN, "autograder", "grade_function"):
            assert word not in path.read_text(encoding="utf-8")


def test_the_released_solution_cells_are_stubs(assignment: str) -> None:
    ref = reference(assignment)
    for name in ref.points:
        cell = next(c for c in ref.assignment.release.cells if grade_id(c) == name)
        assert "# YOUR CODE HERE" in cell.source


def test_a_visible_task_of_a_value_does_not_hold_the_value(assignment: str) -> None:
    ref = reference(assignment)
    for name in ref.points:
        task = make_visible_task(ref, name)
        if task.kind == VALUE:
            hidden = ref.key(name, 1).task.cases[0].want
            assert repr(hidden) != repr(task.cases[0].want)
            assert task.digests


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The files of the wheel and of the sdist, as text."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=COURSE.root, check=True, capture_output=True)
    files: dict[str, dict[str, str]] = {}
    wheel, sdist = next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        files["wheel"] = {n: archive.read(n).decode("utf-8", "replace") for n in archive.namelist()}
    with tarfile.open(sdist, encoding="utf-8") as archive:
        files["sdist"] = {
            m.name: archive.extractfile(m).read().decode("utf-8", "replace") for m in archive.getmembers() if m.isfile()
        }
    return files


def test_wheel_and_sdist_hold_mlp_utils_alone(distributions: dict[str, dict[str, str]]) -> None:
    for name in distributions["wheel"]:
        assert name.startswith("mlp_utils/") or ".dist-info/" in name, name
    for name in distributions["sdist"]:
        inside = Path(name).parts[1:]
        assert inside[:2] == ("course", "mlp_utils") or inside in (
            ("LICENSE",),
            ("PKG-INFO",),
            ("pyproject.toml",),
            (".gitignore",),
        ), name


def test_wheel_and_sdist_hold_no_answers(distributions: dict[str, dict[str, str]], assignment: str) -> None:
    places = {text: f"{kind}: {name}" for kind, files in distributions.items() for name, text in files.items()}
    for text, where in places.items():
        assert_nothing_leaks(text, assignment, where)
