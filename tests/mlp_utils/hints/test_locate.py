"""The place of a mistake, from which results are right and which are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import Outcome, assess
from mlp_utils.assessing.tasks import FUNCTION, Case, Located, Task
from mlp_utils.hints.locate import located, right_outputs
from mlp_utils.in_notebooks.checks import explain

from autograder.authoring.model import Exercise, ModelError, case
from autograder.judging.judge import Evidence, judge
from autograder.judging.key import Key

ROWS = (
    Located(right="dW2, db2", wrong="dW1, db1", says="Look between dlogits and dZ1."),
    Located(wrong="dW1,dW2,db1,db2", says="Look at dlogits."),
    Located(right="db1, db2, dW1", wrong="dW2", says="Look at the product that gives dW2."),
)
NAMES = ("dW1", "db1", "dW2", "db2")
Four = tuple[np.ndarray, ...]


def right(X: np.ndarray, W: np.ndarray) -> Four:
    """Four results of different shapes."""
    return X.T @ X, X.sum(axis=0), W.T @ W, W.sum(axis=0)


def slip(*wrong: str) -> Callable[..., Four]:
    return lambda X, W: tuple(g + 1.0 if name in wrong else g for name, g in zip(NAMES, right(X, W), strict=True))


def task(by_parts: bool) -> Task:
    rng = np.random.default_rng(3)
    inputs = [(rng.normal(size=(n, 2)), rng.normal(size=(n, 3))) for n in (4, 5)]
    picks = range(4) if by_parts else [None]
    cases = [Case(f"case {n}", "values", x, right(*x), pick=pick) for n, x in enumerate(inputs) for pick in picks]
    return Task("four", "x", FUNCTION, "Four", 2.0, {"values": 1.0}, tuple(cases), outputs=NAMES, locate=ROWS)


def outcome(answer: Callable[..., Any], by_parts: bool) -> Outcome:
    asked = task(by_parts)
    return assess(asked, wire.observe(lambda: answer, asked.request()))


both = pytest.mark.parametrize("by_parts", [True, False], ids=["a case for each result", "one case for all"])


@both
@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (("dW1", "db1"), ROWS[0].says),
        (NAMES, ROWS[1].says),
        (("dW2",), ROWS[2].says),
        (("dW1",), ""),
        (("dW1", "db1", "db2"), ""),
        ((), ""),
    ],
)
def test_the_first_row_that_fits_is_said(wrong: tuple[str, ...], place: str, by_parts: bool) -> None:
    found = outcome(slip(*wrong), by_parts)
    assert located(found) == place
    assert right_outputs(found) == {name: name not in wrong for name in NAMES}


@both
def test_a_result_that_is_wrong_in_one_case_only_is_wrong(by_parts: bool) -> None:
    found = outcome(lambda X, W: slip("dW1", "db1")(X, W) if len(X) == 5 else right(X, W), by_parts)
    assert located(found) == ROWS[0].says


@both
def test_the_shape_of_a_result_may_be_what_is_wrong(by_parts: bool) -> None:
    found = outcome(lambda X, W: (X.T, X, *right(X, W)[2:]), by_parts)
    assert located(found) == ROWS[0].says


def raising(X: np.ndarray, W: np.ndarray) -> Four:
    if len(X) == 5:
        raise ValueError("no")
    return slip("dW1", "db1")(X, W)


@both
@pytest.mark.parametrize(
    "answer",
    [
        raising,
        lambda X, W: None,
        lambda X, W: right(X, W)[0],
        lambda X, W: right(X, W)[:3],
        lambda X, W: (*right(X, W), 0.0),
        lambda X, W: (None, None, *right(X, W)[2:]),
    ],
)
def test_nothing_is_said_of_results_that_are_not_there(answer: Callable[..., Any], by_parts: bool) -> None:
    assert located(outcome(answer, by_parts)) == ""


def test_inputs_that_were_changed_make_no_result_wrong() -> None:
    def changing(X: np.ndarray, W: np.ndarray) -> Four:
        results = right(X, W)
        X += 1.0
        return results

    found = outcome(changing, by_parts=True)
    assert not found.passed
    assert located(found) == ""


def test_the_check_says_the_place_in_both_forms() -> None:
    message = explain(outcome(slip("dW1", "db1"), by_parts=True))
    assert f"\n  {ROWS[0].says}\n" in str(message)
    assert f"<div>{ROWS[0].says}</div>" in message._repr_html_()
    assert "Look" not in str(explain(outcome(right, by_parts=True)))


def test_the_verdict_says_the_place() -> None:
    exercise = Exercise("four", title="Four", outputs=NAMES, locate=ROWS)
    exercise.misconception("one_more", says="There is one too much in dW2.", hint="Count.", source="right")
    asked = task(by_parts=True)
    key = Key(exercise, asked, right, {"right": slip("dW2")}, 1)
    for wrong, before in ((("dW1", "db1"), "dW1"), (("dW2",), "There is one too much in dW2. Count.")):
        reply = wire.observe(lambda wrong=wrong: slip(*wrong), asked.request())
        message = judge(key, Evidence(reply=reply), "ada").message
        place = ROWS[0].says if "dW1" in wrong else ROWS[2].says
        assert message.endswith(f" {place}")
        assert before in message


def test_the_rows_come_back_from_json() -> None:
    asked = task(by_parts=True)
    data = json.loads(json.dumps(asked.to_json()))
    assert Task.from_json(data).locate == ROWS
    assert "locate" not in replace(asked, locate=()).to_json()
    assert Task.from_json(replace(asked, locate=()).to_json()).locate == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Located(right="dW3", wrong="dW1", says="Look."), "names dW3, and the outputs are dW1, db1, dW2, db2"),
        (Located(right="dW2", says="Look.", wrong=""), "at least one wrong output"),
        (Located(right="dW1", wrong="dW1, db1", says="Look."), "right and wrong at once"),
        (Located(wrong="dW1", says=" "), "needs a sentence"),
    ],
)
def test_a_row_that_cannot_work_is_refused(row: Located, message: str) -> None:
    with pytest.raises(ModelError, match=f"Exercise four: .*{message}"):
        Exercise("four", title="Four", outputs=NAMES, locate=(row,))


def test_a_row_about_a_result_that_no_case_judges_is_refused() -> None:
    exercise = Exercise("four", title="Four", outputs=NAMES, locate=ROWS)

    @exercise.cases
    def _(rng):
        yield from (case("one", 1.0, pick=k) for k in (0, 1, 2))

    with pytest.raises(ModelError, match="`locate` names db2; no case judges that"):
        exercise.draw(np.random.default_rng(0))
