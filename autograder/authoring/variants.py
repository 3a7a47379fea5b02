"""A function that is written line by line, and the same function with some lines replaced.

Many mistakes change one line of a longer function.  An author writes the function once and each mistake as the line
that is different:

    way = Program("dZ, X, W", {"dW": "dW = X.T @ dZ", "db": "db = dZ.sum(axis=0)", "end": "return dW, db"})
    way.source(db="db = dZ.mean(axis=0)")
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.authoring.model import ModelError


@dataclass(frozen=True)
class Program:
    """A function as named pieces of code.

    signature: what stands between the brackets of the ``def``.
    lines:     statements by a name, in their order; a piece may have several lines.
    """

    signature: str
    lines: Mapping[str, str]

    def source(self, signature: str = "", **other: str) -> str:
        """The source of the function with other pieces, or another signature; an empty piece is left out."""
        unknown = sorted(set(other) - set(self.lines))
        if unknown:
            raise ModelError(f"This program has no piece {', '.join(unknown)}; it has {', '.join(self.lines)}.")
        pieces = [piece for piece in {**self.lines, **other}.values() if piece]
        body = textwrap.indent("\n".join(pieces), "    ")
        return f"def written({signature or self.signature}):\n{body}\n"
