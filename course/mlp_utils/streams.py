"""Text for terminals, pipes and files that lack some of our signs: each such sign has a stand-in, and nothing stops.

A console of Windows, or a pipe there, may know the letters of one language only; in the locale C there is nothing but
ASCII.  What a stream can show is shown as it is.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import Any

STAND_INS = {
    "✔": "+",
    "✓": "+",
    "✘": "x",
    "✗": "x",
    "◐": "~",
    "○": "o",
    "◌": "o",
    "⚠": "!",
    "◔": "@",
    "⊘": "/",
    "✎": "m",
    "¶": "w",
    "▸": ">",
    "▶": ">",
    "◀": "<",
    "→": "->",
    "←": "<-",
    "·": ".",
    "⋅": ".",
    "×": "x",
    "÷": "/",
    "∗": "*",
    "⊙": "*",
    "∘": "*",
    "−": "-",
    "–": "-",
    "—": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∂": "d",
    "∑": "sum",
    "∏": "prod",
    "√": "sqrt",
    "∞": "inf",
    "∝": "~",
    "‖": "||",
    "′": "'",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "…": "...",
    "ᵀ": "^T",
    "ϵ": "epsilon",
    "\u00a0": " ",
}
"""Signs of ours by what stands for them in ASCII; the symbols of two statuses never share one."""

HANDLER = "mlp_utils.stand_in"
"""The name under which Python's codecs know ``stand_in``."""


def lenient_output() -> None:
    """Let what this program prints reach every terminal and pipe; a command calls it before it prints anything."""
    for stream in (sys.stdout, sys.stderr):
        # A program without a console has None here, and a notebook or a test may have a stream of its own.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)


def printable(text: str, stream: Any = None) -> str:
    """The text with stand-ins for what the stream (standard output by default) cannot show."""
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, HANDLER).decode(encoding)
    except (LookupError, UnicodeError):
        return text  # an encoding that Python does not know, or that cannot read what it writes


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """What Python's codecs ask for where a character cannot be encoded: its stand-in, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_of(char) for char in error.object[error.start : error.end]), error.end


def _of(char: str) -> str:
    if char in STAND_INS:
        return STAND_INS[char]
    kind, *codes = unicodedata.decomposition(char).split() or [""]
    meant = "".join(chr(int(code, 16)) for code in codes) if kind in _RAISED else ""
    if meant:  # ⁴ as ^4, ₂ as _2, − stands for the raised minus sign too
        meant = "".join(STAND_INS.get(each, each) for each in meant)
        return _RAISED[kind] + meant if meant.isascii() else "?"
    name = unicodedata.name(char, "")
    if name.startswith("GREEK "):
        last = name.split(" WITH ")[0].split(" ")[-1].lower().replace("lamda", "lambda")
        return last.capitalize() if "CAPITAL" in name else last
    return "?"


_RAISED = {"<super>": "^", "<sub>": "_", "<font>": "", "<wide>": ""}

codecs.register_error(HANDLER, stand_in)
