"""Figures without global state, for pictures that everybody can read.

matplotlib (with Pillow, which it brings) is imported in this module only, when a figure is made. Figures are made
with the object-oriented interface: nothing here touches ``pyplot``, so a student's own plots are left alone.

Colours are those of Okabe and Ito (2008), which people with any common colour blindness can tell apart.
Still, colour is never the only sign: a `SeriesStyle` also has its own dash pattern and its own marker.
"""

from __future__ import annotations

import base64
import html
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure

__all__ = [
    "OKABE_ITO",
    "SERIES_STYLES",
    "Picture",
    "SeriesStyle",
    "add_box",
    "add_lines",
    "diverging_colors",
    "draw_polygons",
    "figure_to_columns",
    "figure_to_png",
    "line_picture",
    "new_figure",
    "picture_html",
    "power_of_ten",
    "set_decades",
]

OKABE_ITO: Final = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky_blue": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
"""The eight colours of Okabe and Ito by name."""


@dataclass(frozen=True)
class SeriesStyle:
    """How one curve looks: a colour, a dash pattern and a marker, each enough to tell it apart."""

    color: str
    dashes: str | tuple[float, tuple[float, ...]]
    marker: str

    def line(self, *, marker: bool = True) -> dict[str, Any]:
        """Keyword arguments for ``Axes.plot``."""
        look: dict[str, Any] = {"color": self.color, "linestyle": self.dashes}
        return look | {"marker": self.marker} if marker else look


SERIES_STYLES: Final = (
    SeriesStyle(OKABE_ITO["blue"], "-", "o"),
    SeriesStyle(OKABE_ITO["vermilion"], (0, (5, 2)), "s"),
    SeriesStyle(OKABE_ITO["green"], (0, (5, 1.5, 1, 1.5)), "^"),
    SeriesStyle(OKABE_ITO["purple"], (0, (1, 1.2)), "D"),
    SeriesStyle(OKABE_ITO["orange"], (0, (8, 2)), "v"),
    SeriesStyle(OKABE_ITO["black"], (0, (3, 1, 1, 1, 1, 1)), "x"),
)
"""Styles for the first, second, … curve of a picture."""


def diverging_colors(values: np.ndarray) -> np.ndarray:
    """Colours for numbers in [-1, 1]: blue at -1, white at 0, orange at 1, pale enough for black text.

    values: any shape; larger numbers get the colour of the nearer end.  The result has one more axis, of
    length 3, with red, green and blue in [0, 1].
    """
    ends = [[int(OKABE_ITO[name][k : k + 2], 16) / 255 for k in (1, 3, 5)] for name in ("sky_blue", "orange")]
    strength = np.clip(np.abs(values), 0.0, 1.0)[..., np.newaxis]
    end = np.where(np.asarray(values)[..., np.newaxis] < 0, ends[0], ends[1])
    return np.asarray(1.0 - strength * (1.0 - end))


# Whatever style the student has set, these pictures look the same. No TeX: it may not be installed.
_LOOK: Final[dict[str, Any]] = {
    "text.usetex": False,
    "text.parse_math": False,
    "text.color": "black",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "axes.edgecolor": "#444444",
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": "black",
    "axes.labelsize": 10.0,
    "axes.linewidth": 0.8,
    "axes.titlecolor": "black",
    "axes.titlesize": 11.0,
    "axes.titleweight": "normal",
    "axes.spines.top": True,
    "axes.spines.right": True,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "hatch.color": "black",
    "hatch.linewidth": 1.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
    "path.sketch": None,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
}


_PALETTE_SIZE: Final = 128


@contextmanager
def _look() -> Iterator[None]:
    import matplotlib

    look: Any = _LOOK  # newer matplotlib types every key, older ones none
    with matplotlib.rc_context(look):
        yield


@contextmanager
def new_figure(width: int, height: int, *, scale: float = 1.0) -> Iterator[Figure]:
    """Make an empty figure of ``width`` x ``height`` CSS pixels; draw on it inside the ``with`` block.

    ``scale`` multiplies the pixels of the PNG, for sharp text on screens with small pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _look():
        figure = Figure(figsize=(width / 100, height / 100), dpi=100 * scale)
        FigureCanvasAgg(figure)
        yield figure


def add_lines(axes: Axes, lines: Sequence[tuple[tuple[float, float], tuple[float, float]]], **look: Any) -> None:
    """Add straight lines, each from one point (x, y) to another. The limits of the axes stay as they are."""
    from matplotlib.collections import LineCollection

    axes.add_artist(LineCollection(lines, **look))


def add_box(axes: Axes, x: float, y: float, width: float, height: float, **look: Any) -> None:
    """Add a rectangle with the corner (x, y). The limits of the axes stay as they are."""
    from matplotlib.patches import Rectangle

    axes.add_artist(Rectangle((x, y), width, height, **look))


def _image(figure: Figure) -> Any:
    """The drawn figure as an image of Pillow with a palette."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if not isinstance(figure.canvas, FigureCanvasAgg):
        raise ValueError("The figure has no Agg canvas; make it with new_figure.")
    canvas: Any = figure.canvas  # matplotlib leaves the methods of its canvas without types
    with _look():
        canvas.draw()
    # A palette and a weak compression: a third of the size of full colour, and faster to write.
    # The picture travels to the browser at every move of a slider.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image = image.quantize(_PALETTE_SIZE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # The palette holds averages, so white comes out a little grey: make it white again.
    image.putpalette([255 if part >= 253 else part for part in image.getpalette() or []])
    return image


