"""Indices and shapes from formulas alone; the static shape is the computed one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.derivations.evaluation import Evaluator
from mlp_utils.derivations.ranges import MeaningError, bound_apart, definitions_of, letters_of, shape_of, spans_of
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.setting import POINTS, Letter, Setting

from .grammar import SETTING as RANDOM
from .grammar import Grammar
from .looked_at import setting
from .typed import typed

TWO = setting({"h": "W.T @ x", "L": "sum(h[i] for i) * sum(x[i] for i)"}, x="d", W="d n", y="", A="3 2")


def spans(text: str, **known: str) -> dict[str, str]:
    return spans_of(read_formula(text), TWO, *definitions_of(TWO)[:1], known)


def test_arrays_tell_the_ranges() -> None:
    assert spans("W[i, j] * x[i]") == {"i": "d", "j": "n"}
    assert spans("sum(W[i, j] for j)") == {"i": "d", "j": "n"}
    assert spans("sum(y for k in n)") == {"k": "n"}
    assert spans("A[i, j]") == {"i": "3", "j": "2"}


def test_a_partner_tells_the_range() -> None:
    assert spans("delta(i, k) * x[i]") == {"i": "d", "k": "d"}
    assert spans("sum(x[i] for i if i != m)") == {"i": "d", "m": "d"}
    assert spans("delta(a, b) * delta(b, c) * x[c]") == dict.fromkeys("abc", "d")


def test_earlier_lines_tell_what_a_line_does_not() -> None:
    assert spans("1[i == j]", i="n") == {"i": "n", "j": "n"}
    assert spans("x[i]", i="n") == {"i": "d"}


def test_one_name_may_serve_in_two_sums() -> None:
    node = bound_apart(read_formula("sum(x[i] for i) * sum(h[i] for i)"), TWO, definitions_of(TWO)[0])
    assert set(spans_of(node, TWO, definitions_of(TWO)[0]).values()) == {"d", "n"}
    node = bound_apart(read_formula("h[i] * sum(x[i] for i)"), TWO, definitions_of(TWO)[0])
    assert spans_of(node, TWO, definitions_of(TWO)[0])["i"] == "n"


def test_the_indices_of_definitions_are_out_of_the_way() -> None:
    formulas, told = definitions_of(TWO)
    assert told == {"i": "n"}
    assert {"i", "j"}.isdisjoint(spans_of(read_formula("L"), TWO, formulas))
    assert Evaluator(TWO).table(read_formula("L * W[i, j]"), ("i", "j")).shape == ()


def test_letters_stand_in_definitions_too() -> None:
    assert letters_of(read_formula("L + 1"), definitions_of(TWO)[0]) == {"L", "h", "x", "W"}


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_the_shape_of_a_formula_is_the_shape_of_its_value(seed: int) -> None:
    evaluator = Evaluator(RANDOM)
    for node in Grammar(seed).derivation(2):
        value = evaluator.evaluate(node)
        assert shape_of(node, RANDOM, {}) == value.shape, typed(node)
        assert value.data.shape[evaluator.lead :] == tuple(evaluator.lengths[name] for name in value.shape)


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_a_mistake_in_shape_is_an_error_in_both(seed: int) -> None:
    grammar = Grammar(seed)
    found = grammar.mistake(grammar.start())
    evaluator = Evaluator(RANDOM)
    if found is None:
        return
    try:
        value = evaluator.evaluate(found[1])
    except MeaningError:
        return
    assert shape_of(found[1], RANDOM, {}) == value.shape


# --- settings and points ---------------------------------------------------------------------------------------------


def test_lengths_are_different_and_change_with_a_turn() -> None:
    many = Setting({name: Letter((name,)) for name in "abcefgh"} | {"z": Letter(("5",))})
    first, second = many.lengths(), many.lengths(turn=1)
    assert len({first[name] for name in "abcefgh"}) == 7
    assert all(first[name] != second[name] for name in "abcefgh")
    assert first["5"] == second["5"] == 5
    assert "5" not in many.ranges
    assert min(first.values()) >= 2


def test_no_two_letters_share_their_values() -> None:
    numbers = setting({}, x="", y="", z="", w="")
    points = numbers.points({})
    for name in "yzw":
        assert (points["x"] != points[name]).sum() >= POINTS - 2
    for name in "xyzw":
        assert (points[name] > 0).sum() >= 2
        assert (points[name] < 0).sum() >= 2
        assert (points[name] == 0).sum() == 1


def test_shares_sum_to_one_exactly_as_decimals() -> None:
    shares = setting({}, s="n share", S="m n share").points({"n": 5, "m": 3})
    for values in shares.values():
        hundredths = (values * 100).round().astype(int)
        assert (hundredths > 0).all()
        assert (hundredths.sum(axis=-1) == 100).all()


@pytest.mark.parametrize("domain", ["positive", "unit", "one-hot", "real"])
def test_domains_are_kept(domain: str) -> None:
    values = Setting({"v": Letter(("n",), domain)}).points({"n": 40})["v"]
    if domain == "one-hot":
        assert (values.sum(axis=-1) == 1).all()
        assert set(values.ravel()) == {0.0, 1.0}
    elif domain == "real":
        assert (values > 0).any()
        assert (values < 0).any()
    else:
        assert (values > 0).all()
        assert domain == "positive" or (values < 1).all()


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(ValueError, match="is no domain of a letter"):
        Setting({"v": Letter((), "complex")}).points({})


def test_points_are_the_same_on_every_call_and_others_with_another_seed() -> None:
    lengths = TWO.lengths()
    assert (TWO.points(lengths)["W"] == TWO.points(lengths)["W"]).all()
    assert (TWO.points(lengths)["W"] != TWO.points(lengths, seed=1)["W"]).any()


def test_a_setting_survives_json() -> None:
    assert Setting.from_json(TWO.to_json()) == TWO
