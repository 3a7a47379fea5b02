"""The words and signs of a typed formula, and the bounds of what may be typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlp_utils.derivations.advice import BRACES, PRIME_SIGN

MAX_CHARS = 600
MAX_DEPTH = 40
MAX_TOKENS = 300
LARGEST, SMALLEST = 1e30, 1e-30

FUNCTIONS = frozenset(
    {"exp", "log", "sqrt", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh"}
    | {"sigmoid", "softplus", "relu", "abs", "sign", "softmax", "diag"}
)
ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "σ": "sigmoid",
    "ReLU": "relu",
    "atan": "arctan",
    "maximum": "relu",
    "diff": "d",
    "D": "d",
    "Sum": "sum",
    "matmul": "dot",
    "transpose": "T",
}
WORDS = frozenset({"for", "if", "in", "and", "np", "numpy"})
_BUILT = frozenset({"sum", "prod", "d", "delta", "indicator", "outer", "dot", "ones", "zeros", "eye", "T"})
RESERVED = FUNCTIONS | _BUILT | WORDS
LETTERS = frozenset({"d", "T", "delta"})
"""Words of the language that may also be names of variables: only d( is a derivative."""
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
GAP = re.compile(r"\.\.\.|…")
"""What stands where a student still has to put a formula."""
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*|==|!=|<=|>=|[-+*/@^()\[\],.<>=∂:])"
)
_TYPED = {
    **dict.fromkeys("−–", "-"),
    **dict.fromkeys("·×⊙⋅∗∘", "*"),
    **dict.fromkeys("Σ∑", "sum"),
    **dict.fromkeys("Π∏", "prod"),
    **dict.fromkeys("εϵ", "epsilon"),
    **{sub: str(digit) for digit, sub in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    "÷": "/",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "ᵀ": ".T",
    "δ": "delta",
    "λ": "lam",
    "𝟙": "1",
}
_RAISED = {sign: str(digit) for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")} | {"⁻": "-"}


class ReadError(ValueError):
    """A line is not a formula of the language.

    position: counted from 1 in the typed line.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"At position {position}: {message}.")
        self.position = position


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a line; ``ReadError`` for a character that has no place in the language."""
    if len(text) > MAX_CHARS:
        raise ReadError(f"the line has {len(text)} characters, and {MAX_CHARS} are the most", MAX_CHARS)
    gap = GAP.search(text)
    if gap is not None:
        raise ReadError(f"put a formula in place of the gap «{gap.group()}»", gap.start() + 1)
    pieces = [_RAISED.get(c, _TYPED.get(c, c)) for c in text]
    for k, c in enumerate(text):
        if c in _RAISED and (k == 0 or text[k - 1] not in _RAISED):
            pieces[k] = f"**{pieces[k]}"
    typed = "".join(pieces)
    where = [k for k, piece in enumerate(pieces) for _ in piece] + [len(text)]
    found: list[Token] = []
    place = 0
    while place < len(typed):
        match = _TOKEN.match(typed, place)
        if match is None:
            sign = text[where[place]]
            instead = PRIME_SIGN if sign in "'′’" else BRACES if sign in "{}" else ""
            raise ReadError(f"«{sign}» is not part of the language{instead and '; ' + instead}", where[place] + 1)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), where[place] + 1))
        place = match.end()
    if len(found) > MAX_TOKENS:
        message = f"the line has {len(found)} signs and names, and {MAX_TOKENS} are the most; split it into two steps"
        raise ReadError(message, found[MAX_TOKENS].position)
    found.append(Token("end", "the end of the line", len(text) + 1))
    return found
