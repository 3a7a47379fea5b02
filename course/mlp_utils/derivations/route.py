"""Where a derivation starts, where it must end, and the ways between: what the points are given for.

Equal neighbours are not enough: a derivation that jumps from the first line to the last shows nothing.  An exercise
names waypoints, lines of a certain form, and one or more sets of them (routes).  A form is told by what stands in a
line, never by its exact text: by the functions and letters in it, and by derivatives, sums and conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlp_utils.derivations.forms import shows_a_rule, without_idle, written_out
from mlp_utils.derivations.ranges import name_of
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.steps import START, Checked, check_steps
from mlp_utils.derivations.tokens import FUNCTIONS
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Outer,
    Over,
    Total,
    Transpose,
    walk,
)

FIRST, END = "a first step", "the end"


@dataclass(frozen=True)
class Form:
    """What a line must and must not contain.

    says:    the form in words, for messages: "no derivative is left".
    needs:   features that must occur, see ``features``.
    without: features that must not occur.
    only:    the only letters and functions that may occur; empty for no restriction.
    one_of:  groups of features; of each group at least one must occur.
    hint:    for a waypoint, which rule leads there; never the line itself.
    """

    says: str
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    hint: str = ""

    def fits(self, node: Node, setting: Setting) -> bool:
        found = features(node)
        if not set(self.needs) <= found or found & set(self.without):
            return False
        if not all(found & set(group) for group in self.one_of):
            return False
        named = found & {*setting.letters, *setting.definitions, *FUNCTIONS}  # no lengths, no indices
        return not self.only or named <= set(self.only)

    def to_json(self) -> list[Any]:
        groups = [list(group) for group in self.one_of]
        return [self.says, list(self.needs), list(self.without), list(self.only), groups, self.hint]

    @staticmethod
    def from_json(data: Sequence[Any]) -> Form:
        says, needs, without, only, groups, hint = data
        return Form(says, tuple(needs), tuple(without), tuple(only), tuple(map(tuple, groups)), hint)


@dataclass(frozen=True)
class Route:
    """What a derivation is asked to be.

    start:     the first line, or several texts that may stand there; also with a definition put in.
    end:       the form of the last line.
    waypoints: lines of certain forms, by a name that a student may read.
    ways:      sets of waypoints; one of them, in its order, is a complete derivation.  An empty tuple asks for none.
    """

    start: tuple[str, ...]
    end: Form
    waypoints: Mapping[str, Form] = field(default_factory=dict)
    ways: tuple[tuple[str, ...], ...] = ((),)

    def to_json(self) -> dict[str, Any]:
        return {
            "start": list(self.start),
            "end": self.end.to_json(),
            "waypoints": {name: form.to_json() for name, form in self.waypoints.items()},
            "ways": [list(way) for way in self.ways],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Route:
        return Route(
            tuple(data["start"]),
            Form.from_json(data["end"]),
            {name: Form.from_json(form) for name, form in data["waypoints"].items()},
            tuple(tuple(way) for way in data["ways"]),
        )


@dataclass(frozen=True)
class Marked:
    """A derivation with its marks.

    checked: the steps.
    started: the first line that can be read is the one that was given.
    begun:   and another one is equal to it.
    ended:   the last line is equal to the first one and has the form of the end.
    reached: the waypoints of the best way that were reached, by lines that are equal to the first one.
    way:     that way.
    share:   the share of the points: a unit for the first step, one for each waypoint of the way, one for the end.  A
             line that is false or cannot be read is worth what leaving it out is worth.
    asks:    every line follows from start to end, and some line is no waypoint of a way that has been foreseen: a
             person looks.
    """

    checked: Checked
    started: bool
    begun: bool
    ended: bool
    reached: tuple[str, ...]
    way: tuple[str, ...]
    share: float
    asks: bool

    @property
    def passed(self) -> bool:
        return self.share == 1.0

    @property
    def parts(self) -> dict[str, bool]:
        """Whether each unit of the points was earned."""
        return {FIRST: self.begun} | {name: name in self.reached for name in self.way} | {END: self.ended}


def mark(text: str, setting: Setting, route: Route) -> Marked:
    """Check a derivation against what was asked for; nothing that is typed makes this raise."""
    checked = check_steps(text, setting)
    steps = checked.steps
    formulas = setting.formulas()
    starts = [written_out(read_formula(line), formulas) for line in route.start]
    first = next((step.node for step in steps if step.state == START), None)
    started = first is not None and written_out(first, formulas) in starts
    good = [step.node for step in steps if step.sound and step.node is not None] if started else []
    different = len({without_idle(node) for node in good})  # a line that is only repeated is no step
    begun = different > 1
    ended = begun and steps[-1].sound and route.end.fits(good[-1], setting)
    worked = [node for node in good[1:] if not _is_put_off(node, starts, formulas)]
    reached = [_reached(way, worked, setting, route) for way in route.ways]
    shares = [(begun + len(found) + ended) / (len(way) + 2) for found, way in zip(reached, route.ways, strict=True)]
    chosen = shares.index(max(shares))
    best, way = reached[chosen], route.ways[chosen]
    between = len({without_idle(node) for node in good[:1] + worked}) - 2
    asks = ended and checked.first_false is None and len(best) < len(way) and between > len(best)
    return Marked(checked, started, begun, ended, best, way, shares[chosen], asks)


def _is_put_off(node: Node, starts: Sequence[Node], formulas: Mapping[str, Node]) -> bool:
    """Whether the derivative that was asked for, by whatever entry, still stands in a line with something beside it.

    Times a factor that changes nothing, such as a condition that it contains anyway, it is no step.
    """
    if isinstance(without_idle(node), Derivative):
        return False
    asked = {(start.of, name_of(start.by)) for start in starts if isinstance(start, Derivative)}
    inside = (written_out(part, formulas) for part in walk(node) if isinstance(part, Derivative))
    return any(isinstance(part, Derivative) and (part.of, name_of(part.by)) in asked for part in inside)


def _reached(way: tuple[str, ...], nodes: Sequence[Node], setting: Setting, route: Route) -> tuple[str, ...]:
    """As many waypoints of a way as the lines meet in the order of the way; one line may be several waypoints."""
    best: list[tuple[str, ...]] = [()] * (len(nodes) + 1)  # up to each line, the longest chain so far
    for name in way:
        chain: tuple[str, ...] = ()
        for k, node in enumerate(nodes, start=1):
            here = (*best[k], name) if route.waypoints[name].fits(node, setting) else ()
            chain = max(chain, here, best[k], key=len)
            best[k] = chain
    return best[-1]


def features(node: Node) -> frozenset[str]:
    """What stands in a formula.

    Letters and functions by name, and "a derivative", "a derivative by x" (by x or an entry of it), "a bare derivative"
    (the line is nothing else), "a rule" (see ``shows_a_rule``), "a sum", "a product over an index", "a condition",
    "a delta", "a matrix product", "an outer product", "a transpose", "a single entry" (also a row or a column), "an
    entry of a product", "a fraction".
    """
    found: set[str] = {"a bare derivative"} if isinstance(without_idle(node), Derivative) else set()
    if shows_a_rule(without_idle(node)):
        found.add("a rule")
    lines = [inner for inner in walk(node) if isinstance(inner, Entry) and len(inner.indices) == 1]
    columns = {id(inner.array) for inner in lines if isinstance(inner.array, Transpose)}  # W[:, j] moves nothing
    for inner in walk(node):
        if isinstance(inner, Name):
            found.add(inner.id)
        elif isinstance(inner, Call):
            found.add(inner.function)
        elif isinstance(inner, Derivative):
            found |= {"a derivative", f"a derivative by {name_of(inner.by)}"}
        elif isinstance(inner, Over):
            found.add("a sum" if inner.kind == "sum" else "a product over an index")
            if inner.conditions:
                found.add("a condition")
        elif isinstance(inner, Total):
            found.add("a sum")
        elif isinstance(inner, Kronecker):
            found.add("a delta")
        elif isinstance(inner, Indicator):
            found.add("a condition")
        elif isinstance(inner, Outer):
            found.add("an outer product")
        elif isinstance(inner, Transpose):
            found |= set() if id(inner) in columns else {"a transpose"}
        elif isinstance(inner, Entry):
            array = inner.array.operand if isinstance(inner.array, Transpose) else inner.array
            product = isinstance(array, Binary) and array.op == "@"
            found |= {"a single entry"} | ({"an entry of a product"} if product else set())
        elif isinstance(inner, Binary) and inner.op == "@":
            found.add("a matrix product")
        elif isinstance(inner, Binary) and inner.op == "/":
            found.add("a fraction")
    return frozenset(found)
