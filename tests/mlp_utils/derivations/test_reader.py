"""What can be typed, and the message for what cannot: the place, and what was expected there."""

from __future__ import annotations

import pytest
from mlp_utils.derivations.reader import read_chain, read_formula
from mlp_utils.derivations.tokens import MAX_CHARS, MAX_DEPTH, MAX_TOKENS, ReadError
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Constant,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Number,
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
)

from .typed import typed

X, Y = Name("x"), Name("y")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a - b - c", "((a - b) - c)"),
        ("a / b / c", "((a / b) / c)"),
        ("a / b * c", "((a / b) * c)"),
        ("a @ b * c", "((a @ b) * c)"),
        ("-x**2", "(-(x ** 2))"),
        ("x**-2", "(x ** (-2))"),
        ("x**y**z", "(x ** (y ** z))"),
        ("2*-x", "(2 * (-x))"),
        ("--x", "x"),
        ("-+-x", "x"),
        ("-x*y", "((-x) * y)"),
        ("x^2", "(x ** 2)"),
        ("-W.T", "(-W.T)"),
        ("W.T[i, j]**2", "(W.T[i, j] ** 2)"),
        ("d(L)/d(z)*y", "(d(L, z) * y)"),
        ("d(L)/d(z).T", "d(L, z).T"),
        ("2*d*(x)", "((2 * d) * x)"),
        ("W[i][j]", "W[i, j]"),
        ("W[i, :][j]", "W[i, j]"),
        ("W[i, :]", "W[i]"),
        ("W[:, j]", "W.T[j]"),
        ("W.T[:, i]", "W[i]"),
        ("W[:, :]", "W"),
        ("d(L, W[i][j])", "d(L, W[i, j])"),
    ],
)
def test_operations_bind_as_in_python(text: str, same: str) -> None:
    assert typed(read_formula(text)) == same


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("np.exp(x)", Call("exp", X)),
        ("numpy.log(x)", Call("log", X)),
        ("ln(x)", Call("log", X)),
        ("σ(x)", Call("sigmoid", X)),
        ("ReLU(x)", Call("relu", X)),
        ("np.maximum(x, 0)", Call("relu", X)),
        ("np.maximum(0.0, x)", Call("relu", X)),
        ("x @ y", Binary("@", X, Y)),
        ("np.dot(x, y)", Binary("@", X, Y)),
        ("np.matmul(x, y)", Binary("@", X, Y)),
        ("x.dot(y)", Binary("@", X, Y)),
        ("x.T", Transpose(X)),
        ("np.transpose(x)", Transpose(X)),
        ("np.outer(x, y)", Outer(X, Y)),
        ("np.diag(x)", Call("diag", X)),
        ("np.ones(n)", Constant("ones", ("n",))),
        ("np.ones((n, q))", Constant("ones", ("n", "q"))),
        ("zeros(n, q)", Constant("zeros", ("n", "q"))),
        ("np.eye(n)", Constant("eye", ("n", "n"))),
        ("x.sum()", Total(X)),
        ("np.sum(x)", Total(X)),
        ("x.sum(0)", Total(X, 0)),
        ("x.sum(axis=0)", Total(X, 0)),
        ("np.sum(x, axis=1)", Total(X, 1)),
        ("np.sum(x, 1)", Total(X, 1)),
        ("x.sum(axis=-1, keepdims=True)", Total(X, -1, True)),
        ("(x > 0)", Indicator((Condition(">", X, Number("0")),))),
        ("1[x > 0]", Indicator((Condition(">", X, Number("0")),))),
        ("𝟙[x > 0]", Indicator((Condition(">", X, Number("0")),))),
        ("indicator(x > 0)", Indicator((Condition(">", X, Number("0")),))),
        ("1[0 < x <= y]", Indicator((Condition("<", Number("0"), X), Condition("<=", X, Y)))),
        ("delta(i, j)", Kronecker("i", "j")),
        ("δ(i, 1)", Kronecker("i", "1")),
        ("delta[i]", Entry(Name("delta"), ("i",))),
        ("w[1]", Entry(Name("w"), ("1",))),
        ("sum(x[i] for i)", Over("sum", Entry(X, ("i",)), "i")),
        ("sum(i, x[i])", Over("sum", Entry(X, ("i",)), "i")),
        ("Σ(x[i] for i in n)", Over("sum", Entry(X, ("i",)), "i", "n")),
        ("∏(x[i] for i)", Over("prod", Entry(X, ("i",)), "i")),
        (
            "sum(x[i] for i if i != j and i > 1)",
            Over("sum", Entry(X, ("i",)), "i", "", (
                Condition("!=", Name("i"), Name("j")),
                Condition(">", Name("i"), Number("1")),
            )),
        ),
        ("sum(W[i, j] for i for j)", Over("sum", Over("sum", Entry(Name("W"), ("i", "j")), "j"), "i")),
        ("d(L)/d(z[j])", Derivative(Name("L"), Entry(Name("z"), ("j",)))),
        ("d(L, z)", Derivative(Name("L"), Name("z"))),
        ("∂(L)/∂(z)", Derivative(Name("L"), Name("z"))),
        ("∂L/∂z[j]", Derivative(Name("L"), Entry(Name("z"), ("j",)))),
        ("∂p[i]/∂z[j]", Derivative(Entry(Name("p"), ("i",)), Entry(Name("z"), ("j",)))),
        ("T", Name("T")),
        ("d", Name("d")),
    ],
)  # fmt: skip
def test_what_can_be_typed(text: str, node: object) -> None:
    assert read_formula(text) == node


