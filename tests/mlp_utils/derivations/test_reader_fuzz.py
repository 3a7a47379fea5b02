"""Whatever is typed: no exception, no code, nothing that takes long.

MLP_FUZZ_SECONDS in the environment looks for new texts that long; without it the same ones are tried each time.
"""

from __future__ import annotations

import builtins
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.route import Form, Route, mark
from mlp_utils.derivations.show import headline, lines_of
from mlp_utils.derivations.steps import FALSE, UNREAD
from mlp_utils.derivations.tokens import MAX_CHARS, ReadError
from mlp_utils.derivations.typeset import latex

from .looked_at import setting
from .typed import typed

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("MLP_FUZZ_SECONDS", "0"))
"""How long new texts are looked for; by default the same texts are tried each time."""

SLOW = 300
"""What takes so many times as long as a short derivation takes too long."""

SHORT = "d(L, W[i, k])\n= sum(d(L, h[j]) * d(h[j], W[i, k]) for j)"
SETTING = setting(
    {"h": "W.T @ v", "p": "softmax(h)", "L": "-sum(log(p[k]) for k)"},
    x="",
    t="positive",
    v="n",
    W="n q",
    M="n n",
    y="q one-hot",
)
ROUTE = Route(("d(L, W[i, k])",), Form("no derivative is left", without=("a derivative",)))
VOCABULARY = """
x t v W M y h p L n q i j k d T delta foo __import__ 0 1 2 9 0.5 1e30 1e-30 1e999 ( ) [ ] + - * / ** ^ @ , .
= == != < > for in if and sum prod exp log sqrt softmax relu abs sum( prod( exp( exp( log( d( d(L)/d(W) 1[
v[i] W[i,k] M[i,j] .T np. .sum() .sum(axis=0) outer(v,v) diag(v) ones(n) eye(n) delta(i,j) lambda ;
− · × ≠ ² ᵀ Σ ∂ ε # " \\ é 𝟙 ٣ ̂ ` $ { }
"""
WORDS = (*VOCABULARY.split(), " for i", " for k", "\n", "\x00")
ATOMS = "x t 2 9 v[i] W[i,k] M[i,j] p[k] h[k] n delta(i,j) v W"


def atoms() -> st.SearchStrategy[str]:
    return st.sampled_from(ATOMS.split())


def formulas() -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(pair, st.sampled_from(("+", "-", "*", "/", "**", "@"))).map(
                lambda p: f"({p[0][0]} {p[1]} {p[0][1]})"
            ),
            inner.map(lambda a: f"-{a}"),
            st.tuples(st.sampled_from(("exp", "log", "sqrt", "tan", "sinh", "softmax", "relu", "sign")), inner).map(
                lambda p: f"{p[0]}({p[1]})"
            ),
            st.tuples(inner, st.sampled_from("ijkabcefg")).map(lambda p: f"sum({p[0]} for {p[1]})"),
            st.tuples(inner, st.sampled_from("ijk"), st.sampled_from(("i != j", "x > 0", "i < 2"))).map(
                lambda p: f"prod({p[0]} for {p[1]} if {p[2]})"
            ),
            st.tuples(inner, st.sampled_from(("x", "v", "v[i]", "W", "W[i, k]", "h[k]", "p"))).map(
                lambda p: f"d({p[0]}, {p[1]})"
            ),
            inner.map(lambda a: f"{a}.T"),
            inner.map(lambda a: f"{a}.sum()"),
            pair.map(lambda p: f"1[{p[0]} > {p[1]}]"),
            pair.map(lambda p: f"outer({p[0]}, {p[1]})"),
        )

    return st.recursive(atoms(), grown, max_leaves=25)


TEXTS = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(WORDS), max_size=120).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join),
    st.lists(formulas(), min_size=1, max_size=6).map("\n".join),
    st.lists(formulas(), min_size=1, max_size=6).map("\n= ".join).map(lambda text: f"d(L, W[i, k])\n= {text}"),
)


def run(text: str) -> float:
    """All that a notebook does with a derivation; the seconds of processor time that it took."""
    start = time.process_time()
    marked = mark(text, SETTING, ROUTE)
    lines = lines_of(marked, SETTING)
    assert isinstance(headline(marked, ROUTE), str)
    assert len(lines) == len(marked.checked.steps)
    return time.process_time() - start


