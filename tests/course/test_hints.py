"""A hint helps: it fits the wrong answer that was given, and nothing of it can be read before."""

from __future__ import annotations

import json

import numpy as np
from mlp_utils.assessing.tasks import DERIVATION
from mlp_utils.hints.sealed import opened
from mlp_utils.in_notebooks.checks import _hint_text

from autograder.building.visible import VISIBLE_SEED, make_visible_task
from autograder.judging.key import observe

from .conftest import reference

Pair = tuple[str, str]
GENERAL = ("This is not one of the usual mistakes", "Compute it once more", "Python stopped inside your function.")


def test_a_wrong_answer_that_the_author_knows_gets_the_authors_hint(exercise: Pair) -> None:
    """All but a few: what the visible cases cannot tell apart, and what only rounding errors tell, has none."""
    key = reference(exercise[0]).key(exercise[1], VISIBLE_SEED)
    task = make_visible_task(reference(exercise[0]), exercise[1])
    if task.kind == DERIVATION:
        return
    own, others, general = 0, [], []
    for answer in key.exercise.misconceptions:
        build = lambda answer=answer: answer.build(key.exercise.answer, key.right, key.namespace)  # noqa: E731
        outcome = observe(task, build)
        if outcome.passed:
            continue
        with np.errstate(all="ignore"):
            text = opened(outcome)
            if any(said in _hint_text(outcome) for said in GENERAL):
                general.append(answer.id)
        assert text in ("", answer.hint), answer.id
        own += text == answer.hint
        others += [] if text else [answer.id]
    assert own >= 0.7 * (own + len(others)), others
    assert len(general) <= 0.1 * (own + len(others)), general


def test_a_right_answer_opens_no_hint(exercise: Pair) -> None:
    key = reference(exercise[0]).key(exercise[1], VISIBLE_SEED)
    task = make_visible_task(reference(exercise[0]), exercise[1])
    for answer in key.exercise.accepted_answers:
        outcome = observe(task, lambda answer=answer: answer.build(key.exercise.answer, key.right, key.namespace))
        assert outcome.passed, answer.id
        assert opened(outcome) == ""
        assert "nothing to hint at" in _hint_text(outcome)


def test_no_hint_and_no_explanation_can_be_read_in_the_visible_task(exercise: Pair) -> None:
    key = reference(exercise[0]).key(exercise[1], VISIBLE_SEED)
    text = json.dumps(make_visible_task(reference(exercise[0]), exercise[1]).to_json(), ensure_ascii=False)
    for answer in key.exercise.misconceptions:
        assert answer.hint not in text, answer.id
        assert answer.says not in text, answer.id


def test_the_sealed_hints_do_not_depend_on_the_order_or_on_rounding(exercise: Pair) -> None:
    """Two builds give the same file."""
    first, second = (make_visible_task(reference(exercise[0]), exercise[1]).sealed for _ in range(2))
    assert list(first) == sorted(first) == list(second)
    assert first == second
