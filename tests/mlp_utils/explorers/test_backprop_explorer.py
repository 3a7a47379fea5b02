"""The explorer of backpropagation: its mathematics, its words, its picture, its controls."""

from __future__ import annotations

import io
import itertools
import math
import re
from dataclasses import astuple
from typing import Any

import mlp_utils
import numpy as np
import pytest
from mlp_utils import explorers, plotting
from mlp_utils.explorers.backprop import picture as backprop_picture
from mlp_utils.explorers.backprop import words as backprop_words
from mlp_utils.explorers.backprop.answer import judge_answer, read_number
from mlp_utils.explorers.backprop.model import STAGES, BackpropState, Quantity, WalkStep, position_after_stage, walk
from mlp_utils.explorers.backprop.network import (
    CLASSES,
    EXAMPLE,
    UNITS,
    TinyNetwork,
    evaluate,
    make_network,
    random_network,
    replace_sample,
)
from mlp_utils.explorers.backprop.view import BackpropExplorer
from mlp_utils.explorers.backprop.words import describe, formula, four_digits, notes, readout_html, six_decimals
from mlp_utils.gradients.gradcheck import complex_step
from PIL import Image

SIZES = [(2, 3, 3), (1, 1, 2), (4, 4, 4), (3, 2, 4), (1, 4, 2), (4, 1, 3)]
SUMS = {"z", "logits", "J", "dP", "dlogits", "dW2", "db2", "da", "dz", "dW1", "db1", "dx"}
PARAMETERS = ("W1", "b1", "W2", "b2")


def normal_network(d: int, H: int, C: int, seed: int) -> TinyNetwork:
    """Numbers with all their digits, so that no z is near 0."""
    rng = np.random.default_rng([seed, d, H, C])
    shapes = ((d, H), (H,), (H, C), (C,), (d,))
    return make_network(*(rng.normal(size=shape) for shape in shapes), y=seed % C, epsilon=rng.uniform(0, 0.6))


def step_of(name: str, network: TinyNetwork = EXAMPLE) -> WalkStep:
    return next(step for step in walk(network) if step.entry.name == name)


def position_of(name: str, network: TinyNetwork = EXAMPLE) -> int:
    return [step.entry.name for step in walk(network)].index(name)


# Model

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


# Answers


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


# Words


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


# Picture


def texts_of(state: BackpropState) -> list[str]:
    return [text.get_text() for text in backprop_picture.network_picture(state).axes[0].texts]


def test_the_picture_shows_the_value_and_the_gradient_of_what_is_reached_and_a_question_mark_for_the_next() -> None:
    for k in (0, 5, 20, 33, len(walk(EXAMPLE))):
        state = BackpropState(EXAMPLE, k)
        shown = texts_of(state)
        assert shown.count("?") == (state.next is not None and state.next.stage != "step")
        for step in state.steps[:k]:
            assert any(four_digits(step.value) in text for text in shown), step.entry.name
        assert ("0.6214" in shown) == (k >= 20)
    assert "after a\nstep\n1.217" in texts_of(BackpropState(EXAMPLE, len(walk(EXAMPLE))))


@pytest.mark.parametrize("name", ["z[1]", "P[0]", "db2[2]", "da[1]", "dW2[1, 0]", "dx[0]"])
def test_what_was_made_last_is_tinted_and_its_number_is_not_covered(name: str) -> None:
    state = BackpropState(EXAMPLE, position_of(name) + 1)
    figure = backprop_picture.network_picture(state)
    canvas: Any = figure.canvas
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    tinted = np.abs(pixels - [0xFB, 0xE3, 0xB0]).sum(axis=-1) < 6
    rows, columns = np.nonzero(tinted)
    part = pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert tinted.sum() > 100
    assert (part.sum(axis=-1) < 400).mean() > 0.02  # dark letters inside
    assert f"{state.position} of {len(state.steps)}" in describe(state)


