"""The picture of the explorer of backpropagation: the graph, with values above and gradients below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from mlp_utils.explorers.backprop.model import STAGES, BackpropState, Quantity
from mlp_utils.explorers.backprop.network import TinyNetwork, evaluate
from mlp_utils.explorers.backprop.words import describe, four_digits
from mlp_utils.plotting import OKABE_ITO, Picture, add_box, add_lines, figure_to_columns, new_figure

if TYPE_CHECKING:
    from mlp_utils.plotting import Axes, Figure

__all__ = ["WIDTH", "draw_network", "network_picture"]

WIDTH: Final = 720
"""Width of the picture in CSS pixels. A page that is narrower shows its two halves one below the other."""

_HEIGHT: Final = 470
_SCALE: Final = 1.5

# Places in CSS pixels from the left and from the top. Nothing but edges crosses the middle, where the picture is cut.
_COLUMNS: Final[dict[str, float]] = {"x": 32, "z": 228, "a": 320, "logits": 536, "P": 616, "J": 689}
_HALF_BOX: Final = (28, 20)
_TOP, _BOTTOM = 42, 442
_LEGEND: Final = 458
_LABELS: Final = {"W1": (64, 196), "W2": (362, 504)}
"""From where to where the numbers of the weights may reach."""

_ALL_NUMBERS: Final = 3  # with more units than that, numbers stand at the weights that are looked at only

_NODE, _EDGE, _NAME = 8.5, 7.8, 8.0  # sizes of letters
_LONG: Final = 6  # more characters than that in bold would touch the frame of a box
_FADED, _FAINT = "#666666", "#b0b0b0"
_GRADIENT: Final = OKABE_ITO["blue"]
_MADE: Final = "#FBE3B0"  # a pale orange
_PLATE: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}


_Line: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


class _Edge(NamedTuple):
    """An arrow of the graph, from one node to the next, and the weight that belongs to it."""

    start: Quantity
    end: Quantity
    weight: Quantity | None = None


def network_picture(state: BackpropState) -> Figure:
    """Draw the graph of a network with everything that is known at this state."""
    with new_figure(WIDTH, _HEIGHT, scale=_SCALE) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(_HEIGHT, 0)
        _Drawing(axes, state).draw()
    return figure


@lru_cache(maxsize=128)
def draw_network(state: BackpropState) -> Picture:
    """The finished picture of a state: PNG and text alternative."""
    whole, *columns = figure_to_columns(network_picture(state), 2)
    return Picture(whole, describe(state), width=WIDTH, columns=tuple(columns))


def _nodes(network: TinyNetwork) -> dict[Quantity, tuple[float, float]]:
    """The nodes of the graph and the middles of their boxes."""
    sizes = {"x": network.d, "z": network.H, "a": network.H, "logits": network.C, "P": network.C}
    places: dict[Quantity, tuple[float, float]] = {}
    for symbol, size in sizes.items():
        pitch = (_BOTTOM - _TOP) / size
        for k in range(size):
            places[Quantity(symbol, (k,))] = (_COLUMNS[symbol], _TOP + (k + 0.5) * pitch - 4)
    places[Quantity("J")] = (_COLUMNS["J"], (_TOP + _BOTTOM) / 2 - 4)
    return places


def _edges(network: TinyNetwork) -> Iterator[_Edge]:
    for weights, inputs, outputs in (("W1", "x", "z"), ("W2", "a", "logits")):
        for i, j in np.ndindex(np.shape(getattr(network, weights))):
            yield _Edge(Quantity(inputs, (i,)), Quantity(outputs, (j,)), Quantity(weights, (i, j)))
    for j in range(network.H):
        yield _Edge(Quantity("z", (j,)), Quantity("a", (j,)))
    for m, k in np.ndindex(network.C, network.C):
        yield _Edge(Quantity("logits", (m,)), Quantity("P", (k,)))
    for k in range(network.C):
        yield _Edge(Quantity("P", (k,)), Quantity("J"))


class _Drawing:
    """One picture while it is drawn."""

    def __init__(self, axes: Axes, state: BackpropState) -> None:
        self.axes, self.state, self.network = axes, state, state.network
        self.numbers, self.reached = evaluate(state.network), state.reached
        self.places = _nodes(state.network)
        made = state.made
        self.focus = made is not None and made.entry.variable.symbol in self.numbers.values
        """Whether something is looked at, so that the rest is faded."""
        self.target = made.entry if made is not None else None
        self.sources = made.entries if made is not None else frozenset()
        self.looked_at = {entry.variable for entry in self.sources}
        self.next = state.next.entry if state.next is not None else None

    def draw(self) -> None:
        self._draw_edges()
        self._draw_dividers()
        for entry in self.places:
            self._draw_node(entry)
        self._draw_headers()
        self._draw_legend()

    # -- what is known and how it looks ----------------------------------------------------------

    def text_of(self, entry: Quantity) -> str:
        """The number of an entry; "?" for the one that comes next, nothing for what is not known."""
        if entry == self.next:
            return "?"
        if entry not in self.reached:
            return ""
        source = self.numbers.gradients if entry.is_gradient else self.numbers.values
        return four_digits(float(source[entry.symbol][entry.index]))

    def look_of(self, entry: Quantity, size: float) -> dict[str, Any]:
        """The letters of a number: a gradient is blue and slanted, what is looked at bold, the rest grey."""
        bold = entry == self.target or entry in self.sources or entry == self.next
        color = _GRADIENT if entry.is_gradient else "black"
        if self.focus and not bold:
            color = "#4d7896" if entry.is_gradient else _FADED
        shown = "bold" if bold and (self.focus or entry == self.next) else "normal"
        return {
            "color": color,
            "style": "italic" if entry.is_gradient else "normal",
            "weight": shown,
            "fontsize": size,
            "ha": "center",
            "va": "center_baseline",
            "zorder": 4,
        }

    def write(self, x: float, y: float, entry: Quantity, size: float, *, before: str = "", plate: bool = False) -> None:
        """Write the number of an entry; with a plate behind it where lines would cross it."""
        text = self.text_of(entry)
        if not text:
            return
        look = self.look_of(entry, size)
        if look["weight"] == "bold" and len(text) > _LONG:
            look["fontsize"] = size - 0.9
        if plate:
            frame = {"facecolor": _MADE, "edgecolor": "black", "linewidth": 1.6, "pad": 1.6}
            # With a plate behind it a text that is centred by its baseline sits too high.
            look |= {
                "va": "center",
                "bbox": frame if entry == self.target else _PLATE,
                "zorder": 5,
            }
        self.axes.text(x, y, before + text, **look)

    # -- edges -----------------------------------------------------------------------------------

    def concerns(self, edge: _Edge) -> bool:
        """Whether the step that was made goes along this edge."""
        if not self.focus or self.target is None:
            return False
        target = self.target.variable
        if target == edge.weight:
            return True
        ends = {edge.start, edge.end}
        return target in ends and bool((ends - {target}) & self.looked_at)

    def _draw_edges(self) -> None:
        from_right = self.state.made is not None and dict(STAGES).get(self.state.made.stage) == "backward"
        half = _HALF_BOX[0]
        lines: dict[bool, list[_Line]] = {True: [], False: []}
        for edge in _edges(self.network):
            (x0, y0), (x1, y1) = self.places[edge.start], self.places[edge.end]
            line = ((x0 + half, y0), (x1 - half, y1))
            here = self.concerns(edge)
            lines[here].append(line)
            if edge.weight is not None:
                self._write_weight(edge, edge.weight, line, here)
        faint = _FAINT if self.focus else "#808080"
        add_lines(self.axes, lines[False], colors=faint, linewidths=0.8, zorder=1)
        add_lines(self.axes, lines[True], colors="black", linewidths=2.0, zorder=2)
        if lines[True] and self.target is not None and self.target.variable in self.places:
            at = 0.14 if from_right else 0.86
            ends = np.array([(1 - at) * np.array(start) + at * np.array(end) for start, end in lines[True]])
            self.axes.plot(*ends.T, "<" if from_right else ">", color="black", markersize=6, zorder=3)

    def _write_weight(self, edge: _Edge, weight: Quantity, line: _Line, here: bool) -> None:
        """The value of a weight above its edge, its gradient below."""
        slope = weight.slope
        is_sparse = max(np.shape(getattr(self.network, weight.symbol))) > _ALL_NUMBERS
        if is_sparse and not here and self.next not in {weight, slope}:
            return
        (x0, y0), (x1, y1) = line
        x = self._label_place(edge, is_sparse)
        y = y0 + (x - x0) / (x1 - x0) * (y1 - y0)
        self.write(x, y - 6.5, weight, _EDGE, plate=True)
        self.write(x, y + 6.5, slope, _EDGE, plate=True)

    def _label_place(self, edge: _Edge, is_sparse: bool) -> float:
        """Where along an edge its numbers stand: a column of their own for the edges of one start."""
        assert edge.weight is not None
        left, right = _LABELS[edge.weight.symbol]
        if is_sparse:
            return (left + right) / 2
        count = len(getattr(self.network, edge.weight.symbol))
        return left + (edge.start.index[0] + 0.5) * (right - left) / count

    # -- nodes -----------------------------------------------------------------------------------

    def _draw_dividers(self) -> None:
        """The lines between value and gradient in the boxes."""
        w = _HALF_BOX[0] - 1
        lines = [((x - w, y), (x + w, y)) for x, y in self.places.values()]
        add_lines(self.axes, lines, colors="#cccccc", linewidths=0.7, zorder=3.5)

    def _draw_node(self, entry: Quantity) -> None:
        (x, y), (w, h) = self.places[entry], _HALF_BOX
        slope = entry.slope
        made = self.target in {entry, slope}
        near = entry in self.looked_at
        width, color = (2.6, "black") if made else (1.6, "black") if near else (0.9, "#777777")
        look: dict[str, Any] = {"facecolor": "white", "edgecolor": color, "linewidth": width, "zorder": 3}
        add_box(self.axes, x - w, y - h, 2 * w, 2 * h, **look)
        if made:
            top = y if self.target == slope else y - h
            add_box(self.axes, x - w + 1, top, 2 * w - 2, h - 1, facecolor=_MADE, linewidth=0, zorder=3.2)
        faded = self.focus and not made and not near
        where: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 4}
        color = _FADED if faded else "black"
        self.axes.text(x, y - h - 8, entry.name, fontsize=_NAME, color=color, **where)
        self.write(x, y - h / 2, entry, _NODE)
        self.write(x, y + h / 2, slope, _NODE)
        below = {"z": "b1", "logits": "b2"}.get(entry.symbol)
        if below:
            bias = Quantity(below, entry.index)
            self.write(x, y + h + 10, bias, _EDGE, before="b ", plate=True)
            self.write(x, y + h + 23, bias.slope, _EDGE, plate=True)
        elif entry.symbol == "P":
            ys = four_digits(float(self.numbers.ys[entry.index]))
            self.axes.text(x, y + h + 10, f"Ys {ys}", fontsize=_EDGE, color=_FADED, **where)
        elif entry.symbol == "J" and self.state.next is None:
            after = f"after a\nstep\n{four_digits(self.numbers.loss_after)}"
            self.axes.text(x, y + h + 8, after, fontsize=_NODE, ha="center", va="top", weight="bold")

    def _draw_headers(self) -> None:
        names = {"x": "x", "z": "z", "a": "a = relu(z)", "logits": "logits", "P": "P", "J": "J"}
        places = {_COLUMNS[symbol]: (symbol, name) for symbol, name in names.items()}
        places |= {(left + right) / 2: (symbol, f"{symbol}") for symbol, (left, right) in _LABELS.items()}
        for x, (symbol, name) in places.items():
            shape = self.numbers.values[symbol].shape
            size = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else ""
            self.axes.text(x, 12, name, fontsize=9.5, ha="center", va="center_baseline", weight="bold")
            self.axes.text(x, 26, size, fontsize=_NAME, ha="center", va="center_baseline", color=_FADED)

    def _draw_legend(self) -> None:
        look: dict[str, Any] = {"fontsize": _NAME, "va": "center_baseline"}
        self.axes.text(8, _LEGEND, "value above,", **look)
        self.axes.text(82, _LEGEND, "gradient below", color=_GRADIENT, style="italic", **look)
        self.axes.text(368, _LEGEND, "tinted: made last    bold: read for it    ?: comes next", **look)
