"""What the explorer of backpropagation says to a number that a student has typed for the next step.

A wrong number is compared with what common slips give: a sign, a mask, a factor or a term that is missing. The
message says how the number is off and never what it should be. Pure: no picture, no widget.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mlp_utils.explorers.backprop.model import WalkStep
from mlp_utils.explorers.backprop.network import TinyNetwork, evaluate

__all__ = ["AnswerVerdict", "judge_answer", "read_number"]

_CLOSE: Final = 1e-3
"""Relative error up to which a typed number is right, however many digits it has."""

_ROUNDED: Final = 2e-2
"""Relative error up to which a correctly rounded number is right: 0.013 for 0.013213."""

_NEAR: Final = 0.1
_TINY: Final = 1e-12
_FACTORS: Final = (2, 3, 4, 5, 10, 100)

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class AnswerVerdict:
    """Whether a typed number is right, and a sentence that says so or says how it is off."""

    right: bool
    message: str


def read_number(text: str) -> tuple[float, float] | None:
    """The number that a student has typed, and half a unit of its last digit; None if it is no number.

    Also with a true minus sign, a decimal comma, or as a fraction of two numbers (which has no last digit: 0).
    """
    plain = text.strip().replace("−", "-").replace(",", ".")
    parts = [part.strip() for part in plain.split("/")]
    if len(parts) > 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)) or (len(parts) == 2 and numbers[1] == 0):
        return None
    if len(parts) == 2:
        return numbers[0] / numbers[1], 0.0
    digits, _, power = parts[0].lower().partition("e")
    decimals = len(digits.partition(".")[2])
    return numbers[0], 0.5 * 10.0 ** (int(power or 0) - decimals)


def _agree(a: float, b: float, rounding: float = 0.0) -> bool:
    """Whether two numbers agree: to a part in a thousand, or after rounding one that has digits enough."""
    size = max(abs(a), abs(b))
    apart = abs(a - b)
    return apart <= _CLOSE * size + _TINY or apart <= min(rounding * (1 + 1e-9), _ROUNDED * size)


def judge_answer(step: WalkStep, network: TinyNetwork, text: str) -> AnswerVerdict:
    """Compare the text that a student has typed with the value of a step."""
    name = step.entry.name
    read = read_number(text)
    if read is None:
        return AnswerVerdict(False, f"“{text.strip()}” is not a number: type one such as −0.25 or 1/3.")
    typed, rounding = read
    if _agree(typed, step.value, rounding):
        return AnswerVerdict(True, f"Right: {name}.")
    return AnswerVerdict(False, f"Not yet: {_what_is_off(step, network, typed, rounding)}")


def _what_is_off(step: WalkStep, network: TinyNetwork, typed: float, rounding: float) -> str:
    value = step.value
    if abs(typed) > _TINY:  # 0 is what too many slips give
        if _agree(typed, -value, rounding):
            return "the sign is the opposite one."
        for slip, sentence in _slips(step, network):
            if abs(slip) > _TINY and not _agree(slip, value) and _agree(typed, slip, rounding):
                return sentence
    return _size_is_off(typed, value, rounding)


def _size_is_off(typed: float, value: float, rounding: float) -> str:
    """How a number that no known slip gives differs from the value."""
    if abs(typed) <= _TINY:
        return "it is not 0." if abs(value) >= _CLOSE else "it is small, but not 0."
    if abs(value) <= _TINY:
        return "something in this formula makes the result simpler than that."
    for k in _FACTORS:
        for factor in (k, 1 / k):
            if _agree(typed, factor * value, rounding):
                return "sign and digits are right, but it is off by a simple constant factor."
            if _agree(typed, -factor * value, rounding):
                return "it has the wrong sign and is off by a simple constant factor."
    if typed * value < 0:
        return "it has the wrong sign, and the size is not right either."
    if abs(typed - value) <= _NEAR * abs(value):
        return "it is close: take more digits."
    return f"the sign is right, but it is too {'large' if abs(typed) > abs(value) else 'small'} in size."


def _slips(step: WalkStep, network: TinyNetwork) -> Iterator[tuple[float, str]]:
    """What common slips give for a step, each with a sentence; the specific ones first."""
    yield from _slips_of_a_stage(step, network)
    products = [math.prod(factor.value for factor in term) for term in step.terms]
    if step.stage in {"z", "logits"}:
        yield sum(products[:-1]), "the bias is missing."
    if step.stage in {"z", "logits", "J", "dlogits", "da", "dx"}:
        count = len(products)
        if count > 2:
            for product in products:
                yield sum(products) - product, f"one of the {count} terms of the sum is missing."
        for product in products:
            yield product, f"that is one term alone; {count} arrive, and they are added."
        yield sum(map(abs, products)), "the signs of the terms were lost in the sum."
    if step.stage in {"dP", "dW1", "dW2"}:
        upstream, local = step.terms[0]
        yield upstream.value, "that is the upstream gradient alone; the local derivative is missing."
        yield local.value, "that is the local derivative alone; the upstream gradient is missing."


def _slips_of_a_stage(step: WalkStep, network: TinyNetwork) -> Iterator[tuple[float, str]]:
    n = evaluate(network)
    v, g = n.values, n.gradients
    mask = "the mask is missing: the gradient must pass the relu of its unit first."
    other = "these are the weights of a column where a row is asked for, or the other way round."
    match step.stage, step.entry.index:
        case "z", (j,) if network.d == network.H:
            yield float(v["W1"][j] @ v["x"] + v["b1"][j]), other
        case "logits", (k,) if network.H == network.C:
            yield float(v["W2"][k] @ v["a"] + v["b2"][k]), other
        case "a", (j,):
            yield float(v["z"][j]), "that is z itself: what does relu make of it?"
        case "P", (k,):
            with np.errstate(over="ignore"):
                yield (
                    float(np.exp(v["logits"][k])),
                    "exp alone is not a probability: divide by the sum over all classes.",
                )
            yield float(v["logits"][k] / v["logits"].sum() if v["logits"].sum() else 0), "exp is missing."
            yield float(np.log(v["P"][k])), "that is the logarithm of the probability."
        case "J", _:
            yield -math.log(v["P"][network.label]), "that is the loss without label smoothing."
            yield -math.log10(v["P"][network.label]), "the logarithm is the natural one, and the label is smoothed."
            yield float(-(n.ys * np.log10(v["P"])).sum()), "the logarithm is the natural one."
        case "step", _:
            yield float(v["J"]), "that is the loss before the step."
        case "dP", (k,):
            yield -float(n.ys[k]), "the derivative of the logarithm is missing."
            yield -1 / float(v["P"][k]), "the smoothed label is missing."
        case "dlogits", (k,):
            yield float(v["P"][k] - (k == network.label)), "that is the gradient without label smoothing."
            yield float(v["P"][k]), "the label is missing."
            yield float(g["P"][k]), "the derivative of softmax is missing: that is dP."
        case "dW2", (p, k):
            yield float(v["z"][p] * g["logits"][k]), "the input of this layer is a, not z."
        case "da", (p,) if network.H == network.C:
            yield float(v["W2"][:, p] @ g["logits"]), other
        case "dz", (j,):
            yield float(g["a"][j]), mask
        case "dW1", (i, j):
            yield float(v["x"][i] * g["a"][j]), mask
        case "db1", (j,):
            yield float(g["a"][j]), mask
        case "dx", (i,):
            yield float(v["W1"][i] @ g["a"]), mask
            if network.d == network.H:
                yield float(v["W1"][:, i] @ g["z"]), other
