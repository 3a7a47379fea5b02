"""A value of many numbers whose groups have points of their own, with the wanted numbers and with digests alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.tasks import VALUE, Case, Task
from mlp_utils.hints.patterns import recognise
from mlp_utils.in_notebooks.checks import explain

from autograder.authoring.model import Exercise, ModelError, case
from autograder.building.visible import without_value

WANT = [3.0, -1.5, 0.25, 2.0, 0.125, 7.5, -4.0, 1.0, 0.5]
"""Four numbers of the first group and five of the second."""


def tasks() -> tuple[Task, Task]:
    """The hidden task and the visible one."""
    exercise = Exercise("nine", title="Nine numbers", kind=VALUE, parts={"first": 1, "second": 3}, groups=(4, 5))
    specs = exercise.draw(np.random.default_rng(0))
    cases = tuple(
        Case(spec.name, spec.part, (), np.array(WANT), spec.rtol, spec.atol, spec.entrywise, span=spec.span)
        for spec in specs
    )
    hidden = Task("nine", "an_assignment", VALUE, "Nine numbers", 2.0, exercise.parts, cases)
    return hidden, without_value(hidden)


HIDDEN, VISIBLE = tasks()


def outcome_of(task: Task, answer: Any) -> Outcome:
    return assess(task, wire.observe(lambda: answer, task.request()))


def changed(*positions: int) -> list[float]:
    return [x + 0.75 * (k in positions) for k, x in enumerate(WANT)]


@pytest.mark.parametrize("task", [HIDDEN, VISIBLE], ids=["hidden", "visible"])
@pytest.mark.parametrize(
    ("answer", "points"),
    [
        (WANT, 2.0),
        (np.array(WANT), 2.0),
        (tuple(WANT), 2.0),
        (changed(0), 1.5),
        (changed(8), 0.5),
        (changed(3, 4), 0.0),
        (WANT[:4], 0.0),
        ([*WANT, 1.0], 0.0),
        ([math.nan, *WANT[1:]], 1.5),
        ([*WANT[:8], math.inf], 0.5),
        ([complex(x) for x in WANT], 0.0),
        ([WANT], 0.0),
        ("WANT", 0.0),
        (None, 0.0),
        ([str(x) for x in WANT], 0.0),
        ([WANT, 1.0], 0.0),
    ],
    ids=str,
)
def test_each_group_has_its_points(task: Task, answer: Any, points: float) -> None:
    found = outcome_of(task, answer)
    assert found.points == points
    assert found.passed == (points == 2.0)
    explain(found)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            changed(0, 1),
            "the numbers 1 to 4 (first) are not the wanted values to 6 decimals; yours have 2 at most. Rounding comes "
            "last: compute with all decimals.",
        ),
        (
            [x + 1e-6 * math.pi for x in WANT],
            "the numbers 1 to 4 (first) are not the wanted values to 6 decimals.",  # and nothing of rounding
        ),
        ([WANT], "9 numbers are wanted in one flat list, and your answer has the shape (1, 9)."),
        ([str(x) for x in WANT], "your answer is a list with a part that is no number"),
        ([WANT, 1.0], "your answer is a sequence of pieces that do not form one array"),
        (changed(4), "of the numbers 5 to 9 (second) only number 5 is wrong."),
        (changed(8), "of the numbers 5 to 9 (second) only number 9 is wrong."),
        (WANT[:5], "9 numbers are wanted, and yours are 5."),
    ],
)
def test_a_visible_check_names_the_group_and_counts_from_the_first_number(answer: Any, sentence: str) -> None:
    problem = outcome_of(VISIBLE, answer).first_problem
    assert problem is not None and problem.problem is not None
    assert problem.problem.sentence.startswith(sentence)


def test_one_group_does_not_tell_of_another() -> None:
    """The numbers of the first group, put where the second is wanted, are no answer to it."""
    assert not outcome_of(VISIBLE, [*WANT[:4], *WANT[:4], 0.5]).parts["second"]


def test_the_visible_task_holds_no_number() -> None:
    assert all(not np.any(case.want) for case in VISIBLE.cases)
    assert Task.from_json(VISIBLE.to_json()).cases[1].span == (4, 9)


def test_without_groups_a_value_is_one_case() -> None:
    exercise = Exercise("nine", title="Nine numbers", kind=VALUE)
    assert [spec.span for spec in exercise.draw(np.random.default_rng(0))] == [None]


@pytest.mark.parametrize(
    "wrong", [{"groups": (4, 5)}, {"groups": (4,), "parts": {"a": 1, "b": 1}}, {"kind": "function"}]
)
def test_groups_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    good = {"kind": VALUE, "parts": {"a": 1, "b": 1}, "groups": (4, 5)}
    with pytest.raises(ModelError, match="`groups` are for a value, one for each of its parts"):
        Exercise("nine", title="Nine numbers", **({**good, "parts": {"a": 1}} | wrong))


def test_a_mistake_of_each_group_is_seen_by_itself() -> None:
    """What the student shows outside of a group does not keep that group from being recognised."""
    one, other = outcome_of(HIDDEN, changed(0)), outcome_of(HIDDEN, changed(0, 8))
    assert np.array_equal(one.results[0].got, other.results[0].got)
    assert len(one.results[0].got) == 4
    assert one.results[1].problem is None and other.results[1].problem is not None


def test_what_is_wrong_is_counted_in_its_group() -> None:
    """Numbers that belong to another group are not among those that are looked at."""
    doubled = outcome_of(HIDDEN, [*(2 * x for x in WANT[:4]), *WANT[4:]])
    assert doubled.first_problem is not None and doubled.first_problem.problem is not None
    assert doubled.first_problem.problem.sentence == "all 4 entries of the numbers 1 to 4 (first) are wrong."
    found = recognise(doubled)
    assert found is not None and found.id == "constant_factor"


def test_a_part_that_no_case_decides_is_refused() -> None:
    exercise = Exercise("half", title="Half", parts={"values": 1, "large": 3})
    exercise.cases(lambda rng: [case("one", 1.0)])
    with pytest.raises(ModelError, match="no case decides large"):
        exercise.draw(np.random.default_rng(0))


def test_a_group_has_a_number() -> None:
    with pytest.raises(ModelError, match="at least one number"):
        Exercise("nine", title="Nine numbers", kind=VALUE, parts={"a": 1, "b": 1}, groups=(9, 0))
