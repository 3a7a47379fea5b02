"""The explorer of activations: its mathematics, its words, its picture, its controls."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
from mlp_utils import explorers, plotting
from mlp_utils.explorers import front_end
from mlp_utils.explorers.activation import model as model
from mlp_utils.explorers.activation import picture as activation_picture
from mlp_utils.explorers.activation.model import ActivationState
from mlp_utils.explorers.activation.view import ActivationExplorer
from mlp_utils.explorers.activation.words import describe, notes, readout_html

pytestmark = pytest.mark.slow

SMOOTH = ("sigmoid", "tanh", "softplus", "log_sigmoid")
KINKED = ("relu", "abs", "sign")
WIDE = (-700.0, -300.5, -36.7, -5.0, -1.0, -1e-3, 0.0, 1e-9, 0.3, 1.0, 4.2, 20.0, 37.1, 300.5, 700.0)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def sigmoid_mp(x: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-x))


ORACLES: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "sigmoid": sigmoid_mp,
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
}
# First derivatives by hand; the second and third are differences of these, with 700 digits to spare.
SLOPE_ORACLES: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "sigmoid": lambda x: sigmoid_mp(x) * sigmoid_mp(-x),
    "tanh": lambda x: mpmath.sech(x) ** 2,
    "softplus": sigmoid_mp,
    "log_sigmoid": lambda x: sigmoid_mp(-x),
}


def assert_close(got: float, want: mpmath.mpf) -> None:
    # Below the smallest normal number a double has fewer digits, and near 0 none.
    if abs(want) < 1e-300:
        assert abs(got - float(want)) < 1e-300
    else:
        assert abs(mpmath.mpf(got) - want) <= 1e-13 * abs(want)


@pytest.mark.parametrize(("function", "x"), list(itertools.product(SMOOTH, WIDE)))
def test_values_and_derivatives_agree_with_many_digits_far_from_zero_too(function: str, x: float) -> None:
    with mpmath.workdps(1500):
        point = mpmath.mpf(x)
        assert_close(float(model.curve_values(function, x)), ORACLES[function](point))
        slope = SLOPE_ORACLES[function]
        first, second, third = (float(d) for d in model.true_derivatives(function, x))
        assert_close(first, slope(point))
        step = mpmath.mpf(10) ** -200
        # Near a zero of f'' or f''' the closed form rounds against the size of f', not against its own.
        size = abs(slope(point))
        second_mp = (slope(point + step) - slope(point - step)) / (2 * step)
        third_mp = (slope(point + step) - 2 * slope(point) + slope(point - step)) / step**2
        assert abs(second - second_mp) <= 1e-13 * size + 1e-300
        assert abs(third - third_mp) <= 1e-13 * size + 1e-300


@pytest.mark.parametrize("function", KINKED)
def test_functions_with_a_kink_have_a_slope_on_both_sides_and_none_at_zero(function: str) -> None:
    left, at, right = model.true_derivatives(function, [-2.0, 0.0, 2.0])[0]
    assert np.isnan(at)
    if function != "sign":
        assert model.one_sided_slopes(function, 0.0) == (left, right)
    assert model.one_sided_slopes(function, -2.0) == (left, left)


def test_values_of_the_functions_with_a_kink() -> None:
    x = [-2.0, -0.0, 0.0, 3.0]
    np.testing.assert_array_equal(model.curve_values("relu", x), [0, 0, 0, 3])
    np.testing.assert_array_equal(model.curve_values("abs", x), [2, 0, 0, 3])
    np.testing.assert_array_equal(model.curve_values("sign", x), [-1, 0, 0, 1])


def order(function: str, x: float, method: str) -> float:
    """The slope of log(error) against log(h) where truncation rules."""
    h = np.logspace(-3, -1.5, 20)
    error = model.slope_errors(function, x, h, relative=True)[method]
    return float(np.polyfit(np.log(h), np.log(error), 1)[0])


@pytest.mark.parametrize(("function", "x"), list(itertools.product(SMOOTH, (-2.3, -0.5, 0.8, 3.1))))
def test_forward_errors_fall_like_h_and_the_others_like_h_squared(function: str, x: float) -> None:
    assert order(function, x, "forward") == pytest.approx(1, abs=0.03)
    assert order(function, x, "central") == pytest.approx(2, abs=0.03)
    assert order(function, x, "complex") == pytest.approx(2, abs=0.03)


def test_where_the_second_derivative_vanishes_the_forward_error_too_falls_like_h_squared() -> None:
    assert order("sigmoid", 0.0, "forward") == pytest.approx(2, abs=0.03)


@pytest.mark.parametrize(("function", "x"), list(itertools.product(SMOOTH, (-18.0, -2.3, 0.0, 0.8, 15.0))))
def test_a_complex_step_with_a_tiny_h_is_right_to_the_last_digits(function: str, x: float) -> None:
    error = model.slope_errors(function, x, np.logspace(-16, -9, 30), relative=True)["complex"]
    assert error.max() <= 1e-15


@pytest.mark.parametrize(("function", "x"), list(itertools.product(SMOOTH, (-3.3, 0.8, 6.1))))
def test_the_guides_are_leading_terms_of_the_errors(function: str, x: float) -> None:
    curves = model.error_curves(ActivationState(function, x))
    middle = (curves.h > 1e-4) & (curves.h < 1e-2)
    np.testing.assert_allclose(curves.errors["forward"][middle], curves.truncation_forward[middle], rtol=0.05)
    large = (curves.h > 1e-3) & (curves.h < 1e-2)
    np.testing.assert_allclose(curves.errors["central"][large], curves.truncation_central[large], rtol=0.05)
    small = curves.h < 1e-10
    assert np.all(curves.errors["forward"][small] <= 3 * curves.round_off[small] + 1e-15)
    # Where the guide is above 1 nothing is left of the slope, and the relative error stays at 1.
    ruled = (curves.h < 1e-8) & (curves.round_off < 0.1)
    ratio = np.median(curves.errors["forward"][ruled] / curves.round_off[ruled])
    assert 0.01 <= ratio <= 1


@pytest.mark.parametrize(("function", "x"), list(itertools.product(SMOOTH, (-3.3, 0.8, 6.1))))
def test_at_the_best_step_the_error_is_near_the_smallest_of_its_curve(function: str, x: float) -> None:
    state = ActivationState(function, x)
    best = model.best_steps(state)
    curves = model.error_curves(state)
    assert best is not None
    for method, step in best.items():
        error = float(model.slope_errors(function, x, step, relative=True)[method])
        assert error <= 30 * np.quantile(curves.errors[method], 0.05)


@pytest.mark.parametrize("function", ["relu", "abs"])
def test_at_a_kink_forward_gives_the_right_slope_and_central_the_mean(function: str) -> None:
    slopes = model.numerical_slopes(function, 0.0, np.logspace(-16, 0, 33))
    left, right = model.one_sided_slopes(function, 0.0)
    np.testing.assert_allclose(slopes["forward"], right, rtol=1e-15)
    np.testing.assert_allclose(slopes["central"], (left + right) / 2, rtol=1e-15)
    np.testing.assert_array_equal(slopes["complex"], 0)


def test_at_a_jump_every_numerical_slope_is_one_over_h() -> None:
    h = np.logspace(-16, 0, 33)
    for slope in model.numerical_slopes("sign", 0.0, h).values():
        np.testing.assert_allclose(slope, 1 / h, rtol=1e-15)


@pytest.mark.parametrize("x", [-3.0, -0.1, 0.1, 3.0])
def test_the_complex_step_is_silently_wrong_for_abs_and_sign_as_numpy_computes_them(x: float) -> None:
    h = 1e-8
    assert float(model.numerical_slopes("abs", x, h)["complex"]) == np.abs(x + 1j * h).imag == 0
    shown = float(model.numerical_slopes("sign", x, h)["complex"])
    assert shown == pytest.approx(np.sign(x + 1j * h).imag / h, rel=1e-12)
    assert shown == pytest.approx(1 / abs(x), rel=1e-12)


def test_what_is_said_of_relu_at_its_kink_is_what_numpy_does() -> None:
    tilted = np.asarray(0 + 1e-8j)
    assert np.where(tilted.real > 0, tilted, 0).imag == 0
    assert np.maximum(0, tilted).imag / 1e-8 == 1


def test_beyond_the_kink_the_words_say_which_difference_is_wrong() -> None:
    def first(x: float, log10_h: float, function: str = "relu") -> str:
        return notes(ActivationState(function, x, log10_h))[0]

    assert "forward and the central difference are wrong" in first(-0.5, 0.0)
    assert "central difference is wrong" in first(0.5, 0.0)
    assert "both differences are exact" in first(-0.5, -1.0)
    assert "only round-off" in first(0.5, -1.0)
    # The step ends exactly on 0: harmless at the kink of relu, not at the jump of sign.
    assert "No step crosses" in first(-1.0, 0.0)
    assert "are wrong" in first(-1.0, 0.0, "sign")


@pytest.mark.parametrize(
    ("function", "x", "log10_h"), list(itertools.product(KINKED, (-1.0, -0.3, 0.2, 2.0), (0.0, -2.0)))
)
def test_the_words_about_kinks_agree_with_the_numbers(function: str, x: float, log10_h: float) -> None:
    state = ActivationState(function, x, log10_h)
    here = model.evaluate(state)
    wrong = {method for method in ("forward", "central") if here.absolute_errors[method] > 1e-9}
    sentence = notes(state)[0]
    said = set()
    if "forward and the central difference are wrong" in sentence:
        said = {"forward", "central"}
    elif "central difference is wrong" in sentence:
        said = {"central"}
    assert said == wrong


@pytest.mark.parametrize(
    ("log10_h", "forward", "central"),
    [
        (-1.0, "truncation error", "truncation error"),
        (-12.0, "round-off", "round-off"),
        (-6.0, "truncation", "round-off"),
    ],
)
def test_the_words_say_which_error_is_larger(log10_h: float, forward: str, central: str) -> None:
    said = notes(ActivationState("sigmoid", 1.0, log10_h))
    assert said[0].startswith("Forward difference: ")
    assert forward in said[0]
    assert said[1].startswith("Central difference: ")
    assert central in said[1]


def test_a_step_that_is_rounded_away_is_named() -> None:
    state = ActivationState("sigmoid", 10.0, -16.0)
    assert model.evaluate(state).slopes["forward"] == 0
    assert "every digit is lost" in notes(state)[0]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"function": "softmax"}, "There is no function 'softmax'"),
        ({"x": 301.0}, "x must be a number between"),
        ({"x": float("nan")}, "x must be a number between"),
        ({"log10_h": 0.5}, "log10_h must be a number between"),
        ({"log10_h": float("nan")}, "log10_h must be a number between"),
    ],
)
def test_a_state_out_of_range_is_refused_in_one_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        explorers.explore_activations(**wrong)


EXTREMES = [
    ActivationState(function, x, log10_h, relative=relative)
    for function, x, log10_h, relative in itertools.product(
        model.FUNCTION_LABELS, (-300.0, -1e-9, 0.0, 0.1), (-16.0, 0.0), (True, False)
    )
]


def test_no_state_makes_the_words_or_the_picture_fail() -> None:
    for state in EXTREMES:
        assert describe(state)
        assert "nan" not in (readout_html(state) + describe(state)).lower()
        activation_picture.activation_picture(state)
    for state in EXTREMES[::9]:  # to draw takes longer than to build
        assert activation_picture.draw_activation(state).png.startswith(PNG_HEAD)


def test_every_switch_changes_the_picture() -> None:
    everything = activation_picture.draw_activation(ActivationState()).png
    for switch in ("show_derivative", "show_tangent", "show_secants", "show_guides", "relative"):
        changed: dict[str, Any] = {switch: False}
        state = replace(ActivationState(), **changed)
        assert activation_picture.draw_activation(state).png != everything, switch


def test_the_same_state_gives_the_same_bytes_whatever_style_the_student_has_set() -> None:
    import matplotlib

    plain = activation_picture.draw_activation(ActivationState()).png
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9, "axes.grid": True}):
        assert activation_picture.draw_activation(ActivationState()).png == plain
    assert dict(matplotlib.rcParams) == before


def test_no_text_of_the_picture_lies_outside_of_it() -> None:
    for state in EXTREMES[::5]:
        figure = activation_picture.activation_picture(state)
        canvas: Any = figure.canvas
        canvas.draw()
        width, height = canvas.get_width_height()
        for axes in figure.axes:
            box = axes.get_tightbbox(canvas.get_renderer())
            assert box is not None
            assert box.x0 >= 0, state
            assert box.y0 >= 0, state
            assert box.x1 <= width, state
            assert box.y1 <= height, state


def explorer(**start: Any) -> ActivationExplorer:
    return ActivationExplorer(ActivationState(**start), live=False)


def source_of(explorer: ActivationExplorer) -> str:
    found = re.search(r'src="data:image/png;base64,([^"]+)"', explorer.image.value)
    assert found
    return found[1]


def test_moving_a_control_changes_the_picture_its_text_and_the_readout() -> None:
    live = explorer()
    moves = {"function": "tanh", "x": -2.0, "log10_h": 1e-5, "relative": False}
    for control, value in moves.items():
        before = (live.image.value, source_of(live), str(live), live.readout.value)
        live.controls[control].value = value
        after = (live.image.value, source_of(live), str(live), live.readout.value)
        assert after[:3] != before[:3], control
        if control != "relative":  # the readout has both errors already
            assert after[3] != before[3], control
    assert live.state == ActivationState("tanh", -2.0, -5.0, relative=False)
    assert base64.b64decode(source_of(live)) == activation_picture.draw_activation(live.state).png
    assert live.readout.value == readout_html(live.state)


def test_the_start_may_lie_outside_the_usual_range_of_the_slider() -> None:
    assert explorer(x=-150.0).state.x == -150.0


def test_a_slider_that_comes_to_rest_beside_zero_is_at_the_kink() -> None:
    live = explorer(function="relu")
    live.controls["x"].value = -1.4e-15
    assert live.state.at_kink
    assert str(live.state.x) == "0.0"


def test_every_control_is_named_in_full_words() -> None:
    for name, control in explorer().controls.items():
        assert len(control.description) >= 6, name


def test_many_requests_make_few_redraws_and_the_last_one_counts() -> None:
    seen: list[int] = []
    value = 0

    async def scenario() -> None:
        nonlocal value
        redraw = front_end.Redraw(lambda: seen.append(value), asyncio.get_running_loop())
        for value in range(100):  # noqa: B007
            redraw.request()
        await asyncio.sleep(0.1)
        value = 100
        # JupyterLab delivers the messages of widgets in another thread.
        thread = threading.Thread(target=redraw.request)
        thread.start()
        await asyncio.sleep(0.1)
        thread.join()

    # In a thread of its own: after browser tests, this one has an event loop already.
    runner = threading.Thread(target=lambda: asyncio.run(scenario()))
    runner.start()
    runner.join()
    assert seen == [99, 100]


def test_without_a_kernel_there_is_a_picture_with_a_text_alternative() -> None:
    shown = explorers.explore_activations("relu", 0.0)
    assert isinstance(shown, plotting.Picture)
    assert shown._repr_png_().startswith(PNG_HEAD)
    assert "no derivative at x" in str(shown)
    assert "Any number in [0, 1] is a subgradient" in str(shown)
    assert 'alt="ReLU' in shown._repr_html_()


def test_with_a_kernel_there_is_a_widget_and_a_static_picture_that_it_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    live = explorer()
    live._ipython_display_()
    static, widget = shown
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert 'alt="Sigmoid' in static["text/html"]
    name = re.match(r'<div class="([\w-]+)">', static["text/html"])
    assert name
    assert any(f".{name[1]} {{ display: none }}" in child.value for child in live.widget.children[1:])


@pytest.mark.parametrize("shell", ["class Shell: kernel = None", "class Shell: pass"])
def test_the_terminal_of_ipython_is_no_kernel(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {}
    exec(shell, names)
    fake = type(sys)("IPython")
    fake.get_ipython = names["Shell"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", fake)
    assert not front_end.kernel_is_running()


def test_importing_the_explorers_loads_neither_matplotlib_nor_widgets() -> None:
    code = (
        "import sys, mlp_utils.explorers, mlp_utils.plotting\n"
        "print(sorted({'matplotlib', 'PIL', 'ipywidgets', 'IPython', 'scipy'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_sorted_and_do_not_name_an_answer() -> None:
    asked = {"sigmoid", "softplus", "log_sigmoid", "tanh", "relu", "sign", "sigmoid_grad", "softmax"}
    for module in (explorers, plotting, model, activation_picture, front_end):
        names = module.__all__
        assert sorted(names) == sorted(set(names))
        assert not asked & set(dir(module))
        assert all(hasattr(module, name) or name in {"Axes", "Figure"} for name in names)


def test_a_power_of_ten_is_written_as_people_write_it() -> None:
    assert [plotting.power_of_ten(k) for k in (-16, 0, 1, 10)] == ["10⁻¹⁶", "1", "10¹", "10¹⁰"]


def test_a_figure_of_another_canvas_is_refused() -> None:
    from matplotlib.figure import Figure

    with pytest.raises(ValueError, match="make it with new_figure"):
        plotting.figure_to_png(Figure())
