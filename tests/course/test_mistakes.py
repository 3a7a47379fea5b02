"""The matrix misconception × exercise: each misconception is found and named, and the ordinary output shows it.

``PYTEST_MATRIX=full`` prints a row for each misconception; ``tests/conftest.py`` does the printing.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from mlp_utils import patterns, wire

from autograder.judge import Evidence, judge
from autograder.reference import VISIBLE_SEED, observe

from .conftest import COURSE, reference
from .kinds import KINDS, Kind

Pair = tuple[str, str]
SEED = 1


def rows_of(assignment: str, exercise: str) -> list[dict[str, str]]:
    """A row for each misconception: the parts it loses on hidden cases, whether the visible check sees it, its name."""
    key = reference(assignment).key(exercise, SEED)
    shown = reference(assignment).key(exercise, VISIBLE_SEED)
    visible = reference(assignment).visible_task(exercise)
    rows = []
    for answer in key.exercise.misconceptions:

        def make(key=key, answer=answer) -> object:
            return answer.build(key.exercise.answer, key.right, key.namespace)

        with np.errstate(all="ignore"):
            verdict = judge(key, Evidence(reply=wire.observe(make, key.task.request())), "someone")
        lost = [part for part, passed in key.outcome_of(answer).parts.items() if not passed]
        seen = not observe(visible, lambda make=make: make(shown, answer)).passed
        rows.append(
            {
                "misconception": answer.id,
                "lost": ", ".join(lost) if verdict.status != "passed" else "",
                "visible": "yes" if seen else "no",
                "named": verdict.diagnosis,
            }
        )
    return rows


def test_each_misconception_loses_points_and_is_named(
    exercise: Pair, record_property: Callable[[str, object], None]
) -> None:
    rows = rows_of(*exercise)
    record_property("matrix", json.dumps({"assignment": exercise[0], "exercise": exercise[1], "rows": rows}))
    assert rows
    assert [row["misconception"] for row in rows if not row["lost"]] == [], "survivors"
    assert [row for row in rows if row["named"] != row["misconception"]] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "_"))
def test_a_kind_of_mistake_is_known_where_the_table_says(kind: Kind) -> None:
    """Every place in an existing assignment holds the misconception; every named pattern exists."""
    assert kind.places or kind.pattern
    for assignment, exercise, misconception in kind.places:
        if assignment in COURSE.assignment_ids():
            known = reference(assignment).exercises[exercise].misconceptions
            assert misconception in {answer.id for answer in known}
    if kind.pattern:
        assert patterns.pattern(kind.pattern) is not None


def test_each_kind_of_mistake_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names))
