"""Lines against lines: what follows, what does not, and what has no value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.derivations.ranges import MeaningError
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.steps import (
    FALSE,
    LATER,
    MAX_FORMULAS,
    MAX_LINES,
    START,
    TRUE,
    UNDEFINED,
    UNREAD,
    Comparison,
    check_steps,
    digits,
    typed_lines,
)

from .looked_at import look, setting
from .source_settings import SMOOTHED

SCALARS = setting({}, x="", y="", t="positive", u="unit")
ARRAYS = setting({"s": "softmax(z)"}, z="q", w="q share", W="n q", v="n", x="")


def states(text: str, about: Setting = SCALARS) -> list[str]:
    return [step.state for step in check_steps(text, about).steps]


def test_lines_are_counted_as_typed_and_comments_left_out() -> None:
    assert typed_lines("\n x # one\n\n# two\n y\n") == [(1, "x"), (4, "y")]
    steps = check_steps("\nx + x  # start\n\n= 2*x = x*2\n= 3*x", SCALARS).steps
    assert [(step.line, step.state) for step in steps] == [(1, START), (3, TRUE), (3, TRUE), (4, FALSE)]


def test_a_false_line_does_not_hide_the_next_one() -> None:
    assert states("x\n2*x\nx + x\n3*x") == [START, FALSE, TRUE, FALSE]


def test_a_line_below_a_false_one_may_follow_from_it_or_from_the_last_right_one() -> None:
    steps = check_steps("x\n2*x\nx + x\nx * 1\n3*x", SCALARS).steps
    assert [(step.state, step.above, step.sound) for step in steps] == [
        (START, 0, True),
        (FALSE, 1, False),
        (TRUE, 2, False),
        (TRUE, 1, True),
        (FALSE, 4, False),
    ]


def test_what_cannot_be_read_is_jumped_over() -> None:
    checked = check_steps("x\nx +\n2*x - x\nfoo\n...\n2*x", SCALARS)
    assert [step.state for step in checked.steps] == [START, UNREAD, TRUE, UNREAD, UNREAD, FALSE]
    assert [step.line for step in checked.slips] == [2, 4]
    assert [step.line for step in checked.gaps] == [5]
    assert [step.above for step in checked.steps] == [0, 0, 1, 0, 0, 3]
    assert checked.first_false is checked.steps[5]
    assert not checked.untouched


def test_the_first_line_that_can_be_read_is_the_start() -> None:
    for first, state in (("x +", UNREAD), ("foo", UNREAD), ("softmax(x)", FALSE)):
        steps = check_steps(f"{first}\nx\nx + x - x\n2*x", SCALARS).steps
        assert [step.state for step in steps] == [state, START, TRUE, FALSE]
        assert [step.sound for step in steps] == [False, True, True, False]


def test_only_gaps_are_no_attempt() -> None:
    assert check_steps("x\n= ...\n= 2 * ...", SCALARS).untouched
    assert not check_steps("x\n= ...\n= 2*x/2", SCALARS).untouched
    assert not check_steps("x\n= ...\n= 2 *", SCALARS).untouched
    assert not check_steps("x", SCALARS).untouched


@pytest.mark.parametrize(
    ("upper", "lower", "state"),
    [
        # a value that is 0, or nearly, in floats
        ("sin(x)**2 + cos(x)**2 - 1", "0", TRUE),
        ("0", "sin(x)**2 + cos(x)**2 - 1", TRUE),
        ("exp(x) - exp(x)", "0", TRUE),
        ("d(tanh(x), x) - 1 + tanh(x)**2", "0", TRUE),
        ("0", "x", FALSE),
        ("0", "x - x + 1e-20", FALSE),
        ("x", "x + 1e20 - 1e20", TRUE),
        ("x", "2*x + 1e20 - 1e20", FALSE),
        # overflow
        ("log(exp(1000*x))", "1000*x", TRUE),
        ("1000*x", "log(exp(1000*x))", TRUE),
        ("1000*x", "log(exp(999*x))", FALSE),
        ("t", "exp(exp(exp(exp(9*t))))", UNDEFINED),
        # no value
        ("log(x**2)", "2*log(x)", UNDEFINED),
        ("2*log(x)", "log(x**2)", TRUE),
        ("x", "x*x/x", TRUE),
        ("x", "sqrt(x)**2", UNDEFINED),
        ("t", "sqrt(t)**2", TRUE),
        ("x", "0/0", UNDEFINED),
        ("log(-1)", "x", UNDEFINED),
        ("x", "x*y/y/x*x", TRUE),
        # kinks
        ("d(relu(x))/d(x)", "1[x > 0]", TRUE),
        ("d(relu(x))/d(x)", "1[x >= 0]", TRUE),
        ("1[x > 0]", "1[x >= 0]", FALSE),
        ("d(abs(x))/d(x)", "sign(x)", TRUE),
        ("d(sign(x))/d(x)", "0", TRUE),
        ("relu(x)", "(x + abs(x))/2", TRUE),
        # two letters never have the same values
        ("x", "y", FALSE),
        ("x*y", "x**2", FALSE),
        ("t", "x", FALSE),
    ],
)  # fmt: skip
def test_numbers(upper: str, lower: str, state: str) -> None:
    assert states(f"{upper}\n{lower}") == [START, state]


@pytest.mark.parametrize(
    ("upper", "lower", "state"),
    [
        ("sum(s[k] for k)", "1", TRUE),
        ("sum(w[k] for k) - 1", "0", TRUE),
        ("sum(1 for k)*x", "q*x", FALSE),  # nothing tells the range
        ("sum(1 for k in q)*x", "q*x", TRUE),
        ("q*x", "3*x", FALSE),
        ("n*x", "4*x", FALSE),
        ("n*x", "3*x", FALSE),
        ("q*x", "4*x", FALSE),
        ("d(sum(s[k] for k), z[j])", "0", TRUE),
        ("W @ z", "z @ W.T", TRUE),
        ("W.sum()", "ones(n) @ W @ ones(q)", TRUE),
        ("W", "W.T.T", TRUE),
        ("W", "W.T", FALSE),
        ("sum(sum(W[i, k] for i) for k)", "sum(sum(W[i, k] for k) for i)", TRUE),
        ("sum(v[i] for i) * sum(z[i] for i)", "sum(sum(v[i]*z[k] for i) for k)", TRUE),
        ("W[i, k]", "W.T[k, i]", TRUE),
        ("z[k]", "z[j]", FALSE),
        ("d(s)/d(z)", "diag(s) - outer(s, s)", TRUE),
    ],
)  # fmt: skip
def test_arrays(upper: str, lower: str, state: str) -> None:
    found = states(f"{upper}\n{lower}", ARRAYS)
    assert found == ([START, state] if upper != "sum(1 for k)*x" else [UNREAD, START])


def test_a_line_that_holds_for_some_lengths_only_names_them() -> None:
    seen = look("q*x\n3*x" if ARRAYS.lengths()["q"] == 3 else "n*x\n3*x", ARRAYS)
    assert seen.state == FALSE
    step = check_steps("q*x\n3*x", ARRAYS).steps[1]
    assert step.difference is not None
    assert "q = 4" in step.difference.where


def test_the_place_of_a_difference_is_shown() -> None:
    difference = check_steps("W[i, k]\nW[i, k] * (1 + delta(i, k))\n", setting({}, W="n n")).steps[1].difference
    assert difference is not None
    assert difference.where.startswith("i = ")
    assert "k = " in difference.where
    assert float(difference.lower) == pytest.approx(2 * float(difference.upper), rel=1e-3)
    step = check_steps("W\nW + W*W", ARRAYS).steps[1]
    assert step.difference is not None
    assert step.difference.where.startswith("entry (")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x\nfoo + x", "At position 1: foo is not known here; known are x, y, t, u."),
        ("x\nx + foo", "At position 5: foo is not known here; known are x, y, t, u."),
        ("x\nd(d(x, x), x)", "A derivative inside a derivative is not part of the language."),
        (
            "x\nx +",
            "At position 4: a number, a name or a bracket was expected, and there is the end of the line; a formula "
            "stands in one line.",
        ),
        ("x\ne^x", "At position 1: e is not known here; a power of e is written exp(...)."),
        ("x\nx^T", "At position 3: T is not known here; a transpose is written X.T."),
        ("x\ndx[i]/dy[j]", "At position 1: dx is not known here; a derivative is written d(L, x), or ∂L/∂x."),
        ("x\n2*x_ij", "At position 3: x_ij is not known here; an entry is written x[i, j]."),
        ("x\n2*delta_ij", "At position 3: delta_ij is not known here; write delta(i, j)."),
        ("x\n2*xi", "At position 3: xi is not known here; an entry is written x[i]."),
        (
            "x\nw = 2*x",
            "At position 1: w is not known here; names of your own cannot be given; write the formula out.",
        ),
    ],
)
def test_a_slip_says_where_it_is(text: str, says: str) -> None:
    (slip,) = check_steps(text, SCALARS).slips
    assert slip.message == says


@pytest.mark.parametrize(
    ("lower", "says"),
    [
        ("W @ v", "A matrix product of shapes (n, q) and (n,) does not exist."),
        ("W[k, i]", "The index i runs over q, and in the lines above over n."),
        ("W", "This line is an array of shape (n, q), and the line above is a number for each i, k."),
        ("W[i, i]", "The index i runs over n and, in W[i, i], over q."),
    ],
)
def test_a_line_without_meaning_is_false_and_says_why(lower: str, says: str) -> None:
    steps = check_steps(f"W[i, k]\n{lower}\nW.T[k, i]", ARRAYS).steps
    assert steps[1].state == FALSE
    assert steps[1].difference is not None
    assert steps[1].difference.says == says
    assert steps[2].state == TRUE
    assert steps[2].sound


def test_there_are_bounds_of_lines_and_of_formulas() -> None:
    assert states("\n".join(["x"] * MAX_LINES)) == [START] + [TRUE] * (MAX_LINES - 1)
    (slip,) = check_steps("\n".join(["x"] * (MAX_LINES + 1)), SCALARS).slips
    assert slip.message == "40 lines are the most."
    assert slip.line == MAX_LINES + 1
    checked = check_steps("x" + " = x" * MAX_FORMULAS + "\nx", SCALARS)
    assert [slip.message for slip in checked.slips] == ["60 formulas are the most."]
    assert checked.steps[-1].state == LATER


def test_nothing_typed_is_no_step() -> None:
    assert check_steps("", SCALARS).steps == ()
    assert check_steps("# nothing\n\n", SCALARS).steps == ()


def test_a_setting_without_arrays_and_a_number_without_letters() -> None:
    assert states("1 + 1\n2\n3", setting({})) == [START, TRUE, FALSE]


def test_the_ranges_of_indices_are_handed_out() -> None:
    assert check_steps("W[i, k]\nW.T[k, i]", ARRAYS).spans == {"i": "n", "k": "q"}


def test_a_name_is_not_called_by_another_one_in_a_message() -> None:
    about = setting({"p": "softmax(z)"}, z="C", dY="m n")
    for line in ("dY[i]", "dY[i, k] + dY"):
        difference = check_steps(f"dY[i, k]\n{line}", about).steps[1].difference
        assert difference is not None and "DY" not in difference.says


def test_nothing_is_known_without_letters() -> None:
    (slip,) = check_steps("foo", setting({})).slips
    assert slip.message == "At position 1: foo is not known here; nothing is defined."


def test_zero_is_shown_as_zero_and_what_is_shown_can_be_computed_again() -> None:
    about = setting({"Y": "W @ X"}, W="m d", X="d n", dY="m n")
    difference = check_steps("sum(dY * Y)\nsum(dY * d(sum(dY * X[0, 0]), Y[0, 0]))", about).steps[1].difference
    assert difference is not None
    assert difference.lower == "0"
    assert all(f"{name} = ((" in difference.where for name in ("W", "X", "dY"))


def test_long_numbers_are_made_once() -> None:
    assert digits() is digits()
    assert digits(120).mp.dps == 120


def test_equal_never_raises() -> None:
    comparison = Comparison(SMOOTHED)
    for text in ("L", "p[i]", "W2", "foo", "W1 @ W1"):
        for other in ("L", "p", "d(L, z)"):
            comparison.equal(read(text), read(other))


def test_two_derivations_may_use_one_index_for_two_ranges() -> None:
    comparison = Comparison(SMOOTHED)
    comparison.know(read("p[i]"))
    comparison.know(read("a[i]"))
    assert comparison.spans == {"i": "q"}
    with pytest.raises(MeaningError):
        comparison.know(read("a[i]"), strict=True)
    assert not comparison.equal(read("p[i]"), read("a[i]"))
    assert comparison.equal(read("a[i]"), read("relu(h)[i]"))


def read(text: str):  # type: ignore[no-untyped-def]
    from mlp_utils.derivations.reader import read_formula

    return read_formula(text)


@settings(max_examples=50, deadline=None, database=None)
@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 9))
def test_arithmetic_of_fractions(a: int, b: int, c: int) -> None:
    assert states(f"({a})/{c} + ({b})/{c}\n({a + b})/{c}") == [START, TRUE]
    assert states(f"({a})/{c} + ({b})/{c}\n({a + b + 1})/{c}") == [START, FALSE]
