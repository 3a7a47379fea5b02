"""Kinds of mistakes: each is found, and none is named that is not there."""

from __future__ import annotations

from collections import Counter

import pytest
from mlp_utils.derivations.hints import BY_KIND
from mlp_utils.derivations.kinds import SENTENCES
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.steps import Comparison

from .grammar import SETTING as RANDOM
from .grammar import Grammar
from .looked_at import kind_of, look, setting
from .source_settings import SMOOTHED
from .test_random_derivations import differ
from .typed import typed

SCALARS = setting({}, x="", y="", t="positive")
QUOTIENT = "d(exp(z[i]) / S, z[j])"
DEFINED = {"p": "softmax(z)", "S": "sum(exp(z[k]) for k)", "L": "-sum(y[i] * log(p[i]) for i)"}
ARRAYS = setting(DEFINED, z="q", y="q", W="n q", V="n q", v="n", M="n n", x="")

FOUND = [
    ("sign", SCALARS, "x - y", "y - x"),
    ("sign", ARRAYS, "p[j] - y[j]", "y[j] - p[j]"),
    ("one sign", SCALARS, "x - y*t", "x + y*t"),
    ("one sign", ARRAYS, "p[i]*(delta(i, j) - p[j])", "p[i]*(delta(i, j) + p[j])"),
    ("factor", SCALARS, "x**2 / 2", "x**2"),
    ("factor", ARRAYS, "sum(z[k]**2 for k)", "2*sum(z[k]**2 for k)"),
    ("factor", ARRAYS, "z[k]", "sum(z[k] for i in n)"),
    ("factor", ARRAYS, "sum(z[k] for k) / q", "sum(z[k] for k)"),
    ("transpose", ARRAYS, "W", "W.T"),
    ("transpose", ARRAYS, "outer(v, z)", "outer(z, v)"),
    ("index", ARRAYS, "p[i]*(delta(i, j) - p[j])", "p[i]*(delta(i, j) - p[i])"),
    ("index", ARRAYS, "M[i, j]", "M[j, i]"),
    ("index", ARRAYS, "p[j] - y[j]", "p[j] - y[i]"),
    ("number", SCALARS, "3*x + y**2", "2*x + y**2"),
    ("number", SCALARS, "1 - x**2", "2 - x**2"),
    ("sum lost", ARRAYS, "sum(y[i]*p[j] for i)", "y[i]*p[j]"),
    ("sum lost", ARRAYS, "d(sum(y[i]*p[i] for i), z[j])", "d(y[i]*p[i], z[j])"),
    ("sum kept", ARRAYS, "y[i]/p[i]", "sum(y[i]/p[i] for i)"),
    ("sum kept", ARRAYS, "y[i]/p[i] + 1/p[i]", "sum(y[i]/p[i] for i) + sum(1/p[i] for i)"),
    ("index lost", ARRAYS, "y[i]*p[j]", "p[j]**2"),
    ("index lost", ARRAYS, "y[i]", "x"),
    ("new index", ARRAYS, "p[j]", "p[j]*v[i] + x"),
    ("new index", ARRAYS, "x", "x*v[i] + x**2"),
    ("condition", ARRAYS, "sum(y[i] for i)*p[j]", "sum(y[i] for i if i != j)*p[j]"),
    ("condition", ARRAYS, "sum(y[i] for i if i != j)*p[j] + y[j]", "sum(y[i] for i)*p[j] + y[j]"),
    ("turned", SCALARS, "(x > 0)*y", "(x < 0)*y"),
    ("turned", ARRAYS, "d(sum(relu(z[k])*y[k] for k), z[j])", "(z[j] <= 0)*y[j]"),
    ("missing", SCALARS, "2*(x - y)*t", "2*(x - y)"),
    ("missing", ARRAYS, "z[k]*(v[i] - x)", "v[i] - x"),
    ("extra", SCALARS, "(x - y)*t", "(x - y)*t*x"),
    ("extra", ARRAYS, "p[j] - y[j]", "(p[j] - y[j])/p[j]"),
    ("extra", ARRAYS, "p[j]*x - y[j]", "(p[j]*x - y[j])*(exp(z[j]) + 1)"),
    ("exponent", SCALARS, "x**3 * y + x", "x**4 * y + x"),
    ("exponent", SCALARS, "sigmoid(x) - sigmoid(x)**2", "sigmoid(x) - sigmoid(x)**3"),
    ("path", ARRAYS, "d(L, z[j])", "d(L, p[j]) * d(p[j], z[j])"),
    ("path", ARRAYS, "d(L, z[j])", "-y[j] / p[j] * d(p[j], z[j])"),
    ("undivided", ARRAYS, QUOTIENT, "d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])"),
    ("undivided", SCALARS, "(x + y) / t", "x + y"),
    ("missing", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) - exp(z[i]) * d(S, z[j])) / S**2"),
    ("missing", ARRAYS, "d(sum(y[k] * p[k] for k), x) + sum(y[k] * z[k] for k)", "sum(z[k] for k)"),
    ("square lost", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S"),
    ("square lost", SCALARS, "d(1 / (1 + exp(-x)), x)", "-d(1 + exp(-x), x) / (1 + exp(-x))"),
    ("not differentiated", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - exp(z[i]) * S) / S**2"),
    ("not differentiated", ARRAYS, QUOTIENT, "(exp(z[i]) * S - exp(z[i]) * d(S, z[j])) / S**2"),
    ("inner derivative", SCALARS, "d(1 / (1 + exp(-x)), x)", "-1 / (1 + exp(-x))**2"),
    ("inner derivative", SCALARS, "d(log(1 + x**2), x)", "1 / (1 + x**2)"),
    ("differentiated", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - d(exp(z[i]), z[j]) * d(S, z[j])) / S**2"),
    ("differentiated", SCALARS, "d(x * exp(x), x)", "exp(x) + d(x, x) * d(exp(x), x)"),
    ("equal indices", ARRAYS, "p[i]*(delta(i, j) - p[j])", "p[i]*(1 - p[j])"),
    ("equal indices", ARRAYS, "M[i, j] + M[j, i]", "M[i, i] + M[j, j]"),
    ("different indices", ARRAYS, "p[i]*(delta(i, j) - p[j])", "-p[i]*p[j]"),
    ("different indices", ARRAYS, "y[i]*y[j] + delta(i, j)*exp(x)", "y[i]*y[j] + delta(i, j)*x"),
    ("positive", SCALARS, "relu(x)*y", "x*y"),
    ("positive", SCALARS, "log(x**2)", "2*log(x)"),
    ("negative", SCALARS, "abs(x)", "-x"),
    ("negative", SCALARS, "relu(x) - x", "-x"),
    ("zero", SCALARS, "sign(x)", "2*1[x > 0] - 1"),
    ("zero", SCALARS, "1[x > 0]", "1[x >= 0]"),
    ("square", ARRAYS, "sum(z[k]**2 for k)/q", "sum(z[k]**2 for k)/n"),
    ("square", ARRAYS, "sum(v[i]/q for i)", "sum(v[i]/n for i)"),
    ("square", ARRAYS, "sum(z[k] for k)*q", "sum(z[k]*n for k)"),
]


