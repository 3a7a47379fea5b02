"""The picture of the gradient doctor: the arrays side by side, the curves of the loss, and a table of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlp_utils.explorers.doctor.model import STEPS, Array, Finding, Signature
from mlp_utils.explorers.doctor.state import DoctorEvaluation, DoctorState, evaluate
from mlp_utils.explorers.doctor.words import decimals, describe, heading, letters, shape_text, verdict
from mlp_utils.plotting import SERIES_STYLES, Picture, diverging_colors, draw_polygons, figure_to_columns, new_figure

if TYPE_CHECKING:
    from mlp_utils.plotting import Axes, Figure

__all__ = ["WIDTH", "doctor_picture", "draw_doctor"]

WIDTH: Final = 680
"""Width of the picture in CSS pixels. A page that is narrower shows its two halves one below the other."""

_HEIGHT: Final = 520
_SCALE: Final = 1.5
_HALF: Final = WIDTH / 2

# The left half, in CSS pixels from its upper left corner.
_TOP: Final = 52.0
_BOTTOM: Final = 492.0
_GAP: Final = 11.0  # between arrays
_PANELS: Final = (64.0, 205.0)
_PANEL_WIDTH: Final = 128.0
_TALLEST_CELL, _LOWEST_ROW = 24.0, 24.0  # an array of one row still has room for its name and shape
_WIDEST: Final = 2.2  # a cell is at most so many times as wide as it is high

# The right half: places of the axes in parts of the figure.
_CURVES: Final = (0.562, 0.505, 0.41, 0.415)
_TABLE_LEFT, _TABLE_TOP, _TABLE_STEP = 0.512, 0.378, 0.052
_PLATE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.9}
_COLUMNS: Final = (0.0, 0.067, 0.205, 0.31, 0.415)


def doctor_picture(state: DoctorState) -> Figure:
    """Draw the right and the mistaken arrays (left), the curves and the table (right)."""
    here = evaluate(state)
    with new_figure(WIDTH, _HEIGHT, scale=_SCALE) as figure:
        _draw_arrays(figure.add_axes((0, 0, 0.5, 1)), here.signature)
        _draw_curves(figure.add_axes(_CURVES), here)
        _write_table(figure, here.signature)
        figure.text(0.012, 0.975, heading(state), fontsize=11.5, weight="bold", va="top")
    return figure


def draw_doctor(state: DoctorState) -> Picture:
    """The finished picture of a state: PNG and text alternative."""
    whole, *columns = figure_to_columns(doctor_picture(state), 2)
    return Picture(whole, describe(state), width=WIDTH, columns=tuple(columns))


# -- heat maps -----------------------------------------------------------------------------------


class _Cells:
    """Coloured cells of all arrays, collected so that they are drawn at once: many small axes are slow."""

    def __init__(self) -> None:
        self.corners: list[Array] = []
        self.colors: list[Array] = []
        self.marks: list[Array] = []  # a black corner in each wrong cell
        self.signs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}

    def add(
        self, values: Array, wrong: Array, limit: float, left: float, top: float, cell: tuple[float, float]
    ) -> None:
        """The cells of one matrix; ``cell`` is their width and height."""
        width, height = cell
        rgb = diverging_colors(values / limit)
        corner = 0.5 * min(width, height)
        for i, j in np.ndindex(values.shape):
            x, y = left + j * width, top + i * height
            self.corners.append(np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)]))
            self.colors.append(rgb[i, j])
            if abs(values[i, j]) > 1e-3 * limit:
                self.signs[bool(values[i, j] > 0)].append((x + 0.42 * width, y + 0.56 * height))
            if wrong[i, j]:
                self.marks.append(np.array([(x + width - corner, y), (x + width, y), (x + width, y + corner)]))

    def draw(self, axes: Axes) -> None:
        draw_polygons(axes, self.corners, self.colors, "#777777")
        draw_polygons(axes, self.marks, "black")
        for positive, marker in ((True, "+"), (False, "_")):
            if self.signs[positive]:
                x, y = zip(*self.signs[positive], strict=True)
                axes.plot(x, y, marker, color="black", markersize=4, markeredgewidth=0.8)


def _rows(a: Array) -> Array:
    """A vector as a matrix of one row."""
    return np.atleast_2d(a)


def _draw_arrays(axes: Axes, found: Signature) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, _HALF)
    axes.set_ylim(_HEIGHT, 0)
    for left, name in zip(_PANELS, ("right", "with the mistake"), strict=True):
        axes.text(left, _TOP - 6, name, fontsize=10, va="bottom")
    heights = [max(_rows(f.want).shape[0], 1 if f.got is None else _rows(f.got).shape[0]) for f in found.findings]
    free = _BOTTOM - _TOP - _GAP * (len(heights) - 1)
    cell = _cell_height(heights, free)
    cells, top = _Cells(), _TOP
    for finding, rows in zip(found.findings, heights, strict=True):
        _draw_array(axes, cells, finding, top, cell)
        top += max(rows * cell, _LOWEST_ROW) + _GAP
    cells.draw(axes)
    legend = "orange + positive, blue − negative, ◥ wrong entry"
    axes.text(8, _HEIGHT - 8, legend, fontsize=8.5, va="bottom")


def _cell_height(heights: list[int], free: float) -> float:
    """The largest height of a cell with which all arrays fit; low arrays still get the room of their names."""
    cell = _TALLEST_CELL
    while sum(max(rows * cell, _LOWEST_ROW) for rows in heights) > free:
        cell -= 0.25
    return cell


def _draw_array(axes: Axes, cells: _Cells, finding: Finding, top: float, height: float) -> None:
    axes.text(8, top - 3, finding.name, fontsize=10.5, weight="bold", va="top")
    axes.text(8, top + 14, letters(finding.name), fontsize=8.5, va="top")
    want, got = finding.want, finding.got
    limit = max([np.abs(a).max() for a in (want, got) if a is not None] + [1e-300])
    nothing = np.zeros(_rows(want).shape, dtype=bool)
    for left, values, wrong in zip(_PANELS, (want, got), (nothing, finding.wrong_entries()), strict=True):
        if values is None:
            axes.text(left, top, "not made", fontsize=9.5, style="italic", va="top")
            continue
        table = _rows(values)
        width = min(_PANEL_WIDTH / table.shape[1], _WIDEST * height)
        cells.add(table, _rows(wrong), limit, left, top, (width, height))


# -- curves and numbers --------------------------------------------------------------------------


def _draw_curves(axes: Axes, here: DoctorEvaluation) -> None:
    start = float(here.right_training.losses[0])
    high = 1.6 * max(start, float(here.right_training.losses.max()) / 1.5)
    curves = (("right gradient", here.right_training), ("with the mistake", here.training))
    for k, (name, training) in enumerate(curves):
        # Markers at other steps for each curve, so that curves which lie on each other can be told apart.
        look: dict[str, Any] = {**SERIES_STYLES[k].line(), "linewidth": 1.5}
        axes.plot(np.minimum(training.losses, 2 * high), label=name, markevery=(12 * k, 25), **look)
    if here.training.stopped:
        last = len(here.training.losses) - 1
        axes.plot(last, min(float(here.training.losses[-1]), high), "x", color="black", markersize=9, clip_on=False)
        _say(axes, "with the mistake it stops at ×")
    elif float(here.training.losses.max()) > high:
        _say(axes, "with the mistake it leaves the picture")
    axes.set_xlim(0, STEPS)
    axes.set_ylim(0, high)
    axes.set_xlabel("step of gradient descent", labelpad=1)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right")
    axes.set_title("Loss J of the data set", y=1.02)


def _say(axes: Axes, text: str) -> None:
    """A remark below the legend."""
    axes.text(0.97, 0.68, text, transform=axes.transAxes, ha="right", fontsize=9, bbox=_PLATE)


def _write_table(figure: Figure, found: Signature) -> None:
    """A line for each array, in the corner at the lower right."""
    for left, name in zip(_COLUMNS, ("", "shape", "ratio", "cosine", "error"), strict=True):
        figure.text(_TABLE_LEFT + left, _TABLE_TOP, name, fontsize=9.5)
    for k, finding in enumerate(found.findings):
        height = _TABLE_TOP - _TABLE_STEP * (k + 1)
        said = verdict(finding)
        weight = "normal" if said == "right" else "bold"
        shape = "—" if finding.got is None else shape_text(finding.got.shape)
        error = "" if np.isnan(finding.error) else f"{finding.error:.2f}" if finding.error > 0.005 else "0"
        cells = [finding.name, f"{shape} {'✓' if said == 'right' else '✗'}"]
        cells += [said] if np.isnan(finding.error) else [decimals(finding.ratio), decimals(finding.cosine), error]
        for left, cell in zip(_COLUMNS, cells, strict=False):
            figure.text(_TABLE_LEFT + left, height, cell, fontsize=9.5, weight=weight)
    if found.trouble:
        where = found.trouble.split(":")[0]
        figure.text(_TABLE_LEFT, _TABLE_TOP - _TABLE_STEP * 6.3, where, fontsize=9.5, weight="bold")
