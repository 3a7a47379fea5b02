"""What is not a formula is refused in one sentence, and nothing of it runs."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.assessing.formulas import MAX_CHARS, MAX_NODES, Formula, FormulaError

from .formula_cases import evaluate


def refusal(text: str, variables: tuple[str, ...] = ("x",), functions: tuple[str, ...] = ("exp", "indicator")) -> str:
    with pytest.raises(FormulaError) as refused:
        Formula.parse(text, variables, functions)
    assert 10 < len(str(refused.value)) < 300
    return str(refused.value)


# --- what is not a formula ---------------------------------------------------------------------------------------


NOT_FORMULAS = [
    "x.real",
    "x.__class__",
    "x.__class__.__mro__[1].__subclasses__()",
    "().__class__",
    "__import__('os').system('true')",
    "__builtins__",
    "eval('x')",
    "exec('x')",
    "open('/etc/passwd')",
    "getattr(x, 'T')",
    "np",
    "np.random",
    "np.load('x')",
    "np.exp.__class__",
    "os.exp(x)",
    "np.np.exp(x)",
    "(np).linalg.exp(x)",
    "exp.exp(x)",
    "lambda: x",
    "(lambda x: x)(x)",
    "[x for x in x]",
    "{x for x in x}",
    "{x: x for x in x}",
    "(x for x in x)",
    "exp(x for x in x)",
    "(y := x)",
    "exp(y := x)",
    "f'{x}'",
    "'x'",
    "b'x'",
    "'''x'''",
    "x[0]",
    "x[...]",
    "[x]",
    "(x,)",
    "x, x",
    "()",
    "{}",
    "{x}",
    "{1: x}",
    "exp(x, 1)",
    "exp()",
    "exp(x=x)",
    "exp(x, out=x)",
    "exp(*x)",
    "exp(**x)",
    "exp(exp)",
    "exp",
    "indicator",
    "indicator()",
    "indicator(x)",
    "indicator(x > 0, x)",
    "indicator(x > 0 and x < 1)",
    "indicator(not x > 0)",
    "indicator((x > 0))(x)",
    "indicator(x in x)",
    "indicator(x is x)",
    "indicator(x is not x)",
    "indicator(x not in x)",
    "indicator(exp > 0)",
    "x > 0",
    "(x > 0) * x",
    "exp(x > 0)",
    "x if x else x",
    "x and x",
    "x or x",
    "not x",
    "~x",
    "x // 2",
    "x % 2",
    "x @ x",
    "x << 2",
    "x | x",
    "x & x",
    "await x",
    "yield x",
    "x = 1",
    "x; x",
    "import os",
    "del x",
    "x\nx",
    "True",
    "None",
    "...",
    "True * x",
    "1j",
    "1j * x",
    "1e999",
    "-1e999",
    "1e301",
    "inf",
    "nan",
    "tanh(x)",
    "sin(x)",
    "x(1 - x)",
    "2x",
    "2 x",
    "x y",
    "y",
    "X",
    "_x",
    "__x__",
    "х",  # Cyrillic
    "х + x",
    "ехр(x)",  # Cyrillic
    "χ",
    "x²",
    "√x",
    "½",
    "x\u200b",
    "\u202ex",
    "x\x00",
    "\x00",
    "\ud800",
    "'\ud800'",
    "",
    "   ",
    "#",
    "(",
    "x)",
    "*x",
    "x +",
    "x + * 2",
    "0,5*x",
    "07*x",
]


@pytest.mark.parametrize("text", NOT_FORMULAS)
def test_what_is_not_in_the_language_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    "text", ["x ** x", "+x", "0x10*x", "1_000*x", "x # a remark", "(x\n + 1)", "𝑥 + x", "ｅｘｐ(x)"]
)
def test_what_python_reads_as_a_formula_is_one(text: str) -> None:
    assert np.isfinite(Formula.parse(text, ("x",), ("exp",)).evaluate({"x": np.array([1.5])})).all()


def test_a_function_that_the_exercise_does_not_name_is_refused_by_name() -> None:
    assert "tanh may not be used here; the functions are: exp, indicator" in refusal("1 + tanh(x)")
    assert "the functions are: none" in refusal("tanh(x)", functions=())
    assert "exp is a function and needs its argument in brackets" in refusal("exp x".replace(" ", " * "))
    assert "y is not known here; the variables are: x" in refusal("x + y")
    assert "inside indicator" in refusal("x * (x > 0)")
    assert "such as x > 0" in refusal("indicator(x)")
    assert refusal("  ") == "The formula is empty."


def test_a_message_names_no_class_of_pythons_parser() -> None:
    import ast

    names = {name for name in dir(ast) if isinstance(getattr(ast, name), type)} - {"alias", "arg", "keyword", "slice"}
    for text in NOT_FORMULAS:
        said = re.sub("«.*»", "", refusal(text), flags=re.DOTALL)
        assert not names & set(re.findall(r"\w+", said)), said


def test_a_decimal_comma_is_called_a_comma() -> None:
    assert "comma" in refusal("0,5*x")


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "  foo",
        "\n foo",
        "x + foo",
        "x^2 + foo",
        "x^2^2 - foo",
        "x − foo",
        "𝑥 + foo",
        "(x +\n foo)",
        "(x^2 +\n\n x^2 + foo)",
        "exp(x) * foo / x",
        "x + foo.bar",
        "x^2 + foo(x)",
        "x + foo[1]",
    ],
)
def test_a_message_names_the_position_in_the_text_as_it_was_typed(text: str) -> None:
    said = refusal(text)
    found = re.search(r"[Pp]osition (\d+)", said)
    assert found, said
    assert text[int(found[1]) - 1 :].startswith("foo"), said
    assert "«foo" in said


@pytest.mark.parametrize(
    ("text", "at"),
    [("x + * 2", 5), ("x^2 + * 2", 7), ("  x + * 2", 7), ("x − * 2", 5), ("2 * 𝑥 ² + x", 7), ("(x +\n* 2)", 6)],
)
def test_what_cannot_be_read_names_the_position_too(text: str, at: int) -> None:
    found = re.search(r"position (\d+)", refusal(text))
    assert found
    assert int(found[1]) == at


def test_the_place_that_is_quoted_is_as_it_was_typed() -> None:
    assert "«foo^2 % 3»" in refusal("1 + foo^2 % 3 - x")
    assert "«[−x]»" in refusal("1 + exp(x − [−x])")
    assert "**" not in refusal("1 + foo[x^2]")


@pytest.mark.parametrize(
    "text", ["1if x else 2", "0x1for x in x", "'\\d'", "1or x", "1 is x", "(1)(x)", "'a' 'b'[0]", "x is 1"]
)
def test_reading_a_formula_issues_no_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FormulaError):
            Formula.parse(text, ("x",), ("exp",))
    assert caught == []


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "9**9**9**9**9 * x",
        "9^9^9^9^9",
        "(9**9**9) % 7",
        "1e300**1e300",
        "x**x**x**x**x**x**x**x",
        "2**(2**(2**(2**(2**2))))",
        "exp(exp(exp(exp(exp(exp(1000))))))",
    ],
)
def test_a_huge_power_is_a_float_and_takes_no_time(text: str) -> None:
    try:
        formula = Formula.parse(text, ("x",), ("exp",))
    except FormulaError:
        assert "%" in text
        return
    assert formula.evaluate({"x": np.array([9.0, 1.0])}).shape == (2,)


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_CHARS + 1),
        "x+" * (MAX_CHARS // 2) + "x",
        "x+" * MAX_NODES + "x",
        "-" * (MAX_CHARS - 1) + "x",
        "(" * 150 + "x" + ")" * 150 + " + foo",
        "(" * 999 + "x" + ")" * 999,
        "exp(" * 300 + "x" + ")" * 300,
        "x**" * 500 + "x",
        "9" * MAX_CHARS,
        "0." + "9" * (MAX_CHARS - 10) + "+ foo",
        "[" * 1000,
        "(" * 1000,
        "{" * 99 + "x" + "}" * 99,
        "lambda:" * 200 + "x",
        "not " * 400 + "x",
        "1<" * 300 + "x",
        "'" * 1999,
        "x\n" * 900,
        "\\\n" * 900,
    ],
    ids=lambda text: f"{text[:8]!r} {len(text)}",
)
def test_a_very_long_or_deep_text_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize("depth", [10, 60, 99])
def test_what_is_deep_and_still_read_is_evaluated(depth: int) -> None:
    x = np.array([0.5, 1.0])
    assert np.isfinite(evaluate("tanh(" * depth + "x" + ")" * depth, x=x)).all()
    assert np.array_equal(evaluate("(" * depth + "x" + ")" * depth, x=x), x)
    assert np.array_equal(evaluate("-" * (2 * (depth // 2)) + "x", x=x), x)


TOKENS = [
    *"xy()[]{}+-*^/.,:;%@<>=!~|&'\"\\#012je \n\t−×²𝑥х\ud800\x00",
    *("exp", "tanh", "indicator", "ln", "np", "numpy", "pi", "**", "//", ":=", "<=", "==", "!="),
    *("9**9**9", "1e308", "1e309", "0x", "1_0", ".5", "2.", "f'", "{x}", "__class__", "__import__"),
    *("lambda", "if", "else", "for", "in", "is", "not", "and", "or", "yield", "await", "import", "None", "True"),
]


@settings(deadline=None, max_examples=1000)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)
    | st.lists(st.sampled_from(TOKENS), max_size=14).map(" ".join)
    | st.text(max_size=30)
)
def test_any_text_is_a_formula_or_refused_with_a_reason(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            formula = Formula.parse(text, ("x", "y"), ("exp", "tanh", "log", "indicator"))
        except FormulaError as error:
            assert str(error)
            return
    result = formula.evaluate({"x": np.array([0.5, -1.0]), "y": np.array([[2.0]])})
    assert (result.shape, result.dtype) == ((1, 2), np.dtype(float))


def test_nothing_that_is_parsed_is_executed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for text in (
        f"__import__('pathlib').Path({str(canary)!r}).touch()",
        f"exp(open({str(canary)!r}, 'w'))",
        f"(lambda: open({str(canary)!r}, 'w'))()",
        f"[open({str(canary)!r}, 'w') for x in x]",
        f"f'{{open({str(canary)!r}, chr(119))}}'",
    ):
        refusal(text)
    assert not canary.exists()