@pytest.fixture
def no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """``eval`` and its relatives fail while a derivation is checked."""
    read_formula("exp(x)")
    run("d(L, W[i, k])\n1")  # what is imported, is imported

    def forbidden(*arguments: object, **named: object) -> None:
        raise AssertionError("code was to be run")

    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, forbidden)


def test_nothing_that_is_typed_raises_or_takes_long() -> None:
    """Long is told by a short derivation on the same machine, so that a slow machine does not count."""
    short = min(run(SHORT) for _ in range(5))
    end = time.monotonic() + SECONDS
    slowest = (0.0, "")

    @settings(
        max_examples=200 if SECONDS else 300,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=not SECONDS,
    )
    @given(TEXTS)
    def property_(text: str) -> None:
        nonlocal slowest
        took = run(text)
        slowest = max(slowest, (took, text))
        assert took < SLOW * short, (took, short)

    property_()
    while time.monotonic() < end:
        property_()
    print(f"\nthe slowest took {slowest[0] / short:.0f} times {short:.4f} s: {slowest[1]!r:.200}")


@settings(max_examples=100, deadline=None, database=None)
@given(formulas())
def test_what_can_be_read_can_be_typed_again_and_set(text: str) -> None:
    try:
        node = read_formula(text)
    except ReadError:
        return
    assert read_formula(typed(node)) == node
    assert latex(node)


HUGE = (
    "9**9**9**9",
    "exp(exp(exp(exp(exp(x)))))",
    "exp(exp(exp(9**9)))",
    "t**t**t**t**t**t**t**t",
    "(1e30**64)**64",
    "((((9**64)**64)**64)**64)**64 - x",
    "1e30**1e30**1e30",
    "sin(1e30**60)",
    "tanh(exp(exp(exp(t))))",
    "log(log(log(9**9**9)))",
    "exp(-exp(exp(exp(9))))",
    "0**0**0 + 0**(-1) + (-1)**0.5 + (-1)**(1e30)",
    "sum(" * 12 + "*".join(f"v[{i}]" for i in "abcefghijklm") + "".join(f" for {i})" for i in "abcefghijklm"),
    "sum("
    + "*".join(f"M[{a}, {b}]" for a, b in zip("abcefghi", "bcefghij", strict=True))
    + " for a for b for c for e for f)",
    "+".join(f"sum(v[{i}] for {i})" for i in "abcefghijklmopqrstuvwyz"),
    "d(sum(sum(sum(sum(W[a,b]*W[c,e]*W[a,e]*W[c,b] for a) for b) for c) for e), W[i, k])",
    "d(L, W[i,k])" + "*d(L, W[i,k])" * 38,
    "L" + "*L" * 140,
    "(M" + "@M" * 140 + ").sum()",
    "softmax(" * 30 + "v" + ")" * 30,
    "v" + ".T" * 140,
    "-" * 290 + "x",
    "(" * 39 + "x" + ")" * 39,
    "x" + "**x" * 39,
    "x" + " = x" * 140,
    "x" + " + x" * 140,
)


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:30])
@pytest.mark.parametrize("above", ["x", "exp(x)", "0"])
def test_large_things_take_no_time(text: str, above: str) -> None:
    assert run(f"{above}\n{text}") < 5.0
    assert run(f"{text}\n{above}") < 5.0
    assert run("\n".join([above, text] * 20)) < 5.0


def test_many_long_lines_take_no_time() -> None:
    line = " + ".join(["d(L, W[i, k]) * sum(v[i]*W[i, k] for k)"] * 13)
    assert len(line) < MAX_CHARS
    assert run("\n".join([line] * 40)) < 5.0
    assert run("\n".join([line, f"{line} + 1"] * 20)) < 5.0


ATTACKS = (
    "__import__('os').system('true')",
    "exec('1')",
    "(lambda: 1)()",
    "x.__class__.__base__",
    "np.load(x)",
    "np.core",
    "np.f2py.x",
    "open(x)",
    "v[__import__]",
    "{x}",
    "f'{x}'",
    "x if x else x",
    "[x for x in v]",
    "d(x, __builtins__)",
    "getattr(x, n)",
    "x := 2",
    "x; y",
    "`x`",
    "$x$",
    "\\input{x}",
    "np.linalg.inv(M)",
)


@pytest.mark.usefixtures("no_code")
@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_is_executed(text: str) -> None:
    marked = mark(f"x\n{text}", SETTING, ROUTE)
    assert marked.checked.steps[1].state in (FALSE, UNREAD)
