"""The picture of the explorer of activations: the function on the left, the errors on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlp_utils.explorers.activation.model import (
    FUNCTION_LABELS,
    LOG10_H_RANGE,
    METHODS,
    ActivationState,
    Array,
    ErrorCurves,
    curve_values,
    error_curves,
    evaluate,
    has_kink,
    is_jump,
    true_derivatives,
)
from mlp_utils.explorers.activation.words import METHOD_LABELS, describe
from mlp_utils.explorers.text import short_number
from mlp_utils.plotting import (
    OKABE_ITO,
    SERIES_STYLES,
    Picture,
    figure_to_png,
    new_figure,
    power_of_ten,
    set_decades,
)

if TYPE_CHECKING:
    from mlp_utils.plotting import Axes, Figure

__all__ = ["WIDTH", "activation_picture", "draw_activation"]

WIDTH: Final = 900
"""Width of the picture in CSS pixels."""

_HEIGHT: Final = 420
_SCALE: Final = 1.5
_HALF_WINDOW: Final = 6.0

# One style a method, the same in both panels.
_STYLES: Final = dict(zip(METHODS, SERIES_STYLES, strict=False))
_GUIDE: Final[dict[str, Any]] = {"color": "#777777", "linestyle": (0, (1, 1.5)), "linewidth": 1.2}

_TANGENT: Final[dict[str, Any]] = {
    "color": OKABE_ITO["orange"],
    "linestyle": "-",
    "linewidth": 4.5,
    "alpha": 0.6,
}
_NOTE: Final[dict[str, Any]] = {
    "textcoords": "offset points",
    "fontsize": 9,
    "color": "#444444",
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    "zorder": 2.5,
}


def activation_picture(state: ActivationState) -> Figure:
    """Draw f with its slopes at x (left) and the errors of the numerical slopes against h (right)."""
    with new_figure(WIDTH, _HEIGHT, scale=_SCALE) as figure:
        left = figure.add_axes((0.06, 0.24, 0.40, 0.67))
        right = figure.add_axes((0.545, 0.24, 0.43, 0.67))
        _draw_function(left, state)
        curves = error_curves(state)
        if state.at_kink:
            _draw_slopes(right, state, curves)
        else:
            _draw_errors(right, state, curves)
    return figure


def draw_activation(state: ActivationState) -> Picture:
    """The finished picture of a state: PNG and text alternative."""
    return Picture(figure_to_png(activation_picture(state)), describe(state), width=WIDTH)


def _title(axes: Axes, text: str) -> None:
    # With a height of its own the title is not searched a place for at every redraw, which is slow.
    axes.set_title(text, y=1.02)


def _legend(axes: Axes, columns: int) -> None:
    """Below the axes, where no curve can be hidden."""
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=columns,
        handlelength=2.4,
        columnspacing=1.2,
    )


# Left panel


def _window(state: ActivationState) -> tuple[float, float]:
    """The range of x that is drawn: around 0, moved only as far as needed to keep x in view."""
    shift = float(np.sign(state.x)) * max(abs(state.x) - (_HALF_WINDOW - 1.5), 0.0)
    return shift - _HALF_WINDOW, shift + _HALF_WINDOW


def _grid(state: ActivationState) -> Array:
    """Points for the curves; at a kink a gap, so that no vertical line joins the two sides."""
    x = np.linspace(*_window(state), 301)
    if not has_kink(state.function):
        return x
    tiny = 1e-9
    return np.concatenate([x[x < -tiny], [-tiny, 0.0, tiny], x[x > tiny]])


def _draw_function(axes: Axes, state: ActivationState) -> None:
    x = _grid(state)
    value = curve_values(state.function, x)
    slope = true_derivatives(state.function, x)[0]
    if is_jump(state.function):
        value = np.where(x == 0, np.nan, value)
    shown = [value[np.isfinite(value)]]
    axes.plot(x, value, color=OKABE_ITO["black"], linewidth=2.4, label="f(x)")
    if state.show_derivative:
        axes.plot(x, slope, color=OKABE_ITO["purple"], linestyle=(0, (1, 1)), linewidth=2.0, label="f′(x)")
        shown.append(slope[np.isfinite(slope)])
    low, high = min(map(np.min, shown)), max(map(np.max, shown))
    margin = max(0.12 * (high - low), 1e-3 * max(abs(low), abs(high)), 0.25)
    axes.set_xlim(*_window(state))
    axes.set_ylim(low - margin, high + margin)

    here = evaluate(state)
    if state.show_secants:
        _draw_secants(axes, state, here.value, here.slopes)
    if state.show_tangent and not is_jump(state.function) and (here.left_slope != here.right_slope):
        for side, label in ((-1.0, "one-sided tangents at x"), (1.0, None)):
            one_sided = here.left_slope if side < 0 else here.right_slope
            ends = np.array([state.x, state.x + side * 2 * _HALF_WINDOW])
            axes.plot(ends, here.value + one_sided * (ends - state.x), label=label, **_TANGENT, zorder=1.8)
    elif state.show_tangent and np.isfinite(here.derivative):
        ends = state.x + 2 * _HALF_WINDOW * np.array([-1.0, 1.0])
        axes.plot(
            ends,
            here.value + here.derivative * (ends - state.x),
            label="tangent at x",
            **_TANGENT,
            zorder=1.8,
        )
    axes.plot(
        state.x,
        here.value,
        "o",
        markersize=8,
        markerfacecolor="white",
        markeredgecolor="black",
        markeredgewidth=2,
        zorder=5,
    )
    if is_jump(state.function):
        axes.plot([0, 0], [-1, 1], "o", markersize=5, markerfacecolor="white", color="black")
        axes.plot(0, 0, "o", markersize=5, color="black", zorder=4)
    axes.axhline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.axvline(0, color="#bbbbbb", linewidth=0.8, zorder=0)
    _title(axes, f"{FUNCTION_LABELS[state.function]}: f and its slopes at x")
    axes.set_xlabel("x")
    _legend(axes, 3)


def _draw_secants(axes: Axes, state: ActivationState, value: float, slopes: Any) -> None:
    """The lines through the points that a difference compares, with these points marked."""
    for method, compared in (
        ("forward", (state.x, state.x + state.h)),
        ("central", (state.x - state.h, state.x + state.h)),
    ):
        points = np.array(compared)
        values = curve_values(state.function, points)
        # Drawn with the slope as computed, so that round-off shows: at h = 1e-16 the line is flat.
        slope, style = float(slopes[method]), _STYLES[method]
        reach = 2 * _HALF_WINDOW / max(1.0, abs(slope) / 100)  # a steep line stays drawable
        ends = np.array([-reach, reach])
        axes.plot(
            points[0] + ends,
            values[0] + slope * ends,
            label=f"{method} secant",
            **style.line(marker=False),
            linewidth=1.6,
        )
        # Both differences use the point at x + h: the larger mark stays visible around the smaller.
        size = 10 if method == "forward" else 6
        axes.plot(
            points,
            values,
            linestyle="none",
            marker=style.marker,
            markersize=size,
            color=style.color,
        )


# Right panel


def _mark_step(axes: Axes, state: ActivationState) -> None:
    axes.axvline(state.h, color="#444444", linewidth=1.0, zorder=1)
    left_half = state.log10_h < np.mean(LOG10_H_RANGE)
    axes.annotate(
        f"h = {short_number(state.h, 2)}",
        (state.h, 0.985),
        xycoords=("data", "axes fraction"),
        xytext=(5 if left_half else -5, 0),
        ha="left" if left_half else "right",
        va="top",
        **_NOTE | {"color": "black", "zorder": 6},
    )


def _error_decades(curves: ErrorCurves) -> tuple[int, int]:
    """Exponents of the vertical range: the same for most states, so that the axis stands still."""
    found = np.concatenate([curves.errors[method] for method in METHODS])
    positive = found[found > 0]
    if positive.size == 0:
        return -20, 2
    low, high = np.log10([positive.min(), positive.max()])
    return min(-20, 2 * int(np.floor(low / 2)) - 2), max(2, 2 * int(np.ceil(high / 2)))


def _draw_errors(axes: Axes, state: ActivationState, curves: ErrorCurves) -> None:
    low, high = _error_decades(curves)
    floor = 10.0**low
    set_decades(axes, "x", *map(int, LOG10_H_RANGE))
    set_decades(axes, "y", low, high, every=4)
    # An exact result has no logarithm: it is drawn on the lower edge, which is labelled "exact".
    ticks = [k for k in range(low + 2, high + 1) if k % 4 == 0]
    axes.set_yticks([floor, *(10.0**k for k in ticks)], ["exact", *map(power_of_ten, ticks)])
    if state.show_guides:
        _draw_guides(axes, state, curves)
    here = evaluate(state)
    errors = here.relative_errors if curves.relative else here.absolute_errors
    for method in METHODS:
        style = _STYLES[method]
        error = curves.errors[method]
        some = error > 0
        axes.plot(
            curves.h[some],
            error[some],
            label=METHOD_LABELS[method].lower(),
            **style.line(),
            markevery=8,
            linewidth=1.6,
        )
        # Exact results: each method has marks of its own, so that they do not cover each other.
        exact = ~some & (np.arange(error.size) % len(METHODS) == METHODS.index(method))
        if np.any(exact):
            axes.plot(
                curves.h[exact],
                np.full(np.count_nonzero(exact), floor),
                linestyle="none",
                marker=style.marker,
                color=style.color,
                markersize=3,
                clip_on=False,
            )
        axes.plot(
            state.h,
            max(errors[method], floor),
            marker=style.marker,
            markersize=11,
            markerfacecolor="white",
            markeredgecolor=style.color,
            markeredgewidth=2.2,
            zorder=5,
            clip_on=False,
        )
    _mark_step(axes, state)
    _title(axes, f"{'Relative' if curves.relative else 'Absolute'} error of the numerical slopes")
    axes.set_xlabel("step h")
    _legend(axes, 2)


def _draw_guides(axes: Axes, state: ActivationState, curves: ErrorCurves) -> None:
    """The leading terms of the theory as dotted lines with their names."""
    forward, central, round_off = (
        curves.truncation_forward,
        curves.truncation_central,
        curves.round_off,
    )
    second = float(true_derivatives(state.function, state.x)[1])
    # Each guide: values, where it is drawn, name, where the name stands, offset, alignment.
    # A guide is drawn where it matters; where f'' = 0 the forward difference has an error like h².
    wanted = [
        (round_off, round_off > 1e-2 * central, "round-off ∝ ε / h", 1e-13, (6, 12), "left"),
        (
            forward,
            (forward > 1e-2 * round_off) & (second != 0),
            "truncation ∝ h",
            1e-4,
            (-6, 12),
            "right",
        ),
        (central, central > 1e-18, "truncation ∝ h²", 1e-5, (8, -16), "left"),
    ]
    for guide, drawn, text, at, offset, side in wanted:
        if not np.any(guide) or not np.any(drawn):
            continue
        axes.plot(curves.h[drawn], guide[drawn], **_GUIDE, zorder=1)
        axes.annotate(
            text,
            (at, float(np.interp(np.log10(at), np.log10(curves.h), guide))),
            xytext=offset,
            ha=side,
            va="center",
            annotation_clip=True,
            **_NOTE,
        )
    if has_kink(state.function) and abs(state.x) < curves.h[-1]:
        axes.axvline(abs(state.x), **_GUIDE, zorder=1)
        axes.annotate(
            "a longer step crosses 0",
            (abs(state.x), 0.62),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 0),
            ha="right",
            **_NOTE,
        )


def _draw_slopes(axes: Axes, state: ActivationState, curves: ErrorCurves) -> None:
    """At a kink there is no true slope, hence no error: the numerical slopes themselves are drawn."""
    set_decades(axes, "x", *map(int, LOG10_H_RANGE))
    if is_jump(state.function):
        set_decades(axes, "y", -1, 17, every=4)
    else:
        axes.set_ylim(-1.35, 1.35)
        axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    for method in METHODS:
        axes.plot(
            curves.h,
            curves.slopes[method],
            label=METHOD_LABELS[method].lower(),
            **_STYLES[method].line(),
            # Curves may lie on each other: markers at different places keep all of them visible.
            markevery=(3 * METHODS.index(method), 10),
            linewidth=1.6,
        )
    _mark_step(axes, state)
    _title(axes, "Numerical slopes (no derivative at x: no error)")
    axes.set_xlabel("step h")
    _legend(axes, 2)
