"""What 00_start says in words: the numbers of its traps, and the message that it explains line by line."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pytest
from mlp_utils import check, hint
from mlp_utils.assessing.told import entry_rows
from mlp_utils.in_notebooks import checks
from mlp_utils.in_notebooks.checks import explain
from mlp_utils.messages import Message
from mlp_utils.status import SYMBOLS, VERDICTS, WORDS, Status
from mlp_utils.version import __version__

from autograder.building.visible import VISIBLE_SEED
from autograder.judging.key import observe

from .conftest import reference

START = "00_start"


def cells(kind: str) -> list[str]:
    return [cell.source for cell in reference(START).assignment.release.cells if cell.cell_type == kind]


def code_with(words: str) -> str:
    found = [source for source in cells("code") if words in source]
    assert len(found) == 1, words
    return found[0]


def text_with(words: str) -> str:
    found = [source for source in cells("markdown") if words in source]
    assert len(found) == 1, words
    return found[0]


def text() -> str:
    return "\n".join(cells("markdown"))


def run(words: str, capsys: pytest.CaptureFixture[str], **names: Any) -> tuple[dict[str, Any], str]:
    """The names and the output of the cell with these words."""
    scope = {"np": np, "check": check, "hint": hint, "my_prediction": None, **names}
    capsys.readouterr()
    exec(code_with(words), scope)
    return scope, capsys.readouterr().out


# --- the environment ---------------------------------------------------------------------------------------------


def test_the_first_cell_says_all_right_here(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed = run("sys.version_info", capsys)
    assert printed.endswith("All right. Go on.\n")
    assert re.search(rf"mlp_utils +{re.escape(__version__)}\n", printed)


def test_the_first_cell_names_what_is_missing_and_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.setattr("mlp_utils.__version__", "0.1.0")
    monkeypatch.setattr("sys.version_info", (3, 9, 1, "final", 0))
    _, printed = run("sys.version_info", capsys)
    assert "All right" not in printed
    assert "Python 3.11 or newer is needed." in printed
    assert "ipywidgets is missing or broken in this Python." in printed
    assert f"This notebook was made for mlp_utils {__version__}." in printed
    assert "run start.py again, as START_HERE says" in printed and "make lab" not in printed


# --- the three traps ---------------------------------------------------------------------------------------------


def test_trap_1_gives_a_table_and_another_number(capsys: pytest.CaptureFixture[str]) -> None:
    scope, printed = run("shape of p - y", capsys)
    p, y = scope["p"], scope["y"]
    assert (p - y).shape == (3, 3)
    assert np.mean((p - y) ** 2) == pytest.approx(17 / 60)
    assert np.mean((p - y[:, 0]) ** 2) == pytest.approx(1 / 12)
    assert np.abs(p - y[:, 0]) == pytest.approx([0.3, 0.4, 0.0])
    assert "0.2833" in printed and "0.0833" in printed
    assert r"$\frac{0.3^2+0.4^2+0^2}3=0.0833$" in text()
    assert "0.2833" not in text(), "the answer does not stand under its question"


def test_trap_2_raises_or_is_silently_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    scope, printed = run("N = {N}: error", capsys)
    assert "N = 4: error, operands could not be broadcast together with shapes (4,3) (3,1)" in printed
    assert "N = 3: no error" in printed and "N = 4: no error" not in printed
    wrong, right = np.zeros((3, 3)) + scope["column"], np.zeros((3, 3)) + scope["column"].ravel()
    assert wrong.shape == right.shape and not np.array_equal(wrong, right)


def test_trap_3_gives_one_number(capsys: pytest.CaptureFixture[str]) -> None:
    scope, printed = run("g.T     has the shape", capsys)
    g, a = scope["g"], scope["a"]
    assert g.T.shape == (3,) and (g.T @ a).shape == ()
    assert "has the shape () and is 32.0" in printed
    with pytest.raises(ValueError, match="matmul"):
        g.T @ a[:2]


def test_the_worked_example_and_the_gap_follow_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed = run("b is added to each row", capsys)
    assert printed.startswith("   (4, 3)\n      (3,)\n   (4, 3)"), "the axes stand one below the other"
    assert "fill the gap first" in run("your_shape = None", capsys)[1]
    solution = np.broadcast_shapes((3, 1, 5), (4, 1))
    assert reference(START).namespace["result_shape"] == list(solution)


# --- the message that is explained -------------------------------------------------------------------------------


def demonstration(capsys: pytest.CaptureFixture[str]) -> tuple[Message, str]:
    _, printed = run("def first_try", capsys)
    return explain(checks._last_outcomes["centre_rows"]), printed


def test_the_message_has_the_lines_that_the_text_explains(capsys: pytest.CaptureFixture[str]) -> None:
    message, printed = demonstration(capsys)
    explained = re.findall(r"^\| (.+?) \| .+ \|$", text_with("| the message |"), flags=re.MULTILINE)[2:]
    assert len(explained) == 7
    html = message._repr_html_()
    shown = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for line in explained:
        for piece in line.split(", ") if line.startswith("where") else [line.removesuffix(", …")]:
            assert piece in shown
    assert "12 of 16 entries of centre_rows(X) are wrong." in printed
    assert shown.startswith("✘ not yet right · Centre the rows · practice, no points"), "state, title, worth"


def test_the_map_shows_a_right_diagonal_and_the_hint_says_what_the_text_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message, _ = demonstration(capsys)
    assert np.array_equal(message.wrong, ~np.eye(4, dtype=bool))
    hint("centre_rows")
    assert capsys.readouterr().out == "The result has the shape (d, N). Which shape is wanted?\n"
    assert "entry $(0,1)$ stands where $(1,0)$\nbelongs" in text()
    assert "Only the diagonal is in its place." in text()


def test_the_demonstration_is_a_known_mistake_and_its_mending_is_right() -> None:
    key = reference(START).key("centre_rows", 5)
    first = next(a for a in key.exercise.misconceptions if a.id == "not_turned_back")
    assert first.source.split("\n")[1] == code_with("def first_try").split("\n")[1]
    assert observe(key.task, lambda: lambda X: (X.T - X.mean(axis=1)).T).passed
    assert observe(key.task, lambda: lambda X: X - X.mean(axis=1, keepdims=True)).passed


def test_the_first_visible_case_shows_three_entries_with_the_input_beside_them() -> None:
    key = reference(START).key("centre_rows", VISIBLE_SEED)
    outcome = observe(key.task, lambda: lambda X: X.T - X.mean(axis=1))
    rows = entry_rows(outcome.first_problem.problem, outcome.first_problem.case)
    assert len(rows) == 3
    assert all(" at " in row.at for row in rows)


def test_a_slip_in_a_formula_is_shown_with_its_place_and_tells_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed = run('"3p + y"', capsys)
    assert "cannot be read at position 1; write * for a product" in printed
    assert "2" not in printed


def test_a_formula_for_the_slope_is_the_derivative() -> None:
    p, y, h = np.array([0.3, 2.0, -1.0]), np.array([1.0, -1.0, 0.5]), 1e-6
    central = ((p + h - y) ** 2 - (p - h - y) ** 2) / (2 * h)
    formula = reference(START).namespace["squared_error_slope"]
    assert eval(formula, {"p": p, "y": y}) == pytest.approx(central)


def test_the_file_is_saved_before_its_check_is_run() -> None:
    steps = re.findall(r"^\d\. (.+)", text_with("## 7 Hand in"), flags=re.MULTILINE)
    assert [step.split()[0] for step in steps] == ["*Kernel", "Save:", "Run", "Read", "Hand"]


# --- what is promised about grading ------------------------------------------------------------------------------


def test_nothing_counts_and_several_parts_can_be_partly_right() -> None:
    ref = reference(START)
    assert set(ref.points.values()) == {0.0}
    assert {len(exercise.parts) for exercise in ref.exercises.values()} == {1, 2}
    assert {exercise.kind for exercise in ref.exercises.values()} == {"function", "value", "text"}


def test_the_words_of_a_feedback_page_are_those_of_the_text() -> None:
    for status in (*VERDICTS, Status.IN_WORDS):
        assert f"| {SYMBOLS[status]} {WORDS[status]} |" in text_with("You get back a page")
