"""A student's first day: unpack the zip file, run start.py, check a notebook.  Needs a package index."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.files.paths import Course
from autograder.handing_out.package import package

pytestmark = [pytest.mark.install, pytest.mark.slow]


@pytest.fixture(scope="module")
def unpacked(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip file, unpacked into a folder with a space and a letter that is not ASCII."""
    folder = tmp_path_factory.mktemp("Jürgens Kurs 1")
    with zipfile.ZipFile(package(course, folder / "student.zip").path) as archive:
        archive.extractall(folder)
    return folder / "mlp-course"


def start(unpacked: Path, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run start.py as a student does, from another folder, with a PYTHONPATH that leads astray."""
    environment = os.environ | {"PYTHONPATH": str(unpacked.parent / "astray"), "PYTHONIOENCODING": "utf-8"} | env
    command = [sys.executable, str(unpacked / "start.py"), *arguments]
    return subprocess.run(
        command, cwd=cwd or unpacked.parent, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_from_the_zip_file_to_a_checked_notebook(unpacked: Path, course: Course) -> None:
    astray = unpacked.parent / "astray"
    (astray / "mlp_utils").mkdir(parents=True)
    (astray / "mlp_utils" / "__init__.py").write_text("raise ImportError('the wrong one')", encoding="utf-8")

    # A package index that does not answer; what was begun is finished later.
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    offline = start(unpacked, "--set-up-only", **nowhere, PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="")
    assert offline.returncode == 1
    assert offline.stderr == (
        "start.py: The package index cannot be reached; connect to the network and run start.py again.\n"
    )
    assert not (unpacked / "my_course").exists()

    first = start(unpacked, "--set-up-only")
    assert first.returncode == 0, first.stdout + first.stderr
    for assignment in course.assignment_ids():
        mine = unpacked / "my_course" / assignment / f"{assignment}.ipynb"
        assert mine.read_bytes() == course.release_notebook(assignment).read_bytes()

    python = next(p for p in (unpacked / ".venv/bin/python", unpacked / ".venv/Scripts/python.exe") if p.exists())
    code = "import mlp_utils, nbclient, jupyterlab; print(mlp_utils.__file__)"
    assert ".venv" in subprocess.check_output([python, "-I", "-c", code], encoding="utf-8")
    subprocess.check_output([python, "-I", "-m", "pip", "check"])

    # Once more, with no index to ask: nothing is installed, nothing is overwritten.
    mine.write_text(mine.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    again = start(unpacked, "--set-up-only", **nowhere)
    assert again.returncode == 0 and "installing" not in again.stdout and "new:" not in again.stdout
    assert mine.read_text(encoding="utf-8").endswith("\n\n")

    blank = start(unpacked, "--check", "01_activations", cwd=unpacked)
    assert blank.returncode == 1, blank.stdout + blank.stderr
    assert "Not attempted: sigmoid_from_tanh, sigmoid," in blank.stdout
    assert "Stopped" not in blank.stdout

    solve(course, unpacked / "my_course" / "01_activations" / "01_activations.ipynb")
    solved = start(unpacked, "--check", "01_activations")
    assert solved.returncode == 0, solved.stdout + solved.stderr
    assert "18 of 18 points in the visible checks" in solved.stdout


def solve(course: Course, path: Path) -> None:
    """Write the instructor's answers into a student's notebook."""
    source = nbformat.read(course.source_notebook("01_activations"), 4)
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if "nbgrader" in cell.metadata}
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata and not cell.metadata.nbgrader.locked:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    nbformat.write(notebook, path)
