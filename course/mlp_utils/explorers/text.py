"""What the words of all explorers share: numbers for people, and the frame of a readout.

Plain text and HTML only.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Final

__all__ = ["SUBSCRIPTS", "readout_frame", "short_number", "table_row"]

SUBSCRIPTS: Final = "₀₁₂₃₄₅₆₇₈₉"
"""The digits as subscripts."""

_CELL: Final = "padding:1px 14px 1px 0;text-align:left;font-weight:normal;white-space:nowrap"


def short_number(value: float, digits: int = 3) -> str:
    """A number for people: few digits, a true minus sign, "none" for NaN."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "infinite"
    return f"{value:.{digits}g}".replace("-", "−")


def table_row(first: str, rest: Sequence[str], *, header: bool = False, wrap: bool = False) -> str:
    """A row of a table in HTML; its first cell is a heading, and in the header all cells are.

    With ``wrap`` the lines of a cell break where the page is narrow.
    """
    scope, tag, look = ("col", "th", _CELL) if header else ("row", "td", f"{_CELL};font-family:monospace")
    top = ";vertical-align:top" if wrap else ""
    if wrap:
        look += f";white-space:normal{top}"
    attributes = 'scope="col" ' if header else ""
    cells = "".join(f'<{tag} {attributes}style="{look}">{html.escape(cell)}</{tag}>' for cell in rest)
    return f'<tr><th scope="{scope}" style="{_CELL}{top}">{html.escape(first)}</th>{cells}</tr>'


def readout_frame(facts: str, rows: Sequence[str], notes: Sequence[str]) -> str:
    """A readout in HTML: a line of facts, a table of rows made by `table_row`, and a list of notes."""
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    # Containment: in a narrow window the notes wrap and the table scrolls, instead of both being cut off.
    return (
        f'<div style="line-height:1.5;contain:inline-size;overflow-x:auto">'
        f'<div style="font-family:monospace">{html.escape(facts)}</div>'
        f'<table style="border-collapse:collapse;margin:4px 0">{"".join(rows)}</table>'
        f'<ul style="margin:0;padding-left:1.4em">{items}</ul></div>'
    )
