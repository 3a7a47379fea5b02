"""What test_formulas.py and test_formulas_refused.py share."""

from __future__ import annotations

from typing import Any

import numpy as np
from mlp_utils.assessing.formulas import FUNCTIONS, Formula

ALL = tuple(FUNCTIONS)


def evaluate(text: str, **values: Any) -> np.ndarray:
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    return Formula.parse(text, tuple(arrays), ALL).evaluate(arrays)
