"""The picture of the explorer of softmax: probabilities over gradient, and the Jacobian over the losses."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlp_utils.explorers.logits.model import SoftmaxEvaluation, SoftmaxState, evaluate
from mlp_utils.explorers.logits.words import describe, few_decimals, losses, sum_near_zero
from mlp_utils.explorers.text import short_number
from mlp_utils.plotting import OKABE_ITO, Picture, diverging_colors, figure_to_columns, new_figure

if TYPE_CHECKING:
    from mlp_utils.plotting import Axes, Figure

__all__ = ["WIDTH", "draw_logits", "logits_picture"]

WIDTH: Final = 680
"""Width of the picture in CSS pixels. A page that is narrower shows its two halves one below the other."""

_HEIGHT: Final = 500
_SCALE: Final = 1.5
_BAR: Final = 0.62
_LABEL_SIZE: Final = 9.5
_TIGHT_SIZE: Final = 8.5  # for five classes
_LINE: Final = 46  # letters in a line of the sentence below the numbers

# The places of the parts: left, bottom, width, height, in parts of the figure. Nothing crosses its middle, where
# it is cut into two columns.
_UPPER_LEFT: Final = (0.075, 0.585, 0.405, 0.345)
_LOWER_LEFT: Final = (0.075, 0.095, 0.405, 0.335)
_RIGHT: Final = (0.555, 0.415, 0.435, 0.515)
_TEXT_LEFT, _TEXT_VALUE, _TEXT_TOP, _TEXT_STEP = 0.515, 0.775, 0.285, 0.046

_POSITIVE: Final[dict[str, Any]] = {"facecolor": OKABE_ITO["orange"], "edgecolor": "black"}
_NEGATIVE: Final[dict[str, Any]] = {"facecolor": OKABE_ITO["sky_blue"], "edgecolor": "black", "hatch": "////"}
_PLATE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.9}


def logits_picture(state: SoftmaxState) -> Figure:
    """Draw p with Ys and the gradient (left), the Jacobian and the line of numbers (right)."""
    here = evaluate(state)
    with new_figure(WIDTH, _HEIGHT, scale=_SCALE) as figure:
        _draw_probabilities(figure.add_axes(_UPPER_LEFT), state, here)
        _draw_gradient(figure.add_axes(_LOWER_LEFT), state, here)
        _draw_jacobian(figure.add_axes(_RIGHT), state, here)
        _write_numbers(figure, here)
    return figure


def draw_logits(state: SoftmaxState) -> Picture:
    """The finished picture of a state: PNG and text alternative."""
    whole, *columns = figure_to_columns(logits_picture(state), 2)
    return Picture(whole, describe(state), width=WIDTH, columns=tuple(columns))


def _size(state: SoftmaxState) -> float:
    """The size of the numbers at bars and in cells."""
    return _TIGHT_SIZE if state.classes > 4 else _LABEL_SIZE


def _title(axes: Axes, text: str) -> None:
    # With a height of its own the title is not searched a place for at every redraw, which is slow.
    axes.set_title(text, y=1.02)


def _class_axis(axes: Axes, state: SoftmaxState, names: list[str]) -> None:
    axes.set_xlim(-0.6, state.classes - 0.4)
    axes.set_xticks(range(state.classes), names)
    axes.tick_params(axis="x", length=0)


def _draw_probabilities(axes: Axes, state: SoftmaxState, here: SoftmaxEvaluation) -> None:
    classes = np.arange(state.classes)
    axes.bar(classes, here.p, _BAR, facecolor=OKABE_ITO["blue"], edgecolor="black", linewidth=0.8)
    # A line across the bar, and a diamond at its left end, where no number stands.
    left, right = classes - 0.44, classes + 0.44
    axes.hlines(here.ys, left, right, colors=OKABE_ITO["vermilion"], linewidth=2, linestyles=(0, (3, 1)), zorder=3)
    axes.plot(
        *(left, here.ys, "D"),
        color=OKABE_ITO["vermilion"],
        markeredgecolor="black",
        markeredgewidth=0.8,
        markersize=6.5,
        zorder=4,
        clip_on=False,
    )
    for k, (p, target) in enumerate(zip(here.p, here.ys, strict=True)):
        # The number stands on the bar, or on the mark where it would cover the mark.
        height = target if p - 0.05 < target < p + 0.16 else p
        axes.text(
            *(k, height + 0.05, few_decimals(float(p))), ha="center", va="bottom", fontsize=_size(state), zorder=5
        )
    _class_axis(axes, state, [f"{k}\n{few_decimals(float(target))}" for k, target in enumerate(here.ys)])
    # Names of the two rows of labels, in line with them.
    where: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (-6, -3.5), "textcoords": "offset points"}
    axes.annotate("class\nYs", (0, 0), ha="right", va="top", fontsize=9, **where)
    axes.set_ylim(0, 1.25)
    axes.set_yticks([0, 0.5, 1], ["", "0.5", "1"])
    axes.axhline(1, color="#bbbbbb", linewidth=0.8, zorder=0)
    _title(axes, "Probabilities p (bars), label Ys (◆)")


def _draw_gradient(axes: Axes, state: SoftmaxState, here: SoftmaxEvaluation) -> None:
    reach = 1 / state.temperature  # |p - Ys| <= 1: the axis stands still until T moves
    for k, slope in enumerate(here.gradient):
        up = slope >= 0
        axes.bar(k, slope, _BAR, linewidth=0.8, **(_POSITIVE if up else _NEGATIVE))
        axes.text(
            *(k, slope + (0.06 if up else -0.06) * reach),
            few_decimals(float(slope), sign=True),
            ha="center",
            va="bottom" if up else "top",
            fontsize=_size(state),
            bbox=_PLATE,
            zorder=5,
        )
    axes.axhline(0, color="black", linewidth=0.8)
    _class_axis(axes, state, [str(k) for k in range(state.classes)])
    axes.set_ylim(-1.35 * reach, 1.35 * reach)
    axes.set_yticks([-reach, 0, reach], [short_number(-reach), "0", short_number(reach)])
    axes.set_xlabel("class i", labelpad=1)
    _title(axes, "Gradient ∂Loss/∂z = (p − Ys) / T")


def _draw_jacobian(axes: Axes, state: SoftmaxState, here: SoftmaxEvaluation) -> None:
    limit = 0.25 / state.temperature  # no entry is larger: p (1 - p) <= 1/4
    axes.imshow(diverging_colors(here.jacobian / limit), aspect="auto", interpolation="nearest", origin="upper")
    for i, j in np.ndindex(here.jacobian.shape):
        value = few_decimals(float(here.jacobian[i, j]), sign=True)
        axes.text(j, i, value, ha="center", va="center", fontsize=_size(state))
    edges = np.arange(state.classes + 1) - 0.5
    axes.hlines(edges, edges[0], edges[-1], colors="#777777", linewidth=0.8)
    axes.vlines(edges, edges[0], edges[-1], colors="#777777", linewidth=0.8)
    axes.set_xticks(range(state.classes))
    axes.set_yticks(range(state.classes))
    axes.tick_params(length=0)
    axes.set_xlabel("logit j", labelpad=1)
    axes.set_ylabel("probability i", labelpad=2)
    _title(axes, "Jacobian ∂pᵢ/∂zⱼ (blue −, orange +)")


def _write_numbers(figure: Figure, here: SoftmaxEvaluation) -> None:
    """The losses and the sums, in the corner at the lower right."""
    stable, naive, reason = losses(here)
    row_sum = float(here.row_sums[np.argmax(np.abs(here.row_sums))])
    lines = [
        ("Loss by log-sum-exp", stable),
        ("Loss, naive formula", naive),
        ("Sum of the gradient", sum_near_zero(here.gradient_sum)),
        ("Row sums of the Jacobian", sum_near_zero(row_sum)),
    ]
    for k, (name, value) in enumerate(lines):
        height = _TEXT_TOP - _TEXT_STEP * k
        broken = bool(reason) and k == 1
        figure.text(_TEXT_LEFT, height, name, fontsize=_LABEL_SIZE)
        figure.text(_TEXT_VALUE, height, value, fontsize=_LABEL_SIZE, weight="bold" if broken else "normal")
    for k, line in enumerate(textwrap.wrap(f"Naive formula: {reason}." if reason else "", _LINE)):
        figure.text(_TEXT_LEFT, _TEXT_TOP - _TEXT_STEP * (len(lines) + 0.4 + 0.9 * k), line, fontsize=_LABEL_SIZE)
