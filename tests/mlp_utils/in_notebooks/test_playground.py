"""Derivations outside of exercises, and gaps that are not filled."""

from __future__ import annotations

import mlp_utils
import pytest
from IPython.core.formatters import DisplayFormatter
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.route import Form, Route, features, mark
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.show import OPEN, headline
from mlp_utils.derivations.tokens import ReadError
from mlp_utils.in_notebooks.playground import show_lines

SQUARE = Setting({"x": Letter()})
ROUTE = Route(("d(x**2, x)",), Form("no derivative is left", without=("a derivative",)))


def shown(capsys: pytest.CaptureFixture[str], text: str, **letters: object) -> list[str]:
    show_lines(text, **letters)
    return capsys.readouterr().out.splitlines()


def test_each_line_is_shown_with_its_mark(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "d(x**3, x)\n= 3 * x**2\n= 3 * x\n", x=())
    assert [line.split()[1] for line in lines] == ["▸", "✔", "✘"]
    assert "does not follow" in lines[2]


@pytest.mark.parametrize(("shape", "formula"), [((), "z"), ("", "z"), ("C", "z[i]"), (("n", "q"), "z[i, j]")])
def test_a_letter_has_a_shape(shape: object, formula: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "follows" in shown(capsys, f"{formula} + {formula}\n= 2 * {formula}", z=shape)[1]


def test_a_letter_has_a_domain_and_a_name_a_definition(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "log(x * y)\n= log(x) + u", x=Letter((), "positive"), y="", definitions={"u": "log(y)"})
    assert "follows" in lines[1]


def test_it_is_part_of_what_a_notebook_imports() -> None:
    assert mlp_utils.show_lines is show_lines


@pytest.mark.parametrize(("text", "place"), [("...", 1), ("2 * ... + 1", 5), ("2...", 2), ("x + …", 5)])
def test_a_gap_is_named_by_its_place(text: str, place: int) -> None:
    with pytest.raises(ReadError, match=f"At position {place}: put a formula in place of the gap"):
        read_formula(text)


def test_a_line_with_a_gap_is_named() -> None:
    marked = mark("d(x**2, x)\n= 2 * ...", SQUARE, ROUTE)
    assert headline(marked, ROUTE).startswith("Line 2 has a gap. At position 7")
    assert marked.checked.gaps and marked.share == 0
    assert not mark("d(x**2, x)\n= 2 * (", SQUARE, ROUTE).checked.gaps
    several = headline(mark("d(x**2, x)\n= ...\n= 2 * ...", SQUARE, ROUTE), ROUTE)
    assert several.endswith("So has line 3.")


def test_a_false_line_is_named_before_gaps_and_slips() -> None:
    said = headline(mark("d(x**2, x)\n= 2 * (\n= x\n= x * ...", SQUARE, ROUTE), ROUTE)
    assert said.index("Line 3 is the first") < said.index("Line 2 cannot be read") < said.index("Line 4 has a gap")
    assert OPEN in said
    assert OPEN not in headline(mark("d(x**2, x)\n= 2 * (", SQUARE, ROUTE), ROUTE, unread="")


def test_a_filled_gap_is_no_gap() -> None:
    assert mark("d(x**2, x)\n= 2 * x  # ...", SQUARE, ROUTE).passed


@pytest.mark.parametrize(
    ("text", "bare"), [("d(x**2, x)", True), ("2 * d(x, x)", False), ("-d(x, x)", False), ("x", False)]
)
def test_a_derivative_is_bare_if_the_line_is_nothing_else(text: str, bare: bool) -> None:
    assert ("a bare derivative" in features(read_formula(text))) is bare


@pytest.mark.parametrize("shape", [1, "softmax(z)", ("n", 2), None])
def test_a_shape_that_is_none_is_named(shape: object) -> None:
    with pytest.raises(ValueError, match=r"p=.* is no shape: write p=\(\) for a number"):
        show_lines("p", p=shape)  # type: ignore[arg-type]


def test_the_letters_of_an_exercise_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert "follows" in shown(capsys, "d(L, Y[i, k])\n= dY[i, k]", like="product_gradient_steps")[1]
    assert "follows" in shown(capsys, "d(L, Y[i, k]) * t\n= t * dY[i, k]", like="product_gradient_steps", t=())[1]
    with pytest.raises(ValueError, match="is no derivation"):
        show_lines("x", like="sigmoid")


def test_a_notebook_gets_the_lines_as_html_and_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_things: list[object] = []
    monkeypatch.setattr("mlp_utils.in_notebooks.playground.show", shown_things.append)
    show_lines("d(x**2, x)\n= 2 * x", x=())
    table = shown_things[0]
    data, _ = DisplayFormatter().format(table)
    assert "▸ d(x**2, x)" in data["text/plain"] and "<table" in data["text/html"]
