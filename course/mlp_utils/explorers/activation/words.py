"""What the explorer of activations says: the numbers, what they mean, and the text alternative.

Plain text and HTML only: no picture, no widget.
"""

from __future__ import annotations

import math
from typing import Final

from mlp_utils.explorers.activation.model import (
    FUNCTION_LABELS,
    METHODS,
    ActivationEvaluation,
    ActivationState,
    best_steps,
    evaluate,
    has_kink,
    is_jump,
)
from mlp_utils.explorers.text import readout_frame, short_number, table_row

__all__ = ["METHOD_LABELS", "describe", "notes", "readout_html"]

METHOD_LABELS: Final = {
    "forward": "Forward difference",
    "central": "Central difference",
    "complex": "Complex step",
}
"""The numerical slopes by their full names."""

_FORMULAS: Final = {
    "forward": "(f(x + h) − f(x)) / h",
    "central": "(f(x + h) − f(x − h)) / 2h",
    "complex": "Im f(x + ih) / h",
}


def notes(state: ActivationState) -> list[str]:
    """Sentences about this state: which error is larger, what happens at a kink, what to distrust."""
    if state.at_kink:
        return _at_kink(state)
    if has_kink(state.function):
        return _beside_kink(state) + _complex_warning(state)
    return _smooth(state)


def _at_kink(state: ActivationState) -> list[str]:
    if is_jump(state.function):
        return [
            "The sign jumps at x = 0, so there is no derivative, not even from one side.",
            "The forward and the central difference both give 1/h: make h smaller and they grow without bound.",
            "The complex step gives 1/h too, because NumPy's sign of a complex number z is z / |z|.",
        ]
    right_only = "The forward difference gives the slope from the right, 1; a backward difference would give"
    if state.function == "abs":
        return [
            "|x| has a kink at x = 0: its slope is −1 from the left and 1 from the right, so there is no derivative.",
            f"{right_only} −1. The central difference gives their mean, 0, for every h.",
            "Any number in [−1, 1] is a subgradient. The course takes sign(0) = 0.",
            *_complex_warning(state),
        ]
    return [
        "ReLU has a kink at x = 0: its slope is 0 from the left and 1 from the right, so there is no derivative.",
        f"{right_only} 0. The central difference gives their mean, 1/2, for every h.",
        "Any number in [0, 1] is a subgradient; a gradient check must accept them all.",
        "The complex step does not see the kink. It follows the branch that the program takes at 0: written as "
        "np.where(x > 0, x, 0), as here, it gives 0; written as np.maximum(0, x), it would give 1.",
    ]


def _beside_kink(state: ActivationState) -> list[str]:
    what = "jump" if is_jump(state.function) else "kink"
    found: list[str] = []
    # The forward step looks to the right only; the central one looks both ways. To land exactly on 0
    # does harm at a jump, but none at a kink.
    reach = state.h if is_jump(state.function) else math.nextafter(state.h, 0.0)
    if state.x < 0 and reach >= -state.x:
        found.append(
            f"The step from x to x + h crosses the {what} at 0, so the forward and the central difference are wrong."
        )
    elif reach >= abs(state.x):
        found.append(
            f"The step from x to x − h crosses the {what} at 0, so the central difference is wrong; "
            "the forward one looks to the right and is not."
        )
    elif evaluate(state).derivative == 0:
        found.append(f"No step crosses the {what} at 0. The function is constant here: both differences are exact.")
    else:
        found.append(
            f"No step crosses the {what} at 0. The function is straight here, so there is no "
            "truncation error; only round-off is left."
        )
    if state.relative and evaluate(state).derivative == 0:
        found.append("The derivative is 0, so a relative error does not exist: the absolute error is shown.")
    return found


def _complex_warning(state: ActivationState) -> list[str]:
    if state.function == "abs":
        return [
            "Do not trust the complex step here: NumPy's abs of a complex number is its length, which is real. "
            "Its imaginary part is 0, and so is the slope, silently, at every x."
        ]
    if state.function == "sign":
        return [
            "Do not trust the complex step here: NumPy's sign of a complex number z is z / |z|, which gives about "
            "1/|x| instead of 0, silently."
        ]
    return []


