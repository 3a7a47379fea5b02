"""The explorer of backpropagation: its mathematics, its words, its picture, its controls."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from mlp_utils.explorers.backprop import words as backprop_words
from mlp_utils.explorers.backprop.answer import judge_answer, read_number
from mlp_utils.explorers.backprop.model import STAGES, BackpropState, Quantity, WalkStep, position_after_stage, walk
from mlp_utils.explorers.backprop.network import (
    EXAMPLE,
    TinyNetwork,
    evaluate,
    random_network,
    replace_sample,
)
from mlp_utils.explorers.backprop.words import describe, formula, four_digits, notes, readout_html, six_decimals
from mlp_utils.gradients.gradcheck import complex_step

from .backprop_networks import normal_network, position_of

SIZES = [(2, 3, 3), (1, 1, 2), (4, 4, 4), (3, 2, 4), (1, 4, 2), (4, 1, 3)]


SUMS = {"z", "logits", "J", "dP", "dlogits", "dW2", "db2", "da", "dz", "dW1", "db1", "dx"}


PARAMETERS = ("W1", "b1", "W2", "b2")


def step_of(name: str, network: TinyNetwork = EXAMPLE) -> WalkStep:
    return next(step for step in walk(network) if step.entry.name == name)


WORKED = {
    "z": [-13, 2, -5],
    "a": [0, 2, 0],
    "logits": [0, -3, 1],
    "P": [0.265388, 0.013213, 0.721399],
    "J": 1.526563,
    "dJ": 1,
    "dP": [-3.014455, -7.568369, -0.13862],
    "dlogits": [-0.534612, -0.086787, 0.621399],
    "dW2": [[0, 0, 0], [-1.069224, -0.173574, 1.242798], [0, 0, 0]],
    "db2": [-0.534612, -0.086787, 0.621399],
    "da": [-0.635289, 0.173574, 4.17622],
    "dz": [0, 0.173574, 0],
    "dW1": [[0, 0, 0], [0, 0.347148, 0]],
    "db1": [0, 0.173574, 0],
    "dx": [0.347148, 0.347148],
}


def test_the_worked_example_has_the_numbers_of_the_course() -> None:
    for name, expected in WORKED.items():
        for index, value in np.ndenumerate(np.array(expected, dtype=float)):
            entry = Quantity(name.removeprefix("d"), index, name.startswith("d"))
            assert round(step_of(entry.name).value, 6) == value, entry.name
    assert round(walk(EXAMPLE)[-1].value, 6) == 1.216954
    np.testing.assert_allclose(evaluate(EXAMPLE).ys, [0.8, 0.1, 0.1], rtol=1e-15)
    assert len(walk(EXAMPLE)) == 1 + sum(np.size(values) for values in WORKED.values())


def loss(network: TinyNetwork, values: dict[str, Any]) -> Any:
    """J, written anew and such that complex numbers can follow it."""
    z = values["x"] @ values["W1"] + values["b1"]
    logits = (z * (z.real > 0)) @ values["W2"] + values["b2"]
    ys = np.full(network.C, network.epsilon / network.C)
    ys[network.label] += 1 - network.epsilon
    return np.log(np.exp(logits).sum()) - ys @ logits


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_every_gradient_is_the_slope_of_the_loss(sizes: tuple[int, int, int], seed: int) -> None:
    network = normal_network(*sizes, seed)
    n = evaluate(network)
    start = {name: np.array(getattr(network, name)) for name in ("x", *PARAMETERS)}
    assert float(n.values["J"]) == pytest.approx(loss(network, start), rel=1e-13)
    for name, array in start.items():
        slopes = complex_step(lambda at, name=name: loss(network, start | {name: at}), array)
        np.testing.assert_allclose(n.gradients[name], slopes, rtol=1e-12, atol=1e-14, err_msg=name)
    # The rest of the graph, each part from the number that is differentiated on.
    heads = {
        "P": lambda p: -(n.ys @ np.log(p)),
        "logits": lambda logits: np.log(np.exp(logits).sum()) - n.ys @ logits,
        "a": lambda a: (lambda t: np.log(np.exp(t).sum()) - n.ys @ t)(a @ start["W2"] + start["b2"]),
    }
    heads["z"] = lambda z: heads["a"](z * (z.real > 0))
    for name, head in heads.items():
        slopes = complex_step(head, n.values[name])
        np.testing.assert_allclose(n.gradients[name], slopes, rtol=1e-12, atol=1e-14, err_msg=name)
    moved = {name: start[name] - network.eta * n.gradients[name] for name in PARAMETERS}
    assert n.loss_after == pytest.approx(loss(network, start | moved), rel=1e-12)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_each_step_is_the_sum_of_its_products_and_reads_only_what_is_known(sizes: tuple[int, int, int]) -> None:
    network = normal_network(*sizes, 7)
    n = evaluate(network)
    for position, step in enumerate(walk(network)):
        state = BackpropState(network, position)
        assert step.entry not in state.reached
        assert step.entries <= state.reached, step.entry.name
        for term in step.terms:
            for factor in term:
                for entry in factor.entries:
                    if factor.name == entry.name:
                        source = n.gradients if entry.is_gradient else n.values
                        assert factor.value == source[entry.symbol][entry.index]
        if step.stage in SUMS:
            products = [math.prod(factor.value for factor in term) for term in step.terms]
            assert math.isclose(sum(products), step.value, rel_tol=1e-11, abs_tol=1e-14), step.entry.name
    end = BackpropState(network, len(walk(network)))
    assert {(e.symbol, e.is_gradient) for e in end.reached} >= {(name, True) for name in n.gradients}
    assert sum(e.is_gradient for e in end.reached) == sum(np.size(array) for array in n.gradients.values())


def test_where_several_children_send_a_gradient_all_are_added() -> None:
    for step in walk(normal_network(3, 2, 4, 1)):
        children = {"dlogits": 4, "da": 4, "dx": 2}.get(step.stage, 1)
        if step.stage.startswith("d"):
            assert len(step.terms) == children


def test_the_kink_of_relu_has_slope_0_and_is_named() -> None:
    network = replace_sample(EXAMPLE, [0, 1], 0, 0.3)  # z[1] = 0·2 + 1·2 − 2
    state = BackpropState(network, position_of("dz[1]", network) + 1)
    assert state.made is not None
    assert state.made.value == 0
    assert evaluate(network).gradients["a"][1] != 0
    assert "any slope from 0 to 1 is right" in " ".join(notes(state))


@pytest.mark.parametrize("sizes", list(itertools.product(range(1, 5), range(1, 5), range(2, 5))), ids=str)
def test_random_networks_have_the_sizes_asked_for_and_a_unit_that_is_on(sizes: tuple[int, int, int]) -> None:
    for seed in range(3):
        network = random_network(*sizes, seed)
        assert (network.d, network.H, network.C) == sizes
        assert network == random_network(*sizes, seed)
        on = evaluate(network).values["z"] > 0
        assert on.any()
        assert sizes[1] == 1 or not on.all()
    assert random_network(*sizes, 0) != random_network(*sizes, 1)


def test_the_stages_follow_each_other_in_their_order() -> None:
    steps = walk(EXAMPLE)
    assert [name for name, _ in itertools.groupby(step.stage for step in steps)] == [stage.name for stage in STAGES]
    position, ends = 0, []
    while position < len(steps):
        position = position_after_stage(steps, position)
        ends.append(position)
    assert ends[:4] == [3, 6, 9, 12]
    assert len(ends) == len(STAGES)
    assert position_after_stage(steps, 4) == 6
    assert position_after_stage(steps, len(steps)) == len(steps)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2.0), ("-0.25", -0.25), ("−0,25", -0.25), (" +.5 ", 0.5), ("1/3", 1 / 3), ("1e-3", 1e-3), ("3.", 3.0)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    read = read_number(text)
    assert read is not None
    assert read[0] == number


@pytest.mark.parametrize("text", ["", "two", "1/0", "1/2/3", "nan", "inf", "1 2", "1e999", "0x1", "--1", "1_0"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    assert read_number(text) is None
    assert "is not a number" in judge_answer(step_of("z[0]"), EXAMPLE, text).message


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_value_is_right_and_its_opposite_is_a_wrong_sign(sizes: tuple[int, int, int]) -> None:
    for network in (normal_network(*sizes, 3), random_network(*sizes, 3)):
        for step in walk(network):
            name = step.entry.name
            for text in (f"{step.value:.6g}", six_decimals(step.value), repr(step.value)):
                assert judge_answer(step, network, text).right, (name, text)
            if abs(step.value) > 1e-6:
                assert "opposite" in judge_answer(step, network, f"{-step.value:.6g}").message, name
                assert not judge_answer(step, network, f"{1.1 * step.value:.6g}").right
                assert not judge_answer(step, network, "0").right


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        *(("P[1]", "0.013", True), ("P[1]", "0.01", False), ("P[1]", "0.0132", True), ("P[1]", "0.01321", True)),
        *(("P[1]", "0.0133", False), ("dW2[1, 0]", "-1.07", True), ("dW2[1, 0]", "-1.1", False)),
        *(("dW2[0, 0]", "0", True), ("dW2[0, 0]", "-0.0", True), ("dW2[0, 0]", "0.1", False)),
        *(("J", "1.527", True), ("J", "1.53", True), ("J", "1.5", True), ("J", "1.6", False), ("dJ", "1", True)),
    ],
)
def test_a_rounded_number_is_right_if_it_has_digits_enough(name: str, text: str, right: bool) -> None:
    assert judge_answer(step_of(name), EXAMPLE, text).right is right


SLIPS = [
    ("z[1]", "4", "the bias is missing"),
    ("z[2]", "-2", "the bias is missing"),
    ("a[0]", "-13", "what does relu make of it?"),
    ("logits[2]", "-4", "the bias is missing"),
    ("dlogits[0]", "-0.5877", "one term alone"),
    ("P[2]", "2.718", "divide by the sum"),
    ("P[1]", "-4.3266", "logarithm of the probability"),
    ("J", "1.3266", "without label smoothing"),
    ("J", "0.6630", "logarithm is the natural one"),
    ("dP[0]", "-0.8", "the derivative of the logarithm is missing"),
    ("dP[1]", "-75.68", "the smoothed label is missing"),
    ("dlogits[0]", "-0.7346", "without label smoothing"),
    ("dlogits[0]", "0.265388", "the label is missing"),
    ("dlogits[0]", "-3.0145", "the derivative of softmax is missing"),
    ("dW2[1, 0]", "-0.5346", "upstream gradient alone"),
    ("dW2[1, 0]", "2", "local derivative alone"),
    ("dW2[0, 0]", "6.95", "the input of this layer is a, not z"),
    ("da[1]", "1.0692", "one term alone"),
    ("da[1]", "1.4164", "one of the 3 terms of the sum is missing"),
    ("da[1]", "2.6592", "the signs of the terms were lost"),
    ("da[0]", "-3.9158", "a column where a row is asked for"),
    ("dz[2]", "4.17622", "the mask is missing"),
    ("dz[0]", "-0.6353", "the mask is missing"),
    ("dW1[1, 2]", "8.35244", "the mask is missing"),
    ("dW1[1, 1]", "0.1736", "upstream gradient alone"),
    ("db1[0]", "-0.635289", "the mask is missing"),
    ("dx[0]", "11.876", "the mask is missing"),
    ("dx[0]", "0", "it is not 0"),
    ("dx[0]", "0.694296", "off by a simple constant factor"),
    ("dx[0]", "-0.694296", "wrong sign and is off by a simple constant factor"),
    ("dx[0]", "-7.7", "wrong sign, and the size"),
    ("dx[0]", "0.9", "too large in size"),
    ("dx[0]", "0.05", "too small in size"),
    ("dx[0]", "0.36", "take more digits"),
    ("dz[0]", "3", "simpler than that"),
    ("J after the step", "1.526563", "that is the loss before the step"),
]


@pytest.mark.parametrize(("name", "text", "sentence"), SLIPS)
def test_a_slip_is_named_and_the_answer_is_not(name: str, text: str, sentence: str) -> None:
    step = step_of(name)
    verdict = judge_answer(step, EXAMPLE, text)
    assert not verdict.right
    assert sentence in verdict.message
    assert verdict.message.endswith((".", "?"))
    assert verdict.message.count(". ") == 0
    for digits in (six_decimals(step.value), four_digits(step.value)):
        assert len(digits.strip("−")) < 3 or digits.strip("−") not in verdict.message


@pytest.mark.parametrize(
    ("value", "six", "four"),
    [
        *((0.0, "0", "0"), (-0.0, "0", "0"), (2.0, "2", "2"), (-13.0, "−13", "−13"), (0.1735742, "0.173574", "0.1736")),
        *((-1.0692241, "−1.069224", "−1.0692"), (123.456789, "123.456789", "123.46"), (100.0, "100", "100")),
        *(
            (2e-8, "2e−8", "2e−8"),
            (-0.00086787, "−0.0008679", "−0.0009"),
            (-1.23456e-5, "−1.235e−5", "−1.2e−5"),
            (3.2e9, "3.2e9", "3.2e9"),
        ),
        *((9.99999, "9.99999", "10"), (99999.0, "99999", "99999"), (0.00049, "0.00049", "4.9e−4")),
    ],
)
def test_numbers_for_people(value: float, six: str, four: str) -> None:
    assert six_decimals(value) == six
    assert four_digits(value) == four


def computed(line: str) -> float:
    """What a line of numbers gives."""
    plain = line.removeprefix("= ").replace("−", "-").replace("·", "*")
    assert re.fullmatch(r"(?:exp|ln|max|[-+*/(),.\de ])*", plain), plain
    return float(eval(plain, {"exp": math.exp, "ln": math.log, "max": max}))


@pytest.mark.parametrize("network", [EXAMPLE, normal_network(4, 4, 4, 2), normal_network(1, 1, 2, 2)], ids=str)
def test_the_numbers_in_each_formula_give_its_value(network: TinyNetwork) -> None:
    for step in walk(network)[:-1]:
        first, *numbers = formula(step, network)
        assert first.startswith(f"{step.entry.name} = ")
        assert numbers[-1] == f"= {six_decimals(step.value)}"
        for line in numbers:
            size = sum(abs(math.prod(f.value for f in term)) for term in step.terms)
            reach = 1 + max(abs(f.value) for term in step.terms for f in term)
            quotient = 6e-4 if step.stage == "dP" else 0  # of a P with three digits
            close = pytest.approx(step.value, abs=4e-6 * reach + 1e-6 * size, rel=quotient)
            assert computed(line) == close, line


def test_the_formula_of_a_sum_over_children() -> None:
    assert formula(step_of("da[1]"), EXAMPLE) == [
        "da[1] = dlogits[0] · W2[1, 0] + dlogits[1] · W2[1, 1] + dlogits[2] · W2[1, 2]",
        "= (−0.534612) · (−2) + (−0.086787) · (−4) + 0.621399 · (−2)",
        "= 1.069224 + 0.347148 + (−1.242798)",
        "= 0.173574",
    ]
    assert formula(walk(EXAMPLE)[-1], EXAMPLE)[-1] == "= 1.216954"
    assert formula(step_of("dP[1]"), EXAMPLE) == [
        "dP[1] = dJ · (−Ys[1] / P[1])",
        "= 1 · (−0.1 / 0.013213)",
        "= −7.568369",
    ]
    assert formula(step_of("J"), EXAMPLE)[1] == "= −(0.8 · ln(0.265388) + 0.1 · ln(0.013213) + 0.1 · ln(0.721399))"


@pytest.mark.parametrize("network", [EXAMPLE, random_network(3, 4, 2, 5)], ids=str)
def test_the_text_alternative_tells_what_is_known_and_nothing_more(network: TinyNetwork) -> None:
    texts = [describe(BackpropState(network, k)) for k in range(len(walk(network)) + 1)]
    assert len(set(texts)) == len(texts)
    n = evaluate(network)
    for k, text in enumerate(texts):
        state = BackpropState(network, k)
        tables = text.partition("Values: ")[2]
        for is_gradient, source in ((False, n.values), (True, n.gradients)):
            for symbol, array in source.items():
                row = f"{'d' if is_gradient else ''}{symbol}{'[0, :]' if array.ndim == 2 else ''} = "
                index = (0,) * array.ndim
                known = Quantity(symbol, index, is_gradient) in state.reached
                assert (f" {row}" in f" {tables}") == known, (k, row)
                if known:
                    assert f" {row}{six_decimals(float(array[index]))}" in f" {tables}"
        if state.made is not None:
            assert all(line in text for line in formula(state.made, network))
        if state.next is not None:
            assert f"Next: {state.next.entry.name}." in text


def test_the_readout_has_every_number_at_the_end_and_no_gradient_before() -> None:
    first, last = (readout_html(BackpropState(EXAMPLE, k)) for k in (0, len(walk(EXAMPLE))))
    assert "0.621399" not in first
    for values in WORKED.values():
        for value in np.ravel(values):
            assert six_decimals(float(value)) in last
    assert "·," not in last
    assert "· is not known yet" in first


def test_every_step_has_a_sentence() -> None:
    for network in (EXAMPLE, random_network(3, 4, 2, 5)):
        for k in range(len(walk(network)) + 1):
            said = notes(BackpropState(network, k))
            assert said
            assert all(sentence.endswith(".") for sentence in said)
    assert {*backprop_words._SENTENCES} == {stage.name for stage in STAGES}
    off = BackpropState(EXAMPLE, position_of("dz[0]") + 1)
    assert "Unit 0 is off" in " ".join(notes(off))
    assert "J was 1.526563 and is smaller now." in notes(BackpropState(EXAMPLE, len(walk(EXAMPLE))))
