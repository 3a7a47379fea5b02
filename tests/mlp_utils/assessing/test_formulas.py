"""Formulas against NumPy and mpmath, and everything that is not a formula against the door."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing.formulas import FUNCTIONS, MAX_CHARS, MAX_NODES, Formula, FormulaError

ALL = tuple(FUNCTIONS)


def evaluate(text: str, **values: Any) -> np.ndarray:
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    return Formula.parse(text, tuple(arrays), ALL).evaluate(arrays)


def refusal(text: str, variables: tuple[str, ...] = ("x",), functions: tuple[str, ...] = ("exp", "indicator")) -> str:
    with pytest.raises(FormulaError) as refused:
        Formula.parse(text, variables, functions)
    assert 10 < len(str(refused.value)) < 300
    return str(refused.value)


# --- against NumPy: random expressions ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Expression:
    """A text, what it means, and how tightly it binds: 0 for a sum, 1 a product, 2 a sign, 3 a power, 4 an atom."""

    text: str
    value: Callable[[Any, Any], Any]
    rank: int

    def within(self, rank: int) -> str:
        return self.text if self.rank >= rank else f"({self.text})"


ORACLES: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "np.exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "numpy.log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "abs": np.fabs,
    "np.abs": np.fabs,
    "sign": np.sign,
    "relu": lambda a: np.where(np.isnan(a), a, np.where(a > 0, a, 0.0)),
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
atoms = st.sampled_from(
    [
        Expression("x", lambda x, y: x, 4),
        Expression("y", lambda x, y: y, 4),
        Expression("pi", lambda x, y: np.float64(3.141592653589793), 4),
        Expression("e", lambda x, y: np.float64(2.718281828459045), 4),
        Expression("2", lambda x, y: np.float64(2.0), 4),
        Expression("0.5", lambda x, y: np.float64(0.5), 4),
        Expression(".25", lambda x, y: np.float64(0.25), 4),
        Expression("1e-3", lambda x, y: np.float64(0.001), 4),
        Expression("0", lambda x, y: np.float64(0.0), 4),
        Expression("10", lambda x, y: np.float64(10.0), 4),
    ]
)


@st.composite
def bigger(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    """One more operation; brackets stand only where Python's precedence needs them."""
    a = draw(inner)
    kind = draw(st.sampled_from(["sum", "product", "sign", "power", "call", "brackets", "indicator"]))
    space = draw(st.sampled_from(["", " ", "\t"]))
    if kind == "sign":
        sign = draw(st.sampled_from(["-", "+", "−"]))
        return Expression(
            sign + a.within(2), (lambda x, y: +a.value(x, y)) if sign == "+" else lambda x, y: -a.value(x, y), 2
        )
    if kind == "call":
        name = draw(st.sampled_from(sorted(ORACLES)))
        return Expression(f"{name}({space}{a.text})", lambda x, y: ORACLES[name](a.value(x, y)), 4)
    if kind == "brackets":
        return Expression(f"({space}{a.text}{space})", a.value, 4)
    b = draw(inner)
    if kind == "sum":
        sign = draw(st.sampled_from(["+", "-", "−"]))
        combine = np.add if sign == "+" else np.subtract
        return Expression(
            f"{a.within(0)}{space}{sign}{space}{b.within(1)}", lambda x, y: combine(a.value(x, y), b.value(x, y)), 0
        )
    if kind == "product":
        times = draw(st.booleans())
        text = f"{a.within(1)}{space}{'*' if times else '/'}{space}{b.within(2)}"
        combine = np.multiply if times else np.divide
        return Expression(text, lambda x, y: combine(a.value(x, y), b.value(x, y)), 1)
    if kind == "power":
        text = a.within(4) + draw(st.sampled_from(["**", "^"])) + b.within(2)
        return Expression(text, lambda x, y: np.power(a.value(x, y), b.value(x, y)), 3)
    c = draw(inner)
    first, second = draw(st.sampled_from(sorted(COMPARISONS))), draw(st.sampled_from(sorted(COMPARISONS)))
    one, two = COMPARISONS[first], COMPARISONS[second]
    if draw(st.booleans()):
        return Expression(
            f"indicator({a.text} {first} {b.text})", lambda x, y: one(a.value(x, y), b.value(x, y)) * np.float64(1.0), 4
        )
    return Expression(
        f"indicator({a.text}{first}{b.text} {second} {c.text})",
        lambda x, y: (one(a.value(x, y), b.value(x, y)) & two(b.value(x, y), c.value(x, y))) * np.float64(1.0),
        4,
    )


