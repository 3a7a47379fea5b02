"""The matrix misconception × exercise: each misconception is found and named, and the ordinary output shows it.

``PYTEST_MATRIX=full`` prints a row for each misconception; ``tests/matrix.py`` does the printing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from mlp_utils.hints import patterns

from autograder.authoring.model import Answer
from autograder.building.visible import VISIBLE_SEED, make_visible_task
from autograder.judging.key import Key, observe

from ..matrix import lines, recorded
from .conftest import COURSE, reference, verdict_on_mistake
from .kinds import KINDS, Kind

SEED = 1


def row_of(assignment: str, exercise: str, number: int) -> dict[str, str]:
    """A misconception: the parts it loses on hidden cases, whether the visible check finds it, what it is named."""
    key, shown = (reference(assignment).key(exercise, seed) for seed in (SEED, VISIBLE_SEED))
    answer = key.exercise.misconceptions[number]
    verdict = verdict_on_mistake(assignment, exercise, number, SEED)
    lost = [part for part, passed in key.outcome_of(answer).parts.items() if not passed]
    seen = not observe(make_visible_task(reference(assignment), exercise), lambda: built(shown, answer)).passed
    return {
        "misconception": answer.id,
        "lost": ", ".join(lost) if verdict.status != "passed" else "",
        "visible": "yes" if seen else "no",
        "named": verdict.diagnosis,
    }


def built(key: Key, answer: Answer) -> object:
    return answer.build(key.exercise.answer, key.right, key.namespace)


def test_each_misconception_loses_points_and_is_named(
    exercise: tuple[str, str], record_property: Callable[[str, object], None]
) -> None:
    count = len(reference(exercise[0]).exercises[exercise[1]].misconceptions)
    rows = [row_of(*exercise, number) for number in range(count)]
    record_property("matrix", json.dumps({"assignment": exercise[0], "exercise": exercise[1], "rows": rows}))
    assert rows
    assert [row["misconception"] for row in rows if not row["lost"]] == [], "survivors"
    assert [row for row in rows if row["named"] != row["misconception"]] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "_"))
def test_a_kind_of_mistake_is_known_where_the_table_says(kind: Kind) -> None:
    """Every place in an existing assignment holds the misconception; every named pattern exists."""
    places = {assignment for assignment, _, _ in kind.places}
    assert kind.home in places or kind.home not in COURSE.assignment_ids(), f"{kind.home} gives it no place"
    assert kind.places or kind.pattern or kind.home
    for assignment, exercise, misconception in kind.places:
        if assignment in COURSE.assignment_ids():
            known = reference(assignment).exercises[exercise].misconceptions
            assert misconception in {answer.id for answer in known}
    if kind.pattern:
        assert patterns.pattern(kind.pattern) is not None


def test_each_kind_of_mistake_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names))


def test_the_matrix_shows_survivors_and_wrong_names() -> None:
    row = {"misconception": "a", "lost": "values", "visible": "yes", "named": "a"}
    others = [{"misconception": "b", "visible": "no"}, {"misconception": "c", "lost": ""}, {"misconception": "d"}]
    named = [{"named": "b"}, {"named": ""}, {"named": "transposed"}]
    rows = [row, *({**row, **other, **name} for other, name in zip(others, named, strict=True))]
    report = SimpleNamespace(
        user_properties=[("matrix", json.dumps({"assignment": "x", "exercise": "y", "rows": rows}))]
    )
    text = lines(recorded([report, report]))
    assert "x / y: 4 misconceptions, 1 found by the visible check, survivors: c" in text
    assert "  ✔ a   h b   ✘ c   ? d" in text
    assert text[-1] == "1 exercises, 4 misconceptions, 1 survivors"
    assert any("c | loses points on: nothing" in line for line in lines(recorded([report]), full=True))
