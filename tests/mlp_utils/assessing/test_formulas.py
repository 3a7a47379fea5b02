"""Formulas against NumPy and mpmath, and everything that is not a formula against the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing.formulas import FUNCTIONS, Formula

from .formula_cases import evaluate

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
