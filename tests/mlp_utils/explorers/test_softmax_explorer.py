"""The explorer of softmax: its mathematics, its words, its picture, its controls."""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import mlp_utils
import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils import explorers, plotting
from mlp_utils.explorers.logits import model as model
from mlp_utils.explorers.logits import picture as softmax_picture
from mlp_utils.explorers.logits import view as softmax_view
from mlp_utils.explorers.logits import words as softmax_words
from mlp_utils.explorers.logits.model import SoftmaxState
from mlp_utils.explorers.logits.view import SHIFTS, SoftmaxExplorer
from mlp_utils.explorers.logits.words import describe, few_decimals, notes, readout_html
from PIL import Image

pytestmark = pytest.mark.slow

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
DIGITS = 1e-12  # exp(u) for |u| up to 1000 carries an error of 1000 units in the last place
TINY = 1e-300  # below, a double has fewer digits
TEMPERATURES = [round(10 ** (k / 20), 9) for k in range(-20, 21)]


@st.composite
def states(draw: st.DrawFn) -> SoftmaxState:
    """Every state of the sliders, and starts outside their usual ranges."""
    reach = draw(st.sampled_from([6.0, 50.0]))
    logits = draw(st.lists(st.floats(-reach, reach), min_size=2, max_size=5))
    return SoftmaxState(
        logits=tuple(logits),
        label=draw(st.integers(0, len(logits) - 1)),
        epsilon=draw(st.one_of(st.just(0.0), st.floats(0.001, 0.999))),
        temperature=draw(st.sampled_from(TEMPERATURES)),
        shift=draw(st.sampled_from([float(c) for c in SHIFTS])),
    )


# The oracle: the definitions, with digits to spare. Derivatives are differences of the definitions.

Vector = Sequence[mpmath.mpf]


def exact_p(s: Vector, state: SoftmaxState) -> Vector:
    e = [mpmath.exp(x / mpmath.mpf(state.temperature)) for x in s]
    return [x / mpmath.fsum(e) for x in e]


def exact_ys(state: SoftmaxState) -> Vector:
    epsilon = mpmath.mpf(state.epsilon)
    return [(1 - epsilon) * (k == state.label) + epsilon / state.classes for k in range(state.classes)]


def exact_loss(s: Vector, state: SoftmaxState) -> mpmath.mpf:
    return -mpmath.fsum(y * mpmath.log(p) for y, p in zip(exact_ys(state), exact_p(s, state), strict=True) if y)


def exact_slope(f: Callable[[Vector], mpmath.mpf], s: Vector, j: int) -> mpmath.mpf:
    step = mpmath.mpf(10) ** -200
    after, before = ([x + sign * step * (k == j) for k, x in enumerate(s)] for sign in (1, -1))
    return (f(after) - f(before)) / (2 * step)


def assert_close(got: float, want: mpmath.mpf, size: mpmath.mpf | None = None) -> None:
    """got = want up to round-off against `size` (against want itself, if there is none)."""
    assert abs(mpmath.mpf(float(got)) - want) <= DIGITS * abs(want if size is None else size) + TINY


@settings(max_examples=40, deadline=None)
@given(states())
def test_probabilities_losses_and_derivatives_agree_with_many_digits(state: SoftmaxState) -> None:
    here = model.evaluate(state)
    with mpmath.workdps(530):  # of f, so that 300 are left in its differences
        s = [mpmath.mpf(x) for x in state.shifted]
        p, ys = exact_p(s, state), exact_ys(state)
        assert_close(here.loss, exact_loss(s, state))
        for i in range(state.classes):
            assert_close(here.p[i], p[i])
            assert_close(here.ys[i], ys[i])
            # Without smoothing every digit is right; with it, p - Ys is a difference of rounded numbers.
            exact = exact_slope(lambda at: exact_loss(at, state), s, i)
            size = None if state.epsilon == 0 else (p[i] + ys[i]) / mpmath.mpf(state.temperature)
            assert_close(here.gradient[i], exact, size)
            for j in range(state.classes):
                exact = exact_slope(lambda at, i=i: exact_p(at, state)[i], s, j)
                assert_close(here.jacobian[i, j], exact)


