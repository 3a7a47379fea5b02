"""Waypoints, their order, jumps, ways that nobody has foreseen, the first line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.route import END, FIRST, Form, Route, features, mark
from mlp_utils.derivations.show import lines_of

from .source_settings import SMOOTHED

START = "d(L)/d(z[j])"
CHAIN, SUMS, END_LINE = (
    "= sum(d(L, p[i]) * d(p[i], z[j]) for i)",
    "= -(1 - ε)*y[j] - ε/q + p[j]*sum((1 - ε)*y[i] + ε/q for i)",
    "= p[j] - (1 - ε)*y[j] - ε/q",
)
OTHER_ENTRY = "sum(d(L, z[m]) * delta(m, j) for m)"
MATRIX = "= (d(p, z) @ d(L, p))[j]"
ROUTE = Route(
    start=(START, "d(L, z[k])"),
    end=Form("no sum and no derivative is left", without=("a sum", "a derivative")),
    waypoints={
        "the chain rule": Form("a sum of derivatives", needs=("a sum", "a derivative")),
        "the products are taken": Form("no derivative is left", needs=("a sum",), without=("a derivative",)),
        "a matrix": Form("a matrix product", needs=("a matrix product",)),
    },
    ways=(("the chain rule", "the products are taken"), ("a matrix",)),
)


def text(*lines: str) -> str:
    return "\n".join((START, *lines))


def test_all_waypoints_and_the_end_are_all_points() -> None:
    marked = mark(text(CHAIN, SUMS, END_LINE), SMOOTHED, ROUTE)
    assert marked.passed
    assert marked.parts == {FIRST: True, "the chain rule": True, "the products are taken": True, END: True}
    assert not marked.asks


def test_another_way_is_as_good() -> None:
    marked = mark(text(MATRIX, END_LINE), SMOOTHED, ROUTE)
    assert marked.passed
    assert marked.way == ("a matrix",)


def test_a_half_way_is_worth_half() -> None:
    marked = mark(text(CHAIN, SUMS), SMOOTHED, ROUTE)
    assert (marked.begun, marked.ended, marked.share) == (True, False, 0.75)
    assert mark(text(CHAIN), SMOOTHED, ROUTE).share == 0.5
    assert mark(text(), SMOOTHED, ROUTE).share == 0
    assert mark("", SMOOTHED, ROUTE).share == 0


def test_a_false_line_is_worth_what_leaving_it_out_is_worth() -> None:
    false = f"{SUMS} + 1"
    for lines, without in (
        ((CHAIN, false, SUMS, END_LINE), (CHAIN, SUMS, END_LINE)),
        ((CHAIN, false, END_LINE), (CHAIN, END_LINE)),
        ((false, SUMS, END_LINE), (SUMS, END_LINE)),
        ((CHAIN, SUMS, "= (", END_LINE), (CHAIN, SUMS, END_LINE)),
        ((CHAIN, "= ...", END_LINE), (CHAIN, END_LINE)),
    ):
        marked = mark(text(*lines), SMOOTHED, ROUTE)
        assert marked.share == mark(text(*without), SMOOTHED, ROUTE).share
        assert marked.ended
    marked = mark(text(CHAIN, false, END_LINE), SMOOTHED, ROUTE)
    assert (marked.reached, marked.asks) == (("the chain rule",), False)
    assert marked.checked.first_false is not None
    assert marked.checked.first_false.line == 3


def test_what_follows_from_a_false_line_does_not_count() -> None:
    marked = mark(text(CHAIN, f"{SUMS} + 1", f"{END_LINE} + 1"), SMOOTHED, ROUTE)
    assert [step.state for step in marked.checked.steps] == ["start", "true", "false", "true"]
    assert lines_of(marked, SMOOTHED)[3].says == "It follows from a false line."
    assert (marked.reached, marked.ended, marked.share) == (("the chain rule",), False, 0.5)


def test_a_false_last_line_is_no_end() -> None:
    assert not mark(text(CHAIN, SUMS, END_LINE, f"{END_LINE} + 1"), SMOOTHED, ROUTE).ended


def test_a_step_that_is_left_out_costs_its_part_and_nobody_is_asked() -> None:
    marked = mark(text(SUMS, END_LINE), SMOOTHED, ROUTE)
    assert (marked.reached, marked.share, marked.asks) == (("the products are taken",), 0.75, False)


@pytest.mark.parametrize("idle", ["= 1 * d(L, z[j])", "= d(L, z[j]) / 1", "= -(-d(L, z[j]))", "= 0 + d(L, z[j]) * 1"])
def test_an_idle_factor_is_no_step_and_no_rule(idle: str) -> None:
    assert mark(text(idle), SMOOTHED, ROUTE).share == 0
    assert mark(text(idle, END_LINE), SMOOTHED, ROUTE).share == mark(text(END_LINE), SMOOTHED, ROUTE).share


@pytest.mark.parametrize("more", ["sum(y[i] for i) * ", "1[p[j] > 0] * ", "sum(d(p[i], p[i]) for i)/q * "])
@pytest.mark.parametrize("whole", [START, "d(-sum(((1-ε)*y[i] + ε/q)*log(p[i]) for i))/d(z[j])", OTHER_ENTRY])
def test_the_first_line_times_something_idle_reaches_nothing(more: str, whole: str) -> None:
    """The line is true; it has a sum, a condition or another derivative, and nothing has been worked out."""
    marked = mark(text(f"= {more}{whole}", SUMS, END_LINE), SMOOTHED, ROUTE)
    assert marked.checked.first_false is None
    assert (marked.reached, marked.asks) == (("the products are taken",), False)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("-1 / (1 + exp(-x))**2 * d(1 + exp(-x), x)", True),
        ("-(1 + exp(-x))**(-2) * d(exp(-x), x)", True),
        ("(d(1, x) * (1 + exp(-x)) - d(1 + exp(-x), x)) / (1 + exp(-x))**2", True),
        ("(exp(x) * (1 + exp(x)) - exp(x) * exp(x)) / (1 + exp(x))**2", True),
        ("-1 / (1 + exp(-x))**2 * (-exp(-x))", True),
        ("d(x, x) + d(exp(x), x)", True),
        ("exp(-x) / (1 + exp(-x))**2", False),
        ("-1 * d(1 / (1 + exp(-x)), x) / 2", False),
        ("d(1 / (1 + exp(-x)), x)", False),
        ("sigmoid(x) * (1 - sigmoid(x))", False),
    ],
)
def test_a_rule_is_told_from_its_result(line: str, shown: bool) -> None:
    assert ("a rule" in features(read_formula(line))) == shown


@pytest.mark.parametrize(
    "first", ["d(-sum((1-ε)*y[i]*log(p[i]) + ε/q*log(p[i]) for i), z[j])", "d(L, z[j]) * 1", "d(L, W1[i, j])"]
)
def test_another_formula_is_no_start(first: str) -> None:
    assert not mark(f"{first}\n{END_LINE}", SMOOTHED, ROUTE).started


def test_a_start_may_have_its_definitions_put_in() -> None:
    definition = str(SMOOTHED.definitions["L"])
    assert mark(f"d({definition}, z[j])\n{END_LINE}", SMOOTHED, ROUTE).started
    about = replace(SMOOTHED, definitions={**SMOOTHED.definitions, "S": "sum(exp(z[k]) for k)"})
    route = replace(ROUTE, start=("d(exp(z[i]) / S, z[j])", "d(p[i], z[j])"))
    for first in ("d(exp(z[i]) / sum(exp(z[m]) for m), z[j])", "d(exp(z[i]) / sum(exp(z[i]) for i), z[j])"):
        assert mark(first, about, route).started
    assert not mark("d(exp(z[i]) / sum(exp(z[i]) for m), z[j])", about, route).started


def test_a_jump_is_no_way_and_nobody_is_asked() -> None:
    marked = mark(text(END_LINE), SMOOTHED, ROUTE)
    assert (marked.ended, marked.asks) == (True, False)
    assert marked.share < 1
    again = mark(text(f"= {START}", f"= {START}", END_LINE, END_LINE), SMOOTHED, ROUTE)
    assert (again.share, again.asks) == (marked.share, False)


def test_a_repeated_line_is_no_step() -> None:
    marked = mark(text(f"= {START}"), SMOOTHED, ROUTE)
    assert (marked.begun, marked.share) == (False, 0)


def test_a_way_that_nobody_has_foreseen_asks_for_a_person() -> None:
    marked = mark(text("= -d(-L, z[j])", END_LINE), SMOOTHED, ROUTE)
    assert marked.ended
    assert marked.asks
    assert marked.share < 1


def test_waypoints_count_in_their_order() -> None:
    marked = mark(text(SUMS, CHAIN, END_LINE), SMOOTHED, ROUTE)
    assert marked.reached in (("the chain rule",), ("the products are taken",))
    assert marked.asks


def test_a_waypoint_that_fits_late_does_not_hide_the_others() -> None:
    forms = {
        "first": Form("", needs=("a fraction",), without=("a derivative", "a sum")),
        "second": Form("", needs=("a sum", "a derivative")),
        "third": Form("", needs=("a sum",), without=("a derivative",)),
    }
    route = Route((START,), ROUTE.end, forms, (("first", "second", "third"),))
    assert mark(text(CHAIN, SUMS, END_LINE), SMOOTHED, route).reached == ("second", "third")


def test_one_line_may_be_several_waypoints() -> None:
    forms = {"a": Form("", needs=("a sum",)), "b": Form("", needs=("a derivative",))}
    route = Route((START,), ROUTE.end, forms, (("a", "b"),))
    assert mark(text(CHAIN, END_LINE), SMOOTHED, route).passed


def test_a_route_may_ask_for_no_waypoint() -> None:
    assert mark(text(END_LINE), SMOOTHED, Route((START,), ROUTE.end)).passed
    assert mark(text(END_LINE), SMOOTHED, Route((START,), ROUTE.end, ROUTE.waypoints, (*ROUTE.ways, ()))).passed


@pytest.mark.parametrize(
    "first", ["d(L, z[j])", "d(L)/d(z[j])", "∂L/∂z[j]", " = d( L ) / d( z[j] )   # the start", "d(L)/d(z[k])"]
)
def test_the_first_line_is_told_by_its_form(first: str) -> None:
    assert mark(f"{first}\n2*p[{first.split('[')[1][0]}]", SMOOTHED, ROUTE).started


@pytest.mark.parametrize("first", ["d(L)/d(z[i])", "p[j] - (1 - ε)*y[j] - ε/q", "d(L)/d(z)", "x +", "2*d(L, z[j])/2"])
def test_another_first_line_earns_nothing(first: str) -> None:
    marked = mark(f"{first}\n{CHAIN}\n{SUMS}\n{END_LINE}", SMOOTHED, ROUTE)
    assert not marked.started
    assert marked.share == 0


def test_a_line_above_the_start_that_cannot_be_read_costs_nothing() -> None:
    assert mark(f"u = z[j]\n{text(CHAIN, SUMS, END_LINE)}", SMOOTHED, ROUTE).passed
    assert not mark(f"dL/dz[j]\n{CHAIN}\n{SUMS}\n{END_LINE}", SMOOTHED, ROUTE).started


def test_the_start_may_stand_in_one_line_with_the_next_formula() -> None:
    assert mark(f"{START} {CHAIN} {SUMS} {END_LINE}", SMOOTHED, ROUTE).passed


def test_a_line_that_cannot_be_read_keeps_what_was_reached() -> None:
    marked = mark(text(CHAIN, "= ("), SMOOTHED, ROUTE)
    assert (marked.reached, marked.share) == (("the chain rule",), 0.5)
    assert [step.line for step in marked.checked.slips] == [3]


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("d(L, z)", {"a bare derivative", "a derivative", "a derivative by z", "L", "z"}),
        ("sum(x[i] for i if i != j)", {"a sum", "a condition", "a single entry", "x", "i", "j"}),
        ("prod(x[i] for i)", {"a product over an index", "a single entry", "x"}),
        ("W[:, j]", {"a single entry", "W"}),
        ("W[i] @ X.T[j]", {"a single entry", "a matrix product", "W", "X"}),
        ("(W @ X.T)[i, j]", {"a single entry", "an entry of a product", "a matrix product", "a transpose", "W", "X"}),
        ("(W @ X).T[j, i]", {"a single entry", "an entry of a product", "a matrix product", "a transpose", "W", "X"}),
        ("delta(i, j)*exp(x)", {"a delta", "exp", "x"}),
        ("(x > 0)", {"a condition", "x"}),
        ("W.T @ x / 2", {"a transpose", "a matrix product", "a fraction", "W", "x"}),
        ("x.sum()", {"a sum", "x"}),
        ("outer(a, b)", {"an outer product", "a", "b"}),
    ],
)
def test_features_of_a_formula(formula: str, found: set[str]) -> None:
    assert features(read_formula(formula)) == found


def test_a_form_may_name_the_only_letters() -> None:
    form = Form("", only=("p", "y", "epsilon"))
    assert form.fits(read_formula("p - (1 - ε)*y - ε/q"), SMOOTHED)
    assert not form.fits(read_formula("softmax(z) - y"), SMOOTHED)


def test_a_route_survives_json() -> None:
    assert Route.from_json(ROUTE.to_json()) == ROUTE
