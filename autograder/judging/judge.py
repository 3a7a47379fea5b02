"""The verdict: a pure function of the key and of what came back over the wire.

Nothing of the student's process is in reach here, and nothing here can be reached from it.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import CaseResult, Outcome, assess
from mlp_utils.assessing.compare import RAISED, compare_results
from mlp_utils.assessing.told import entry_rows
from mlp_utils.hints.locate import located
from mlp_utils.hints.observations import observations
from mlp_utils.hints.patterns import NUMERICAL, looks_numerical, recognise
from mlp_utils.messages import sentence
from mlp_utils.status import Status
from mlp_utils.version import __version__

from autograder.authoring.model import Answer
from autograder.judging.judge_derivation import judge_derivation
from autograder.judging.key import Key
from autograder.judging.verdict import Verdict


@dataclass(frozen=True)
class Evidence:
    """What the kernel showed for one exercise.

    reply:   the JSON text of ``wire.observe``; None if none came.
    trouble: TIMED_OUT or CRASHED if the kernel did not answer or the solution cell did not finish; None otherwise.
    error:   the exception of the solution cell, if any, in words.
    blank:   the solution cell is as it was released, or has been deleted.
    source:  the student's cell, for staff.
    """

    reply: str | None = None
    trouble: Status | None = None
    error: str = ""
    blank: bool = False
    source: str = ""


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, "mlp_utils": __version__}


def judge(key: Key, evidence: Evidence, student_id: str) -> Verdict:
    """The verdict on one exercise; it never raises, whatever came back."""
    blank = Verdict(
        student_id,
        key.task.assignment_id,
        key.task.exercise_id,
        Status.NOT_ATTEMPTED,
        0.0,
        key.task.points,
        seed=key.seed,
        versions=versions(),
        detail={"source": evidence.source[: wire.MAX_TEXT]},
    )
    if evidence.reply is None:
        return _without_reply(blank, evidence)
    try:
        outcome = assess(key.task, evidence.reply)
    except wire.WireError as error:
        return replace(
            blank,
            status=Status.INVALID,
            message=f"What your function returned could not be read ({error}).",
        )
    return _with_outcome(blank, key, outcome, evidence)


def unreadable(key: Key, student_id: str, reason: str) -> Verdict:
    """The verdict on each exercise of a submission that is not a notebook."""
    message = f"The notebook could not be read: {reason} Hand it in again, or ask for a person to look."
    return Verdict(
        student_id,
        key.task.assignment_id,
        key.task.exercise_id,
        Status.INVALID,
        0.0,
        key.task.points,
        message=message,
        seed=key.seed,
        versions=versions(),
    )


def _without_reply(blank: Verdict, evidence: Evidence) -> Verdict:
    if evidence.trouble == Status.TIMED_OUT:
        message = "Your code did not finish in time. Is there a loop that never ends?"
        return replace(blank, status=Status.TIMED_OUT, message=message)
    reason = (evidence.error or "the Python process ended").rstrip(". ")
    return replace(blank, status=Status.CRASHED, message=f"Your code stopped with an error: {reason}.")


def _with_outcome(blank: Verdict, key: Key, outcome: Outcome, evidence: Evidence) -> Verdict:
    parts = {name: bool(passed) for name, passed in outcome.parts.items()}
    blank = replace(blank, detail=blank.detail | {"parts": parts} | _problem_detail(outcome))
    if outcome.unattempted or (evidence.blank and not outcome.passed):
        if outcome.state == "undefined" and evidence.trouble:
            return _without_reply(blank, evidence)
        if evidence.error and not evidence.blank:
            return _without_reply(blank, evidence)
        if evidence.blank or outcome.state == "undefined":
            message = "Not attempted." if evidence.blank else f"The name {key.exercise.answer} is not defined."
            return replace(blank, status=Status.NOT_ATTEMPTED, message=message)
        return replace(
            blank, status=Status.FAILED, message="Your answer is None: a return statement or a value is missing."
        )
    if outcome.state in ("unparsed", "too_long"):
        return replace(blank, status=Status.INVALID, message=f"{outcome.message}")
    if outcome.state != "ok":
        return replace(blank, status=Status.FAILED, message=outcome.message)
    if outcome.marked is not None:
        return judge_derivation(blank, key, outcome)
    if outcome.passed:
        remark = looks_numerical(outcome)
        return replace(
            blank,
            status=Status.PASSED,
            points=outcome.points,
            diagnosis=NUMERICAL.id if remark else "",
            message=NUMERICAL.sentence if remark else "Right.",
        )
    found = diagnose(key, outcome)
    if not found and all(result.error is not None for result in outcome.results):
        first = outcome.results[0].error or {}
        line = f" in line {first['line']}" if first.get("line") else ""
        evidence = replace(evidence, error=f"{first.get('type')}{line}: {first.get('message')}")
        return _without_reply(blank, evidence)
    status = Status.PARTIAL if outcome.share > 0 else Status.FAILED
    return replace(
        blank,
        status=status,
        points=outcome.points,
        diagnosis=found[0][0] if found else "",
        message=_message(outcome, " ".join(text for _, text in found)),
        detail=blank.detail | {"diagnoses": [name for name, _ in found]},
    )


def diagnose(key: Key, outcome: Outcome) -> list[tuple[str, str]]:
    """Id and explanation of the mistakes that explain the numbers; empty if nothing does.

    First a misconception whose numbers these are on every case.  Then several that do not get in each other's way (one
    in each of two results, say): each shows the same numbers wherever it is wrong, and together they explain every
    wrong case.  Last the generic patterns.
    """
    for misconception in key.exercise.misconceptions:
        # Most differ in the first wrong case already, so the others need not be computed.
        begun = key.beginning_of(misconception, _first_wrong(outcome) + 1)
        if agree(_begun(outcome, begun), begun) and agree(outcome, key.outcome_of(misconception)):
            return [(misconception.id, _explain(misconception))]
    together = _independent(key, outcome)
    if together:
        return [(misconception.id, _explain(misconception)) for misconception in together]
    generic = recognise(outcome)
    return [(generic.id, generic.sentence)] if generic else []


def _independent(key: Key, outcome: Outcome) -> list[Answer]:
    """A smallest-first cover of the wrong cases by misconceptions that agree wherever they are wrong themselves."""
    if outcome.state != "ok":
        return []
    wrong = {k for k, result in enumerate(outcome.results) if result.problem is not None}
    covers = []
    for misconception in key.exercise.misconceptions:
        begun = key.beginning_of(misconception, _first_wrong(outcome) + 1)
        if _spoilt(outcome, begun, wrong) is None:
            continue
        spoilt = _spoilt(outcome, key.outcome_of(misconception), wrong)
        if spoilt is not None:
            covers.append((spoilt, misconception))
    chosen: list[Answer] = []
    left = set(wrong)
    while left:
        spoilt, best = max(covers, key=lambda pair: len(pair[0] & left), default=(set(), None))
        if best is None or not spoilt & left:
            return []
        chosen.append(best)
        left -= spoilt
    return chosen


def _spoilt(outcome: Outcome, theirs: Outcome, wrong: set[int]) -> set[int] | None:
    """The cases that a misconception gets wrong, if the student got them wrong in the same way; else None."""
    if theirs.state != "ok":
        return None
    spoilt = {k for k, result in enumerate(theirs.results) if result.problem is not None}
    same = spoilt <= wrong and all(_agree_on_case(outcome.results[k], theirs.results[k]) for k in spoilt)
    return spoilt if same else None


def _first_wrong(outcome: Outcome) -> int:
    """The number of the first wrong case; that of all cases if there is none, or nothing to be compared."""
    wrong = (k for k, result in enumerate(outcome.results) if result.problem is not None)
    return next(wrong, len(outcome.task.cases))


def _begun(outcome: Outcome, begun: Outcome) -> Outcome:
    """The part of an outcome that can be compared with the beginning of another."""
    return replace(outcome, results=outcome.results[: len(begun.results)]) if begun.state == "ok" else outcome


def agree(a: Outcome, b: Outcome) -> bool:
    """Whether two answers showed the same on every case: equal numbers, or the same exception, or the same slip."""
    if a.state != b.state or len(a.results) != len(b.results):
        return False
    return all(_agree_on_case(x, y) for x, y in zip(a.results, b.results, strict=True))


def _agree_on_case(a: CaseResult, b: CaseResult) -> bool:
    if a.error is not None or b.error is not None:
        return a.error is not None and b.error is not None and a.error["type"] == b.error["type"]
    if (a.problem is None) != (b.problem is None):
        return False
    if a.problem is None or b.problem is None:
        return True
    if a.problem.kind != b.problem.kind:
        return False
    try:
        return compare_results(a.got, replace(a.case, want=b.got, low=None, high=None)) is None
    except (TypeError, ValueError):
        return False


def _explain(answer: Answer) -> str:
    return f"{answer.says} {answer.hint}".strip()


def _message(outcome: Outcome, explanation: str) -> str:
    done = [name for name, passed in outcome.parts.items() if passed]
    missing = [name for name, passed in outcome.parts.items() if not passed]
    lead = f"Right: {', '.join(done)}. Not yet: {', '.join(missing)}. " if done else ""
    seen = () if explanation else observations(outcome)
    return " ".join(filter(None, (lead + (explanation or _where(outcome)), *seen, located(outcome))))


def _where(outcome: Outcome) -> str:
    """For a wrong answer that nobody has foreseen: what differs, on which inputs, and the worst entry."""
    result = outcome.first_problem
    if result is None or result.problem is None:
        return ""
    text = sentence(result.problem.sentence)
    inputs = f" Inputs: {result.case.name}." if result.case.inputs else ""
    rows = entry_rows(result.problem, result.case, most=1)
    if not rows or result.problem.kind == RAISED or not result.case.inputs:
        return text + inputs
    row = rows[0]
    return f"{text}{inputs} Furthest off is {row.where}{row.at}: yours is {row.got}, wanted is {row.want}."


def _problem_detail(outcome: Outcome) -> dict[str, Any]:
    result = outcome.first_problem
    if result is None or result.problem is None:
        return {"state": outcome.state}
    return {
        "state": outcome.state,
        "case": result.case.name,
        "part": result.case.part,
        "problem": result.problem.kind,
        "sentence": result.problem.sentence,
        "output": result.problem.output,
        "worst": [
            {"index": list(entry.index), "got": repr(entry.got), "want": repr(entry.want)}
            for entry in result.problem.worst
        ],
        "error": dict(result.error) if result.error else None,
        "warnings": list(result.warnings),
    }
