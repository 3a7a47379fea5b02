"""The steps of backpropagation, one number after the other, for the explorer.

Pure Python on the numbers of `backprop_network`: no picture, no widget.

`walk` lists all numbers of a network and then all its gradients as steps, from z[0] to the loss after a step of
gradient descent. Each step is a sum of products; in the backward pass a product is upstream × local, and there is
a product for every child that sends a gradient. Indices begin at 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from mlp_utils.explorers.backprop.network import EXAMPLE, TinyNetwork, evaluate

__all__ = [
    "AFTER",
    "STAGES",
    "BackpropState",
    "Factor",
    "Quantity",
    "Stage",
    "WalkStep",
    "position_after_stage",
    "walk",
]

Direction: TypeAlias = Literal["forward", "backward", "update"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of the network: an entry of a variable, or of a gradient. Its name is written as in code."""

    symbol: str
    index: tuple[int, ...] = ()
    is_gradient: bool = False

    @property
    def name(self) -> str:
        """For example "W2[1, 0]" or "dW2[1, 0]"."""
        where = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{'d' if self.is_gradient else ''}{self.symbol}{where}"

    @property
    def variable(self) -> Quantity:
        """The entry whose value or gradient this is."""
        return Quantity(self.symbol, self.index)

    @property
    def slope(self) -> Quantity:
        """The gradient of this entry."""
        return Quantity(self.symbol, self.index, True)


@dataclass(frozen=True)
class Factor:
    """A number in a formula: its name, its value, and the entries of the network that it shows."""

    name: str
    value: float
    entries: tuple[Quantity, ...] = ()


@dataclass(frozen=True)
class WalkStep:
    """One number and how it is made: ``value`` = f(Σ over terms of the product of the term's factors).

    f is the identity, except for a (relu), P (softmax) and the loss after the step. In the backward pass a
    term is (upstream, local).
    """

    stage: str
    entry: Quantity
    value: float
    terms: tuple[tuple[Factor, ...], ...]

    @property
    def entries(self) -> frozenset[Quantity]:
        """The entries that the formula reads."""
        return frozenset(entry for term in self.terms for factor in term for entry in factor.entries)


class Stage(NamedTuple):
    """Steps that belong together: the entries of one variable or of one gradient."""

    name: str
    direction: Direction


STAGES: Final = (
    *(Stage(name, "forward") for name in ("z", "a", "logits", "P", "J")),
    *(Stage(name, "backward") for name in ("dJ", "dP", "dlogits", "dW2", "db2", "da", "dz", "dW1", "db1", "dx")),
    Stage("step", "update"),
)
"""The stages of a walk, in their order."""

AFTER: Final = Quantity("J after the step")
"""The last number: the loss after one step of gradient descent."""