@settings(max_examples=100, deadline=None)
@given(states())
def test_what_is_said_of_sums_and_symmetry_holds(state: SoftmaxState) -> None:
    here = model.evaluate(state)
    unit = 1 / state.temperature
    assert np.all((here.p >= 0) & (here.p <= 1))
    assert here.p.sum() == pytest.approx(1, abs=1e-15)
    assert here.ys.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_array_equal(here.jacobian, here.jacobian.T)
    assert np.all(np.abs(here.row_sums) <= 1e-15 * unit)
    assert abs(here.gradient_sum) <= 1e-15 * unit
    assert np.all(np.abs(here.gradient) <= unit * (1 + 1e-15))
    assert np.all(np.abs(here.jacobian) <= 0.25 * unit * (1 + 1e-15))
    assert here.loss >= here.smallest_loss * (1 - 1e-12)


@settings(max_examples=100, deadline=None)
@given(states())
def test_the_gradient_is_the_jacobian_applied_to_the_gradient_by_p(state: SoftmaxState) -> None:
    here = model.evaluate(state)
    if here.p.min() > 1e-150:  # so that no product of two of them is too small for its digits
        by_p = -here.ys / here.p
        size = np.abs(by_p) @ np.abs(here.jacobian)
        assert np.all(np.abs(by_p @ here.jacobian - here.gradient) <= 1e-12 * size)


@settings(max_examples=100, deadline=None)
@given(states())
def test_the_shift_changes_nothing_but_round_off(state: SoftmaxState) -> None:
    moved = model.evaluate(state)
    still = model.evaluate(SoftmaxState(state.logits, state.label, state.epsilon, state.temperature))
    # z + c is rounded to a multiple of 1e-13, and T = 0.1 makes ten times as much of it.
    np.testing.assert_allclose(moved.p, still.p, rtol=1e-11)
    assert moved.loss == pytest.approx(still.loss, rel=1e-11, abs=1e-11)


@settings(max_examples=200, deadline=None)
@given(states())
def test_the_naive_loss_is_right_or_its_trouble_is_named(state: SoftmaxState) -> None:
    here = model.evaluate(state)
    if not here.naive.trouble:
        assert here.naive.value == pytest.approx(here.loss, rel=1e-6, abs=0)
    elif here.naive.trouble == "rounding":
        assert here.naive.value != pytest.approx(here.loss, rel=1e-6, abs=0)
    else:
        assert math.isnan(here.naive.value) == (here.naive.trouble in {"inf / inf", "0 / 0"})
        assert math.isinf(here.naive.value) == (here.naive.trouble in {"finite / inf", "ln 0"})
    if here.naive.trouble in {"inf / inf", "finite / inf"}:
        assert (state.shifted / state.temperature).max() + np.log(state.classes) > 709.78


@pytest.mark.parametrize(
    ("logits", "label", "temperature", "value", "trouble"),
    [
        ([2, 1, -1], 0, 1, "0.349012", ""),
        ([1002, 1001, 999], 0, 1, "nan", "inf / inf"),
        ([1002, 1001, 999], 0, 10, "0.972919", ""),
        ([711, 700], 1, 1, "inf", "finite / inf"),
        ([709.7, 709.7, 709.7], 0, 1, "inf", "finite / inf"),
        ([-800, -801], 0, 1, "nan", "0 / 0"),
        ([400, -400], 1, 1, "inf", "ln 0"),
        ([6, -6, -6], 0, 0.1, "0", "rounding"),
    ],
)
def test_the_naive_formula_breaks_as_numpy_computes_it(
    logits: list[float], label: int, temperature: float, value: str, trouble: str
) -> None:
    naive = model.naive_loss(logits, label, 0.0, temperature)
    assert naive.trouble == trouble
    with np.errstate(all="ignore"):
        e = np.exp(np.asarray(logits) / temperature)
        np.testing.assert_equal(naive.value, float(-np.log(e / e.sum())[label]) + 0.0)
    assert f"{naive.value:.6g}" == value
    assert math.isfinite(model.loss(logits, label, 0.0, temperature))


