"""What a check says, as HTML in a notebook and as plain text elsewhere.

A ``Message`` is data; nothing here decides anything.  Colour is never the only sign: every status has a symbol and a
word, and wrong entries in the map of an array are marked with a cross.
"""

from __future__ import annotations

import html
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils.status import COLOURS, SYMBOLS, WORDS, Status
from mlp_utils.streams import printable

MAP_LIMIT = 16


@dataclass(frozen=True)
class Row:
    """One wrong entry for the table: where, at which input, what was got, what is wanted."""

    where: str
    at: str
    got: str
    want: str


@dataclass(frozen=True)
class Message:
    """What a check says.

    status:   a ``Status``.
    headline: what is wrong with the numbers, in one sentence; empty when all is right.
    parts:    the name of each part, whether it passed, and its points.
    case:     which inputs showed it.
    rows:     the worst entries.
    wrong:    where a vector or matrix is wrong, for the map; None where there is none.
    place:    where the mistake must lie, from which results are right and which wrong.
    table:    the lines of a derivation: something with a text and an HTML form.
    notes:    further remarks, such as a warning that the function issued.
    footer:   what to do next.
    """

    title: str
    status: Status
    points: float
    max_points: float
    headline: str = ""
    parts: tuple[tuple[str, bool, float], ...] = ()
    case: str = ""
    rows: tuple[Row, ...] = ()
    wrong: np.ndarray | None = None
    place: str = ""
    table: Any = None
    notes: tuple[str, ...] = ()
    footer: str = ""

    @property
    def score(self) -> str:
        return score(self.points, self.max_points)

    def __str__(self) -> str:
        lines = [f"{SYMBOLS[self.status]} {self.title}: {WORDS[self.status]} ({self.score})"]
        if self.headline:
            lines.append(f"  {sentence(self.headline)}")
        if self.case:
            lines.append(f"  Inputs: {self.case}")
        if len(self.parts) > 1:
            lines += [f"    {'✔' if ok else '✘'} {name}{worth(points)}" for name, ok, points in self.parts]
        for row in self.rows:
            lines.append(f"    {row.where}{row.at}: yours {row.got}, wanted {row.want}")
        if self.wrong is not None and self.wrong.any():
            lines += [f"    {line}" for line in text_map(self.wrong)]
        if self.place:
            lines.append(f"  {self.place}")
        if self.table is not None:
            lines += [f"    {line}" for line in str(self.table).splitlines()]
        lines += [f"  Note: {sentence(note)}" for note in self.notes]
        if self.footer:
            lines.append(f"  {self.footer}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        colour = COLOURS[self.status]
        pieces = [
            f'<div role="status" style="border-left:5px solid {colour};padding:.4em .9em;margin:.3em 0;'
            'font-size:95%;line-height:1.45">',
            f'<div><b style="color:{colour}">{SYMBOLS[self.status]} {WORDS[self.status]}</b> · '
            f"<b>{html.escape(self.title)}</b> · {self.score}</div>",
        ]
        if self.headline:
            pieces.append(f"<div>{html.escape(sentence(self.headline))}</div>")
        if self.case:
            pieces.append(f'<div style="opacity:.85">Inputs: {html.escape(self.case)}</div>')
        if len(self.parts) > 1:
            items = "".join(
                f'<li style="list-style:none">{"✔" if ok else "✘"} {html.escape(name)}{worth(points)}</li>'
                for name, ok, points in self.parts
            )
            pieces.append(f'<ul style="margin:.2em 0;padding-left:.6em">{items}</ul>')
        if self.rows:
            pieces.append(_rows_html(self.rows))
        if self.wrong is not None and self.wrong.any():
            pieces.append(map_html(self.wrong))
        if self.place:
            pieces.append(f"<div>{html.escape(self.place)}</div>")
        if self.table is not None:
            pieces.append(self.table._repr_html_())
        pieces += [f"<div>Note: {html.escape(sentence(note))}</div>" for note in self.notes]
        if self.footer:
            pieces.append(f'<div style="opacity:.85">{html.escape(self.footer)}</div>')
        return "".join([*pieces, "</div>"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def show(self) -> None:
        """Display the message: HTML under IPython, text elsewhere."""
        show(self)


@dataclass(frozen=True)
class Table:
    """A small table with a heading row and lines below, for summaries."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: str = ""

    def __str__(self) -> str:
        table = [self.head, *self.rows]
        widths = [max(len(row[k]) for row in table) for k in range(len(self.head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        return "\n".join([*(line.rstrip() for line in lines), self.below])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        style = 'style="text-align:left;padding:0 .9em 0 0"'
        head = "".join(f"<th {style}>{html.escape(cell)}</th>" for cell in self.head)
        body = "".join(
            "<tr>" + "".join(f"<td {style}>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        below = f'<div style="white-space:pre-line">{html.escape(self.below)}</div>'
        return f'<table style="width:auto"><tr>{head}</tr>{body}</table>{below}'


class Remark(str):
    """A line of text that IPython shows without quotation marks."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return f'<div style="padding:.2em .9em">{html.escape(str(self))}</div>'


def show(thing: object) -> None:
    """Display an object with IPython where it runs, and print it elsewhere."""
    shell = None
    if "IPython" in sys.modules:  # a notebook has loaded it; loading it for one line of text would take a moment
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
    if shell is None:
        print(printable(str(thing)))
    else:
        display(thing)


def number(x: float | complex, other: float | complex | None = None) -> str:
    """Seven significant digits, or as many as it takes to tell the number from the other one."""
    for digits in range(7, 18):
        text = f"{x:.{digits}g}"
        if other is None or x == other or text != f"{other:.{digits}g}":
            break
    return text


def text_map(wrong: np.ndarray) -> list[str]:
    """A vector's or matrix's wrong entries as lines of · and ×."""
    grid, cut = _grid(wrong)
    lines = ["".join("×" if bad else "·" for bad in row) for row in grid]
    return [*lines, f"(× wrong entry{cut})"]


def map_html(wrong: np.ndarray) -> str:
    """The same as a small table with a text alternative."""
    grid, cut = _grid(wrong)
    size = "width:1.1em;height:1.1em;text-align:center;padding:0;border:1px solid #8886;font-size:80%"
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{size};background:{"#D55E0055" if bad else "transparent"}">{"×" if bad else ""}</td>'
            for bad in row
        )
        + "</tr>"
        for row in grid
    )
    label = f"{int(np.sum(wrong))} of {np.size(wrong)} entries are wrong; a cross marks each."
    return (
        f'<table role="img" aria-label="{label}" style="border-collapse:collapse;margin:.3em 0;width:auto">'
        f'<caption style="caption-side:bottom;text-align:left;font-size:80%;opacity:.85">× wrong entry{cut}</caption>'
        f"{rows}</table>"
    )


def _grid(wrong: np.ndarray) -> tuple[np.ndarray, str]:
    """At most MAP_LIMIT rows and columns, among them the first wrong entry; and which part of a larger array it is."""
    grid = np.atleast_1d(np.asarray(wrong, dtype=bool))
    grid = grid.reshape(-1, grid.shape[-1]) if grid.size else np.zeros((1, 1), dtype=bool)
    if max(grid.shape) <= MAP_LIMIT:
        return grid, ""
    first = np.argwhere(grid)
    row, column = (int(k) for k in first[0]) if len(first) else (0, 0)
    top, left = (0 if k < MAP_LIMIT else min(k, n - MAP_LIMIT) for k, n in zip((row, column), grid.shape, strict=True))
    part = grid[top : top + MAP_LIMIT, left : left + MAP_LIMIT]
    rows, columns = f"{top} to {top + part.shape[0] - 1}", f"{left} to {left + part.shape[1] - 1}"
    return part, f"; rows {rows}, columns {columns}"


def _rows_html(rows: tuple[Row, ...]) -> str:
    cell = 'style="text-align:left;padding:0 .8em 0 0"'
    head = f"<tr><th {cell}>where</th><th {cell}>yours</th><th {cell}>wanted</th></tr>"
    body = "".join(
        f"<tr><td {cell}>{html.escape(row.where + row.at)}</td><td {cell}><code>{html.escape(row.got)}</code></td>"
        f"<td {cell}><code>{html.escape(row.want)}</code></td></tr>"
        for row in rows
    )
    return f'<table style="margin:.3em 0;width:auto">{head}{body}</table>'


def score(points: float, most: float) -> str:
    """«2 of 3 points»; where nothing can be earned, that it is practice."""
    if most:
        return f"{points:g} of {most:g} points"
    return f"practice, {points:g} extra" if points else "practice, no points"


def worth(points: float) -> str:
    """The points of a part in brackets; nothing where an exercise is practice."""
    return f" ({points:g})" if points else ""


def sentence(text: str) -> str:
    """The text with a capital at its start, unless it starts with a name of the program such as ``dW``."""
    text = text.strip()
    first = text.split(" ", 1)[0].lower()
    return text[:1].upper() + text[1:] if first in _FIRST_WORDS else text


_FIRST_WORDS = {"all", "the", "a", "an", "it", "no", "not", "of", "your", "every", "each"}
