"""Read the formulas of a derivation: text to trees, by a parser of our own, so that nothing is ever executed.

    sum(ys[i] * p[j] for i if i != j)      a sum over an index; also sum(i, ys[i] * p[j]) without a condition
    prod(a[l] for l)                       a product
    d(L, W[p, s])   or   d(L) / d(W[p, s]) a derivative that is still to be worked out
    delta(i, j)   1[x > 0]   indicator(x > 0)
    W.T   A @ B   A * B   A.sum(axis=0)   np.exp(x)
    W[i, j]   W[i][j]   W[i] and W[i, :] for a row   W[:, j] for a column

The grammar, from loose to tight: ``+ -``; ``* / @``; signs; ``**`` or ``^``; ``[...]`` and ``.T``.
"""

from __future__ import annotations

import re

from mlp_utils.derivations.advice import ONE_LINE, RANGE, SQUARE, SUM, not_a_function
from mlp_utils.derivations.tokens import (
    ALIASES,
    COMPARISONS,
    LARGEST,
    LETTERS,
    MAX_DEPTH,
    RESERVED,
    SMALLEST,
    WORDS,
    ReadError,
    Token,
    tokens_of,
)
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Constant,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
)


def read_formula(text: str) -> Node:
    """One formula as a tree; ``ReadError`` names the place and what was expected."""
    return Reader(text).read()


