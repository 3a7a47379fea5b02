"""What test_assess.py and test_assess_kinds.py share."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.tasks import FUNCTION, TEXT, Case, Task
from mlp_utils.assessing.tasks import VALUE as VALUE_KIND

from autograder.authoring.model import Exercise
from autograder.building.visible import without_value


def make_task(*cases: Case, kind: str = FUNCTION, **fields: Any) -> Task:
    parts = {"parts": {case.part: 1.0 for case in cases}} | fields
    return Task("an_exercise", "01_activations", kind, "An exercise", cases=cases, **({"points": 2.0} | parts))


def make_case(want: Any, *inputs: Any, part: str = "values", **fields: Any) -> Case:
    return Case("some inputs", part, inputs, want, **fields)


def outcome_of(task: Task, answer: Any) -> Outcome:
    return assess(task, wire.observe(lambda: answer, task.request()))


def problem_kinds(outcome: Outcome) -> list[str | None]:
    return [result.problem and result.problem.kind for result in outcome.results]


X = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, -4.0]])


sendable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([1.0, 9.0, "2*tanh(x)/(1+tanh(x)**2)", "x", "indicator(0 < 1 < x)", "abs", "l2"])
    | st.text(max_size=6)
    | st.sampled_from([X**2, X[0] ** 2, np.ones(2), np.ones((2, 2)), np.array(9.0), np.zeros(0)])
    | hnp.arrays(
        st.sampled_from([np.dtype(bool), np.dtype("int64"), np.dtype(float), np.dtype(complex)]),
        hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    )
    | st.builds(wire.Unsendable, st.text(max_size=6)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def value_tasks(want: Any, decimals: int) -> tuple[Task, Task]:
    """The hidden and the visible task of a value, made by the code that makes them for a course."""
    exercise = Exercise("a_value", title="A value", kind=VALUE_KIND, decimals=decimals)
    spec = exercise.draw(np.random.default_rng(0))[0]
    case = Case(spec.name, spec.part, (), want, spec.rtol, spec.atol, spec.entrywise)
    hidden = make_task(case, kind=VALUE_KIND, decimals=decimals, points=1.0)
    return hidden, without_value(hidden)


root_2, visible_root_2 = value_tasks(float(np.sqrt(2)), 4)


double_angle = make_task(make_case(np.tanh(2 * X), {"x": X}), kind=TEXT, functions=("tanh", "indicator"))