class _Walker:
    """Makes the steps of a network. Each method gives the terms of one entry of one stage."""

    def __init__(self, network: TinyNetwork) -> None:
        self.network = network
        self.numbers = evaluate(network)

    def factor(self, symbol: str, *index: int, d: bool = False) -> Factor:
        """The factor that is an entry itself."""
        entry = Quantity(symbol, index, d)
        source = self.numbers.gradients if d else self.numbers.values
        return Factor(entry.name, float(source[symbol][index]), (entry,))

    def linear(self, inputs: str, weights: str, bias: str, j: int) -> tuple[tuple[Factor, ...], ...]:
        """inputs @ weights + bias, entry j."""
        size = self.numbers.values[inputs].size
        products = [(self.factor(inputs, i), self.factor(weights, i, j)) for i in range(size)]
        return (*products, (self.factor(bias, j),))

    def back_to_inputs(self, outputs: str, weights: str, i: int) -> tuple[tuple[Factor, ...], ...]:
        """Σ over the outputs j: upstream d outputs[j] × local weights[i, j]."""
        size = self.numbers.values[outputs].size
        return tuple((self.factor(outputs, j, d=True), self.factor(weights, i, j)) for j in range(size))

    def terms(self, stage: str, index: tuple[int, ...]) -> tuple[tuple[Factor, ...], ...]:
        """The terms of the entry ``index`` of a stage."""
        n, one, classes = self.numbers, Factor("1", 1.0), range(self.network.C)
        match stage, index:
            case "z", (j,):
                return self.linear("x", "W1", "b1", j)
            case "a", (j,):
                return ((self.factor("z", j),),)
            case "logits", (k,):
                return self.linear("a", "W2", "b2", k)
            case "P", (k,):
                return tuple((self.factor("logits", m),) for m in [k, *(m for m in classes if m != k)])
            case "J", _:
                return tuple(
                    (Factor(f"−Ys[{k}]", -float(n.ys[k])), Factor(f"ln P[{k}]", math.log(p), (Quantity("P", (k,)),)))
                    for k, p in enumerate(n.values["P"])
                )
            case "dJ", _:
                return ((one,),)
            case "dP", (k,):
                name = f"(−Ys[{k}] / P[{k}])"
                return ((self.factor("J", d=True), Factor(name, float(n.gradients["P"][k]), (Quantity("P", (k,)),))),)
            case "dlogits", (k,):
                local = [Factor(f"∂P[{m}]/∂logits[{k}]", float(n.jacobian[m, k])) for m in classes]
                return tuple((self.factor("P", m, d=True), local[m]) for m in classes)
            case "dW2", (p, k):
                return ((self.factor("logits", k, d=True), self.factor("a", p)),)
            case "db2", (k,):
                return ((self.factor("logits", k, d=True), one),)
            case "da", (p,):
                return self.back_to_inputs("logits", "W2", p)
            case "dz", (j,):
                slope = float(n.values["z"][j] > 0)
                return ((self.factor("a", j, d=True), Factor(f"relu′(z[{j}])", slope, (Quantity("z", (j,)),))),)
            case "dW1", (i, j):
                return ((self.factor("z", j, d=True), self.factor("x", i)),)
            case "db1", (j,):
                return ((self.factor("z", j, d=True), one),)
            case "dx", (i,):
                return self.back_to_inputs("z", "W1", i)
        return ((self.factor("J"),),)

    def steps(self) -> tuple[WalkStep, ...]:
        """All steps, in the order of `STAGES`."""
        n, made = self.numbers, []
        for name, direction in STAGES:
            if direction == "update":
                made.append(WalkStep(name, AFTER, n.loss_after, self.terms(name, ())))
                continue
            backward = direction == "backward"
            symbol = name[1:] if backward else name
            for index, value in np.ndenumerate((n.gradients if backward else n.values)[symbol]):
                made.append(WalkStep(name, Quantity(symbol, index, backward), float(value), self.terms(name, index)))
        return tuple(made)


@lru_cache(maxsize=64)
def walk(network: TinyNetwork) -> tuple[WalkStep, ...]:
    """All steps of a network: forward, backward, and the step of gradient descent."""
    return _Walker(network).steps()


def position_after_stage(steps: Sequence[WalkStep], position: int) -> int:
    """The position at which the stage of the next step is finished; the end, if there is no next step."""
    if position >= len(steps):
        return len(steps)
    stage = steps[position].stage
    return next((k for k in range(position, len(steps)) if steps[k].stage != stage), len(steps))


@dataclass(frozen=True)
class BackpropState:
    """A network, and how many of its steps have been made. Everything shown depends on this alone.

    Raises `ValueError` if ``position`` is not from 0 to the number of steps.
    """

    network: TinyNetwork = EXAMPLE
    position: int = 0

    def __post_init__(self) -> None:
        last = len(walk(self.network))
        if not (isinstance(self.position, int | np.integer) and 0 <= self.position <= last):
            raise ValueError(
                f"The number of steps made must be a whole number from 0 to {last}, not {self.position!r}."
            )

    @property
    def steps(self) -> tuple[WalkStep, ...]:
        """All steps of the network."""
        return walk(self.network)

    @property
    def made(self) -> WalkStep | None:
        """The step that was made last; None at the start."""
        return self.steps[self.position - 1] if self.position else None

    @property
    def next(self) -> WalkStep | None:
        """The step that comes next; None at the end."""
        return self.steps[self.position] if self.position < len(self.steps) else None

    @property
    def reached(self) -> frozenset[Quantity]:
        """The entries that are known: x, the parameters, and what the steps so far have given."""
        given = {"x", "W1", "b1", "W2", "b2"}
        numbers = evaluate(self.network).values
        start = {Quantity(name, index) for name in given for index in np.ndindex(numbers[name].shape)}
        return frozenset(start | {step.entry for step in self.steps[: self.position]})
