"""The verdict on a derivation: its lines, its waypoints, and the known false line where it is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlp_utils.assessing.assess import Outcome
from mlp_utils.derivations.ranges import MeaningError
from mlp_utils.derivations.route import Marked
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.show import headline, lines_of
from mlp_utils.derivations.steps import Comparison, Step
from mlp_utils.status import Status

from autograder.judging.verdict import Verdict

if TYPE_CHECKING:
    from autograder.authoring.model import Answer
    from autograder.judging.key import Key


def judge_derivation(blank: Verdict, key: Key, outcome: Outcome) -> Verdict:
    """Points for the waypoints, the lines and the end.

    A line that cannot be read and a way that nobody has foreseen cost nothing by the machine alone: what could be
    judged counts, and a person looks at the rest.
    """
    marked, route, setting = outcome.marked, key.exercise.route, key.exercise.setting
    assert marked is not None and route is not None and setting is not None
    lines = [line.to_json() for line in lines_of(marked, setting)]
    blank = replace(blank, points=outcome.points, detail=blank.detail | {"lines": lines})
    if outcome.passed:
        return replace(blank, status=Status.PASSED, message=headline(marked, route) or "Right: every line follows.")
    slip = bool(marked.checked.slips)
    status = Status.INVALID if slip else Status.PARTIAL if outcome.share > 0 else Status.FAILED
    found = diagnose_line(key, marked, setting)
    message = headline(marked, route, unread="")
    if found is not None:
        message = f"{message} {found.says} {found.hint}"
    return replace(
        blank,
        status=status,
        diagnosis=found.id if found else "",
        message=message,
        detail=blank.detail | {"diagnoses": [found.id] if found else [], "asks": marked.asks or slip},
    )


def diagnose_line(key: Key, marked: Marked, setting: Setting) -> Answer | None:
    """The misconception whose false line is this one: equal to it in value, or the same formula without a value."""
    mine = marked.checked.first_false
    if mine is None or mine.node is None:
        return None
    for answer in key.exercise.misconceptions:
        theirs = key.outcome_of(answer).marked
        if theirs is not None and _same_line(mine, theirs.checked.first_false, marked, theirs, setting):
            return answer
    return None


def _same_line(mine: Step, theirs: Step | None, marked: Marked, other: Marked, setting: Setting) -> bool:
    if theirs is None or theirs.node is None or mine.node is None or mine.meant != theirs.meant:
        return False
    if not mine.meant:
        return mine.node == theirs.node
    comparison = Comparison(setting)
    try:
        for step in (*marked.checked.steps, *other.checked.steps):
            if step.node is not None and step.meant:
                comparison.know(step.node)
    except MeaningError:  # the two derivations use one index for two ranges
        return False
    return comparison.equal(mine.node, theirs.node) and comparison.equal(theirs.node, mine.node)
