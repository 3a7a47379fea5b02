"""What the explorer of softmax says: the numbers, what they mean, and the text alternative.

Plain text and HTML only: no picture, no widget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from mlp_utils.explorers.logits.model import SoftmaxEvaluation, SoftmaxState, evaluate
from mlp_utils.explorers.text import SUBSCRIPTS, readout_frame, short_number, table_row

__all__ = ["describe", "few_decimals", "losses", "naive_value", "notes", "readout_html", "sum_near_zero"]

_SMALL: Final = 5e-4
_NEARLY: Final = 1e-9  # closer than this, two numbers are called equal in words
_SATURATED: Final = 0.99

_TROUBLE: Final = {
    "inf / inf": "exp of a large number is inf, and inf / inf is nan",
    "0 / 0": "every exp is rounded to 0, and 0 / 0 is nan",
    "finite / inf": "the sum of exp is inf, so p is 0 and ln 0 is −inf",
    "ln 0": "p is too small to be stored, and ln 0 is −inf",
    "rounding": "p was rounded before the logarithm: digits are lost",
}
"""Why the naive formula fails, by the names that `naive_loss` gives."""


def few_decimals(value: float, *, sign: bool = False) -> str:
    """A number in little room: three decimals, or a power of ten where these would all be 0.

    With ``sign`` a positive number has a plus sign. A whole number has no decimals: 0 is told from almost 0,
    and 1 from almost 1.
    """
    if value == 0:
        return "0"
    plus = "+" if sign else ""
    if value == int(value):
        return f"{value:{plus}.0f}".replace("-", "−")
    text = f"{value:{plus}.3f}" if abs(value) >= _SMALL else f"{value:{plus}.0e}".replace("e-0", "e-")
    return text.replace("-", "−")


def sum_near_zero(value: float) -> str:
    """A sum that is 0 in exact arithmetic, as it came out."""
    return "0" if value == 0 else f"{few_decimals(value, sign=True)} (round-off)"


def naive_value(here: SoftmaxEvaluation) -> str:
    """The naive loss as NumPy prints it if it is nan or inf, and in six digits otherwise."""
    value = here.naive.value
    return short_number(value, 6) if math.isfinite(value) else str(value)


def losses(here: SoftmaxEvaluation) -> tuple[str, str, str]:
    """The loss by log-sum-exp, the naive loss, and the reason if the naive one fails ("" if not)."""
    return short_number(here.loss, 6), naive_value(here), _TROUBLE.get(here.naive.trouble, "")


def _largest(values: np.ndarray) -> float:
    """The entry with the largest absolute value."""
    return float(values[np.argmax(np.abs(values))])


def _listed(values: Sequence[float] | np.ndarray, *, sign: bool = False) -> str:
    return ", ".join(few_decimals(float(value), sign=sign) for value in values)


def _classes(indices: Sequence[int]) -> str:
    """ "class 0", "classes 0 and 2", "classes 0, 1 and 2"."""
    names = [str(k) for k in indices]
    if len(names) == 1:
        return f"class {names[0]}"
    return f"classes {', '.join(names[:-1])} and {names[-1]}"


def notes(state: SoftmaxState) -> list[str]:
    """Sentences about this state: what the gradient asks for, what the shift, T and ε do, what to distrust."""
    here = evaluate(state)
    return [
        _gradient_note(state, here),
        *_saturation_note(state, here),
        _shift_note(state, here),
        *_temperature_note(state),
        *_smoothing_note(state, here),
        "Jacobian: it is symmetric, and each row has the sum 0: a change of the logits moves probability from "
        "class to class and makes none.",
    ]


def _gradient_note(state: SoftmaxState, here: SoftmaxEvaluation) -> str:
    slope = here.gradient * state.temperature  # p - Ys
    up = [k for k in range(state.classes) if slope[k] < -_NEARLY]
    down = [k for k in range(state.classes) if slope[k] > _NEARLY]
    if not up or not down:
        return "Gradient: p = Ys to nine decimals, so a step of gradient descent changes almost nothing."
    return (
        f"Gradient: where it is negative p is too small. A step of gradient descent raises the logit of "
        f"{_classes(up)} and lowers that of {_classes(down)}."
    )


def _saturation_note(state: SoftmaxState, here: SoftmaxEvaluation) -> list[str]:
    top = int(np.argmax(here.p))
    if here.p[top] < _SATURATED:
        return []
    start = f"Saturation: p of class {top} is almost 1, so the entries of the Jacobian are small."
    if top != state.label:
        return [f"{start} The gradient of the loss is not: class {top} is wrong, and p − Ys stays large."]
    if state.epsilon == 0:
        return [f"{start} The gradient of the loss is small too, because class {top} is right."]
    return [f"{start} The gradient of the loss does not vanish: p of class {top} is above its Ys."]


def _shift_note(state: SoftmaxState, here: SoftmaxEvaluation) -> str:
    c = short_number(state.shift, 6)
    if state.shift == 0:
        start = "Shift: only the differences of the logits count. Another c changes neither p nor the loss."
    else:
        start = f"Shift: c = {c} is added to every logit. p and the loss are those of c = 0, up to round-off."
    *_, reason = losses(here)
    if not reason:
        return f"{start} The naive formula still gives the same loss."
    return f"{start} The naive formula gives {naive_value(here)}: {reason}."


def _temperature_note(state: SoftmaxState) -> list[str]:
    if state.temperature == 1:
        return []
    look = "flatter" if state.temperature > 1 else "sharper"
    t = short_number(state.temperature)
    return [
        f"Temperature: T = {t} makes p {look} than T = 1. Gradient and Jacobian have the factor "
        f"1/T = {short_number(1 / state.temperature)}."
    ]


def _smoothing_note(state: SoftmaxState, here: SoftmaxEvaluation) -> list[str]:
    if state.epsilon == 0:
        return []
    off = here.ys[state.label - 1]  # any other class: all have the same
    return [
        f"Smoothing: Ys is {short_number(here.ys[state.label])} at the label and {short_number(off)} elsewhere. "
        f"The loss cannot be smaller than {short_number(here.smallest_loss, 6)}, its value where p = Ys."
    ]


def _numbers(state: SoftmaxState) -> str:
    """The values of the controls."""
    return (
        f"label {state.label}, ε = {short_number(state.epsilon)}, T = {short_number(state.temperature)}, "
        f"c = {short_number(state.shift, 6)}"
    )


def describe(state: SoftmaxState) -> str:
    """The text alternative of the picture: what it shows, and all numbers of this state (no notes)."""
    here = evaluate(state)
    stable, naive, reason = losses(here)
    rows = "; ".join(f"row {i}: {_listed(row, sign=True)}" for i, row in enumerate(here.jacobian))
    return " ".join(
        [
            f"Softmax of {state.classes} logits: z = {_listed(state.logits)}; {_numbers(state)}.",
            f"Bars of the probabilities: p = {_listed(here.p)}.",
            f"Markers of the smoothed label: Ys = {_listed(here.ys)}.",
            f"Bars of the gradient of the loss by the logits, (p − Ys)/T: {_listed(here.gradient, sign=True)}; "
            f"its sum: {sum_near_zero(here.gradient_sum)}.",
            f"Heat map of the Jacobian, p_i by z_j: {rows}; "
            f"largest sum of a row: {sum_near_zero(_largest(here.row_sums))}.",
            f"Loss by log-sum-exp: {stable}; by the naive formula: {naive}{f', because {reason}' if reason else ''}.",
        ]
    )


def readout_html(state: SoftmaxState) -> str:
    """The numbers of this state as an HTML table, a row for each class, and the notes as a list."""
    here = evaluate(state)
    stable, naive, _ = losses(here)
    classes = range(state.classes)
    heading = ["z + c", "p", "Ys", "∂Loss/∂z", *(f"∂p/∂z{SUBSCRIPTS[j]}" for j in classes), "row sum"]
    rows = [table_row("Class", heading, header=True)]
    for i in classes:
        name = f"{i} (label)" if i == state.label else str(i)
        cells = [short_number(float(value), 6) for value in (state.shifted[i], here.p[i], here.ys[i])]
        cells += [few_decimals(float(value), sign=True) for value in (here.gradient[i], *here.jacobian[i])]
        rows.append(table_row(name, [*cells, few_decimals(float(here.row_sums[i]), sign=True)]))
    sums = [few_decimals(float(value), sign=True) for value in (here.gradient_sum, *here.jacobian.sum(axis=0))]
    totals = [short_number(float(part.sum()), 6) for part in (here.p, here.ys)]
    rows.append(table_row("Sum", ["", *totals, *sums, few_decimals(float(here.row_sums.sum()), sign=True)]))
    facts = f"{_numbers(state)}; loss by log-sum-exp = {stable}, naive loss = {naive}"
    return readout_frame(facts, rows, notes(state))