@pytest.mark.parametrize(("kind", "about", "upper", "lower"), FOUND, ids=[f"{k}: {low}" for k, _, _, low in FOUND])
def test_a_kind_is_found(kind: str, about: Setting, upper: str, lower: str) -> None:
    assert kind_of(upper, lower, about) == kind


def test_every_kind_has_a_hint() -> None:
    assert BY_KIND.keys() == SENTENCES.keys() | {"shape", "undefined"}
    assert all("=" not in hint for hint in BY_KIND.values())


def test_every_kind_is_tried_twice() -> None:
    tried = Counter(kind for kind, _, _, _ in FOUND)
    assert tried.keys() == SENTENCES.keys()
    assert min(tried.values()) >= 2


@pytest.mark.parametrize(
    ("says", "about", "upper", "lower"),
    [
        ("This line is 2 times the line above", SCALARS, "x + y", "2*x + 2*y"),
        ("This line is -1/3 times the line above", SCALARS, "x + y", "-(x + y)/3"),
        ("This line is n times the line above", ARRAYS, "z[k]", "n*z[k]"),
        ("This line is 1/q times the line above", ARRAYS, "z[k]*x", "z[k]*x/q"),
        ("This line is 3 times the line above", ARRAYS, "z[k]*x", "3*z[k]*x"),
        ("This line is 3.142 times the line above", SCALARS, "x", "3.14159*x"),
        ("A sum over i is missing", ARRAYS, "sum(y[i]*p[j] for i)", "y[i]*p[j]"),
        ("The factor t is missing", SCALARS, "(x - y)*t", "x - y"),
        ("The factor v[i] is missing", ARRAYS, "v[i]*(z[k] - x)", "z[k] - x"),
        ("The factor M[j, i] is missing", ARRAYS, "M[j, i]*(v[i] - x)", "v[i] - x"),
        ("The factor delta(i, j) is missing", ARRAYS, "delta(i, j)*v[i]", "v[i]*1"),
        ("The factor exp(z[i]) is missing", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - d(S, z[j])) / S**2"),
        ("A division by a power of S is missing", ARRAYS, QUOTIENT, "d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])"),
        ("A square of S is missing", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S"),
        ("S stands in this line", ARRAYS, QUOTIENT, "(d(exp(z[i]), z[j]) * S - exp(z[i]) * S) / S**2"),
        (
            "A factor p[i] is too much in this line, or a division by p[i] is missing.",
            ARRAYS,
            "sum(d(L, p[i]) * d(p[i], z[j]) for i)",
            "sum(-y[i] * p[i] * (delta(i, j) - p[j]) for i)",
        ),
        (
            "A division by p[i] is too much in this line, or the factor p[i] is missing.",
            ARRAYS,
            "sum(d(L, p[i]) * d(p[i], z[j]) for i)",
            "sum(-y[i] / p[i] * (delta(i, j) - p[j]) for i)",
        ),
        ("One factor or divisor is too much in this line.", SCALARS, "x - y", "(x - y) / (x + y)"),
        ("A sum is missing in this line: it has one path alone, and j", ARRAYS, "d(L, z[j])", "d(L,p[j])*d(p[j],z[j])"),
        ("This line holds only if q = n", ARRAYS, "sum(z[k]**2 for k)/q", "sum(z[k]**2 for k)/n"),
        ("This line holds only for x > 0.", SCALARS, "log(x**2)", "2*log(x)"),
        ("This line holds only where i = j", ARRAYS, "p[i]*(delta(i, j) - p[j])", "p[i]*(1 - p[j])"),
    ],
)
def test_a_sentence_names_what_is_wrong(says: str, about: Setting, upper: str, lower: str) -> None:
    assert look(f"{upper}\n{lower}", about).says.startswith(says)


@pytest.mark.parametrize(
    ("about", "upper", "lower"),
    [
        (SCALARS, "x", "sin(y) + t"),
        (SCALARS, "exp(x)", "exp(y) * x + 1"),
        (SCALARS, "1", "2.5"),
        (SCALARS, "x*y", "cos(x)"),
        (ARRAYS, "p[j] - y[j]", "exp(z[j]) + x"),
        (ARRAYS, "W", "W * V + V"),
        (ARRAYS, "z @ y", "sum(exp(z[k]) for k)"),
    ],
)
def test_no_kind_is_named_that_is_not_there(about: Setting, upper: str, lower: str) -> None:
    assert kind_of(upper, lower, about) == "value"


def test_what_a_kind_says_of_random_mistakes_is_true() -> None:
    """A kind that was found by a change: the mistake that was made, or another one with the same effect."""
    found: Counter[str] = Counter()
    expected = {
        "sign": {"one sign", "sign", "number", "factor"},
        "index": {"index", "sum lost", "new index", "index lost", "sum kept"},
        "factor": {"factor", "number", "extra", "missing", "sign"},
        "sum": {"sum lost", "sum kept", "index lost", "factor", "condition", "new index", "index", "extra"},
        "shape": {"transpose", "shape"},
        "function": {"value"},
    }
    named = 0
    for seed in range(40):
        grammar = Grammar(seed)
        line = grammar.start()
        change = grammar.mistake(line)
        if change is None or not differ(line, change[1]):
            continue
        seen = look(f"{typed(line)}\n{typed(change[1])}", RANDOM)
        assert seen.line == 2, typed(change[1])
        found[seen.kind] += 1
        named += seen.kind in expected[change[0]]
    assert named > 10
    assert not found.keys() - SENTENCES.keys() - {"value", "shape", "index", "undefined"}


def test_looking_for_a_kind_costs_a_bounded_amount() -> None:
    comparison = Comparison(SMOOTHED)
    upper = read_formula("d(L, W1[r, k])")
    lower = read_formula("+".join(["sum(g[s]*W2[k, s] for s)*x[r]"] * 12))
    comparison.know(upper)
    comparison.know(lower)
    difference = comparison.difference(upper, lower)
    assert difference is not None
    from mlp_utils.derivations.kinds import with_kind

    comparison.work.left = 100
    assert with_kind(comparison, upper, lower, difference).kind in ("value", *SENTENCES)
