"""What the shape of a wrong result shows: an axis that is missing, one too many, another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_utils.assessing.assess import Outcome
from mlp_utils.assessing.compare import SHAPE, pieces_of
from mlp_utils.hints.pairs import named_inputs


def shape_hint(outcome: Outcome) -> str:
    """A sentence about the first result that is wrong, if it has the wrong shape."""
    first = outcome.first_problem
    for result in [first] if first is not None else []:
        case = result.case
        if result.problem is None or result.problem.kind != SHAPE:
            continue
        several = isinstance(case.want, tuple)
        for k, want in enumerate(case.want if several else (case.want,)):
            if case.pick in (None, k):
                got = np.shape(_piece(result.got, k) if several else result.got)
                if got != np.shape(want):
                    return _says(got, np.shape(want), named_inputs(case.inputs, outcome.task.arguments))
    return ""


def count_hint(outcome: Outcome) -> str:
    """A sentence about the number of results; empty if it is the wanted one."""
    for result in outcome.results:
        want = result.case.want
        if isinstance(want, tuple) and result.error is None and result.got is not None:
            pieces = len(pieces_of(result.got, result.case))
            if pieces != len(want):
                came = "One thing comes" if pieces == 1 else f"{pieces} things come"
                return f"{came} back where {len(want)} are wanted: look at what stands after `return`."
    return ""


def _piece(got: Any, k: int) -> Any:
    return got[k] if isinstance(got, tuple | list) and k < len(got) else got


def _says(got: tuple[int, ...], want: tuple[int, ...], given: dict[str, np.ndarray]) -> str:
    if len(got) == len(want) and got == want[::-1]:
        return "The axes stand in the other order."
    like = next((name for name, value in given.items() if value.ndim and value.shape == got), "")
    also = f" Yours has the shape of {like}." if like else ""
    if len(got) < len(want):
        what = "One number came back" if not got else "An axis is missing"
        why = "is something added up, averaged, picked or flattened that should keep its axis?"
        return f"{what}: {why}{also}"
    if len(got) > len(want):
        return f"There is an axis too many: is something not added up, or not picked, that should be?{also}"
    sizes = [
        f"axis {k} has the size {g} and should have {t}"
        for k, (g, t) in enumerate(zip(got, want, strict=True))
        if g != t
    ]
    return f"{sizes[0][0].upper()}{sizes[0][1:]}: which of the inputs' sizes is that?{also}"