def test_with_four_units_only_the_weights_of_the_step_have_numbers() -> None:
    network = random_network(4, 4, 4, 1)
    figure = backprop_picture.network_picture(BackpropState(network, position_of("da[2]", network) + 1))
    between = [text for text in figure.axes[0].texts if 365 < text.get_position()[0] < 500]
    numbers = [text.get_text() for text in between if 60 < text.get_position()[1] < 440]
    expected = [[four_digits(v) for v in part[2]] for part in (network.W2, evaluate(network).gradients["W2"])]
    assert sorted(numbers) == sorted(itertools.chain(*expected))


STATES = [
    BackpropState(network, position)
    for network in (EXAMPLE, normal_network(3, 3, 3, 5), random_network(4, 4, 4, 1), normal_network(1, 4, 2, 0))
    for position in (0, 15, position_of("da[0]", network) + 1, position_of("dx[0]", network), len(walk(network)))
]


@pytest.mark.parametrize("state", STATES, ids=lambda s: f"{s.network.d}{s.network.H}{s.network.C}-{s.position}")
def test_no_text_is_cut_off_or_lies_across_the_middle_or_on_another(state: BackpropState) -> None:
    figure = backprop_picture.network_picture(state)
    canvas: Any = figure.canvas
    canvas.draw()
    width, height = canvas.get_width_height()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts if text.get_text()]
    for name, box in boxes:
        assert 0 <= box.x0 <= box.x1 <= width, name
        assert 0 <= box.y0 <= box.y1 <= height, name
        assert box.x1 <= width / 2 or box.x0 >= width / 2, name
    for (a, first), (b, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        along = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 1 or along <= 3, (a, b)  # the height of a letter has room above and below a digit


def test_numbers_in_boxes_do_not_touch_the_frames() -> None:
    worst = make_network([[-9.999] * 2], [-0.1234] * 2, [[-0.0123, -0.2345]] * 2, [-98.76, -99.87], [-9.999], 1, 0.123)
    for position in (0, 8, 12, 16, len(walk(worst))):
        figure = backprop_picture.network_picture(BackpropState(worst, position))
        canvas: Any = figure.canvas
        canvas.draw()
        for text in figure.axes[0].texts:
            if re.fullmatch(r"−?[\d.e−]+", text.get_text()):
                assert text.get_window_extent().width <= 56 * 1.5, text.get_text()


def test_the_columns_side_by_side_are_the_picture() -> None:
    picture = backprop_picture.draw_network(BackpropState(EXAMPLE, 30))
    whole, left, right = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (picture.png, *picture.columns)
    )
    np.testing.assert_array_equal(np.concatenate([left, right], axis=1), whole)
    assert re.findall(r'alt="([^"]*)"', picture._repr_html_()) == [picture.text, ""]
    assert picture.text == describe(BackpropState(EXAMPLE, 30))


# Controls and arguments


def explorer(network: TinyNetwork = EXAMPLE, position: int = 0) -> BackpropExplorer:
    return BackpropExplorer(BackpropState(network, position), live=False)


def test_buttons_and_slider_walk() -> None:
    live = explorer()
    last = len(walk(EXAMPLE))
    for button, position in (
        *(("next", 1), ("quantity", 3), ("quantity", 6), ("back", 5), ("end", last), ("next", last)),
        *(("quantity", last), ("back", last - 1), ("start", 0), ("back", 0)),
    ):
        before = live.image.value
        live.buttons[button].click()
        assert live.state == BackpropState(EXAMPLE, position), button
        assert str(live) == describe(live.state)
        assert live.readout.value == readout_html(live.state)
        assert (live.image.value == before) == (before == live.picture._repr_html_())
    live.controls["position"].value = 33
    assert live.state.position == 33
    assert live.answer.description == "Your turn: da[1] ="


def test_a_typed_number_is_judged_by_the_button_and_by_enter_only() -> None:
    live = explorer(position=33)
    live.answer.value = "-0.1736"
    assert "sign" not in live.message.value
    live.check.click()
    assert "✗ Not yet: the sign is the opposite one." in live.message.value
    assert live.state.position == 33
    live.answer.value = "0.1736"
    live.answer._handle_custom_msg({"event": "submit"}, [])
    assert "✓ Right: da[1]." in live.message.value
    assert live.state.position == 34
    assert live.answer.value == ""
    live.check.click()  # an empty field is not judged
    assert live.state.position == 34
    live.answer.value = "12"
    live.buttons["next"].click()
    assert live.answer.value == ""
    assert live.message.value == '<span role="status"></span>'  # the words were about another step