def read_chain(text: str) -> list[Node]:
    """The formulas of one typed line, which ``=`` separates; a leading ``=`` is allowed."""
    return Reader(text).read_chain()


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
        self.place = min(self.place + 1, len(self.tokens) - 1)  # the last one is the end of the line
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
            equal = "; equal formulas are joined by a single =" if self.at("==") else ""
            return f"a comparison stands in round brackets of its own, as in (z[i] > 0), or in 1[z[i] > 0]{equal}"
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
        indices = [self.place_or_all()]
        while self.at(","):
            self.take()
            indices.append(self.place_or_all())
        self.expect("]", " after the index")
        if isinstance(array, Entry) and ":" not in indices:  # W[i][j]
            indices = [*array.indices, *indices]
            array = array.array
        if len(indices) > 2:
            raise self.error("an array has at most two indices")
        if indices[0] == ":":
            if indices[1:] in ([], [":"]):
                return array
            columns = array.operand if isinstance(array, Transpose) else Transpose(array)
            return Entry(columns, (indices[1],))
        return Entry(array, tuple(index for index in indices if index != ":"))

    def place_or_all(self) -> str:
        """An index, or «:» for all entries of an axis."""
        return self.take().text if self.at(":") else self.index(number=True)

    def index(self, number: bool = False) -> str:
        if number and self.now.text.isdecimal():
            return self.take().text
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
        if self.at("dot"):
            self.take()
            self.expect("(")
            node = Binary("@", node, self.sum_of_terms())
            self.expect(")", " to close dot(")
            return node
        raise self.error(f"after a dot only T, sum() and dot() are known, and there is {self.shown()}")

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
                self.take()
                self.take()
                axis = -1
            elif word == "keepdims" and self.at("True", "False"):
                keepdims = self.take().text == "True"
            else:
                raise self.error(SUM)
        return axis, keepdims

    def atom(self) -> Node:
        token = self.now
        if token.kind == "number":
            return self.number()
        if self.at("("):
            self.take()
            node = self.sum_of_terms()
            if self.at(*COMPARISONS):
                node = Indicator(self.conditions(node))
            self.expect(")", " to close the bracket")
            return node
        if self.at("∂"):
            self.take()
            return self.curly_derivative()
        if self.at("["):
            raise self.error(SQUARE)
        if token.kind != "name":
            lines = f"; {ONE_LINE}" if self.place == 0 or token.kind == "end" else ""
            raise self.error(f"a number, a name or a bracket was expected, and there is {self.shown()}{lines}")
        self.take()
        name = token.text
        if name in ("np", "numpy") and self.at("."):
            self.take()
            if self.now.kind != "name" or self.tokens[self.place + 1].text != "(":
                raise self.error(f"a function such as exp( was expected after «{name}.», and there is {self.shown()}")
            name = self.take().text
        if self.at("("):
            return self.call(ALIASES.get(name, name), token)
        if name in RESERVED - LETTERS or name == "ln":
            needs = "needs its argument in brackets" if name not in WORDS else "cannot stand here"
            raise ReadError(f"«{name}» {needs}", token.position)
        return Name(name)

    def number(self) -> Node:
        token = self.take()
        value = float(token.text)
        if value > LARGEST:
            raise ReadError(f"the number is too large; {LARGEST:g} is the most", token.position)
        if value < SMALLEST and re.search("[1-9]", token.text.lower().split("e")[0]):
            raise ReadError(f"the number is too small; {SMALLEST:g} is the least above 0", token.position)
        return Number(token.text if value else "0")

    def call(self, name: str, token: Token) -> Node:
        if name not in RESERVED or name in WORDS or (name == "T" and token.text == "T"):
            raise ReadError(not_a_function(name), token.position)
        self.take()
        node: Node
        if name in ("sum", "prod"):
            node = self.over(name)
        elif name == "d":
            return self.derivative()
        elif name == "delta":
            left = self.index(number=True)
            self.expect(",", " between the two indices")
            node = Kronecker(left, self.index(number=True))
        elif name == "indicator":
            node = Indicator(self.conditions())
        elif name in ("outer", "dot"):
            first = self.sum_of_terms()
            self.expect(",", " between the two arrays")
            second = self.sum_of_terms()
            node = Outer(first, second) if name == "outer" else Binary("@", first, second)
        elif name == "T":
            node = Transpose(self.sum_of_terms())
        elif name in ("ones", "zeros", "eye"):
            node = self.constant(name)
        else:
            node = self.function(name)
        self.expect(")", f" to close {name}(")
        return node

    def constant(self, kind: str) -> Node:
        bracket = self.at("(")  # np.ones((n, q))
        if bracket:
            self.take()
        shape = [self.index(number=True)]
        while self.at(",") and kind != "eye" and len(shape) < 2:
            self.take()
            shape.append(self.index(number=True))
        if bracket:
            self.expect(")", " to close the bracket")
        return Constant(kind, tuple(shape * 2 if kind == "eye" else shape))

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
            number = self.at("0", "1") and self.tokens[self.place + 1].text == ")"  # np.sum(x, 0)
            if not (number or self.at("axis", "keepdims")):
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
                if self.at("range"):
                    raise self.error(RANGE)
                span = self.index(number=True)
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

    def conditions(self, first: Node | None = None) -> tuple[Condition, ...]:
        """One or more comparisons; the left side of the first may have been read already."""
        found = self.condition(first)
        while self.at("and", ","):
            self.take()
            found += self.condition()
        return tuple(found)

    def condition(self, first: Node | None = None) -> list[Condition]:
        sides = [self.sum_of_terms() if first is None else first]
        found: list[Condition] = []
        while self.at(*COMPARISONS, "="):
            op = self.take().text
            sides.append(self.sum_of_terms())
            found.append(Condition("==" if op == "=" else op, sides[-2], sides[-1]))
        if not found:
            raise self.error(f"a comparison such as x > 0 was expected, and there is {self.shown()}")
        return found

    def derivative(self) -> Node:
        """After «d(»: a formula, and the name by which it is differentiated."""
        of = self.sum_of_terms()
        if self.at(","):
            self.take()
            by = self.target()
            self.expect(")", " to close d(")
            return Derivative(of, by)
        self.expect(")", " to close d(, or a comma and the variable")
        if not (self.at("/") and self.tokens[self.place + 1].text in ("d", "D", "diff", "∂")):
            raise self.error("after a comma, or after «/ d», stands the variable by which this is differentiated")
        self.take()
        curly = self.take().text == "∂"
        if not curly or self.at("("):
            self.expect("(", " after the second d")
            by = self.target()
            self.expect(")", " to close d(")
            return Derivative(of, by)
        return Derivative(of, self.target())

    def curly_derivative(self) -> Node:
        """After «∂»: L/∂z[j], or what may follow «d»."""
        if self.at("("):
            self.take()
            return self.derivative()
        of = self.target()
        if not (self.at("/") and self.tokens[self.place + 1].text == "∂"):
            raise self.error("«/ ∂» and the variable by which this is differentiated were expected")
        self.take()
        self.take()
        if self.at("("):
            self.take()
            by = self.target()
            self.expect(")", " to close ∂(")
            return Derivative(of, by)
        return Derivative(of, self.target())

    def target(self) -> Name | Entry:
        position = self.now.position
        if self.now.kind == "name" and self.now.text not in RESERVED - LETTERS:
            node: Node = Name(self.take().text)
            while self.at("["):
                self.take()
                node = self.entry(node)
            if isinstance(node, Name) or (isinstance(node, Entry) and isinstance(node.array, Name)):
                return node
        raise ReadError("a name or an entry such as W[i, j] was expected in a derivative", position)
