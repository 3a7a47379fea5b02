"""A case and a problem in words: the table of the worst entries, and the inputs of a case."""

from __future__ import annotations

import numpy as np

from mlp_utils.assessing.compare import Problem
from mlp_utils.assessing.tasks import Case
from mlp_utils.messages import Row, number


def entry_rows(problem: Problem, case: Case, most: int = 3) -> tuple[Row, ...]:
    """The table of the worst entries; where one input has the result's shape, each with the input it belongs to."""
    name, x = _only_input(case.inputs)
    several = case.inputs[0] if len(case.inputs) == 1 and isinstance(case.inputs[0], dict) else {}
    rows = []
    for entry in problem.worst[:most]:
        at = ""
        if x is not None and problem.wrong is not None and x.shape == problem.wrong.shape:
            at = f" at {name}{number(x[entry.index].item())}"
        elif len(several) > 1 and all(np.shape(values) == problem_shape(problem) for values in several.values()):
            at = " at " + ", ".join(f"{key} = {number(values[entry.index].item())}" for key, values in several.items())
        index = ", ".join(map(str, entry.index))
        named = "the number" if problem.output in ("the result", "the formula") else problem.output
        where = f"entry [{index}]" if entry.index else named
        want = _free_range(case, entry.index) or number(entry.want, entry.got)
        rows.append(Row(where, at, number(entry.got, entry.want), want))
    return tuple(rows)


def problem_shape(problem: Problem) -> tuple[int, ...] | None:
    """The shape of the array that is wrong; None where no map of it was made."""
    return None if problem.wrong is None else problem.wrong.shape


def inputs_told(case: Case, arguments: tuple[str, ...] = ()) -> str:
    """A case's name with its inputs: numbers by their value, arrays by their shape, each with the argument's name."""
    told = [_told(x, arguments[k] if k < len(arguments) else "") for k, x in enumerate(case.inputs)]
    told = [text for text in told if text]
    if not told or (not arguments and len(told) == 1 and np.ndim(case.inputs[0]) > 0):
        return case.name
    text = f"{case.name}: {', '.join(told)}"
    return text if len(text) <= MAX_INPUTS else f"{text[:MAX_INPUTS].rpartition(', ')[0]} …"


def _told(thing: object, name: str) -> str:
    """One input: «x = 0.5», «X (3, 4)», of a cache its parts; empty for what has neither a value nor a shape."""
    if isinstance(thing, dict):
        return ", ".join(filter(None, (_told(value, str(key)) for key, value in thing.items())))
    if isinstance(thing, tuple | list):
        parts = ", ".join(filter(None, (_told(value, "") for value in thing)))
        return f"{name} = ({parts})" if name else f"({parts})"
    if isinstance(thing, np.ndarray) and thing.ndim:
        return f"{name} {thing.shape}".strip()
    if isinstance(thing, int | float | np.ndarray) and np.asarray(thing).dtype.kind in "bif":
        value = number(np.asarray(thing).item()) if not isinstance(thing, bool) else str(thing)
        return f"{name} = {value}" if name else value
    return ""


MAX_INPUTS = 160
"""Characters of the line that tells the inputs."""


def _only_input(inputs: tuple[object, ...]) -> tuple[str, np.ndarray | None]:
    """The array that a function of one argument, or a formula in one variable, was given; with the variable's name."""
    name, value = "", inputs[0] if len(inputs) == 1 else None
    if isinstance(value, dict) and len(value) == 1:
        name, value = next((f"{key} = ", item) for key, item in value.items())
    if not isinstance(value, np.ndarray | float | int) or isinstance(value, bool):
        return "", None
    array = np.asarray(value)
    return (name, array) if array.dtype.kind in "bifc" else ("", None)


def _free_range(case: Case, index: tuple[int, ...]) -> str:
    """«0 to 1» where a convention is free at this entry."""
    if case.low is None or case.high is None:
        return ""
    low, high = np.asarray(case.low), np.asarray(case.high)
    if low.ndim != len(index) or not low[index] < high[index]:
        return ""
    return f"{number(low[index].item())} to {number(high[index].item())}"
