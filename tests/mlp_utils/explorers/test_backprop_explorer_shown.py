"""The explorer of backpropagation: its picture, its controls, and what it says."""

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
from mlp_utils.explorers.backprop.model import BackpropState, walk
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
from mlp_utils.explorers.backprop.words import describe, four_digits, readout_html
from PIL import Image

from .backprop_networks import normal_network, position_of

pytestmark = pytest.mark.slow


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