def test_no_function_of_the_model_warns_or_writes_into_its_argument() -> None:
    s = np.array([1006.0, 994.0, 1000.0])
    kept = s.copy()
    with np.errstate(all="raise", under="ignore"):
        model.jacobian(s, 0.1)
        model.gradient(s, 1, 0.1, 0.1)
        model.loss(s, 1, 0.1, 0.1)
        model.naive_loss(s, 1, 0.1, 0.1)
    np.testing.assert_array_equal(s, kept)


# Words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0.0, "0"), (1.0, "+1"), (-10.0, "−10"), (0.25, "+0.250"), (-0.0005, "−0.001"), (0.99996, "+1.000")),
        *((1e-5, "+1e−5"), (-4.2e-18, "−4e−18"), (6e-104, "+6e−104")),
    ],
)
def test_a_number_in_little_room(value: float, text: str) -> None:
    assert few_decimals(value, sign=True) == text
    assert few_decimals(value) == text.removeprefix("+")


@settings(max_examples=60, deadline=None)
@given(states())
def test_the_text_alternative_and_the_readout_have_every_number_of_the_picture(state: SoftmaxState) -> None:
    here, text, table = model.evaluate(state), describe(state), readout_html(state)
    for row in [here.gradient, *here.jacobian]:
        assert ", ".join(few_decimals(float(v), sign=True) for v in row) in text
        assert all(f">{few_decimals(float(v), sign=True)}<" in table for v in row)
    for row in (here.p, here.ys):
        assert ", ".join(few_decimals(float(v)) for v in row) in text
    for number in softmax_words.losses(here):
        assert number in text
        assert number in table
    assert table.count("<tr>") == state.classes + 2
    assert table.count(" (label)<") == 1


@settings(max_examples=100, deadline=None)
@given(states())
def test_the_words_about_the_gradient_agree_with_its_signs(state: SoftmaxState) -> None:
    sentence = notes(state)[0]
    wanted = model.evaluate(state).gradient * state.temperature
    if "almost nothing" in sentence:
        assert np.all(np.abs(wanted) < 1e-8)
        return
    up, down = sentence.split("raises")[1].split("lowers")
    assert {int(k) for k in re.findall(r"\d", up)} == {k for k, g in enumerate(wanted) if g < -1e-9}
    assert {int(k) for k in re.findall(r"\d", down)} == {k for k, g in enumerate(wanted) if g > 1e-9}


def said(*arguments: Any) -> str:
    return " ".join(notes(SoftmaxState(*arguments)))


def test_each_control_has_a_sentence_where_it_matters() -> None:
    plain = said()
    assert "only the differences of the logits count" in plain
    assert "still gives the same loss" in plain
    assert not any(word in plain for word in ("Temperature", "Smoothing", "Saturation"))
    assert "flatter than T = 1" in said((2.0, 1.0), 0, 0.0, 4.0)
    assert "sharper than T = 1" in said((2.0, 1.0), 0, 0.0, 0.5)
    assert "1/T = 2" in said((2.0, 1.0), 0, 0.0, 0.5)
    assert "Ys is 0.933 at the label and 0.0333 elsewhere" in said((2.0, 1.0, -1.0), 1, 0.1)
    assert "class 1 is wrong" in said((-6.0, 6.0), 0)
    assert "class 1 is right" in said((-6.0, 6.0), 1)
    assert "above its Ys" in said((-6.0, 6.0), 1, 0.1)
    assert "gives nan: exp of a large number is inf, and inf / inf is nan" in said(*SHIFTED)
    assert "gives inf: the sum of exp is inf, so p is 0 and ln 0 is −inf" in said((2.0, 1.0, -6.0), 2, 0.0, 1.0, 710.0)


SHIFTED = ((2.0, 1.0, -1.0), 0, 0.0, 1.0, 1000.0)


def test_the_smallest_loss_is_reached_where_p_is_the_smoothed_label() -> None:
    ys = model.smoothed_label(1, 3, 0.3)
    state = SoftmaxState(tuple(np.log(ys)), 1, 0.3)
    here = model.evaluate(state)
    assert here.loss == pytest.approx(here.smallest_loss, rel=1e-15)
    np.testing.assert_allclose(here.gradient, 0, atol=1e-16)
    assert "changes almost nothing" in notes(state)[0]


