"""The tolerance rule against exact arithmetic, and whether the sentences tell the truth."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing import compare as module
from mlp_utils.assessing.compare import MISSING, NAN, SHAPE, TYPE, VALUE, Problem, compare, compare_results, same
from mlp_utils.assessing.tasks import Case
from mlp_utils.assessing.wire import Unsendable


def case(want: Any = 0.0, **settings_of_case: Any) -> Case:
    return Case("some inputs", "values", (), want, **settings_of_case)


def judge(got: Any, want: Any, name: str = "dW", **settings_of_case: Any) -> Problem | None:
    return compare(got, want, case(want, **settings_of_case), name)


def wrong(got: Any, want: Any, name: str = "dW", **settings_of_case: Any) -> Problem:
    problem = judge(got, want, name, **settings_of_case)
    assert problem is not None
    return problem


moderate = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
arrays = hnp.arrays(float, shapes, elements=moderate)

# --- the rule ----------------------------------------------------------------------------------------------------


def exact_norm(a: np.ndarray) -> Fraction:
    """‖a‖ to 40 digits, as a fraction."""
    squares = sum((Fraction(float(x)) ** 2 for x in np.ravel(a)), Fraction(0))
    scale = 10**80
    return Fraction(math.isqrt(int(squares * scale)), 10**40)


def exact_gap(g: np.ndarray, t: np.ndarray) -> Fraction:
    squares = sum(
        ((Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in zip(g.flat, t.flat, strict=True)), Fraction(0)
    )
    return Fraction(math.isqrt(int(squares * 10**80)), 10**40)


def side(gap: Fraction, limit: Fraction) -> bool | None:
    """Whether the gap is within the limit; None where rounding may decide."""
    if abs(gap - limit) <= Fraction(1, 10**8) * limit:
        return None
    return gap <= limit


tolerances = st.sampled_from([(1e-7, 1e-12), (1e-7, 0.0), (1e-9, 1e-6), (0.0, 1e-3), (1e-3, 1e-12)])
sizes = st.floats(0.5, 1.5) | st.sampled_from([1 - 1e-6, 1 + 1e-6, 0.999, 1.001])


@settings(deadline=None, max_examples=300)
@given(arrays, tolerances, sizes, st.integers(0, 2**32 - 1))
def test_an_array_is_right_up_to_the_edge_of_the_rule_and_wrong_beyond(
    t: np.ndarray, tolerance: tuple[float, float], size: float, seed: int
) -> None:
    rtol, atol = tolerance
    step = np.random.default_rng(seed).normal(size=t.shape)
    step = step / np.linalg.norm(step)
    length = 0.0
    for _ in range(20):
        length = size * (rtol * (np.linalg.norm(t + length * step) + np.linalg.norm(t)) + atol)
    g = t + length * step
    expected = side(exact_gap(g, t), Fraction(rtol) * (exact_norm(g) + exact_norm(t)) + Fraction(atol))
    assume(expected is not None)
    assert (judge(g, t, rtol=rtol, atol=atol) is None) == expected


@settings(deadline=None, max_examples=200)
@given(arrays, tolerances, st.data())
def test_entrywise_each_entry_keeps_the_rule_by_itself(
    t: np.ndarray, tolerance: tuple[float, float], data: st.DataObject
) -> None:
    rtol, atol = tolerance
    factors = data.draw(hnp.arrays(float, t.shape, elements=sizes))
    g = t + factors * (2 * rtol * np.abs(t) + atol)
    verdicts = [
        side(abs(Fraction(a) - Fraction(b)), Fraction(rtol) * (abs(Fraction(a)) + abs(Fraction(b))) + Fraction(atol))
        for a, b in zip(g.ravel().tolist(), t.ravel().tolist(), strict=True)
    ]
    assume(None not in verdicts)
    problem = judge(g, t, rtol=rtol, atol=atol, entrywise=True)
    assert (problem is None) == all(verdicts)
    if problem is not None:
        assert problem.wrong is not None
        assert problem.wrong.ravel().tolist() == [not ok for ok in verdicts]
        assert problem.count == verdicts.count(False)


def test_entrywise_a_small_entry_cannot_hide_behind_a_large_one() -> None:
    t, g = np.array([1e6, 1e-3]), np.array([1e6, 2e-3])
    assert judge(g, t) is None
    problem = wrong(g, t, entrywise=True)
    assert [entry.index for entry in problem.worst] == [(1,)]


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-160, 1e-30, 1.0, 1e30, 1e160, 1e200, 1e300])
def test_the_rule_holds_however_large_or_small_the_numbers_are(size: float) -> None:
    t = size * np.array([3.0, -4.0, 0.5])
    assert judge(t * (1 + 1e-9), t, atol=0.0) is None
    assert wrong(-t, t, atol=0.0).kind == VALUE
    assert wrong(t * (1 + 1e-6), t, atol=0.0).count == 2, "the fair share of 1e-7 ‖t‖ is more than entry 2 is off by"


def test_an_absolute_floor_lets_the_rounding_of_cancelled_sums_pass() -> None:
    t = np.array([1e-17, 0.0, -3e-18])
    g = np.array([-2e-17, 4e-18, 0.0])
    assert judge(g, t) is None
    assert judge(g, t, entrywise=True) is None
    assert wrong(g, t, atol=0.0).kind == VALUE
    assert judge(np.array([1e-9]), np.array([0.0]), atol=1e-8) is None


def test_zero_is_wanted_exactly_where_the_floor_is_zero() -> None:
    zeros = np.zeros(3)
    assert judge(zeros, zeros, atol=0.0) is None
    assert judge(-zeros, zeros, atol=0.0, entrywise=True) is None
    assert wrong(np.array([0.0, 1e-300, 0.0]), zeros, atol=0.0, entrywise=True).count == 1
    assert wrong(np.array([0.0, 1e-11, 0.0]), zeros).count == 1
    assert judge(np.array([0.0, 1e-13, 0.0]), zeros) is None


def test_an_empty_array_is_right_if_its_shape_is() -> None:
    assert judge(np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert wrong(np.zeros((3, 0)), np.zeros((0, 3))).kind == SHAPE


@settings(deadline=None)
@given(arrays, st.booleans())
def test_a_right_array_is_right(t: np.ndarray, entrywise: bool) -> None:
    assert judge(t, t, atol=0.0, entrywise=entrywise) is None
    assert judge(t.tolist(), t, entrywise=entrywise) is None


# --- NaN and infinity --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entrywise", [False, True])
@pytest.mark.parametrize(
    ("got", "want", "right"),
    [
        ([np.inf, 1], [np.inf, 1], True),
        ([-np.inf, 1], [-np.inf, 1], True),
        ([np.nan, 1], [np.nan, 1], True),
        ([-np.inf, 1], [np.inf, 1], False),
        ([1e308, 1], [np.inf, 1], False),
        ([5, 1], [-np.inf, 1], False),
        ([5, 1], [np.nan, 1], False),
        ([np.inf, 1], [np.nan, 1], False),
        ([np.nan, 1], [np.inf, 1], False),
        ([np.inf, 2], [np.inf, 1], False),
    ],
)
def test_a_wanted_nan_or_infinity_is_wanted_as_such(
    got: list[float], want: list[float], right: bool, entrywise: bool
) -> None:
    problem = judge(np.array(got), np.array(want), entrywise=entrywise)
    assert (problem is None) == right
    if problem is not None:
        assert problem.count == 1
        assert problem.worst[0].index == ((1,) if got[1] != want[1] else (0,))
        assert problem.sentence.startswith("1 of 2 entries of dW is")


@pytest.mark.parametrize("entrywise", [False, True])
def test_beside_a_missed_infinity_the_other_wrong_entries_count_too(entrywise: bool) -> None:
    problem = wrong(np.array([1.0, 5.0, 2.0, 3.0]), np.array([np.inf, 1.0, 2.0, 3.0]), entrywise=entrywise)
    assert problem.sentence == "2 of 4 entries of dW are wrong."


@pytest.mark.parametrize(
    ("got", "word", "count"),
    [
        ([np.nan, 1.0, 1.0], "NaN", 1),
        ([np.inf, 1.0, -np.inf], "infinite", 2),
        ([np.nan, np.nan, np.nan], "NaN", 3),
    ],
)
def test_an_unwanted_nan_or_infinity_is_named_and_counted(got: list[float], word: str, count: int) -> None:
    for entrywise in (False, True):
        problem = wrong(np.array(got), np.ones(3), entrywise=entrywise)
        assert problem.kind == NAN
        assert problem.sentence == f"dW is {word} in {count} of 3 entries, where a finite number is wanted."
        assert problem.count == count
        assert not np.isfinite(problem.worst[0].got)


def test_infinities_are_not_counted_as_nan() -> None:
    problem = wrong(np.array([np.nan, np.inf, np.inf, 1.0]), np.ones(4))
    assert problem.count == 3
    assert "NaN in 3 of 4" not in problem.sentence
    assert "infinite" in problem.sentence


def test_a_single_number_is_not_called_an_array_of_entries() -> None:
    for got in (np.nan, np.inf, 2.0):
        assert "1 of 1" not in wrong(got, 1.0).sentence
        assert "entries" not in wrong(got, 1.0).sentence
        assert "all 1" not in wrong(np.array([got]), np.array([1.0])).sentence


# --- free conventions --------------------------------------------------------------------------------------------


@given(st.floats(0, 1), st.floats(-2, 3))
def test_between_low_and_high_anything_is_right(inside: float, anywhere: float) -> None:
    low, high, want = np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert judge(np.array([0.0, 1.0, inside]), want, low=low, high=high, entrywise=True) is None
    problem = judge(np.array([0.0, 1.0, anywhere]), want, low=low, high=high, entrywise=True)
    nearest = min(max(anywhere, 0.0), 1.0)
    assert (problem is None) == (abs(anywhere - nearest) <= 1e-7 * (abs(anywhere) + nearest) + 1e-12)
    if problem is not None:
        assert (problem.worst[0].got, problem.worst[0].want) == (anywhere, nearest)


def test_a_free_convention_frees_nothing_else() -> None:
    low, high, want = np.array([0.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, 1.0])
    assert wrong(np.array([0.5, 0.5]), want, low=low, high=high).worst[0].index == (0,)
    assert wrong(np.array([np.nan, 0.5]), want, low=low, high=high).kind == NAN
    assert wrong(np.array([0.0, np.inf]), want, low=low, high=high).kind == NAN
    assert wrong(np.array([[0.0, 0.5]]), want, low=low, high=high).kind == SHAPE


# --- type and shape ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "want"),
    [
        ((1, 3), (3,)),
        ((3, 1), (3,)),
        ((1,), ()),
        ((), (1,)),
        ((3,), (3, 1)),
        ((2, 3), (3, 2)),
        ((3, 3), (3,)),
        ((3,), ()),
    ],
)
def test_shapes_that_would_broadcast_are_not_the_same(got: tuple[int, ...], want: tuple[int, ...]) -> None:
    problem = wrong(np.ones(got), np.ones(want), "dB")
    assert problem.kind == SHAPE
    assert problem.sentence == f"dB has the shape {got}, and {want or 'a single number'} is wanted."
    assert problem.output == "dB"


@pytest.mark.parametrize("got", [1, 1.0, True, np.float64(1), np.array(1), np.array(1.0), np.array(True)])
def test_a_number_of_any_kind_is_a_number(got: Any) -> None:
    assert judge(got, 1.0) is None
    assert judge(got, 1) is None
    assert wrong(got, 2.0).kind == VALUE


@pytest.mark.parametrize(
    ("got", "kind", "words"),
    [
        (None, MISSING, "None"),
        ("1.0", TYPE, "str"),
        ({"a": 1}, TYPE, "dict"),
        (Unsendable("function"), TYPE, "function"),
        (["a", "b"], TYPE, "list"),
        ([None, 1.0], TYPE, "list"),
        ([Unsendable("set"), 1.0], TYPE, "list"),
        ([[1.0], [1.0, 2.0]], TYPE, "pieces"),
        ((np.ones(2), np.ones((3, 2))), TYPE, "pieces"),
        (10**30, TYPE, "int"),
        (np.array([1j, 2.0]), TYPE, "complex"),
        (np.array([1 + 0j, 1.0]), TYPE, "complex"),
        (np.array([[1j]]), SHAPE, "(1, 1)"),
    ],
)
def test_the_type_is_named_before_any_number_is_compared(got: Any, kind: str, words: str) -> None:
    problem = wrong(got, np.ones(2))
    assert problem.kind == kind
    assert words in problem.sentence
    assert problem.sentence.startswith("dW ")
    assert problem.worst == ()


@pytest.mark.parametrize("thing", ["int", "array of float64", "object", "ndarray", "integer beyond 64 bits", "set"])
def test_a_thing_is_called_by_the_right_article(thing: str) -> None:
    sentence = wrong(Unsendable(thing), np.ones((2, 3))).sentence
    assert ("an " if thing[0] in "aeion" else "a ") + thing in sentence
    assert "an array of shape (2, 3) is wanted" in sentence


def test_a_complex_number_is_compared_as_such() -> None:
    want = np.array([1 + 1j, 2.0])
    assert judge(want * (1 + 1e-9), want) is None
    problem = wrong(np.array([1 - 1j, 2.0]), want)
    assert problem.count == 1
    assert problem.worst[0].index == (0,)
    assert problem.worst[0].got != problem.worst[0].want


@pytest.mark.parametrize("want", [True, False, "softmax", None])
@pytest.mark.parametrize(
    "got",
    [True, "softmax", None, 3.5, np.ones(2), np.ones(0), [1], np.ones((2, 2)), {"a": np.ones(2)}, Unsendable("set")],
)
def test_a_wanted_word_or_truth_value_is_compared_with_anything(got: Any, want: Any) -> None:
    problem = judge(got, want)
    assert (problem is None) == (type(got) is type(want) and got == want)
    assert problem is None or problem.sentence


def test_a_truth_value_of_numpy_is_a_truth_value() -> None:
    assert judge(np.array(True), True) is None
    assert wrong(np.array(False), True).sentence == "dW is False."


def test_a_wrong_word_is_not_repeated_at_length() -> None:
    assert len(wrong("x" * 100_000, "softmax").sentence) < 500


# --- several results ---------------------------------------------------------------------------------------------

W, B = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])


def test_each_result_is_judged_by_itself_and_by_its_own_name() -> None:
    both = case((1e9 * W, B))
    assert compare_results((1e9 * W, B), both) is None
    assert compare_results([1e9 * W, B], both) is None
    problem = compare_results((1e9 * W, B + 1e-3), both, ("dW", "db"))
    assert problem is not None
    assert problem.output == "db"
    assert problem.sentence == "all 3 entries of db are wrong."
    unnamed = compare_results((1e9 * W, -B), both)
    assert unnamed is not None
    assert unnamed.output == "result 2"


@pytest.mark.parametrize(("got", "count"), [((W,), 1), ((W, B, B), 3), (W, 1), (3.0, 1), ([], 0), ("ab", 1)])
def test_a_wrong_number_of_results_is_counted(got: Any, count: int) -> None:
    problem = compare_results(got, case((W, B)), ("dW", "db"))
    assert problem is not None
    assert problem.kind == TYPE
    assert problem.sentence == f"2 results are wanted (dW, db), and {count} came back."


def test_none_in_the_place_of_several_results_is_a_missing_return() -> None:
    problem = compare_results(None, case((W, B)), ("dW", "db"))
    assert problem is not None
    assert problem.kind == MISSING
    assert "None" in problem.sentence


def test_a_picked_result_is_judged_alone() -> None:
    second = case((W, B), pick=1)
    assert compare_results((None, B), second, ("dW", "db")) is None
    assert compare_results((W, None), case((W, B), pick=0)) is None
    problem = compare_results((W, -B), second, ("dW", "db"))
    assert problem is not None
    assert problem.output == "db"


def test_a_single_result_takes_its_name() -> None:
    assert wrong(-B, B, "dZ").sentence.startswith("all 3 entries of dZ")
    problem = compare_results(-B, case(B), ("dZ",))
    assert problem is not None
    assert problem.output == "dZ"
    unnamed = compare_results(-B, case(B))
    assert unnamed is not None
    assert unnamed.output == "the result"


# --- what the sentence says --------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(arrays, st.data())
def test_the_wrong_entries_are_counted_marked_and_the_worst_come_first(t: np.ndarray, data: st.DataObject) -> None:
    scale = 1.0 + float(np.linalg.norm(t))
    off = data.draw(
        hnp.arrays(float, t.shape, elements=st.just(0.0) | st.floats(0.01, 100.0) | st.floats(-100.0, -0.01))
    )
    assume(off.any())
    g = t + scale * off
    entrywise = data.draw(st.booleans())
    problem = wrong(g, t, entrywise=entrywise)
    count = int(np.count_nonzero(off))
    assert problem.count == count
    assert problem.wrong is not None
    assert np.array_equal(problem.wrong, off != 0)
    # Entrywise each entry has a limit of its own, and the worst is the furthest beyond it.
    excess = np.abs(g - t) / (1e-7 * (np.abs(g) + np.abs(t)) + 1e-12 if entrywise else 1.0)
    assert len(problem.worst) == min(3, count)
    assert [excess[entry.index] for entry in problem.worst] == sorted(excess[off != 0].tolist(), reverse=True)[:3]
    for entry in problem.worst:
        assert (entry.got, entry.want) == (g[entry.index], t[entry.index])
    if t.size > 1:
        said = re.match(r"(?:(all)|(\d+) of) (\d+) entries of dW (is|are) wrong\.", problem.sentence)
        assert said
        assert int(said[3]) == t.size
        assert (said[1] == "all") == (count == t.size)
        assert said[1] or int(said[2]) == count
        assert (said[4] == "is") == (count == 1 and t.size > 1)


def test_one_enormous_error_does_not_make_the_other_wrong_entries_right() -> None:
    problem = wrong(np.array([1e12, 3.0, 1.0]), np.array([1.0, 1.0, 1.0]))
    assert problem.wrong is not None
    assert problem.wrong.tolist() == [True, True, False]
    assert problem.count == 2


@settings(deadline=None)
@given(arrays, st.integers(0, 2**32 - 1), st.floats(1e-7, 1e-5))
def test_what_is_said_to_be_wrong_names_at_least_one_entry(t: np.ndarray, seed: int, size: float) -> None:
    g = t + size * (1 + np.linalg.norm(t)) * np.random.default_rng(seed).normal(size=t.shape)
    problem = judge(g, t)
    if problem is not None:
        assert problem.count >= 1
        assert problem.worst


def test_the_kinds_of_problem_are_different_words() -> None:
    kinds = [
        getattr(module, name) for name in ("RAISED", "MISSING", "TYPE", "SHAPE", "NAN", "VALUE", "MUTATED", "UNSTEADY")
    ]
    assert len(set(kinds)) == 8


# --- the same to the last bit ------------------------------------------------------------------------------------

sendable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | hnp.arrays(
        st.sampled_from([np.dtype(bool), np.dtype("int64"), np.dtype(float), np.dtype(complex)]),
        hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    )
    | st.builds(Unsendable, st.sampled_from(["set", "function"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(sendable)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert same(value, value) is True


@settings(deadline=None, max_examples=500)
@given(sendable, sendable)
def test_any_two_values_are_the_same_or_they_are_not(a: Any, b: Any) -> None:
    assert same(a, b) is same(b, a)
    assert isinstance(same(a, b), bool)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 1.0], np.ones(2)),
        ("l2", np.ones(2)),
        (None, np.ones(2)),
        (1.0, 10**30),
        (np.ones(2), 10**30),
        (np.nan, 10**30),
        ({"a": np.ones(2)}, np.ones(2)),
        (Unsendable("set"), np.ones(2)),
    ],
)
def test_values_of_different_kinds_are_told_apart_without_raising(a: Any, b: Any) -> None:
    assert same(a, b) is False
    assert same(b, a) is False


def test_one_bit_or_one_axis_is_a_difference() -> None:
    assert same(np.array([np.nan, np.inf, 0.0]), np.array([np.nan, np.inf, 0.0]))
    assert same(1, 1.0)
    assert same([np.float64(2.0)], [np.array(2.0)])
    assert not same(1.0, np.nextafter(1.0, 2.0))
    assert not same(np.ones(2), np.ones((2, 1)))
    assert not same({"a": 1}, {"b": 1})
    assert not same((1, 2), (1, 2, 3))
