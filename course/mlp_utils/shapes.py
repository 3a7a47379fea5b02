"""What the shape of a wrong result shows: an axis that is missing, one too many, another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_utils.assess import Outcome
from mlp_utils.compare import SHAPE
from mlp_utils.pairs import named_inputs


def shape_hint(outcome: Outcome) -> str:
    """A sentence about the first result of the wrong shape; empty if there is none."""
    for result in outcome.results:
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


def _piece(got: Any, k: int) -> Any:
    return got[k]


def _says(got: tuple[int, ...], want: tuple[int, ...], given: dict[str, np.ndarray]) -> str:
    if len(got) == len(want) and got == want[::-1]:
        return "The axes stand in the other order."
    like = next((name for name, value in given.items() if value.ndim and value.shape == got), "")
    also = f" Yours has the shape of {like}." if like else ""
    if len(got) < len(want):
        what = "One number came back" if not got else "An axis is missing"
        why = "is something added up, averaged or picked over an axis that should stay?"
        return f"{what}: {why}{also}"
    if len(got) > len(want):
        return f"There is an axis too many: is something not added up, or not picked, that should be?{also}"
    sizes = [
        f"axis {k} has the size {g} and should have {t}"
        for k, (g, t) in enumerate(zip(got, want, strict=True))
        if g != t
    ]
    return f"{sizes[0][0].upper()}{sizes[0][1:]}: which of the inputs' sizes is that?{also}"
