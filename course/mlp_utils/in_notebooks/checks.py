"""The checks that stand in the notebooks: ``check`` shows a message and returns points, ``hint`` names the kind of
mistake.

Neither ever raises because of what a student's function does, so that "Run All" goes on to the end.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import CodeType
from typing import Any

import numpy as np

from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import SOME, Outcome, assess
from mlp_utils.assessing.compare import MUTATED, SHAPE, TYPE, VALUE
from mlp_utils.assessing.tasks import FUNCTION, Case, Task, visible_task
from mlp_utils.assessing.tasks import VALUE as VALUE_KIND
from mlp_utils.assessing.told import entry_rows, inputs_told
from mlp_utils.hints.error_hints import argument_hint, error_hint
from mlp_utils.hints.locate import located
from mlp_utils.hints.observations import observations
from mlp_utils.hints.patterns import NUMERICAL, looks_numerical, recognise
from mlp_utils.hints.sealed import opened
from mlp_utils.messages import Message, Remark, sentence, show
from mlp_utils.status import Status

_last_outcomes: dict[str, Outcome] = {}
_latest: list[str] = []


def check(exercise_id: str, answer: Any) -> float:
    """Check an answer on the visible cases, show what is wrong with the numbers, and return the points.

    exercise_id: the id that stands above the exercise.
    answer:      the function, value or formula that was written.

    Returns a plain float between 0 and the exercise's points.  Raises ``UnknownExercise`` for an id that does not
    exist; nothing that the answer does makes it raise.
    """
    task = visible_task(exercise_id)
    outcome = assess(task, wire.observe(lambda: answer, task.request()))
    if outcome.unattempted and not _is_stub(answer) and not any(result.error for result in outcome.results):
        outcome = replace(
            outcome, state="no_result", message="your function returned None: is the return line missing?"
        )
    outcome = replace(outcome, took=_arguments(answer))
    _last_outcomes[exercise_id] = outcome
    _latest[:] = [exercise_id]
    explain(outcome).show()
    return 0.0 if outcome.unattempted else float(outcome.points)


def passed(exercise_id: str) -> bool:
    """Whether the last check of an exercise in this session has passed."""
    outcome = _last_outcomes.get(exercise_id)
    return outcome is not None and outcome.passed


def _is_stub(answer: Any) -> bool:
    """Whether an answer is as it was released: no value, or a function that does nothing but ``pass``."""
    try:
        code = answer.__code__
    except Exception:
        return True
    if not isinstance(code, CodeType):
        return True
    return not code.co_names and len(set(code.co_code)) <= len(set(_stub.__code__.co_code))


def _arguments(answer: Any) -> tuple[str, ...]:
    """The names of the arguments of a plain function; empty for anything else."""
    try:
        code = answer.__code__
        return code.co_varnames[: code.co_argcount] if isinstance(code, CodeType) else ()
    except Exception:
        return ()


def _stub() -> None:
    """What a released function looks like."""


def hint(exercise_id: str | None = None) -> None:
    """Show the kind of mistake that the last failed check points to; free of charge.

    exercise_id: the exercise; the one that was checked last if none is given.
    """
    name = exercise_id or (_latest[0] if _latest else None)
    outcome = _last_outcomes.get(name) if name else None
    if outcome is None and exercise_id is not None:
        visible_task(exercise_id)  # raises if there is no such exercise
    if outcome is None:
        show(Remark("Run a check first; a hint belongs to the numbers that it saw."))
    else:
        show(Remark(_hint_text(outcome)))


def states() -> dict[str, tuple[Status, float]]:
    """What the last check of each exercise in this session has found: its status and its points."""
    found = {name: (status_of(outcome), outcome) for name, outcome in _last_outcomes.items()}
    return {
        name: (status, 0.0 if status == Status.NOT_ATTEMPTED else float(outcome.points))
        for name, (status, outcome) in found.items()
    }


def states_json() -> str:
    """The same as JSON, for another process that asks."""
    return json.dumps(states())


def status_of(outcome: Outcome) -> Status:
    """passed, partial, failed, not_attempted, or invalid: lines of a derivation cannot be read."""
    if outcome.unattempted or _untouched(outcome):
        return Status.NOT_ATTEMPTED
    if outcome.passed:
        return Status.PASSED
    if outcome.marked is not None and outcome.marked.checked.slips:
        return Status.INVALID
    return Status.PARTIAL if outcome.share > 0 else Status.FAILED


def _untouched(outcome: Outcome) -> bool:
    """Whether a derivation is nothing but its first line and gaps."""
    return outcome.marked is not None and outcome.marked.checked.untouched


def explain(outcome: Outcome) -> Message:
    """The message for an outcome: what is wrong with the numbers, where, and the numbers themselves."""
    task, status = outcome.task, status_of(outcome)
    total = sum(task.parts.values())
    parts = tuple((name, passed, task.points * task.parts[name] / total) for name, passed in outcome.parts.items())
    notes = tuple(sorted({f"your function issued a warning: {text}" for r in outcome.results for text in r.warnings}))[
        :2
    ]
    if status == Status.PASSED and outcome.marked is None:
        if looks_numerical(outcome):
            notes = (*notes, NUMERICAL.hint)
        return Message(task.title, status, task.points, task.points, parts=parts, notes=notes)
    points = 0.0 if status == Status.NOT_ATTEMPTED else outcome.points
    if status == Status.NOT_ATTEMPTED and outcome.marked is None:
        return Message(task.title, status, points, task.points, footer="Write your answer in the cell above.")
    if outcome.state != "ok":
        return Message(task.title, status, points, task.points, outcome.message, parts)
    if outcome.marked is not None:
        return _derivation_message(outcome, status, parts)
    worst = outcome.first_problem
    assert worst is not None and worst.problem is not None
    known = bool(task.digests)
    return Message(
        task.title,
        status,
        points,
        task.points,
        headline=worst.problem.sentence,
        parts=parts,
        case=_inputs(task, worst.case),
        rows=() if known else entry_rows(worst.problem, worst.case),
        wrong=None if known else _map_of(worst.problem.wrong),
        place=located(outcome),
        notes=notes,
        footer=f'For the kind of mistake, run hint("{task.exercise_id}").',
    )


def _inputs(task: Task, case: Case) -> str:
    """Which inputs showed it: of a function the arguments, of a formula the name of the case, of a value nothing."""
    if task.kind == VALUE_KIND:
        return ""
    return inputs_told(case, task.arguments) if task.kind == FUNCTION else case.name


def _derivation_message(outcome: Outcome, status: Status, parts: tuple[tuple[str, bool, float], ...]) -> Message:
    """The lines beside their typeset form, each with a mark, and above them what matters most."""
    from mlp_utils.derivations.route import Route
    from mlp_utils.derivations.setting import Setting
    from mlp_utils.derivations.show import LineTable, headline, lines_of

    task, marked = outcome.task, outcome.marked
    assert marked is not None
    if status == Status.INVALID:
        parts = tuple((name if done else f"{name} (open)", done, points) for name, done, points in parts)
    table = LineTable(lines_of(marked, Setting.from_json(task.derivation["setting"])))
    says = headline(marked, Route.from_json(task.derivation["route"]))
    return Message(task.title, status, outcome.points, task.points, says, parts, table=table)


def _derivation_hint(outcome: Outcome) -> str:
    from mlp_utils.derivations.hints import hint_of
    from mlp_utils.derivations.route import Route
    from mlp_utils.derivations.setting import Setting
    from mlp_utils.derivations.show import lines_of

    data, marked = outcome.task.derivation, outcome.marked
    assert marked is not None
    return hint_of(marked, Route.from_json(data["route"]), lines_of(marked, Setting.from_json(data["setting"])))


def _map_of(wrong: np.ndarray | None) -> np.ndarray | None:
    """Only an array whose right and wrong entries make a picture is worth a map."""
    return wrong if wrong is not None and wrong.ndim in (1, 2) and wrong.size > 3 and not wrong.all() else None


def _hint_text(outcome: Outcome) -> str:
    if outcome.passed:
        return "The last check passed; there is nothing to hint at."
    if outcome.unattempted:
        return "There is no answer yet. Start with the worked example above, and change one thing at a time."
    if outcome.state == "unparsed":
        return (
            "Read your formula again from the place that the check names. A product is written with *, a power with "
            "**, and the argument of a function stands in brackets."
        )
    if outcome.state == "no_result":
        return "print shows a number to you; return hands it to the check."
    if outcome.state != "ok":
        return sentence(outcome.message)
    if outcome.marked is not None:
        return _derivation_hint(outcome)
    problem = outcome.first_problem
    if argument_hint(outcome):
        return argument_hint(outcome)
    if author_hint := opened(outcome):
        return author_hint
    if problem is not None and problem.error is not None:
        return error_hint(outcome, problem.error)
    if outcome.task.digests and problem is not None and problem.problem is not None:
        named = {
            "sign": "Look at the sign.",
            "factor_2": "A factor of 2 too many.",
            "factor_half": "A factor of 2 is missing.",
        }
        if problem.problem.kind != VALUE:
            return sentence(problem.problem.sentence)
        if problem.problem.output == SOME:
            return f"{sentence(problem.problem.sentence)} From which of the other numbers does it follow?"
        again = "Compute it once more, step by step, and check each step with numbers or a plot."
        return named.get(problem.problem.output, again)
    found = recognise(outcome)
    if found is not None:
        return found.hint
    noticed = (*observations(outcome), *filter(None, [located(outcome)]))
    if noticed:
        return " ".join(noticed)
    if problem is not None and problem.problem is not None and problem.problem.kind in _BY_KIND:
        return _BY_KIND[problem.problem.kind]
    passed = [name for name, ok in outcome.parts.items() if ok]
    known = f" What already works: {', '.join(passed)}." if passed else ""
    if outcome.task.kind == FUNCTION:
        return (
            "This is not one of the usual mistakes. Call your function with a small input that you can follow by hand, "
            f"print each intermediate result, and compare step by step.{known}"
        )
    return (
        "This is not one of the usual mistakes. Put easy numbers into your formula, such as 0 and 1, and compare with "
        f"what should come out there.{known}"
    )


_BY_KIND = {
    SHAPE: "Look at the shapes first: print the shape of each intermediate result. Which step gives a wrong one?",
    TYPE: "Look at what your function returns: how many things, of which type, and is every part of it a number?",
    MUTATED: "Print an input before and after the call. Which statement writes into it (`x[...] =`, `+=`, `out=`)?",
}


__all__ = ["check", "explain", "hint", "passed", "states", "states_json", "status_of"]