expressions = st.recursive(atoms, lambda inner: bigger(inner), max_leaves=12)
grids = st.sampled_from(
    [
        (np.array([-1.5, -0.0, 0.0, 0.3, 2.0, 700.0]), np.array([0.5, 1.0, -2.0, 0.0, 3.0, 1e-3])),
        (np.array([[-1.0], [0.25], [2.0]]), np.array([0.5, -3.0])),
        (np.array(1.25), np.array([2.0, np.nan, np.inf, -np.inf])),
        (np.array(0.75), np.array(-0.5)),
        (np.zeros((0, 2)), np.array([1.0, 2.0])),
    ]
)


@settings(deadline=None, max_examples=500)
@given(expressions, grids)
def test_a_formula_means_what_numpy_makes_of_it(expression: Expression, grid: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = grid
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(expression.value(x, y), np.broadcast_shapes(x.shape, y.shape))
    got = evaluate(expression.text, x=x, y=y)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=0.0, equal_nan=True)
    assert got.dtype == float
    assert got.flags.writeable


# --- against mpmath: the functions -------------------------------------------------------------------------------

mpmath.mp.dps = 40
EXACT: dict[str, Callable[[Any], Any]] = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "abs": abs,
    "sign": mpmath.sign,
    "indicator": None,  # type: ignore[dict-item]
}


def test_every_function_of_the_language_has_an_oracle() -> None:
    assert set(EXACT) == set(FUNCTIONS)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([name for name in EXACT if name != "indicator"]), st.floats(-700, 700))
def test_a_function_is_exact_to_rounding(name: str, x: float) -> None:
    if name in ("log", "sqrt"):
        x = abs(x) + 1e-300
    exact = EXACT[name](mpmath.mpf(x))
    got = float(evaluate(f"{name}(x)", x=x))
    assert abs(mpmath.mpf(got) - exact) <= mpmath.mpf(1e-12) * abs(exact) + mpmath.mpf(1e-300)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("(tanh(x/2) + 1) / 2", lambda x: 1 / (1 + mpmath.exp(-x))),
        ("1 - tanh(x)^2", lambda x: 1 / mpmath.cosh(x) ** 2),
        ("sigmoid(x) * (1 - sigmoid(x))", lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2),
        ("-x^2", lambda x: -(x**2)),
        ("2^-x", lambda x: mpmath.mpf(2) ** (-x)),
        ("2^3^2 * x", lambda x: 512 * x),
        ("1/2*x", lambda x: x / 2),
        ("x/2/3", lambda x: x / 6),
        ("x - 1 - 2", lambda x: x - 3),
        ("exp(-x^2/2) / sqrt(2*pi)", lambda x: mpmath.npdf(x)),
        ("indicator(0 < x <= 1) * x", lambda x: x if 0 < x <= 1 else 0),
    ],
)
def test_a_written_formula_means_what_a_mathematician_reads(text: str, function: Callable[[Any], Any]) -> None:
    x = np.linspace(-3, 3, 25)
    expected = [float(function(mpmath.mpf(value))) for value in x]
    np.testing.assert_allclose(evaluate(text, x=x), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("text", ["1", "pi", "3/2", "indicator(1 < 2)"])
def test_a_constant_takes_the_shape_of_the_variables(text: str) -> None:
    assert evaluate(text, x=np.ones((2, 3))).shape == (2, 3)
    assert evaluate(text).shape == ()


def test_conditions_whose_sides_have_different_shapes_are_combined() -> None:
    x, y = np.array([0.5, 2.0, -1.0]), np.array([[1.0], [3.0]])
    assert evaluate("indicator(0 < 1 < x)", x=x).tolist() == [0.0, 1.0, 0.0]
    assert evaluate("indicator(0 < x < y)", x=x, y=y).tolist() == [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    "text", ["1/0*x", "log(-1)*x", "log(0*x)", "exp(1e6*x)", "0/0 + x", "(-8)^(1/3) * x", "x^1e300"]
)
def test_a_formula_that_leaves_its_domain_gives_nan_or_infinity_in_silence(text: str) -> None:
    assert not np.isfinite(evaluate(text, x=[2.0, 3.0])).any()


@given(hnp.arrays(float, 3, elements=st.floats(-5, 5)))
def test_the_variables_are_left_as_they_are(x: np.ndarray) -> None:
    before = x.copy()
    result = evaluate("x", x=x)
    result += 1.0
    assert np.array_equal(x, before)


def test_a_formula_knows_what_it_uses() -> None:
    formula = Formula.parse(" np.tanh(ln(x)) + tanh(y) ", ("x", "y"), ("tanh", "log"))
    assert formula.names == {"tanh", "log"}
    assert formula.text == " np.tanh(ln(x)) + tanh(y) "


@pytest.mark.parametrize("name", ["e", "pi"])
def test_a_variable_goes_before_a_constant_of_the_same_name(name: str) -> None:
    assert evaluate(f"2*{name}", **{name: 4.0}) == 8.0


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
