"""Values of formulas against NumPy, and derivatives against autograd."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from mlp_utils.derivations.arithmetic import Digits
from mlp_utils.derivations.evaluation import Evaluator
from mlp_utils.derivations.ranges import MeaningError
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.steps import check_steps
from mlp_utils.derivations.tree import Node

from .looked_at import setting

NET = setting(
    {
        "h": "W1.T @ x + b1",
        "a": "relu(h)",
        "z": "W2.T @ a + b2",
        "p": "softmax(z)",
        "L": "-sum(y[i] * log(p[i]) for i)",
        "Z": "X @ W1 + b1",
        "A": "relu(Z)",
        "P": "softmax(A @ W2 + b2)",
        "J": "-(T * log(P)).sum() / N",
    },
    x="d",
    X="N d",
    W1="d n",
    b1="n",
    W2="n q",
    b2="q",
    y="q one-hot",
    T="N q one-hot",
    u="unit",
    M="n n",
    c="n 1",
)
EVALUATOR = Evaluator(NET)
POINT = 2


def value(text: str, *free: str) -> np.ndarray:
    """The value of a formula at one point, with the axes of the free indices first."""
    table = EVALUATOR.table(read_formula(text), free)
    assert np.max(abs(np.imag(table.data)), initial=0) == 0
    return np.real(table.data[POINT])


def letter(name: str) -> Any:
    return EVALUATOR.points[name][POINT]


def numpy_softmax(z: Any) -> Any:
    t = anp.exp(z - anp.max(z, axis=-1, keepdims=True))
    return t / anp.sum(t, axis=-1, keepdims=True)


def loss(**changed: Any) -> Any:
    at = {name: letter(name) for name in ("x", "W1", "b1", "W2", "b2", "y")} | changed
    hidden = anp.maximum(at["x"] @ at["W1"] + at["b1"], 0.0)
    return -anp.sum(at["y"] * anp.log(numpy_softmax(hidden @ at["W2"] + at["b2"])))


def batch_loss(**changed: Any) -> Any:
    at = {name: letter(name) for name in ("X", "W1", "b1", "W2", "b2", "T")} | changed
    hidden = anp.maximum(at["X"] @ at["W1"] + at["b1"], 0.0)
    return -anp.sum(at["T"] * anp.log(numpy_softmax(hidden @ at["W2"] + at["b2"]))) / len(at["X"])


VALUES: list[tuple[str, Callable[[], Any]]] = [
    ("W1.T @ x + b1", lambda: letter("x") @ letter("W1") + letter("b1")),
    ("X @ W1 + b1", lambda: letter("X") @ letter("W1") + letter("b1")),
    ("X.sum(axis=0)", lambda: letter("X").sum(axis=0)),
    ("X / X.sum(axis=1, keepdims=True)", lambda: letter("X") / letter("X").sum(axis=1, keepdims=True)),
    ("X.sum(axis=-1)", lambda: letter("X").sum(axis=1)),
    ("(X**2).sum()", lambda: (letter("X") ** 2).sum()),
    ("softmax(X)", lambda: numpy_softmax(letter("X"))),
    ("outer(x, b1)", lambda: np.outer(letter("x"), letter("b1"))),
    ("diag(b1) @ M", lambda: np.diag(letter("b1")) @ letter("M")),
    ("c @ c.T", lambda: letter("c") @ letter("c").T),
    ("ones(N) @ X", lambda: letter("X").sum(axis=0)),
    ("eye(n) + zeros(n, n)", lambda: np.eye(letter("b1").size)),
    ("b1 @ b1", lambda: letter("b1") @ letter("b1")),
    ("(Z > 0) * Z", lambda: np.maximum(letter("X") @ letter("W1") + letter("b1"), 0)),
    ("1[Z > 0 and b1 > 0]", lambda: 1.0 * ((letter("X") @ letter("W1") + letter("b1") > 0) & (letter("b1") > 0))),
    ("L", loss),
    ("J", batch_loss),
    ("N * 1 + d", lambda: len(letter("X")) + len(letter("x"))),
    ("sum(x[i] for i if i > 0)", lambda: letter("x")[1:].sum()),
    ("sum(x[i] for i if i == 0)", lambda: letter("x")[0]),
    ("x[0] * W1[1, 0]", lambda: letter("x")[0] * letter("W1")[1, 0]),
    ("prod(x[i] for i)", lambda: np.prod(letter("x"))),
    ("sum(M[i, i] for i)", lambda: np.trace(letter("M"))),
    ("sum(x[i] for i) * sum(b1[i] for i)", lambda: letter("x").sum() * letter("b1").sum()),
    ("sum(sum(x[i] for i) * b1[i] for i)", lambda: letter("x").sum() * letter("b1").sum()),
    ("sum(1 for i in q)", lambda: letter("y").size),
]
ROWS = [("W1[i]", "W1"), ("W1[i, :]", "W1"), ("W1[:, k]", "W1.T"), ("W1.T[k]", "W1.T"), ("W1[:]", "W1"), ("x[:]", "x")]


@pytest.mark.parametrize(("text", "want"), VALUES, ids=[text for text, _ in VALUES])
def test_values_are_numpys(text: str, want: Callable[[], Any]) -> None:
    np.testing.assert_allclose(value(text), want(), rtol=1e-12)


@pytest.mark.parametrize(("text", "whole"), ROWS)
def test_a_row_and_a_column_are_arrays(text: str, whole: str) -> None:
    free = [name for name in "ik" if name in text]
    np.testing.assert_array_equal(value(text, *free), value(whole))


def test_rows_and_columns_in_products_and_derivatives() -> None:
    W, x, u = letter("W1"), letter("x"), letter("W2")
    np.testing.assert_allclose(value("W1[:, k] @ x", "k"), x @ W)
    np.testing.assert_allclose(value("W2[k] @ y", "k"), u @ letter("y"))
    np.testing.assert_allclose(value("(W2[k] * y).sum()", "k"), u @ letter("y"))
    np.testing.assert_allclose(value("W1[0] @ b1"), W[0] @ letter("b1"))
    np.testing.assert_allclose(value("outer(W1[i], W2[:, j])", "i", "j")[1, 0], np.outer(W[1], u[:, 0]))
    np.testing.assert_allclose(value("d(W1[:, k] @ x)/d(W1[i, k])", "i", "k"), np.repeat(x[:, None], W.shape[1], 1))
    np.testing.assert_allclose(value("d(W1[i] @ b1, W1[i][k])", "i", "k"), np.tile(letter("b1"), (len(x), 1)))
    for wrong, says in (("x[i][i]", "needs 1 index, not 2"), ("W1[i] @ x", "matrix product of shapes (n,) and (d,)")):
        with pytest.raises(MeaningError, match=re.escape(says)):
            value(wrong, "i", "k")


def test_indices_become_axes_in_the_order_that_is_asked_for() -> None:
    want = letter("x")[:, None] * letter("b1")[None, :]
    np.testing.assert_allclose(value("x[i] * b1[k]", "i", "k"), want)
    np.testing.assert_allclose(value("x[i] * b1[k]", "k", "i"), want.T)
    np.testing.assert_allclose(value("delta(k, m) * b1[k]", "k", "m"), np.diag(letter("b1")))
    assert value("x[i]", "i", "k").shape == (letter("x").size, 1)


@pytest.mark.parametrize("name", ["x", "W1", "b1", "W2", "b2"])
def test_gradients_are_autograds(name: str) -> None:
    want = autograd.grad(lambda changed: loss(**{name: changed}))(letter(name))
    np.testing.assert_allclose(value(f"d(L)/d({name})"), want, rtol=1e-12, atol=1e-15)
    entry = "i" if want.ndim == 1 else "i, j"
    np.testing.assert_allclose(value(f"d(L)/d({name}[{entry}])", *entry.split(", ")), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["X", "W1", "b1", "W2", "b2"])
def test_gradients_of_a_batch_are_autograds(name: str) -> None:
    want = autograd.grad(lambda changed: batch_loss(**{name: changed}))(letter(name))
    np.testing.assert_allclose(value(f"d(J)/d({name})"), want, rtol=1e-12, atol=1e-15)


def test_jacobians_are_autograds() -> None:
    z = value("z")
    want = autograd.jacobian(numpy_softmax)(z)
    np.testing.assert_allclose(value("d(p)/d(z)"), want, rtol=1e-12)
    np.testing.assert_allclose(value("d(p[i])/d(z[j])", "i", "j"), want, rtol=1e-12)
    np.testing.assert_allclose(value("d(softmax(b2))/d(b2[1])"), autograd.jacobian(numpy_softmax)(letter("b2"))[:, 1])
    want = autograd.jacobian(lambda x: x @ letter("W1"))(letter("x"))
    np.testing.assert_allclose(value("d(h)/d(x)"), want, rtol=1e-12)


def test_a_matrix_by_one_of_its_weights_keeps_its_axes() -> None:
    want = autograd.jacobian(lambda w: letter("X") @ w)(letter("W1"))
    got = value("d(Z)/d(W1[i, j])", "i", "j")
    np.testing.assert_allclose(got, np.moveaxis(want, (2, 3), (0, 1)), rtol=1e-12)
    np.testing.assert_allclose(value("d(Z[r, s])/d(W1[i, j])", "r", "s", "i", "j"), want, rtol=1e-12)


def test_a_definition_is_known_where_its_formula_is_written_out() -> None:
    definitions = {
        "Y": "W @ X",
        "L": "sum(dY * (W @ X))",
        "S": "sum(exp(z[k]) for k)",
        "K": "log(sum(exp(z[k]) for k))",
    }
    about = setting(definitions, W="m d", X="d n", dY="m n", z="d")
    for upper, lower in (
        ("d(L, Y[i, k])", "dY[i, k]"),
        ("d(sum(dY * (W @ X)), Y)", "dY"),
        ("d(K, S)", "1 / S"),
        ("d(log(sum(exp(z[m]) for m)), S)", "1 / S"),
        ("d(z[i]**2, S)", "0"),
    ):
        step = check_steps(f"{upper}\n{lower}", about).steps[1]
        assert step.state == "true", upper


def test_a_definition_is_held_fixed_or_moved_as_a_whole() -> None:
    np.testing.assert_allclose(value("d(L)/d(z)"), value("p - y"), atol=1e-15)
    np.testing.assert_allclose(value("d(L)/d(p)"), value("-y/p"), atol=1e-15)
    np.testing.assert_allclose(value("d(L)/d(a)"), value("W2 @ (p - y)"), atol=1e-14)
    np.testing.assert_allclose(value("d(log(p[1]))/d(x)").shape, letter("x").shape)
    assert np.all(value("d(u**2)/d(x)") == 0)


def test_derivatives_stand_in_sums_and_products() -> None:
    np.testing.assert_allclose(value("sum(d(L, p[i]) * d(p[i], z[j]) for i)", "j"), value("p - y"), atol=1e-14)
    np.testing.assert_allclose(value("d(L, p) @ d(p, z)"), value("p - y"), atol=1e-14)
    np.testing.assert_allclose(value("d(L, W2)[i, j]", "i", "j"), value("outer(a, p - y)"), atol=1e-14)


def test_many_digits_agree_with_floats() -> None:
    exact = EVALUATOR.at([POINT], Digits())
    for text in ("L", "d(L)/d(W1)", "d(p)/d(z)", "(Z > 0) * Z", "diag(p) - outer(p, p)", "sum(x[i] for i if i > 0)"):
        data = exact.table(read_formula(text), ()).data[0]
        np.testing.assert_allclose(np.array(data, dtype=complex), value(text), rtol=1e-11, atol=1e-14)


MEANINGLESS = [
    ("x + b1", "shape", "the shapes (d,) and (n,) do not fit together at «+»"),
    ("X @ W2", "shape", "a matrix product of shapes (N, d) and (n, q) does not exist"),
    ("x @ b1", "shape", "the outer product of two vectors is outer(a, b)"),
    ("u @ x", "shape", "a matrix product «@» is of arrays, and one side is a single number"),
    ("u[i]", "shape", "u is a single number and needs 0 indices, not 1"),
    ("x[i] * b1[i]", "index", "the index i runs over d and, in b1[i], over n"),
    ("W1[i, i]", "index", "the index i runs over d and, in W1[i, i], over n"),
    ("delta(i, k) * x[i] * b1[k]", "index", "i and k are compared, and they run over d and n"),
    ("sum(x[i] for i in n)", "index", "the index i runs over n and, in x[i], over d"),
    ("sum(x[i] for i in foo)", "name", "foo is no range of an index; the ranges are d, N, n, q"),
    ("foo * x", "name", "foo is not known here; known are x, X, W1"),
    ("delta(r, s)", "name", "r is not known here; if it is an index, say its range: «for r in d»"),
    ("i * x[i]", "index", "i is an index; it stands in square brackets or in a condition"),
    ("c[i, j]", "index", "the index j stands at an axis of length 1"),
    ("x[2]", "index", "the entry x[2] does not exist: entries are counted from 0, and d may be smaller"),
    ("x[3333333333]", "index", "the entry x[3333333333] does not exist: entries are counted from 0"),
    ("c[1, 2]", "index", "the entry c[1, 2] does not exist: entries are counted from 0, and 0 is the last"),
    ("softmax(u)", "shape", "softmax acts on a vector, and its argument is a single number"),
    ("diag(X)", "shape", "diag is of a vector, and its argument has the shape (N, d)"),
    ("outer(X, x)", "shape", "outer is of two vectors, and its arguments have the shapes (N, d) and (d,)"),
    ("ones(k)", "name", "k is no range; ones is made of lengths: d, N, n, q"),
    ("u.sum()", "shape", "the sum of a single number was asked for"),
    ("x.sum(axis=1)", "shape", "an array of shape (d,) has no axis 1"),
    ("d(Z)/d(W1)", "shape", "has more than two axes; write it for entries"),
    ("d(L)/d(W1[i])", "shape", "W1 has the shape (d, n) and needs 2 indices, not 1"),
    ("d(L)/d(n)", "name", "n is a length and not a variable"),
    ("d(L)/d(foo)", "name", "foo is not known here"),
    ("d(d(L, x[i]), x[i])", "nested", "a derivative inside a derivative is not part of the language"),
    ("sum(x[i] for i if x > 0)", "shape", "a condition of a sum compares single numbers"),
    (
        "*".join(f"sum(x[{i}] for {i})" for i in "abcefghijklmoprst"),
        "size",
        "there are 17 indices, and 16 are the most",
    ),
    ("*".join(f"x[{i}]" for i in "abcefghijkl"), "size", "this line has too many indices to be tried out"),
]


@pytest.mark.parametrize(("text", "kind", "says"), MEANINGLESS, ids=[text[:30] for text, _, _ in MEANINGLESS])
def test_a_formula_without_meaning_says_why(text: str, kind: str, says: str) -> None:
    with pytest.raises(MeaningError) as caught:
        EVALUATOR.evaluate(read_formula(text))
    assert says in str(caught.value)
    assert caught.value.kind == kind


def test_the_work_for_one_derivation_is_bounded() -> None:
    evaluator = Evaluator(NET)
    evaluator.work.left = 10_000
    with pytest.raises(MeaningError, match="more than can be tried out"):
        evaluator.evaluate(read_formula("d(J)/d(W1)"))


def test_ranges_are_told_by_earlier_lines_by_partners_and_by_definitions() -> None:
    def spans_of(node: Node, known: dict[str, str]) -> Mapping[str, str]:
        return EVALUATOR.meaning.of(node, known).spans

    node = read_formula("delta(r, s)")
    assert spans_of(node, {"r": "q"}) == {"r": "q", "s": "q"}
    assert spans_of(read_formula("sum(u for i)"), {})["i"] == "q"  # as in the definition of L
    assert spans_of(read_formula("sum(x[i] for i) * L"), {})["i"] == "d"  # a student's own name comes first
