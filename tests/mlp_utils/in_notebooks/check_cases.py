"""What test_checks.py and test_messages.py share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mlp_utils.assessing.assess import digests_of, spoilt_values
from mlp_utils.assessing.tasks import FUNCTION, TEXT, VALUE, Case, Task

X = np.array([[0.5, -2.0, 3.0], [0.25, 4.0, -1.0]])


ROOT = float(np.sqrt(2))


def make_task(exercise_id: str, *cases: Case, kind: str = FUNCTION, points: float = 2.0, **fields: Any) -> Task:
    parts = fields.pop("parts", {case.part: 1.0 for case in cases})
    title = fields.pop("title", f"The title of {exercise_id}")
    return Task(exercise_id, "01_activations", kind, title, points, parts, cases, **fields)


TASKS = [
    make_task(
        "square",
        Case("a small matrix", "small", (X,), X**2),
        Case("a vector of large numbers", "large", (1e3 * X[0],), 1e6 * X[0] ** 2),
        points=3.0,
        parts={"small": 1.0, "large": 2.0},
    ),
    make_task("slope", Case("a matrix", "values", (X,), 2 * X, entrywise=True), analytic=True),
    make_task("layer", Case("weights", "values", (X,), (X.T, X.sum(axis=0))), outputs=("dW", "db")),
    make_task("loss", Case("a vector", "values", (X[0],), 3.5)),
    make_task(
        "root",
        Case("your value", "values", (), 0.0, rtol=0.0, atol=0.51e-4, entrywise=True),
        kind=VALUE,
        decimals=4,
        digests={d: name for name, v in reversed(spoilt_values(ROOT).items()) for d in digests_of("root", 4, v)},
    ),
    make_task("angle", Case("random x", "values", ({"x": X},), np.tanh(2 * X)), kind=TEXT, functions=("tanh",)),
]
RIGHT: dict[str, Any] = {
    "square": lambda x: x * x,
    "slope": lambda x: 2 * x,
    "layer": lambda x: (x.T, x.sum(axis=0)),
    "loss": lambda x: 3.5,
    "root": 1.41421,
    "angle": "tanh(2*x)",
}


Shown = Callable[..., str]


def raises(error: BaseException) -> Callable[..., Any]:
    def answer(*_: Any) -> Any:
        raise error

    return answer
