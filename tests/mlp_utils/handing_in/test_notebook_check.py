"""A notebook before it is handed in: run in a fresh kernel, and compared with its release."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from mlp_utils import __main__ as command
from mlp_utils.handing_in import check as notebook_check
from mlp_utils.handing_in import manifest
from mlp_utils.handing_in import run as notebook_run
from mlp_utils.handing_in.check import Report, check_notebook
from mlp_utils.handing_in.manifest import TEST, ReleasedCell, digest
from mlp_utils.handing_in.run import Unreadable, read
from mlp_utils.in_notebooks import summary as notebook_summary
from mlp_utils.status import Status
from mlp_utils.version import __version__

from autograder.files.paths import Course

pytestmark = pytest.mark.slow

ASSIGNMENT = "01_activations"
EXERCISES = [cell.id.removeprefix("test_") for cell in manifest.manifests()[ASSIGNMENT].of_kind(manifest.TEST)]

Notebook = Any
Make = Callable[..., Path]


def named(notebook: Notebook, name: str) -> Any:
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


@pytest.fixture
def make(course: Course, tmp_path: Path) -> Make:
    """``make(change, solved=True)``: the named cells of the release as a file, solved or blank, then changed."""

    def make_(
        change: Callable[[Notebook], object] = lambda notebook: None, *, solved: bool = True, name: str = ASSIGNMENT
    ) -> Path:
        notebook = nbformat.read(course.release_notebook(ASSIGNMENT), 4)
        notebook.cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
        source = nbformat.read(course.source_notebook(ASSIGNMENT), 4)
        for cell in notebook.cells if solved else ():
            if not cell.metadata.nbgrader.locked:
                cell.source = named(source, cell.metadata.nbgrader.grade_id).source
        change(notebook)
        path = tmp_path / f"{name}.ipynb"
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        return path

    return make_


def states(report: Report) -> dict[str, str]:
    return {exercise.id: exercise.status for exercise in report.exercises}


# --- whole notebooks ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_release_as_it_is_runs_and_lacks_every_answer(course: Course) -> None:
    path = course.release_notebook(ASSIGNMENT)
    before = path.read_bytes()
    report = check_notebook(path)
    assert set(states(report).values()) == {"not_attempted"}
    assert list(report.unattempted) == [*EXERCISES, "explain_step_size"]
    assert (report.errors, report.deleted, report.edited, report.remarks) == ((), (), (), ())
    assert not report.ready
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_solved_notebook_is_ready(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check", str(make())]) == 0
    text = capsys.readouterr().out
    assert "18 of 18 points in the visible checks" in text
    assert "A person grades: explain_step_size (2 points), answered." in text
    assert text.endswith("The notebook runs, and everything was attempted.\n")


@pytest.mark.slow
def test_a_wrong_answer_may_be_handed_in(make: Make) -> None:
    def wrong(notebook: Notebook) -> None:
        named(notebook, "sigmoid").source = "def sigmoid(x):\n    return x"

    report = check_notebook(make(wrong))
    assert states(report)["sigmoid"] == "failed"
    assert report.ready


@pytest.mark.slow
def test_a_line_that_cannot_be_read_is_open_and_may_be_handed_in(make: Make) -> None:
    def spoil(notebook: Notebook) -> None:
        cell = named(notebook, "sigmoid_slope_steps")
        cell.source = 'sigmoid_slope_steps = """\nd(sigmoid(x), x)\n= exp(-x) (1 + exp(-x))**-2\n= exp(-x) /\n"""'

    report = check_notebook(make(spoil))
    assert states(report)["sigmoid_slope_steps"] == "invalid"
    said = " ".join(report.lines())
    assert (
        "Not all could be read: sigmoid_slope_steps." in said and "a person reads the lines after you hand in" in said
    )
    assert report.ready


@pytest.mark.slow
def test_each_mistake_is_named_and_costs_only_itself(make: Make) -> None:
    def damage(notebook: Notebook) -> None:
        notebook.cells.remove(named(notebook, "sign_formula"))
        notebook.cells.remove(named(notebook, "test_slope_extrema"))
        named(notebook, "test_sigmoid").source += "\nprint('mine')"
        named(notebook, "kink_gradients").source = "raise ValueError('first\\nsecond')"
        named(notebook, "explain_step_size").source = "  "
        notebook.cells.append(nbformat.from_dict(named(notebook, "sigmoid_from_tanh")))
        notebook.cells[-1].id = "again"

    report = check_notebook(make(damage, name="my copy"))
    found = states(report)
    assert found.pop("sign_formula") == Status.DELETED
    assert found.pop("slope_extrema") == Status.UNCHECKED
    assert found.pop("kink_gradients") == "crashed"
    assert set(found.values()) == {"passed"}
    assert report.deleted == ("test_slope_extrema", "sign_formula")
    assert report.edited == ("test_sigmoid",)
    assert any("(kink_gradients), «raise ValueError('first\\nsecond')»: ValueError: first" in e for e in report.errors)
    assert report.unattempted == ("explain_step_size",)
    assert report.remarks == (
        "The file is called my copy.ipynb; hand it in under the name 01_activations.ipynb.",
        "The cell sigmoid_from_tanh stands there 2 times; the first one is graded.",
    )
    assert Report.from_json(report.to_json()) == report
    assert "Locked cells that were edited: test_sigmoid." in str(report.table())


@pytest.mark.slow
def test_endless_and_deadly_cells_cost_only_themselves(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_run, "LISTENS", 1.0)

    def damage(notebook: Notebook) -> None:
        named(notebook, "sigmoid").source = "def sigmoid(x):\n    while True:\n        pass"
        named(notebook, "slope_extrema").source += "\nimport os; os._exit(1)"
        stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"
        notebook.cells.append(nbformat.v4.new_code_cell(stubborn))
        notebook.cells.append(nbformat.v4.new_code_cell("print(sigmoid_from_tanh)"))

    report = check_notebook(make(damage), seconds=5)
    found = states(report)
    assert found.pop("sigmoid") == "timed_out"
    assert found.pop("slope_extrema") == "crashed"
    assert set(found.values()) == {"passed"}
    endless, deadly, check_of_deadly, stubborn = report.errors
    assert '(test_sigmoid), «check("sigmoid", sigmoid)»: it did not end in 5 s' in endless
    assert deadly.endswith("the Python process ended")
    assert "(test_slope_extrema)" in check_of_deadly and "NameError" in check_of_deadly
    assert stubborn.endswith("it did not end in 5 s, and it could not be interrupted")


@pytest.mark.slow
def test_a_kernel_that_ends_again_and_again_is_given_up(make: Make) -> None:
    def damage(notebook: Notebook) -> None:
        named(notebook, f"{ASSIGNMENT}_setup").source += "\nimport os; os._exit(1)"
        notebook.cells[1:1] = [nbformat.v4.new_code_cell("import os; os._exit(1)") for _ in range(4)]

    report = check_notebook(make(damage))
    assert set(states(report).values()) == {Status.UNCHECKED}
    assert f"{len(report.errors) - notebook_check.MOST} more cells stopped" in str(report.table())


@pytest.mark.slow
def test_an_older_notebook_names_its_version(make: Make) -> None:
    def older(notebook: Notebook) -> None:
        cell = named(notebook, f"{ASSIGNMENT}_setup")
        cell.source = cell.source.replace(f'made_for("{__version__}")', 'made_for("0.0.1")')
        del notebook.metadata["mlp_course"]

    report = check_notebook(make(older))
    assert report.remarks[0].startswith("This notebook was made for mlp_utils 0.0.1, and")
    assert not report.ready


# --- what is no notebook of the course -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no file"),
        (b"", "is empty; take a fresh copy"),
        (b"PK\x03\x04 no notebook \xff", "is not a notebook that can be read"),
        (b'{"cells": [{"cell_type": "code", ', "is not a notebook that can be read"),
        (b"[]", "is not a notebook that can be read"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "is not a notebook that can be read"),
        (b" " * (notebook_run.MAX_BYTES + 1), "has more than 20 MB"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "is of another course"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {"mlp_course": {"assignment": "99_new"}}, "cells": []}',
            "belongs to the assignment '99_new'; mlp_utils",
        ),
    ],
)
def test_what_cannot_be_checked_is_answered_by_one_sentence(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01_activations.ipynb"
    if content is not None:
        path.write_bytes(content)
    assert command.main(["check", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert captured.err.startswith("mlp_utils check: ") and captured.err.count("\n") == 1


def test_a_library_that_is_missing_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make()
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert command.main(["check", str(path)]) == 2
    assert capsys.readouterr().err == "mlp_utils check: nbformat is not installed here; it comes with jupyterlab.\n"


def test_a_folder_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is a folder; name a notebook"):
        read(tmp_path)


@pytest.mark.parametrize("reply", [None, "", "[]", "3", '{"a": 1}', '{"a": ["passed", "x"]}', '{"a": ["owned", 3]}'])
def test_nothing_is_taken_for_granted_of_the_kernels_reply(reply: str | None) -> None:
    assert notebook_check._states(reply) == {}


def test_a_notebook_without_marks_is_recognised_by_its_cells(make: Make) -> None:
    def unmark(notebook: Notebook) -> None:
        del notebook.metadata["mlp_course"]

    assert notebook_check.manifest_of(read(make(unmark))).assignment_id == ASSIGNMENT


def test_practice_has_no_points() -> None:
    exercises = tuple(notebook_check.ExerciseState(name, "passed", 0.0, 0.0) for name in ("a", "b"))
    report = Report("00_start.ipynb", "00_start", exercises, (), (), (), (("why", 0.0, True),), (), 1.0)
    text = str(report.table())
    assert "Practice without points: 2 exercises pass the visible checks." in text
    assert "A person grades: why (practice), answered." in text
    assert "0 of 0" not in text
    assert report.ready


# --- the manifest --------------------------------------------------------------------------------------------------


def test_the_manifest_lists_the_named_cells_of_the_release(course: Course) -> None:
    notebook = nbformat.read(course.release_notebook(ASSIGNMENT), 4)
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    found = manifest.manifests()[ASSIGNMENT]
    assert [cell.id for cell in found.cells] == [cell.metadata.nbgrader.grade_id for cell in cells]
    assert all(entry.is_released(cell.source) for entry, cell in zip(found.cells, cells, strict=True))
    assert (found.points, found.version) == (20.0, __version__)
    assert [cell.id for cell in found.of_kind(manifest.MANUAL)] == ["explain_step_size"]


def test_ends_of_lines_do_not_make_another_text() -> None:
    assert manifest.digest("a = 1\r\nb = 2\n") == manifest.digest("a = 1\nb = 2")
    assert manifest.digest("a = 1\nb = 2") != manifest.digest("a = 1\n b = 2")


# --- the last cell of the notebook -----------------------------------------------------------------------------------


def test_the_notebook_is_found_where_jupyter_or_vs_code_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "mine.ipynb"
    mine.write_text("{}", encoding="utf-8")
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook_summary.find_notebook(ASSIGNMENT) is None
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine))
    assert notebook_summary.find_notebook(ASSIGNMENT) == mine
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "old name.ipynb"))
    assert notebook_summary.find_notebook(ASSIGNMENT) == tmp_path / f"{ASSIGNMENT}.ipynb"
    monkeypatch.delenv("JPY_SESSION_NAME")
    monkeypatch.setattr("__main__.__vsc_ipynb_file__", str(mine), raising=False)
    assert notebook_summary.find_notebook(ASSIGNMENT) == mine


def test_a_text_that_was_run_and_not_saved_is_named(make: Make) -> None:
    path = make()
    saved = {cell.name: cell.source for cell in read(path).cells}
    stub = "def sigmoid(x):\n    pass"
    assert notebook_summary.not_as_saved(path, ["", stub, saved["sigmoid"] + "\n", "1 +", 3]) == []
    assert notebook_summary.not_as_saved(path, [saved["sigmoid"], stub]) == ["sigmoid"]
    assert notebook_summary.not_as_saved(path, None) == []
    assert notebook_summary.not_as_saved(path.with_name("none.ipynb"), [stub]) == []


@pytest.mark.slow
def test_the_summary_runs_the_saved_notebook(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_summary(notebook: Notebook) -> None:
        notebook.cells.append(nbformat.v4.new_code_cell(f'summary("{ASSIGNMENT}")'))

    monkeypatch.setenv("JPY_SESSION_NAME", str(make(with_summary)))
    monkeypatch.setattr("__main__.In", ["", "def sigmoid(x):\n    return 1"], raising=False)
    notebook_summary.summary(ASSIGNMENT)
    text = capsys.readouterr().out
    assert "18 of 18 points" in text
    assert "This is the notebook as saved at" in text
    assert "This session has run another text than the saved one of: sigmoid." in text


@pytest.mark.parametrize("content", ["", "{}", json.dumps({"nbformat": 4, "metadata": {}, "cells": []})])
def test_a_saved_notebook_that_cannot_be_checked_leaves_the_table_of_the_session(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notebook.ipynb"
    path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    notebook_summary.summary(ASSIGNMENT)
    text = capsys.readouterr().out
    assert "What follows is the state of this session." in text
    assert "gradient_check" in text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError("not allowed"), "could not be checked (PermissionError: not allowed)"),
        (KeyboardInterrupt(), "The check of the saved notebook was stopped. What follows"),
    ],
)
def test_the_summary_never_raises(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    says: str,
) -> None:
    def broken(path: Path) -> Any:
        raise error

    path = tmp_path / "notebook.ipynb"
    path.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.setattr(notebook_summary, "run_saved", broken)
    notebook_summary.summary(ASSIGNMENT)
    assert says in capsys.readouterr().out


def test_a_run_within_a_run_starts_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notebook.ipynb"
    path.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.setenv(notebook_run.MARK, "1")
    monkeypatch.setattr(notebook_summary, "run_saved", lambda path: pytest.fail("it ran"))
    notebook_summary.summary(ASSIGNMENT)
    assert "JPY_SESSION_NAME" not in notebook_run._environment(os.environ)


@pytest.mark.slow
def test_what_only_an_experiment_defines_is_missing_while_grading(make: Make) -> None:
    def borrow(notebook: Notebook) -> None:
        place = notebook.cells.index(named(notebook, "sigmoid"))
        lent = nbformat.v4.new_code_cell("one = 1.0")
        lent.metadata["tags"] = ["experiment"]
        notebook.cells.insert(place, lent)
        answer = named(notebook, "sigmoid")
        answer.source = answer.source.replace("1.0 + t", "one + t")

    report = check_notebook(make(borrow))
    assert states(report)["sigmoid"] != "passed"
    assert not report.ready
    assert any("sigmoid uses one, which only an experiment cell defines" in remark for remark in report.remarks)


def test_the_instructors_version_has_no_edited_cells():
    released = "check('x', x)"
    hidden = "\n### BEGIN HIDDEN TESTS\ngrade_function('x', x)\n### END HIDDEN TESTS"
    cell = ReleasedCell("test_x", TEST, 1.0, digest(released))
    assert cell.is_released(released) and cell.is_released(released + hidden)
    assert not cell.is_released(released + "\n5.0" + hidden)
