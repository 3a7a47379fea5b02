"""LaTeX of every kind of node, and brackets where they are needed."""

from __future__ import annotations

import io

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import math_to_image
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.typeset import latex, symbol

from .grammar import Grammar
from .source_derivations import DERIVATIONS

LATEX = [
    ("d(L)/d(z[j])", r"\frac{\partial L}{\partial z_{j}}"),
    ("d(exp(x)*y, x)", r"\frac{\partial}{\partial x}\left(e^{x}\,y\right)"),
    ("sum(x[i] for i)", r"\sum_{i}x_{i}"),
    ("sum(x[i] for i in n)", r"\sum_{i=1}^{n}x_{i}"),
    ("sum(x[i] for i if i != j)", r"\sum_{i\ne j}x_{i}"),
    ("sum(x[i] for i if j > 2)", r"\sum_{i:\ j> 2}x_{i}"),
    ("prod(x[i] for i)", r"\prod_{i}x_{i}"),
    ("sum(x[i] + y for i)", r"\sum_{i}\left(x_{i}+y\right)"),
    ("sum(x[i] for i)*y", r"\left(\sum_{i}x_{i}\right)\,y"),
    ("y*sum(x[i] for i)", r"y\,\sum_{i}x_{i}"),
    ("y*sum(x[i] for i)*z", r"\left(y\,\sum_{i}x_{i}\right)\,z"),
    ("x - (y - z)", r"x-\left(y-z\right)"),
    ("x - y - z", "x-y-z"),
    ("x + (-y)", r"x+\left(-y\right)"),
    ("-(x + y)", r"-\left(x+y\right)"),
    ("-(-2)", r"-\left(-2\right)"),
    ("(x + y)*z", r"\left(x+y\right)\,z"),
    ("x*2", r"x\cdot 2"),
    ("2*3", r"2\cdot 3"),
    ("x/(y + 1)", r"\frac{x}{y+1}"),
    ("(x/y)**2", r"\left(\frac{x}{y}\right)^{2}"),
    ("(-x)**2", r"\left(-x\right)^{2}"),
    ("-x**2", "-x^{2}"),
    ("x[i]**2", "x_{i}^{2}"),
    ("exp(x)**2", r"\left(e^{x}\right)^{2}"),
    ("log(x)", r"\ln\left(x\right)"),
    ("sigmoid(x)", r"\sigma\left(x\right)"),
    ("softmax(z)", r"\operatorname{softmax}\left(z\right)"),
    ("abs(x)", r"\left|x\right|"),
    ("sqrt(x)", r"\sqrt{x}"),
    ("delta(i, j)", r"\delta_{ij}"),
    ("1[x > 0]", r"\mathbb 1\left[x> 0\right]"),
    ("W.T @ X", r"W^\top\,X"),
    ("(A @ B).T", r"\left(A\,B\right)^\top"),
    ("A * B", r"A\odot B"),
    ("A * B @ C", r"\left(A\odot B\right)\,C"),
    ("A @ (B * C)", r"A\,\left(B\odot C\right)"),
    ("W.T @ d * (h > 0)", r"\left(W^\top\,d\right)\odot \mathbb 1\left[h> 0\right]"),
    ("outer(a, p - y)", r"a\,\left(p-y\right)^\top"),
    ("diag(p)", r"\operatorname{diag}\left(p\right)"),
    ("ones(n, q)", r"\mathbf 1_{n\times q}"),
    ("eye(n)", "I_{n}"),
    ("x.sum(axis=0)", r"\operatorname{sum}_{\text{axis 0}}\left(x\right)"),
    ("W2[i, j]", "W_{2,ij}"),
    ("W[1, 2]", "W_{1,2}"),
    ("W.T[i, j]", r"\left(W^\top\right)_{ij}"),
    ("W1[p] @ g", r"W_{1,p}\,g"),
    ("W[:, j]", "W_{:j}"),
    ("2.5e-3*x", r"2.5\cdot10^{-3}\,x"),
]


@pytest.mark.parametrize(("text", "want"), LATEX, ids=[text for text, _ in LATEX])
def test_formulas_are_set_as_people_write_them(text: str, want: str) -> None:
    assert latex(read_formula(text)) == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("x", "x"),
        ("W2", "W_{2}"),
        ("epsilon", r"\epsilon"),
        ("lam", r"\lambda"),
        ("lam2", r"\lambda_{2}"),
        ("dZ", "dZ"),
        ("dW1", "dW_{1}"),
        ("y_s", "y_{s}"),
        ("yhat", r"\hat{y}"),
        ("loss", r"\mathit{loss}"),
        ("foo_bar_2", r"\mathit{foo\_bar}_{2}"),
        ("_x", r"\mathit{\_x}"),
        ("__", r"\mathit{\_\_}"),
    ],
)
def test_symbols(name: str, want: str) -> None:
    assert symbol(name) == want


def drawn(text: str) -> None:
    """matplotlib's reader of formulas takes it; it has no \\operatorname and a few other words."""
    for word, other in {
        r"\operatorname": r"\mathrm",
        r"\text": r"\mathrm",
        r"\mathbb 1": "1",
        r"\mathbf 1": "1",
        r"\mathbf 0": "0",
        r"\ne ": r"\neq ",
        r"\le ": r"\leq ",
        r"\ge ": r"\geq ",
    }.items():
        text = text.replace(word, other)
    math_to_image(f"${text}$", io.BytesIO(), dpi=72, format="png")


def test_matplotlib_can_set_the_sources_lines() -> None:
    matplotlib.use("Agg")
    for derivation in DERIVATIONS[::3]:
        for line in derivation.mended.splitlines()[:3]:
            drawn(latex(read_formula(line.replace("≠", "!="))))


@settings(max_examples=100, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_every_bracket_is_closed(seed: int) -> None:
    for node in Grammar(seed).derivation(1):
        text = latex(node)
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
        assert "--" not in text
        assert "+-" not in text