def _smooth(state: ActivationState) -> list[str]:
    found: list[str] = []
    steps = best_steps(state)
    numbers = evaluate(state)
    for method, order in (("forward", "h"), ("central", "h²")):
        name = METHOD_LABELS[method]
        if numbers.slopes[method] == 0:
            found.append(
                f"{name}: h is so small here that the two values of f are the same number. "
                "The slope reads 0, and every digit is lost."
            )
        elif steps is not None:
            best = steps[method]
            where = f"(best near {short_number(best, 1)})"
            if state.h > 3 * best:
                found.append(f"{name}: the truncation error is the larger part, so a smaller h helps {where}.")
            elif state.h < best / 3:
                found.append(f"{name}: round-off is the larger part, so a smaller h makes it worse {where}.")
            else:
                found.append(
                    f"{name}: this is about the best h, where truncation (like {order}) "
                    "and round-off (like ε/h) balance."
                )
    if state.h > 1e-8:
        found.append("Complex step: truncation falls like h²; nothing is subtracted, so there is no round-off in 1/h.")
    else:
        found.append("Complex step: nothing is subtracted, so a tiny h costs nothing. About all 16 digits are right.")
    return found


def _slope_sentence(state: ActivationState, numbers: ActivationEvaluation) -> str:
    if not state.at_kink:
        return f"f′(x) = {short_number(numbers.derivative, 6)}"
    if is_jump(state.function):
        return "f jumps at x and has no derivative there"
    left, right = short_number(numbers.left_slope), short_number(numbers.right_slope)
    return f"f has no derivative at x: its slope is {left} from the left and {right} from the right"


def _shows_relative(state: ActivationState, numbers: ActivationEvaluation) -> bool:
    return state.relative and not math.isnan(numbers.relative_errors["forward"])


def describe(state: ActivationState) -> str:
    """The text alternative of the picture: what it shows, and the numbers of this state (no notes)."""
    numbers = evaluate(state)
    parts = [
        f"{FUNCTION_LABELS[state.function]}, at x = {short_number(state.x, 6)}: "
        f"f(x) = {short_number(numbers.value, 6)}; {_slope_sentence(state, numbers)}.",
        f"Numerical slopes with step h = {short_number(state.h)}: "
        + ", ".join(f"{METHOD_LABELS[m].lower()} {short_number(numbers.slopes[m], 6)}" for m in METHODS)
        + ".",
    ]
    if state.at_kink:
        parts.append("The right panel shows the three slopes against h from 1e−16 to 1.")
    else:
        relative = _shows_relative(state, numbers)
        errors = numbers.relative_errors if relative else numbers.absolute_errors
        kind = "relative" if relative else "absolute"
        parts.append(
            f"The right panel shows the {kind} errors against h from 1e−16 to 1; here: "
            + ", ".join(f"{METHOD_LABELS[m].lower()} {short_number(errors[m])}" for m in METHODS)
            + "."
        )
    return " ".join(parts)


def readout_html(state: ActivationState) -> str:
    """The numbers of this state as an HTML table, and the notes as a list."""
    numbers = evaluate(state)
    truth = "none" if state.at_kink else f"{numbers.derivative:.15g}".replace("-", "−")
    facts = (
        f"x = {short_number(state.x, 6)}, h = {short_number(state.h)}, "
        f"f(x) = {short_number(numbers.value, 15)}, f′(x) = {truth}"
    )
    rows = [table_row("Numerical slope", ["formula", "value", "absolute error", "relative error"], header=True)]
    rows += [
        table_row(
            METHOD_LABELS[m],
            [
                _FORMULAS[m],
                short_number(numbers.slopes[m], 15),
                short_number(numbers.absolute_errors[m]),
                short_number(numbers.relative_errors[m]),
            ],
        )
        for m in METHODS
    ]
    return readout_frame(facts, rows, notes(state))