# Picture

EXTREMES = [
    SoftmaxState(logits, label, epsilon, temperature, shift)
    for logits, label, epsilon, temperature, shift in itertools.product(
        ((6.0, -6.0), (0.0, 0.0, 0.0), (-3.3, 6.0, 2.1, -6.0, 5.5), (50.0, -50.0, 0.1, 49.0, 48.0)),
        (0, 1),
        (0.0, 0.5),
        (0.1, 1.0, 10.0),
        (0.0, 709.0, 1000.0),
    )
]


def test_no_text_of_the_picture_lies_outside_of_it_or_across_its_middle() -> None:
    for state in EXTREMES[::7]:
        figure = softmax_picture.logits_picture(state)
        canvas: Any = figure.canvas
        canvas.draw()
        width, height = canvas.get_width_height()
        renderer = canvas.get_renderer()
        parts = [
            *(axes.get_tightbbox(renderer) for axes in figure.axes),
            *(t.get_window_extent() for t in figure.texts),
        ]
        for k, box in enumerate(parts):
            left, right = (0, width / 2) if k < 2 else (width / 2, width)
            assert box is not None
            assert left <= box.x0 <= box.x1 <= right, (k, state)
            assert 0 <= box.y0 <= box.y1 <= height, (k, state)


def test_no_two_numbers_of_the_heat_map_or_of_the_bars_touch() -> None:
    for state in EXTREMES[::7]:
        figure = softmax_picture.logits_picture(state)
        canvas: Any = figure.canvas
        canvas.draw()
        for axes in figure.axes:
            boxes = [text.get_window_extent() for text in axes.texts]
            assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2)), state


def test_the_columns_side_by_side_are_the_picture() -> None:
    picture = softmax_picture.draw_logits(SoftmaxState())
    whole, left, right = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (picture.png, *picture.columns)
    )
    np.testing.assert_array_equal(np.concatenate([left, right], axis=1), whole)
    shown = picture._repr_html_()
    assert re.findall(r'alt="([^"]*)"', shown) == [picture.text, ""]
    assert "flex-wrap:wrap" in shown


def test_the_same_state_gives_the_same_bytes_whatever_style_the_student_has_set() -> None:
    import matplotlib

    plain = softmax_picture.draw_logits(SoftmaxState()).png
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "black", "hatch.color": "red", "image.origin": "lower"}
    ):
        assert softmax_picture.draw_logits(SoftmaxState()).png == plain