@pytest.mark.parametrize(
    ("typed_so", "means"),
    [
        ("x − y", "x - y"),
        ("x – y", "x - y"),
        ("x·y", "x*y"),
        ("x × y", "x*y"),
        ("A ⊙ B", "A*B"),
        ("1[i ≠ j]", "1[i != j]"),
        ("1[x ≥ 0]", "1[x >= 0]"),
        ("1[x ≤ 0]", "1[x <= 0]"),
        ("x²", "x**2"),
        ("x¹²", "x**12"),
        ("x⁻¹", "x**-1"),
        ("w₁*x", "w1*x"),
        ("Wᵀ @ x", "W.T @ x"),
        ("Σ(x[i] for i)", "sum(x[i] for i)"),
        ("∑(x[i] for i)", "sum(x[i] for i)"),
        ("1 - ε", "1 - epsilon"),
        ("λ*x", "lam*x"),
    ],
)
def test_signs_as_people_write_them(typed_so: str, means: str) -> None:
    assert read_formula(typed_so) == read_formula(means)


MESSAGES = [
    ("", 1, "a number, a name or a bracket was expected, and there is the end of the line"),
    ("x +", 4, "a number, a name or a bracket was expected, and there is the end of the line"),
    ("x * / y", 5, "a number, a name or a bracket was expected, and there is «/»"),
    ("x ? y", 3, "«?» is not part of the language"),
    ("x $ y", 3, "«$» is not part of the language"),
    ("(x", 3, "«)» was expected to close the bracket, and there is the end of the line"),
    ("x)", 2, "«)» has no partner"),
    ("x]", 2, "«]» has no partner"),
    ("2x", 2, "an operation such as * is missing before «x»"),
    ("x y", 3, "an operation such as * is missing before «y»"),
    ("x 2", 3, "an operation such as * is missing before «2»"),
    ("(x)(y)", 4, "an operation such as * is missing before «(»"),
    ("x > 0", 3, "a comparison stands in round brackets of its own, as in (z[i] > 0), or in 1[z[i] > 0]"),
    ("x == y", 3, "equal formulas are joined by a single ="),
    ("foo(x)", 1, "«foo» is not a function of the language; a product is written with *"),
    ("y(x + 1)", 1, "«y» is not a function of the language; a product is written with *"),
    ("np.foo(x)", 1, "«foo» is not a function of the language"),
    ("np.pi", 4, "a function such as exp( was expected after «np.»"),
    ("exp", 1, "«exp» needs its argument in brackets"),
    ("exp x", 1, "«exp» needs its argument in brackets"),
    ("if", 1, "«if» cannot stand here"),
    ("x.shape", 3, "after a dot only T, sum() and dot() are known, and there is «shape»"),
    ("x[", 3, "the name of an index was expected, and there is the end of the line"),
    ("x[i", 4, "«]» was expected after the index"),
    ("x[i, j, k]", 11, "an array has at most two indices"),
    ("x[i][j][k]", 11, "an array has at most two indices"),
    ("x[1:]", 4, "«]» was expected after the index, and there is «:»"),
    ("d(L, W[i][j)", 12, "«]» was expected after the index"),
    ("x[i + 1]", 5, "«]» was expected after the index, and there is «+»"),
    ("x[exp]", 3, "the name of an index was expected, and there is «exp»"),
    ("1[x]", 4, "a comparison such as x > 0 was expected, and there is «]»"),
    ("sum(x[i])", 0, ""),
    ("sum(x[i] i)", 10, "«for» and an index were expected, as in sum(x[i] for i), and there is «i»"),
    ("prod(x[i])", 10, "«for» and an index were expected, as in prod(x[i] for i)"),
    ("sum(x[i], i)", 12, "a sum over an index is written sum(x[i] for i); after a comma stands axis=0 or axis=1"),
    ("x.sum(axis=2)", 12, "after a comma stands axis=0 or axis=1"),
    ("sum(x[k] for k in range(C))", 19, "write the index alone, as in «for k»"),
    ("X' @ y", 2, "«'» is not part of the language; a transpose is written X.T, and a derivative d(formula, x)"),
    ("sigmoid'(x)", 8, "a derivative d(formula, x)"),
    ("{x + 1} * y", 1, "brackets around a formula are round"),
    ("[x + 1] * y", 1, "square brackets hold indices, as in z[i]; around a formula they are round"),
    ("d/dx(x**2)", 3, "«dx» is not a function of the language; a derivative is written d(formula, x)"),
    ("z(i)", 1, "«z» is not a function of the language; a product is written with *, an entry as in z[i]"),
    ("ln x", 1, "«ln» needs its argument in brackets"),
    ("x + y *", 8, "there is the end of the line; a formula stands in one line"),
    ("* x", 1, "there is «*»; a formula stands in one line"),
    ("sum(x for 2)", 11, "the name of an index was expected, and there is «2»"),
    ("delta(i)", 8, "«,» was expected between the two indices"),
    ("d(L)", 5, "after a comma, or after «/ d», stands the variable by which this is differentiated"),
    ("d(L)/x", 5, "stands the variable by which this is differentiated"),
    ("d(L)/d z", 8, "«(» was expected after the second d"),
    ("d(L, 2)", 6, "a name or an entry such as W[i, j] was expected in a derivative"),
    ("d(L, x + y)", 8, "«)» was expected to close d("),
    ("∂L/z", 3, "«/ ∂» and the variable by which this is differentiated were expected"),
    ("maximum(x, 1)", 13, "maximum is known with 0 only"),
    ("outer(x)", 8, "«,» was expected between the two arrays"),
    ("1e31", 1, "the number is too large; 1e+30 is the most"),
    ("x + 1e999", 5, "the number is too large"),
    ("1e-99999999", 1, "the number is too small"),
    ("(" * 41 + "x", 41, "too many brackets stand in each other"),
    ("x" + "**x" * 41, 3 * 39 + 4, "too many powers stand in each other"),
    ("x" + "+x" * 160, 301, "300 are the most"),
    ("x" * 601, 600, "the line has 601 characters, and 600 are the most"),
]


@pytest.mark.parametrize(("text", "position", "says"), MESSAGES, ids=[text[:20] for text, _, _ in MESSAGES])
def test_a_message_names_the_place_and_what_was_expected(text: str, position: int, says: str) -> None:
    if not says:
        assert read_formula(text)
        return
    with pytest.raises(ReadError) as caught:
        read_formula(text)
    assert says in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value).startswith(f"At position {position}: ")


def test_positions_are_counted_in_what_was_typed() -> None:
    with pytest.raises(ReadError) as caught:
        read_formula("ε² ? x")
    assert caught.value.position == 4


def test_a_line_may_hold_several_formulas() -> None:
    assert read_chain("= x = y + 1 = 2") == [X, Binary("+", Y, Number("1")), Number("2")]
    with pytest.raises(ReadError):
        read_chain("x = ")


def test_bounds_are_as_named() -> None:
    assert (MAX_CHARS, MAX_TOKENS, MAX_DEPTH) == (600, 300, 40)
    assert read_formula("(" * 39 + "x" + ")" * 39) == X
    assert isinstance(read_formula("-" * 299 + "x"), Unary)


def test_zero_is_zero_however_it_is_written() -> None:
    assert read_formula("0e99999") == read_formula("0.00") == Number("0")
