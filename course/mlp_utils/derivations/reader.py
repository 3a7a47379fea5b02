"""Read the formulas of a derivation: text to trees, by a parser of our own, so that nothing is ever executed.

    sum(ys[i] * p[j] for i if i != j)      a sum over an index; also sum(i, ys[i] * p[j]) without a condition
    prod(a[l] for l)                       a product
    d(L, W[p, s])   or   d(L) / d(W[p, s]) a derivative that is still to be worked out
    delta(i, j)   1[x > 0]   indicator(x > 0)
    W.T   A @ B   A * B   A.sum(axis=0)   np.exp(x)

The grammar, from loose to tight: ``+ -``; ``* / @``; signs; ``**`` or ``^``; ``[...]`` and ``.T``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Over,
    Total,
    Transpose,
    Unary,
)

MAX_CHARS = 600
MAX_DEPTH = 40
MAX_TOKENS = 300

FUNCTIONS = frozenset(
    {"exp", "log", "sqrt", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh"}
    | {"sigmoid", "softplus", "relu", "abs", "sign", "softmax"}
)
ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "σ": "sigmoid",
    "atan": "arctan",
    "maximum": "relu",
    "diff": "d",
    "D": "d",
    "Sum": "sum",
    "δ": "delta",
}
RESERVED = FUNCTIONS | {"sum", "prod", "d", "delta", "indicator", "for", "if", "in", "and", "np", "numpy", "T"}
LETTERS = frozenset("dT")
"""Words of the language that may also be names of variables: only d( is a derivative."""
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*|==|!=|<=|>=|[-+*/@^()\[\],.<>=])"
)
_TYPED = {
    "−": "-",
    "·": "*",
    "×": "*",
    "⊙": "*",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "²": "**2",
    "ᵀ": ".T",
    "Σ": "sum",
    "∑": "sum",
    "∂": "d",
    "ε": "epsilon",
    "λ": "lam",
}


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


def read_formula(text: str) -> Node:
    """One formula as a tree; ``ReadError`` names the place and what was expected."""
    return Reader(text).read()


def read_chain(text: str) -> list[Node]:
    """The formulas of one typed line, which ``=`` separates; a leading ``=`` is allowed."""
    return Reader(text).read_chain()


def tokens_of(text: str) -> list[Token]:
    """The tokens of a line; ``ReadError`` for a character that has no place in the language."""
    if len(text) > MAX_CHARS:
        raise ReadError(f"the line has {len(text)} characters, and {MAX_CHARS} are the most", MAX_CHARS)
    pieces = [_TYPED.get(c, c) for c in text]
    typed = "".join(pieces)
    where = [k for k, piece in enumerate(pieces) for _ in piece] + [len(text)]
    found: list[Token] = []
    place = 0
    while place < len(typed):
        match = _TOKEN.match(typed, place)
        if match is None:
            raise ReadError(f"«{text[where[place]]}» is not part of the language", where[place] + 1)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), where[place] + 1))
        place = match.end()
    if len(found) > MAX_TOKENS:
        raise ReadError("the line is too long; split it into two steps", found[MAX_TOKENS].position)
    found.append(Token("end", "the end of the line", len(text) + 1))
    return found


class Reader:
    """A parser by recursive descent; one method for each level of the grammar."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.place = 0
        self.depth = 0

    # --- tokens ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def at(self, *texts: str) -> bool:
        return self.now.kind != "end" and self.now.text in texts

    def take(self) -> Token:
        token = self.now
        self.place += 1
        return token

    def expect(self, text: str, why: str = "") -> Token:
        if not self.at(text):
            raise self.error(f"«{text}» was expected{why}, and there is {self.shown()}")
        return self.take()

    def shown(self) -> str:
        return self.now.text if self.now.kind == "end" else f"«{self.now.text}»"

    def error(self, message: str) -> ReadError:
        return ReadError(message, self.now.position)

    # --- the grammar -------------------------------------------------------------------------------------------

    def read(self) -> Node:
        node = self.sum_of_terms()
        if self.now.kind != "end":
            raise self.error(self.after_a_formula())
        return node

    def read_chain(self) -> list[Node]:
        if self.at("="):
            self.take()
        nodes = [self.sum_of_terms()]
        while self.at("="):
            self.take()
            nodes.append(self.sum_of_terms())
        if self.now.kind != "end":
            raise self.error(self.after_a_formula())
        return nodes

    def after_a_formula(self) -> str:
        if self.now.kind in ("name", "number") or self.at("("):
            return f"an operation such as * is missing before {self.shown()}"
        if self.at(")", "]"):
            return f"{self.shown()} has no partner"
        if self.at(*COMPARISONS):
            return "a comparison stands in indicator(...), in 1[...] or after «if»"
        return f"an operation or the end of the line was expected, and there is {self.shown()}"

    def sum_of_terms(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("too many brackets stand in each other; split the line into two steps")
        node = self.product()
        while self.at("+", "-"):
            op = self.take().text
            node = Binary(op, node, self.product())
        self.depth -= 1
        return node

    def product(self) -> Node:
        node = self.signed()
        while self.at("*", "/", "@"):
            op = self.take().text
            node = Binary(op, node, self.signed())
        return node

    def signed(self) -> Node:
        signs = 0
        while self.at("+", "-"):
            signs += self.take().text == "-"
        node = self.power()
        return Unary(node) if signs % 2 else node

    def power(self) -> Node:
        base = self.postfix()
        if self.at("**", "^"):
            self.take()
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise self.error("too many powers stand in each other")
            exponent = self.signed()
            self.depth -= 1
            return Binary("**", base, exponent)
        return base

    def postfix(self) -> Node:
        node = self.atom()
        while self.at("[", "."):
            node = self.entry(node) if self.take().text == "[" else self.dotted(node)
        return node

    def entry(self, array: Node) -> Node:
        if array == Number("1"):
            conditions = self.conditions()
            self.expect("]", " after the condition")
            return Indicator(conditions)
        indices = [self.index()]
        while self.at(","):
            self.take()
            indices.append(self.index())
        self.expect("]", " after the index")
        if len(indices) > 2:
            raise self.error("an array has at most two indices")
        return Entry(array, tuple(indices))

    def index(self) -> str:
        if self.now.kind != "name" or self.now.text in RESERVED - LETTERS:
            raise self.error(f"the name of an index was expected, and there is {self.shown()}")
        return self.take().text

    def dotted(self, node: Node) -> Node:
        if self.at("T"):
            self.take()
            return Transpose(node)
        if self.at("sum"):
            self.take()
            self.expect("(")
            axis, keepdims = self.axis(first=True)
            self.expect(")")
            return Total(node, axis, keepdims)
        raise self.error(f"after a dot only T and sum() are known, and there is {self.shown()}")

    def axis(self, first: bool) -> tuple[int | None, bool]:
        axis, keepdims = None, False
        while not self.at(")"):
            if not first:
                self.expect(",")
            first = False
            word = self.take().text if self.now.kind == "name" else "axis"
            if self.at("="):
                self.take()
            if word == "axis" and self.now.text in ("0", "1"):
                axis = int(self.take().text)
            elif word == "axis" and self.at("-") and self.tokens[self.place + 1].text == "1":
                self.place += 2
                axis = -1
            elif word == "keepdims" and self.at("True", "False"):
                keepdims = self.take().text == "True"
            else:
                raise self.error("axis=0, axis=1 or keepdims=True was expected")
        return axis, keepdims

    def atom(self) -> Node:
        token = self.now
        if token.kind == "number":
            self.take()
            if float(token.text) > 1e300:
                raise ReadError("the number is too large", token.position)
            return Number(token.text)
        if self.at("("):
            self.take()
            node = self.sum_of_terms()
            self.expect(")", " to close the bracket")
            return node
        if token.kind != "name":
            raise self.error(f"a number, a name or a bracket was expected, and there is {self.shown()}")
        self.take()
        name = token.text
        if name in ("np", "numpy"):
            self.expect(".")
            name = self.take().text
        if self.at("("):
            return self.call(ALIASES.get(name, name), token)
        if name in RESERVED - LETTERS:
            raise ReadError(f"«{name}» needs its argument in brackets", token.position)
        return Name(name)

    def call(self, name: str, token: Token) -> Node:
        if name not in RESERVED or name in ("for", "if", "in", "and", "np", "numpy", "T"):
            raise ReadError(f"«{name}» is not a function of the language; a product is written with *", token.position)
        self.take()
        if name in ("sum", "prod"):
            node = self.over(name)
        elif name == "d":
            return self.derivative()
        elif name == "delta":
            left = self.index()
            self.expect(",", " between the two indices")
            node = Kronecker(left, self.index())
        elif name == "indicator":
            node = Indicator(self.conditions())
        else:
            node = self.function(name)
        self.expect(")", f" to close {name}(")
        return node

    def function(self, name: str) -> Node:
        first = self.sum_of_terms()
        if name == "relu" and self.at(","):  # np.maximum(x, 0)
            self.take()
            second = self.sum_of_terms()
            zeros = (Number("0"), Number("0.0"))
            if first in zeros:
                return Call(name, second)
            if second not in zeros:
                raise self.error("maximum is known with 0 only")
        return Call(name, first)

    def over(self, kind: str) -> Node:
        start = self.place
        if self.now.kind == "name" and self.tokens[start + 1].text == "," and self.now.text not in RESERVED:
            index = self.index()
            self.expect(",")
            if not (self.at("axis", "keepdims")):
                return Over(kind, self.sum_of_terms(), index)
            self.place = start
        body = self.sum_of_terms()
        if kind == "sum" and (self.at(")") or self.at(",")):
            axis, keepdims = self.axis(first=False)
            return Total(body, axis, keepdims)
        loops: list[tuple[str, str, tuple[Condition, ...]]] = []
        while self.at("for"):
            self.take()
            index, span = self.index(), ""
            if self.at("in"):
                self.take()
                span = self.index()
            conditions: tuple[Condition, ...] = ()
            if self.at("if"):
                self.take()
                conditions = self.conditions()
            loops.append((index, span, conditions))
        if not loops:
            raise self.error(f"«for» and an index were expected, as in {kind}(x[i] for i), and there is {self.shown()}")
        for index, span, conditions in reversed(loops):
            body = Over(kind, body, index, span, conditions)
        return body

    def conditions(self) -> tuple[Condition, ...]:
        found = list(self.condition())
        while self.at("and", ","):
            self.take()
            found += self.condition()
        return tuple(found)

    def condition(self) -> list[Condition]:
        sides, found = [self.sum_of_terms()], []
        while self.at(*COMPARISONS, "="):
            op = self.take().text
            sides.append(self.sum_of_terms())
            found.append(Condition("==" if op == "=" else op, sides[-2], sides[-1]))
        if not found:
            raise self.error(f"a comparison such as x > 0 was expected, and there is {self.shown()}")
        return found

    def derivative(self) -> Node:
        of = self.sum_of_terms()
        if self.at(","):
            self.take()
            by = self.target()
            self.expect(")", " to close d(")
            return Derivative(of, by)
        self.expect(")", " to close d(, or a comma and the variable")
        if not (self.at("/") and self.tokens[self.place + 1].text in ("d", "D", "diff")):
            raise self.error("«/ d(...)» was expected: by what is this differentiated?")
        self.take()
        self.take()
        self.expect("(", " after the second d")
        by = self.target()
        self.expect(")", " to close d(")
        return Derivative(of, by)

    def target(self) -> Name | Entry:
        position = self.now.position
        node = self.postfix()
        if isinstance(node, Name) or (isinstance(node, Entry) and isinstance(node.array, Name)):
            return node
        raise ReadError("a derivative is by a name or by an entry such as W[i, j]", position)
