"""A grammar of derivations: random formulas, rewritten line by line with identities that hold, or changed in one place.

Numbers have the free indices i (over n) and k (over q) or fewer; arrays have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from mlp_utils.derivations.ranges import renamed, shape_of
from mlp_utils.derivations.setting import Setting
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
    free_indices,
    walk,
)

from .looked_at import setting

NAMES = {"n": ("i", "j", "g"), "q": ("k", "l", "h"), "m": ("c", "e", "f")}
SPANS = {index: span for span, names in NAMES.items() for index in names}
SETTING: Setting = replace(
    setting({}, x="", y="", t="positive", u="unit", v="n", w="n", s="q", A="n q", C="q m", M="n n"), indices=SPANS
)
ONE, TWO, ZERO = Number("1"), Number("2"), Number("0")
SMOOTH = ("sin", "cos", "tanh", "sigmoid", "softplus", "arctan", "sinh", "cosh", "exp")
Rule = Callable[["Grammar", Node], Node | None]


def plus(a: Node, b: Node) -> Node:
    return Binary("+", a, b)


def minus(a: Node, b: Node) -> Node:
    return Binary("-", a, b)


def times(a: Node, b: Node) -> Node:
    return Binary("*", a, b)


def over(a: Node, b: Node) -> Node:
    return Binary("/", a, b)


def power(a: Node, n: int) -> Node:
    return Binary("**", a, Number(str(n)) if n >= 0 else Unary(Number(str(-n))))


def call(name: str, a: Node) -> Node:
    return Call(name, a)


def shape(node: Node) -> tuple[str, ...]:
    return shape_of(node, SETTING, {})


def uses(node: Node) -> set[str]:
    """All names of indices in a formula, bound ones too."""
    found = set(free_indices(node, frozenset(SPANS)))
    return found | {inner.index for inner in walk(node) if isinstance(inner, Over)}


@dataclass(frozen=True)
class Spot:
    """A part of a formula and how to put another one there."""

    node: Node
    put: Callable[[Node], Node]


def spots(node: Node, put: Callable[[Node], Node] = lambda part: part) -> Iterator[Spot]:
    yield Spot(node, put)
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, Node) and item.name != "by":
            yield from spots(value, lambda part, name=item.name: put(replace(node, **{name: part})))  # type: ignore[misc]


class Grammar:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.line: Node = ZERO

    def pick(self, items: Any) -> Any:
        return items[int(self.rng.integers(len(items)))]

    def fresh(self, span: str) -> str | None:
        """An index that the line does not use yet."""
        free = [name for name in NAMES[span] if name not in uses(self.line)]
        return self.pick(free) if free else None

    # --- formulas --------------------------------------------------------------------------------------------

    def number(self, indices: tuple[str, ...], depth: int) -> Node:
        """A number for each of these indices."""
        if depth == 0:
            return self.leaf(indices)
        kind = int(self.rng.integers(10))
        a = self.number(indices, depth - 1)
        if kind <= 4:
            return Binary(self.pick("+-*+*"), a, self.number(indices, depth - 1))
        if kind == 5:
            return Unary(a)
        if kind == 6:
            return over(a, plus(TWO, power(self.leaf(indices), 2)))
        if kind <= 8 or len(indices) > 1:
            return call(self.pick(SMOOTH[:-1] if depth > 1 else SMOOTH), a)
        span = self.pick(["n", "q"])
        index = self.pick([name for name in NAMES[span] if name not in indices])
        inner = self.number((*indices, index), depth - 1)
        if index not in uses(inner):
            inner = times(inner, self.leaf((index,)))
        return Over("sum", inner, index)

    def leaf(self, indices: tuple[str, ...]) -> Node:
        kinds: list[Node] = [Name("x"), Name("y"), Name("t"), Name("u"), Number(self.pick(["2", "3", "0.5"]))]
        for index in indices:
            kinds += [
                Entry(Name(name), (index,)) for name in ("v", "w", "s") if shape(Name(name)) == (SPANS[index],)
            ] * 2
            if SPANS[index] == "q":
                kinds.append(Entry(call("softmax", Name("s")), (index,)))
            for other in indices:
                matrices = [name for name in ("A", "M") if shape(Name(name)) == (SPANS[index], SPANS[other])]
                kinds += [Entry(Name(name), (index, other)) for name in matrices] * 2
                if index != other and SPANS[index] == SPANS[other]:
                    kinds.append(Kronecker(index, other))
        return self.pick(kinds)

    def array(self, wanted: tuple[str, ...], depth: int) -> Node:
        """A vector or a matrix of this shape."""
        letters: list[Node] = [Name(name) for name in ("v", "w", "s", "A", "C", "M") if shape(Name(name)) == wanted]
        letters += [Transpose(Name(name)) for name in ("A", "C", "M") if shape(Transpose(Name(name))) == wanted]
        if depth == 0:
            if len(wanted) == 2 and (not letters or self.rng.random() < 0.2):
                return Outer(self.array(wanted[:1], 0), self.array(wanted[1:], 0))
            return self.pick(letters) if letters else Constant("ones", wanted)
        kind = int(self.rng.integers(7))
        if kind <= 2:
            return Binary(self.pick("+-*"), self.array(wanted, depth - 1), self.array(wanted, depth - 1))
        if kind == 3:
            return call(self.pick(("tanh", "sin", "sigmoid", "relu", "softplus")), self.array(wanted, depth - 1))
        if kind == 4:
            return times(self.pick((TWO, Name("x"), Name("t"))), self.array(wanted, depth - 1))
        middle = self.pick(("n", "q"))
        if len(wanted) == 1:
            return Binary("@", self.array((wanted[0], middle), depth - 1), self.array((middle,), depth - 1))
        return Binary("@", self.array((wanted[0], middle), depth - 1), self.array((middle, wanted[1]), depth - 1))

    def start(self) -> Node:
        kind = int(self.rng.integers(6))
        if kind == 0:
            return self.array(self.pick((("n",), ("n", "q"), ("q", "n"), ("n", "n"), ("q", "m"))), 2)
        if kind == 1:
            return Total(self.array(self.pick((("n",), ("n", "q"))), 2))
        indices = self.pick(((), (), ("i",), ("k",), ("i", "k"), ("i", "j")))
        body = self.number(indices, 3)
        if kind <= 3:
            return body
        by: list[Name | Entry] = [Name("x"), Name("t"), Name("u")]
        for index in indices:
            by += [Entry(Name(name), (index,)) for name in ("v", "s") if shape(Name(name)) == (SPANS[index],)] * 2
        if indices == ("i", "k"):
            by += [Entry(Name("A"), ("i", "k"))] * 2
        target = self.pick(by)
        free = self.number(tuple(index for index in indices if self.rng.random() < 0.6), 2)
        return Derivative(plus(body, free) if self.rng.random() < 0.5 else body, target)

    # --- lines -----------------------------------------------------------------------------------------------

    def rewritten(self, line: Node) -> Node:
        """One or two parts of the line changed by identities."""
        for _ in range(int(self.rng.integers(1, 3))):
            self.line = line
            parts = list(spots(line))
            self.rng.shuffle(parts)  # type: ignore[arg-type]
            for spot in parts:
                new = self.identity(spot.node)
                if new is not None and new != spot.node:
                    line = spot.put(new)
                    break
        return line

    def identity(self, node: Node) -> Node | None:
        from .identities import ARRAYS, DERIVATIVES, NUMBERS

        try:
            is_array = bool(shape(node))
        except ValueError:
            return None
        rules = list(DERIVATIVES if isinstance(node, Derivative) else ARRAYS if is_array else NUMBERS)
        self.rng.shuffle(rules)  # type: ignore[arg-type]
        for rule in rules:
            new = rule(self, node)
            if new is not None:
                return new
        return None

    def derivation(self, steps: int = 4) -> list[Node]:
        lines = [self.start()]
        while len(lines) <= steps:
            new = self.rewritten(lines[-1])
            if len(list(walk(new))) > 90:
                break
            lines.append(new)
        return lines

    # --- mistakes --------------------------------------------------------------------------------------------

    def mistake(self, line: Node) -> tuple[str, Node] | None:
        """The line with one change of one kind."""
        self.line = line
        kinds = list(MISTAKES)
        self.rng.shuffle(kinds)
        for kind in kinds:
            parts = list(spots(line))
            self.rng.shuffle(parts)  # type: ignore[arg-type]
            for spot in parts:
                new = MISTAKES[kind](self, spot.node)
                if new is not None:
                    return kind, spot.put(new)
        return None


def wrong_sign(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Unary):
        return node.operand
    if isinstance(node, Binary) and node.op in "+-":
        return replace(node, op="-" if node.op == "+" else "+")
    return None


def wrong_index(grammar: Grammar, node: Node) -> Node | None:
    names = [*sorted(uses(grammar.line)), "j", "l"]
    if isinstance(node, Entry):
        place = int(grammar.rng.integers(len(node.indices)))
        return replace(node, indices=(*node.indices[:place], grammar.pick(names), *node.indices[place + 1 :]))
    return Kronecker(node.left, grammar.pick(names)) if isinstance(node, Kronecker) else None


def wrong_factor(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Number):
        return Number(f"{float(node.text) + 1:g}")
    if isinstance(node, Binary) and node.op == "*" and grammar.rng.random() < 0.5:
        return node.left if shape(node.left) == shape(node) else node.right
    return times(grammar.pick((TWO, Number("0.5"), Number("3"), Name("n"))), node)


def wrong_sum(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Over):
        return replace(node, conditions=()) if node.conditions else node.body
    free = sorted(free_indices(node, frozenset(SPANS)))
    return Over("sum", node, grammar.pick(free)) if free and not shape(node) else None


def wrong_shape(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Transpose):
        return node.operand
    if isinstance(node, Name | Binary) and len(shape(node)) == 2:
        return Transpose(node)
    return Total(node, axis=0) if isinstance(node, Binary) and shape(node) else None


def wrong_function(grammar: Grammar, node: Node) -> Node | None:
    if isinstance(node, Call) and node.function not in ("softmax", "diag"):
        return call(grammar.pick([name for name in SMOOTH if name != node.function]), node.argument)
    if isinstance(node, Indicator):
        first = node.conditions[0]
        return Indicator((Condition("<" if first.op == ">" else ">", first.left, first.right),))
    return None


MISTAKES: dict[str, Rule] = {
    "sign": wrong_sign,
    "index": wrong_index,
    "factor": wrong_factor,
    "sum": wrong_sum,
    "shape": wrong_shape,
    "function": wrong_function,
}


def renamed_in(node: Node, old: str, new: str) -> Node:
    return renamed(node, old, new)
