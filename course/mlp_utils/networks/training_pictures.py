"""Pictures of training: learning curves, and the regions into which a classifier cuts the plane.

Each picture comes with a text that says what it shows, computed from the same numbers.  Curves differ in colour,
dashes and markers, and classes in colour, marker and a number that stands in their region.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlp_utils.networks.training import History
from mlp_utils.plotting import SERIES_STYLES, Picture, figure_to_png, new_figure

__all__ = ["decision_regions", "learning_curves"]

Array = NDArray[Any]

_EDGE = 0.08
"""The margin around the points, as a part of their range."""


def learning_curves(history: History, *, title: str = "Learning curves", log_loss: bool = False) -> Picture:
    """The losses (above) and the accuracies (below) of all parts of the data against the epoch.

    log_loss: draws the losses on a logarithmic axis.
    """
    with new_figure(600, 560, scale=1.5) as figure:
        above, below = figure.subplots(2, 1, sharex=True)
        every = max(1, len(history.epochs) // 8)
        for k, name in enumerate(history.losses):
            # Markers at other epochs for each curve, so that curves which lie on each other can be told apart.
            look = SERIES_STYLES[k].line() | {"label": name, "markevery": (min(k * every // 3, every - 1), every)}
            above.plot(history.epochs, history.losses[name], **look)
            below.plot(history.epochs, history.accuracies[name], **look)
        above.set(title=title, ylabel="loss (mean cross-entropy)", yscale="log" if log_loss else "linear")
        below.set(xlabel="epoch", ylabel="accuracy", ylim=(-0.03, 1.03))
        for axes in (above, below):
            axes.grid(alpha=0.3)
        below.xaxis.get_major_locator().set_params(integer=True)
        above.legend()
        figure.align_ylabels()
        figure.tight_layout()
        return Picture(figure_to_png(figure), _words_of_curves(history, title), width=600)


def _words_of_curves(history: History, title: str) -> str:
    sentences = [f"{title}: loss and accuracy against the epoch, from 0 to {history.epochs[-1]}."]
    for name, loss in history.losses.items():
        accuracy, best = history.accuracies[name], int(np.argmin(loss))
        sentences.append(
            f"{name.capitalize()}: loss from {loss[0]:.3g} to {loss[-1]:.3g}, smallest {loss[best]:.3g} after epoch "
            f"{best}; accuracy from {accuracy[0]:.1%} to {accuracy[-1]:.1%}."
        )
    if history.status != "finished":
        sentences.append(history.message)
    return " ".join(sentences)


def decision_regions(
    scores: Callable[[Array], ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    *,
    title: str = "Decision regions",
    x_label: str = "first input",
    y_label: str = "second input",
    resolution: int = 200,
) -> Picture:
    """The regions of the plane in which a classifier chooses each class, and the points of the data.

    scores      takes points (M, 2) and returns a number for each class, shape (M, C), 2 <= C <= 6; the class with the
                largest is chosen.  ``network.logits`` and ``network.probabilities`` are such functions.
    X, y        the points (N, 2) and their classes (N,), from 0 to C - 1.
    resolution  the scores are computed at resolution x resolution points.

    The text says which part of the picture each region takes and how many points lie in the region of another class.
    Raises ``ValueError`` if the shapes do not fit.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or not len(X):
        raise ValueError(f"X has the shape {X.shape}; a picture of the plane needs (N, 2) with N >= 1.")
    if y.shape != (len(X),):
        raise ValueError(f"y has the shape {y.shape}; it needs one label a point, shape ({len(X)},).")
    low, high = X.min(axis=0), X.max(axis=0)
    border = _EDGE * np.where(high > low, high - low, 1.0)
    ticks = [np.linspace(a, b, resolution) for a, b in zip(low - border, high + border, strict=True)]
    mesh = np.meshgrid(*ticks)
    lead = _lead(scores, np.column_stack([part.ravel() for part in mesh]))
    classes = lead.shape[1]
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"y holds labels outside of 0 to {classes - 1}, or no integers; scores gives {classes} classes."
        )
    wrong = int(np.count_nonzero(_lead(scores, X).argmax(axis=1) != y))
    shares = np.bincount(lead.argmax(axis=1), minlength=classes) / len(lead)

    with new_figure(600, 480, scale=1.5) as figure:
        axes = figure.add_subplot(title=title, xlabel=x_label, ylabel=y_label)
        for c in range(classes):
            style, surface = SERIES_STYLES[c], lead[:, c].reshape(mesh[0].shape)
            if surface.max() > 0.0:
                axes.contourf(*mesh, surface, levels=[0.0, surface.max()], colors=[style.color], alpha=0.4)
                if surface.min() < 0.0:
                    axes.contour(*mesh, surface, levels=[0.0], colors="#222222", linewidths=1.2)
            points = X[y == c]
            edge = {"mec": "white", "mew": 0.5} if style.marker != "x" else {"mew": 1.5}  # "x" is nothing but edge
            axes.plot(*points.T, style.marker, color=style.color, label=f"class {c}", ms=6, **edge)
            if surface.max() > 0.0:
                row, column = _middle(surface)
                box = {"facecolor": "white", "edgecolor": style.color, "boxstyle": "round,pad=0.25", "alpha": 0.9}
                place = mesh[0][row, column], mesh[1][row, column]
                axes.text(*place, str(c), ha="center", va="center", weight="bold", bbox=box, zorder=5)
        figure.legend(loc="outside right upper")
        figure.set_layout_engine("constrained")
        text = _words_of_regions(title, (x_label, y_label), ticks, shares, wrong, len(X))
        return Picture(figure_to_png(figure), text, width=600)


def _lead(scores: Callable[[Array], ArrayLike], points: Array) -> Array:
    """By how much each class leads the best of the others, shape (M, C): positive in the region of the class."""
    values = np.asarray(scores(points), dtype=np.float64)
    most = len(SERIES_STYLES)
    if values.ndim != 2 or len(values) != len(points) or not 2 <= values.shape[1] <= most:
        raise ValueError(
            f"scores gave the shape {values.shape} for {len(points)} points; it needs ({len(points)}, C), "
            f"with C from 2 to {most}."
        )
    others = [np.delete(values, c, axis=1).max(axis=1) for c in range(values.shape[1])]
    lead: Array = values - np.column_stack(others)
    return lead


def _middle(surface: Array) -> tuple[int, int]:
    """Where the class leads and which lies furthest from where it does not, in steps along the axes."""
    inside = np.pad(surface > 0.0, 1)
    depth = np.zeros(inside.shape, dtype=int)
    while inside.any():  # peel one layer after the other off the region
        depth += inside
        inner = inside.copy()
        for axis in (0, 1):
            for shift in (1, -1):
                inner &= np.roll(inside, shift, axis)
        inside = inner
    row, column = np.unravel_index(depth[1:-1, 1:-1].argmax(), surface.shape)
    return int(row), int(column)


def _words_of_regions(
    title: str, labels: tuple[str, str], ticks: list[Array], shares: Array, wrong: int, count: int
) -> str:
    spans = " and ".join(
        f"{label} from {tick[0]:.3g} to {tick[-1]:.3g}" for label, tick in zip(labels, ticks, strict=True)
    )
    parts = ", ".join(f"class {c} {share:.0%}" for c, share in enumerate(shares))
    return (
        f"{title}: the plane for {spans}. Part of the picture in which each class is chosen: {parts}. "
        f"{wrong} of {count} points lie in the region of another class."
    )
