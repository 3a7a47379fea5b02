"""What to write instead: for names that a formula does not know, and for signs that come from paper or from Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

PRIME_SIGN = "a transpose is written X.T, and a derivative d(formula, x)"
BRACES = "brackets around a formula are round"
SQUARE = "square brackets hold indices, as in z[i]; around a formula they are round"
RANGE = "write the index alone, as in «for k», or with the name of its range, as in «for k in n»"
SUM = "a sum over an index is written sum(x[i] for i); after a comma stands axis=0 or axis=1"
ONE_LINE = "a formula stands in one line"
OWN_NAME = "names of your own cannot be given; write the formula out"


def unknown_name(name: str, known: Sequence[str]) -> str:
    """A sentence about a name that is not known, with what was probably meant."""
    told = _meant(name, known) or (f"known are {', '.join(known)}" if known else "nothing is defined")
    return f"{name} is not known here; {told}"


def _meant(name: str, known: Sequence[str]) -> str:
    if name == "e":
        return "a power of e is written exp(...)"
    if name == "T":
        return "a transpose is written X.T"
    head, _, rest = name.partition("_")
    indices = ", ".join(rest)
    if head == "delta" and len(rest) == 2:
        return f"write delta({indices})"
    if head in known and rest and len(rest) < 3:
        return f"an entry is written {head}[{indices}]"
    if re.match("d[^\\W_]", head) and head[1:] in known:
        return "a derivative is written d(L, x), or ∂L/∂x"
    if name[:-1] in known and name[-1].islower():
        return f"an entry is written {name[:-1]}[{name[-1]}]"
    return ""


def not_a_function(name: str) -> str:
    """A sentence about a name before a bracket."""
    if re.fullmatch(r"[dD]\w+", name):
        return f"«{name}» is not a function of the language; a derivative is written d(formula, x)"
    return f"«{name}» is not a function of the language; a product is written with *, an entry as in z[i]"