def _png(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=3)
    return buffer.getvalue()


def figure_to_png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file, the same bytes for the same figure."""
    return _png(_image(figure))


def figure_to_columns(figure: Figure, columns: int) -> tuple[bytes, ...]:
    """The figure as PNG files: first the whole, then its parts from left to right, all of the same width."""
    whole = _image(figure)
    cuts = [whole.width * k // columns for k in range(columns + 1)]
    parts = [whole.crop((left, 0, right, whole.height)) for left, right in itertools.pairwise(cuts)]
    return tuple(_png(image) for image in (whole, *parts))


def picture_html(png: bytes, text: str, *, width: int | None = None) -> str:
    """An ``<img>`` element that carries the picture itself and its text alternative."""
    size = "" if width is None else f"width:{width}px;"
    source = base64.b64encode(png).decode("ascii")
    return f'<img alt="{html.escape(text)}" style="{size}max-width:100%" src="data:image/png;base64,{source}">'


@dataclass(frozen=True)
class Picture:
    """A finished picture with its text alternative. A notebook displays it; ``print`` gives the text.

    columns: the same picture cut into columns of equal width. On a narrow page they stand one below the
    other instead of being made too small to read.
    """

    png: bytes
    text: str
    width: int | None = None
    columns: tuple[bytes, ...] = ()

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        if not self.columns or self.width is None:
            return picture_html(self.png, self.text, width=self.width)
        # The first column speaks for all; an empty text tells a screen reader to pass over the others.
        texts = [self.text, *[""] * (len(self.columns) - 1)]
        each = self.width // len(self.columns)
        parts = [picture_html(png, text, width=each) for png, text in zip(self.columns, texts, strict=True)]
        return f'<div style="display:flex;flex-wrap:wrap;max-width:{self.width}px">{"".join(parts)}</div>'

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Picture: {self.text}>"


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """10 to an integer power as people write it: ``power_of_ten(-8) == "10⁻⁸"``."""
    return "1" if exponent == 0 else "10" + str(exponent).translate(_SUPERSCRIPTS)


def set_decades(axes: Axes, which: str, low: int, high: int, *, every: int = 2) -> None:
    """Make the axis ``which`` ("x" or "y") logarithmic from 10**low to 10**high, with few plain ticks.

    matplotlib's own logarithmic ticks are several times slower, too slow for a picture that moves.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    exponents = [k for k in range(low, high + 1) if k % every == 0]
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(10.0**low, 10.0**high)
    axis.set_major_locator(FixedLocator([10.0**k for k in exponents]))
    axis.set_major_formatter(FixedFormatter([power_of_ten(k) for k in exponents]))
    axis.set_minor_locator(NullLocator())


def draw_polygons(axes: Axes, corners: Sequence[np.ndarray], colors: Any, edge: str = "none") -> None:
    """Draw many filled polygons at once, which is much faster than one by one.

    corners: for each polygon an array (k, 2) of points.  colors: one colour, or one for each polygon.
    """
    from matplotlib.collections import PolyCollection

    axes.add_collection(PolyCollection(corners, facecolors=colors, edgecolors=edge, linewidths=0.6))


def line_picture(
    x: np.ndarray,
    curves: Mapping[str, np.ndarray],
    text: str,
    *,
    title: str,
    x_label: str,
    y_label: str = "",
    y_limits: tuple[float, float] | None = None,
    x_decades: tuple[int, int] | None = None,
    y_decades: tuple[int, int] | None = None,
) -> Picture:
    """A picture of named curves over x, with a text that says what it shows.

    x: shape (n,).  curves: name -> values of shape (n,); at most as many as there are styles.
    y_limits: the range of the vertical axis.
    x_decades, y_decades: (low, high) makes that axis logarithmic, from 10**low to 10**high.
    """
    with new_figure(600, 330, scale=1.5) as figure:
        axes = figure.add_subplot(title=title, xlabel=x_label, ylabel=y_label)
        for k, (name, y) in enumerate(curves.items()):
            # Markers at other points for each curve, so that curves which lie on each other can be told apart.
            axes.plot(x, y, label=name, markevery=(3 * k, 12), **SERIES_STYLES[k].line())
        if y_limits is not None:
            axes.set_ylim(*y_limits)
        for which, decades in (("x", x_decades), ("y", y_decades)):
            if decades is not None:
                set_decades(axes, which, *decades)
        axes.grid(alpha=0.3)
        axes.legend()
        figure.tight_layout()
        return Picture(figure_to_png(figure), text, width=600)
