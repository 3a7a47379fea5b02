"""What an exception points at: a hint for each of the usual ones, in plain words."""

from __future__ import annotations

import re
from typing import Any

from mlp_utils.assessing.assess import Outcome
from mlp_utils.messages import sentence

_BY_MESSAGE: tuple[tuple[str, str], ...] = (
    (
        r"matmul: |shapes .* not aligned",
        "Write the shapes of the two factors side by side: the two sizes in the middle must be equal. Does one of them "
        "have its axes in the other order, or is the order of the factors another one?",
    ),
    (
        r"could not be broadcast|shape mismatch",
        "Write the two shapes one below the other, from the right: sizes must be equal or 1. Which operand lacks an "
        "axis, or has it in another place?",
    ),
    (r"truth value of an array", "An `if` decides once, and an array needs a decision for each of its entries."),
    (
        r"only length-1 arrays|only 0-dimensional arrays|only size-1 arrays|must be real number",
        "A function for one number was given an array: which module does it come from?",
    ),
    (
        r"axis -?\d+ is out of bounds",
        "An axis is asked for that this input does not have: how many axes has it, and from which side do you count?",
    ),
    (
        r"too many indices|out of bounds|invalid index to scalar",
        "An index does not fit the array: print the array's shape and the index. Does every input have as many axes?",
    ),
    (
        r"'(int|float)' object (has no attribute|is not subscriptable)|has no len\(\)|object of type '(int|float)'",
        "One of the inputs is a plain number here: it has no shape, no length and no entries.",
    ),
    (
        r"Cannot cast|can't be cast|same_kind",
        "Fractions are written into an array of integers. Which statement changes an array in place, and of which type "
        "is that array?",
    ),
    (
        r"only integer|must be integers|cannot be interpreted as an integer",
        "A number with a fraction is used as an index or a size.",
    ),
    (r"division by zero", "Plain numbers are divided by 0 here. For which input does the denominator become 0?"),
    (r"Improper number of dimensions|Invalid norm order", "This norm is not made for an array with that many axes."),
    (r"(not callable)", "Something that is no function is called: brackets after a name, or a missing `*`?"),
    (r"unpack", "The number of names on the left of `=` is not the number of things on the right."),
)

_ARGUMENTS = re.compile(r"positional argument|required positional|unexpected keyword|keyword-only argument")


def argument_hint(outcome: Outcome) -> str:
    """Whether the function takes other arguments than it is given: another number, or another order."""
    wanted, took = outcome.task.arguments, outcome.took
    call = f"{outcome.task.exercise_id}({', '.join(wanted)})"
    first = outcome.first_problem
    error = first.error if first is not None else None
    if (
        error is not None
        and error["type"] == "TypeError"
        and error["line"] is None
        and _ARGUMENTS.search(error["message"])
    ):
        return f"The check calls {call}: your function takes another number of arguments. Compare the line with `def`."
    if took != wanted and sorted(took) == sorted(wanted):
        return f"The check calls {call}: your function takes the same arguments in another order."
    return ""


def error_hint(outcome: Outcome, error: dict[str, Any]) -> str:
    """What the exception of the first problem points at."""
    text = _of(error)
    failed = list(dict.fromkeys(r.case.name for r in outcome.results if r.error is not None))
    names = {result.case.name for result in outcome.results}
    if len(failed) <= 2 and len(failed) < len(names):
        text += f" It stops only for {' and '.join(f'«{name}»' for name in failed)}."
    return text


def is_known(error: dict[str, Any]) -> bool:
    """Whether there is a hint for this kind of exception."""
    return error["type"] == "NameError" or "NoneType" in error["message"] or bool(_known(error))


def _known(error: dict[str, Any]) -> str:
    return next((hint for form, hint in _BY_MESSAGE if re.search(form, error["message"])), "")


def _of(error: dict[str, Any]) -> str:
    if error["type"] == "NameError":
        return f"{sentence(error['message'])}. Run the cell that defines it, or look for a slip in the name."
    if "NoneType" in error["message"]:
        return "Something that your function uses is None: has the cell that makes it been written and run?"
    place = f"Python stopped at «{error['code']}». " if error["code"] else ""
    if known := _known(error):
        return f"{place}{known}"
    if place:
        return f"{place}Print what stands in that line, and its shapes."
    return "Python stopped inside your function. Call it yourself with a small input and read the last line."