def test_the_colours_of_the_heat_map_have_a_sign_and_stay_pale_enough_for_black_numbers() -> None:
    minus, zero, plus = plotting.diverging_colors(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(zero, 1.0)
    assert minus[2] > minus[0]
    assert plus[0] > plus[2]
    np.testing.assert_array_equal(plotting.diverging_colors(np.array([[-7.0]])), [[minus]])
    for colour in (minus, plus):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        assert (linear @ [0.2126, 0.7152, 0.0722] + 0.05) / 0.05 > 7  # contrast with black, as WCAG counts it


# Controls and arguments


def explorer(*arguments: Any) -> SoftmaxExplorer:
    return SoftmaxExplorer(SoftmaxState(*arguments), live=False)


def test_moving_a_control_changes_the_picture_its_text_and_the_readout() -> None:
    live = explorer()
    moves = {"z0": -0.5, "z2": 6.0, "label": 2, "epsilon": 0.2, "temperature": 0.5, "shift": 1000.0}
    for control, value in moves.items():
        before = (live.image.value, str(live), live.readout.value)
        live.controls[control].value = value
        after = (live.image.value, str(live), live.readout.value)
        assert all(old != new for old, new in zip(before, after, strict=True)), control
    assert live.state == SoftmaxState((-0.5, 1.0, 6.0), 2, 0.2, 0.5, 1000.0)
    sources = re.findall(r'src="data:image/png;base64,([^"]+)"', live.image.value)
    assert tuple(map(base64.b64decode, sources)) == softmax_picture.draw_logits(live.state).columns
    assert live.readout.value == readout_html(live.state)


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_there_is_a_slider_for_each_logit_and_a_button_for_each_class(classes: int) -> None:
    live = explorer((0.5,) * classes)
    assert list(live.controls) == [*(f"z{k}" for k in range(classes)), "label", "epsilon", "temperature", "shift"]
    assert len(live.controls["label"].options) == classes
    for name, control in live.controls.items():
        assert control.description, name
        assert control.tooltip, name


def test_the_values_that_matter_can_be_reached() -> None:
    live = explorer()
    assert {0, 1, 10, 100, 700, 800, 1000} <= {value for _, value in live.controls["shift"].options}
    slider = live.controls["temperature"]
    steps = [slider.min + k * slider.step for k in range(round((slider.max - slider.min) / slider.step) + 1)]
    assert {0.1, 1.0, 10.0} <= {round(10.0**step, 9) for step in steps}
    for value, seen in ((10.0**-1, 0.1), (10.0 ** (-1 + 20 * slider.step), 1.0), (10.0, 10.0)):
        slider.value = value
        assert live.state.temperature == seen
    live.controls["z1"].value = 1e-16
    assert str(live.state.logits[1]) == "0.0"


def test_a_start_may_lie_outside_the_usual_range_of_a_slider_or_between_its_steps() -> None:
    arguments = ((30.0, -50.0), 1, 0.9, 0.123, 3.5)
    assert explorer(*arguments).state == SoftmaxState(*arguments)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"logits": [1.0]}, "logits must be 2 to 5 numbers, one for each class, not 1."),
        ({"logits": [1.0] * 6}, "logits must be 2 to 5 numbers, one for each class, not 6."),
        ({"logits": 3.0}, "logits must be a list of numbers"),
        ({"logits": [[1.0, 2.0]]}, "logits must be a list of numbers"),
        ({"logits": [1.0, float("nan")]}, "Each logit must be a number between -50 and 50, not nan."),
        ({"logits": [1.0, float("inf")]}, "Each logit must be a number between -50 and 50, not inf."),
        ({"label": 3}, "label must be a whole number from 0 to 2"),
        ({"label": -1}, "label must be a whole number from 0 to 2"),
        ({"label": 1.0}, "label must be a whole number from 0 to 2"),
        ({"epsilon": 1.0}, "epsilon must be a number from 0 up to, but not including, 1, not 1.0."),
        ({"epsilon": -0.1}, "epsilon must be a number from 0"),
        ({"epsilon": float("nan")}, "epsilon must be a number from 0"),
        ({"temperature": 0.0}, "temperature must be a number between 0.1 and 10, not 0.0."),
        ({"temperature": float("nan")}, "temperature must be a number between"),
        ({"shift": -1.0}, "shift must be a number between 0 and 1000, not -1.0."),
        ({"shift": float("nan")}, "shift must be a number between"),
    ],
)
def test_a_state_out_of_range_is_refused_in_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        explorers.explore_softmax(**wrong)
    assert str(caught.value).endswith(".")


def test_numpy_arrays_and_numpy_numbers_are_welcome() -> None:
    shown = explorers.explore_softmax(np.array([2, 1, -1]), np.int64(1), np.float32(0.5))
    assert "label 1, ε = 0.5" in str(shown)


def test_without_a_kernel_there_is_a_picture_with_a_text_alternative() -> None:
    shown = mlp_utils.explore_softmax(shift=1000)
    assert isinstance(shown, plotting.Picture)
    assert shown._repr_png_().startswith(PNG_HEAD)
    assert "by the naive formula: nan, because exp of a large number is inf" in str(shown)
    assert "Jacobian: it is symmetric" in str(shown)
    assert 'alt="Softmax of 3 logits' in shown._repr_html_()


def test_public_names_are_sorted_and_do_not_name_an_answer() -> None:
    asked = {"softmax", "log_softmax", "logsumexp", "log_sum_exp", "cross_entropy", "smooth", "one_hot"}
    for module in (model, softmax_words, softmax_picture, softmax_view):
        names = module.__all__
        assert sorted(names) == sorted(set(names))
        assert not asked & set(dir(module))
        assert all(hasattr(module, name) for name in names)