def test_at_the_end_there_is_nothing_to_type() -> None:
    live = explorer(position=len(walk(EXAMPLE)))
    assert live.answer.description == "All is computed:"
    live.answer.value = "1"
    live.check.click()
    assert live.state.position == len(walk(EXAMPLE))


def test_another_network_begins_at_the_start_and_another_sample_stays_where_it_is() -> None:
    live = explorer(position=20)
    assert all(live.controls[name].disabled for name in ("d", "H", "C", "seed"))
    live.controls["source"].value = "random"
    assert live.state == BackpropState(random_network(2, 3, 3, 0))
    assert not any(live.controls[name].disabled for name in ("d", "H", "C", "seed"))
    live.controls["C"].value = 4
    live.controls["seed"].value = 3
    network = random_network(2, 3, 4, 3)
    assert live.state == BackpropState(network)
    assert live.controls["position"].max == len(walk(network))
    assert len(live.controls["label"].options) == 4
    live.controls["position"].value = 30
    live.controls["x"].value = "1; −2"
    live.controls["label"].value = 3
    live.controls["epsilon"].value = 0.25
    assert live.state == BackpropState(replace_sample(network, [1, -2], 3, 0.25), 30)
    live.controls["source"].value = "example"
    assert live.state == BackpropState()
    assert live.controls["x"].value == "0, 2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1, two", "x must be numbers with commas between them, and “two” is none. The sample before it stays."),
        ("1", "x must have 2 numbers, one for each row of W1, not 1."),
        ("", "x must have 2 numbers, one for each row of W1, not 0."),
        ("1, 1000", "x[1] must be a number between -100 and 100, not 1000.0."),
    ],
)
def test_a_bad_sample_is_named_and_the_last_one_stays(text: str, sentence: str) -> None:
    live = explorer()
    live.controls["x"].value = text
    assert sentence in live.trouble.value
    assert live.state == BackpropState()
    live.controls["label"].value = 2  # costs only itself: the label follows its control
    assert live.state.network == replace_sample(EXAMPLE, EXAMPLE.x, 2, 0.3)
    assert sentence in live.trouble.value
    live.controls["x"].value = "3, 4"
    assert live.trouble.value == '<span role="status"></span>'
    assert live.state.network.x == (3.0, 4.0)


def test_own_numbers_can_be_left_and_taken_again() -> None:
    network = normal_network(3, 2, 2, 1)
    live = explorer(network, 4)
    assert live.state == BackpropState(network, 4)
    live.controls["source"].value = "example"
    assert live.state == BackpropState()
    live.controls["source"].value = "own"
    assert live.state == BackpropState(network)
    live.controls["label"].value = 0
    assert live.state.network.x == network.x  # to all digits
    assert "own" not in [value for _, value in explorer().controls["source"].options]


def test_every_control_has_a_name_and_a_tooltip() -> None:
    live = explorer()
    for control in [*live.controls.values(), *live.buttons.values(), live.answer, live.check]:
        assert control.description
        assert control.tooltip
    assert (live.controls["d"].min, live.controls["d"].max) == UNITS
    assert (live.controls["C"].min, live.controls["C"].max) == CLASSES


def test_a_page_without_a_kernel_shows_the_end() -> None:
    still = explorer().still()
    assert "Step 50 of 50" in still
    assert "1.216954" in still
    assert "<img" in still


