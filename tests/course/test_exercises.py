"""Every exercise can be solved, cannot be passed by a wrong answer, and names its known mistakes."""

from __future__ import annotations

import json
import os

import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.tasks import DERIVATION, FUNCTION
from mlp_utils.hints.patterns import PATTERNS

from autograder.authoring.model import Answer
from autograder.building.visible import VISIBLE_SEED, make_visible_task
from autograder.files.notebooks import find_cell
from autograder.judging.judge import agree
from autograder.judging.key import Key, observe
from autograder.judging.reference import Reference
from autograder.judging.verdict import Verdict

from ..judged import verdict_on
from .conftest import reference, verdict_on_mistake
from .derivations import is_derivation

MANY = int(os.environ.get("MLP_SEEDS", "3"))
"""Seeds for accepted answers: 200 in CI."""

SEEDS = (1, 2, 3) if MANY > 3 else (1,)
Pair = tuple[str, str]


def key_of(pair: Pair, seed: int) -> Key:
    return reference(pair[0]).key(pair[1], seed)


def built(key: Key, answer: Answer) -> object:
    return answer.build(key.exercise.answer, key.right, key.namespace)


def assert_loses(verdict: Verdict, key: Key, name: str) -> None:
    """Practice has no points to lose; there it must not count as right."""
    assert verdict.status != "passed", name
    assert verdict.points < key.task.points or key.task.points == 0, name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_solution_gets_full_points(exercise: Pair, seed: int) -> None:
    key = key_of(exercise, seed)
    verdict = verdict_on(key, lambda: key.right)
    assert (verdict.status, verdict.points, verdict.diagnosis) == ("passed", key.task.points, "")


def test_the_released_stub_gets_no_points(exercise: Pair) -> None:
    ref = reference(exercise[0])
    key = key_of(exercise, 1)
    names = dict(ref.namespace)
    released = ref.assignment.release_cell(exercise[1])
    exec(released.source, names)
    verdict = verdict_on(key, lambda: names[key.exercise.answer])
    assert verdict.points == 0
    assert "BEGIN SOLUTION" not in released.source


def test_every_accepted_answer_gets_full_points_over_many_seeds(exercise: Pair) -> None:
    ref = reference(exercise[0])
    assert ref.exercises[exercise[1]].accepted_answers, "an exercise has at least one accepted other answer"
    seeds = 1 if is_derivation(exercise) else MANY  # a derivation is the same for every seed
    for seed in range(seeds):
        key = Reference._key.__wrapped__(ref, exercise[1], seed)
        for answer in key.exercise.accepted_answers:
            outcome = observe(key.task, lambda key=key, answer=answer: built(key, answer))
            problem = outcome.first_problem and outcome.first_problem.problem
            assert outcome.passed, (answer.id, seed, problem, outcome.message)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_misconception_loses_points_and_is_named_by_its_own_id(exercise: Pair, seed: int) -> None:
    key = key_of(exercise, seed)
    assert key.exercise.misconceptions
    for number, answer in enumerate(key.exercise.misconceptions):
        verdict = verdict_on_mistake(*exercise, number, seed)
        assert_loses(verdict, key, answer.id)
        assert verdict.diagnosis == answer.id
        assert answer.says in verdict.message


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_misconceptions_agree_on_all_cases(exercise: Pair, seed: int) -> None:
    key = key_of(exercise, seed)
    if key.task.kind == DERIVATION:
        return  # their false lines must differ: each is named by its own id
    answers = key.exercise.misconceptions
    outcomes = [key.outcome_of(answer) for answer in answers]
    same = [
        (a.id, b.id)
        for i, (a, x) in enumerate(zip(answers, outcomes, strict=True))
        for b, y in zip(answers[:i], outcomes[:i], strict=True)
        if agree(x, y)
    ]
    assert same == []


def test_nine_in_ten_misconceptions_already_fail_the_visible_check(exercise: Pair) -> None:
    key = key_of(exercise, VISIBLE_SEED)
    visible = make_visible_task(reference(exercise[0]), exercise[1])
    seen, excused = [], []
    for answer in key.exercise.misconceptions:
        failed = not observe(visible, lambda answer=answer: built(key, answer)).passed
        (seen if failed else excused).append(answer)
    unexplained = [answer.id for answer in excused if not answer.unseen]
    assert unexplained == [], "the visible check misses these, and no reason is given"
    assert len(seen) >= 0.9 * len(key.exercise.misconceptions)


def test_a_generic_mistake_loses_points_and_is_named(exercise: Pair) -> None:
    key = key_of(exercise, 1)
    if key.task.kind != FUNCTION:
        return
    named = 0
    for pattern in PATTERNS:
        if pattern.spoil is None:
            continue
        outcome = observe(key.task, lambda pattern=pattern: pattern.spoil(key.right))
        if outcome.passed:
            continue  # the mistake does not exist here: the transpose of a vector is the vector
        verdict = verdict_on(key, lambda pattern=pattern: pattern.spoil(key.right))
        assert_loses(verdict, key, pattern.id)
        named += bool(verdict.diagnosis)
    assert named >= 5


def test_the_visible_and_the_hidden_cases_have_different_numbers(exercise: Pair) -> None:
    hidden, visible = key_of(exercise, 1).task, key_of(exercise, VISIBLE_SEED).task
    if hidden.kind == DERIVATION:
        return  # there are no numbers to be known
    if hidden.kind == "value":
        assert make_visible_task(reference(exercise[0]), exercise[1]).cases[0].want is not hidden.cases[0].want
        return
    different = [
        json.dumps([wire.encode(x) for x in a.inputs]) != json.dumps([wire.encode(x) for x in b.inputs])
        for a, b in zip(hidden.cases, visible.cases, strict=True)
    ]
    assert any(different)


def test_parts_are_all_decided_by_some_case(exercise: Pair) -> None:
    task = key_of(exercise, 1).task
    decided = {case.part for case in task.cases}
    assert decided <= set(task.parts) if task.kind == DERIVATION else decided == set(task.parts)


def test_every_cell_of_an_exercise_is_in_both_notebooks(exercise: Pair) -> None:
    assignment = reference(exercise[0]).assignment
    for name in (exercise[1], f"test_{exercise[1]}"):
        assert find_cell(assignment.source, name) is not None
        assert find_cell(assignment.release, name) is not None