BAD = [
    ({"W1": 3}, "W1 must be a list of rows, all of the same length, not an array of shape ()."),
    ({"W1": [[1, 2], [3]]}, "W1 must be a list of rows, all of the same length, not [[1, 2], [3]]."),
    ({"W1": [["a", 2, 3]] * 2}, "W1 must be a list of rows"),
    ({"W1": [[1j, 2, 3]] * 2}, "W1 must be a list of rows"),
    ({"W1": [[1, 2]] * 2}, "W2 must have a row for each of the 2 columns of W1, not 3 rows."),
    ({"W1": [[1] * 5] * 2}, "H must be from 1 to 4, but W1 of shape (2, 5) makes it 5."),
    ({"W1": [[1] * 3] * 5}, "d must be from 1 to 4, but W1 of shape (5, 3) makes it 5."),
    ({"W2": [[1]] * 3}, "C must be from 2 to 4, but W2 of shape (3, 1) makes it 1."),
    ({"W2": [[1, 2, math.nan]] * 3}, "W2[0, 2] must be a number between -100 and 100, not nan."),
    ({"b1": [1]}, "b1 must have 3 numbers, one for each column of W1, not 1."),
    ({"b2": [1, 2]}, "b2 must have 3 numbers, one for each column of W2, not 2."),
    ({"b1": [[1, 2, 3]]}, "b1 must be a list of numbers, not an array of shape (1, 3)."),
    ({"x": [1, 2, 3]}, "x must have 2 numbers, one for each row of W1, not 3."),
    ({"x": [1, math.nan]}, "x[1] must be a number between -100 and 100, not nan."),
    ({"x": [1, math.inf]}, "x[1] must be a number between -100 and 100, not inf."),
    ({"y": 3}, "y must be a class from 0 to 2, or 3 numbers, one 1 and else 0, not 3."),
    ({"y": 0.5}, "y must be a class from 0 to 2"),
    ({"y": [1, 1, 0]}, "y must be a class from 0 to 2"),
    ({"y": [1, 0]}, "y must be a class from 0 to 2"),
    ({"y": [math.nan, 0, 1]}, "y must be a class from 0 to 2"),
    ({"y": "cat"}, "y must be a class from 0 to 2"),
    ({"epsilon": 1}, "epsilon must be a number from 0 up to, but not including, 1, not 1."),
    ({"epsilon": math.nan}, "epsilon must be a number from 0 up to, but not including, 1, not nan."),
    ({"epsilon": "a"}, "epsilon must be a number from 0 up to, but not including, 1, not 'a'."),
    ({"eta": 0}, "eta must be a number above 0 and up to 100, not 0."),
    ({"eta": math.nan}, "eta must be a number above 0 and up to 100, not nan."),
    ({"W2": [[100, -100, 0]] * 3, "x": [100, -100]}, "The logits of this network are more than 700 apart"),
    ({"step": 51}, "The number of steps made must be a whole number from 0 to 50, not 51."),
    ({"step": -1}, "The number of steps made must be a whole number from 0 to 50, not -1."),
]


@pytest.mark.parametrize(("wrong", "sentence"), BAD)
def test_bad_input_is_refused_in_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        explorers.explore_backprop(**wrong)
    assert str(caught.value).endswith(".")
    assert ". " not in str(caught.value)


def test_a_network_of_ones_own_in_arrays_is_copied_and_shown() -> None:
    W1 = np.array([[1.0, -1.0]])
    shown = explorers.explore_backprop(
        W1, np.zeros(2), np.eye(2, dtype=np.float32), [0, 0], (np.float32(0.5),), np.array([0, 1]), 0
    )
    W1[:] = 7
    assert "W1[0, :] = 1, −1;" in str(shown)
    assert "The sample has class 1" in str(shown)


def test_without_a_kernel_there_is_a_picture_of_the_end_with_a_text_alternative() -> None:
    shown = mlp_utils.explore_backprop()
    assert isinstance(shown, plotting.Picture)
    assert "Step 50 of 50" in str(shown)
    assert "J was 1.526563 and is smaller now." in str(shown)
    assert "Step 3 of 50, forward: z[2]." in str(mlp_utils.explore_backprop(step=3))


def test_large_numbers_break_nothing() -> None:
    network = make_network([[100.0]], [0.0], [[3.0, -3.0]], [0.0, 0.0], [1.0], 0, 0.0, 100.0)
    assert all(math.isfinite(step.value) for step in walk(network))
    far = make_network([[100.0]], [0.0], [[3.0, -3.0]], [0.0, 0.0], [1.0], 1, 0.0, 100.0)
    for k in range(len(walk(far)) + 1):
        state = BackpropState(far, k)
        describe(state)
        readout_html(state)
    assert float(evaluate(far).values["J"]) == pytest.approx(600)
    assert astuple(far)[-1] == 100.0
