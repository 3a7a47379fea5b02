"""Decide, case by case, whether the reply of a student's process is right.

Used in three places with the same result: the visible checks in a notebook, the judge outside the kernel, and plain
nbgrader.  The only difference between them is which cases the task holds.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlp_utils.assessing import wire
from mlp_utils.assessing.compare import (
    MISSING,
    MUTATED,
    RAISED,
    SHAPE,
    STEP,
    TYPE,
    UNSTEADY,
    VALUE,
    Problem,
    compare_results,
    same,
    with_article,
)
from mlp_utils.assessing.formulas import Formula, FormulaError
from mlp_utils.assessing.tasks import DERIVATION, TEXT, Case, Task

if TYPE_CHECKING:
    from mlp_utils.derivations.route import Marked


@dataclass(frozen=True)
class CaseResult:
    """What one case showed: the result that came back and its problem, or None if it is right.

    error: type, message, line and code of an exception, as ``wire.describe_error`` gives them.
    """

    case: Case
    got: Any
    problem: Problem | None
    error: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What all cases showed.

    state:   "ok" when there is something to judge; else "undefined" (no such name), "not_callable", "unparsed" (a
             formula that cannot be read), "too_long" or "no_result" (a function that returns nothing).
    message: what the state means, in words; empty when it is "ok".
    marked:  of a derivation, its lines with their marks.
    took:    the names of the arguments that the function itself takes; empty where that is not known.
    beside:  where ``results`` are a part of what the cases showed, all of it.
    """

    task: Task
    state: str
    results: tuple[CaseResult, ...] = ()
    message: str = ""
    marked: Marked | None = None
    took: tuple[str, ...] = ()
    beside: tuple[CaseResult, ...] = ()

    @property
    def parts(self) -> dict[str, bool]:
        """Whether each named part passed in all of its cases."""
        return {
            part: bool(self.results) and all(r.problem is None for r in self.results if r.case.part == part)
            for part in self.task.parts
        }

    @property
    def share(self) -> float:
        """Weight of the parts passed / weight of all parts; it tells part from nothing where no points are given."""
        weights = self.task.parts
        return sum(weights[part] for part, passed in self.parts.items() if passed) / sum(weights.values())

    @property
    def points(self) -> float:
        """Maximum × share."""
        return round(self.task.points * self.share, 6)

    @property
    def passed(self) -> bool:
        return all(self.parts.values())

    @property
    def first_problem(self) -> CaseResult | None:
        return next((r for r in self.results if r.problem is not None), None)

    @property
    def unattempted(self) -> bool:
        """Nothing was handed in: no such name, None, or NotImplementedError everywhere."""
        if self.state == "undefined":
            return True
        return self.state == "ok" and bool(self.results) and all(_is_blank(r) for r in self.results)


def assess(task: Task, reply: str) -> Outcome:
    """Judge the reply of ``wire.observe``; ``wire.WireError`` if it is not such a reply."""
    try:
        data = json.loads(reply)
        state = data["state"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise wire.WireError("the reply is not the JSON that was asked for") from error
    if state == "undefined":
        return Outcome(task, state, message="The name that this cell should define does not exist.")
    if state == "too_long":
        return Outcome(task, state, message="The results are too large to be sent.")
    if state == "not_callable":
        kind = wire.clean_text(str(data.get("kind")))[:60]
        return Outcome(task, state, message=f"A function is wanted, and there is {with_article(kind)}.")
    if state != "ok":
        raise wire.WireError("the reply has no known state")
    if task.kind == DERIVATION:
        return _assess_derivation(task, wire.decode(data.get("value")))
    if task.kind == TEXT:
        return _assess_formula(task, wire.decode(data.get("value")))
    if task.kind == "value":
        value = wire.decode(data.get("value"))
        judged = _check_digest if task.digests else _judged
        return Outcome(task, "ok", tuple(judged(*_in_span(case, value), task) for case in task.cases))
    cases = data.get("cases")
    if not isinstance(cases, list) or len(cases) != len(task.cases):
        raise wire.WireError("the reply does not answer each case")
    results = tuple(_assess_case(case, item, task) for case, item in zip(task.cases, cases, strict=True))
    return Outcome(task, "ok", results)


def _assess_case(case: Case, item: Any, task: Task) -> CaseResult:
    if not isinstance(item, dict):
        raise wire.WireError("the observation of a case is not a JSON object")
    if "error" in item:
        error = _checked_error(item["error"])
        where = f", line {error['line']}" if error["line"] else ""
        sentence = f"it raised {error['type']}{where}: {plain_words(error['message'])}"
        return CaseResult(case, None, Problem(RAISED, sentence), error)
    results, after = item.get("results"), item.get("after")
    if not isinstance(results, list) or len(results) != 2:
        raise wire.WireError("a case does not have two results")
    first = wire.decode(results[0])
    # What looks the same on the way is the same; a difference may be one of form.
    second = first if results[1] == results[0] else wire.decode(results[1])
    left = case.received if after == case.sent else wire.decode(after)
    judged = _judged(case, first, task)
    said = item.get("warnings") or []
    if not isinstance(said, list):
        raise wire.WireError("the warnings of a case are not a list")
    noted = tuple(str(wire.decode(text))[:200] for text in said[:3] if isinstance(text, str))
    problem = judged.problem
    if problem is None and left is not case.received and not same(left, case.received):
        changed = _changed(left, case, task.arguments)
        problem = Problem(MUTATED, f"these numbers are right, but {changed} changed in place.")
    if problem is None and second is not first and compare_results(second, case, task.outputs) is not None:
        problem = Problem(UNSTEADY, "a second call with the same inputs gave another result.")
    return CaseResult(case, first, problem, warnings=noted)


def _changed(left: Any, case: Case, arguments: tuple[str, ...]) -> str:
    """Which arguments a call has left in another state."""
    sent = case.received
    if isinstance(left, list) and len(left) == len(sent) <= len(arguments):
        names = [name for name, a, b in zip(arguments, left, sent, strict=False) if not same(a, b)]
        return f"the input {names[0]} was" if len(names) == 1 else f"the inputs {' and '.join(names)} were"
    return "the inputs were"


def plain_words(message: str) -> str:
    """NumPy's words for shapes that do not fit, in the course's words; any other message as it is."""
    sizes = _MATMUL.search(message)
    if sizes:
        return (
            f"in A @ B the last size of A must be the first size of B (the last but one of a matrix); here {sizes[2]} "
            f"meets {sizes[1]}"
        )
    shapes = _BROADCAST.search(message)
    if shapes:
        told = " and ".join(shapes[1].split()).replace(",", ", ").replace(", )", ",)")
        return f"the shapes {told} do not fit together"
    return message


_MATMUL = re.compile(r"matmul: .*\(size (\d+) is different from (\d+)\)")
_BROADCAST = re.compile(r"operands could not be broadcast together with shapes ((?:\([\d,]*\) ?)+)")


def _judged(case: Case, got: Any, task: Task) -> CaseResult:
    if case.span is None:
        return CaseResult(case, got, compare_results(got, case, task.outputs))
    problem = compare_results(got, case, (group_of(case),))
    if problem is not None and problem.kind in (SHAPE, TYPE):  # of all numbers, so each group says the same
        problem = compare_results(got, case, ("your answer",))
    return CaseResult(case, got, problem)


def _in_span(case: Case, value: Any) -> tuple[Case, Any]:
    """Of a value of many numbers those that the case judges; all of it if it is not made of so many numbers."""
    if case.span is None or isinstance(value, wire.Unsendable):
        return case, value
    try:
        numbers = np.asarray(value)
    except ValueError:
        return case, value
    if numbers.shape != np.shape(case.want) or numbers.dtype.kind not in "bifc":
        return case, value
    return replace(case, want=case.want[slice(*case.span)]), numbers[slice(*case.span)]


def _assess_formula(task: Task, text: Any) -> Outcome:
    if text is None or (isinstance(text, str) and not text.strip()):
        missing = Problem(MISSING, "no formula has been entered.", "the formula")
        return Outcome(task, "ok", tuple(CaseResult(case, None, missing) for case in task.cases))
    if not isinstance(text, str):
        return Outcome(task, "unparsed", message="A formula is written as text, between quotation marks.")
    variables = tuple(task.cases[0].inputs[0])
    try:
        formula = Formula.parse(text, variables, task.functions)
    except FormulaError as error:
        return Outcome(task, "unparsed", message=str(error))
    results = []
    for case in task.cases:
        try:
            values = formula.evaluate(case.inputs[0])
        except ModuleNotFoundError:
            return Outcome(task, "unavailable", message="This check needs a module that is missing while grading.")
        results.append(CaseResult(case, values, compare_results(values, case, ("the formula",))))
    return Outcome(task, "ok", tuple(results))


def _assess_derivation(task: Task, text: Any) -> Outcome:
    """A part for each waypoint of the way that was taken, one for the lines and one for the end."""
    from mlp_utils.derivations.route import Route, mark
    from mlp_utils.derivations.setting import Setting

    empty = task.cases[0]
    if text is None or (isinstance(text, str) and not text.strip()):
        return Outcome(task, "ok", (CaseResult(empty, None, Problem(MISSING, "no line has been entered.", "")),))
    if not isinstance(text, str):
        return Outcome(task, "unparsed", message="A derivation is written as text, between three quotation marks.")
    marked = mark(text, Setting.from_json(task.derivation["setting"]), Route.from_json(task.derivation["route"]))
    results = tuple(
        CaseResult(
            replace(empty, name=name, part=name), None, None if done else Problem(STEP, f"«{name}» is missing.", "")
        )
        for name, done in marked.parts.items()
    )
    return Outcome(replace(task, parts=dict.fromkeys(marked.parts, 1.0)), "ok", results, marked=marked)


# --- values whose visible check must not hold the answer --------------------------------------------------------


def digests_of(task_id: str, decimals: int, value: Any) -> list[str]:
    """Salted digests of a value rounded to ``decimals``; the value itself cannot be read from them.

    One digest, or several where the value lies on the border of two roundings.
    """
    numbers = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    return [_digest_steps(task_id, steps) for steps in _roundings(numbers, decimals)]


def spoilt_values(value: Any) -> dict[str, Any]:
    """The usual slips of a value, by the pattern's id: what a visible check can recognise without the answer."""
    numbers = np.atleast_1d(np.asarray(value, dtype=float))
    return {"right": numbers, "sign": -numbers, "factor_2": 2 * numbers, "factor_half": numbers / 2}


def leaving_out(task_id: str, decimals: int, value: Any) -> dict[str, str]:
    """Digests of all numbers but one or two, by which a check can say which ones are wrong.

    Each is made of four numbers or more, so that it is as hard to guess as the digest of all of them; a value with
    fewer numbers has none.
    """
    numbers = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    return {
        _digest_steps(task_id, kept): f"{_BUT}{' '.join(map(str, out))}"
        for steps in _roundings(numbers, decimals)
        for out, kept in _kept(steps)
    }


def _kept(steps: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """One or two positions, and what is left without them, for each way to leave at least four numbers."""
    for few, most in ((1, 20), (2, 8)):  # each way costs a digest
        if few + 4 <= len(steps) <= most:
            for out in itertools.combinations(range(len(steps)), few):
                yield out, tuple("-" if k in out else step for k, step in enumerate(steps))


SOME = "some numbers"
"""The output of a problem whose sentence says which of several numbers are wrong."""

_BUT = "all but "
"""How the name of a digest begins that is right but for the positions that follow."""


def _roundings(numbers: np.ndarray, decimals: int) -> Iterator[tuple[int, ...]]:
    """The rounded numbers; where one lies on the border of two roundings, either way."""
    choices: list[tuple[int, ...]] = []
    for x in numbers * 10.0**decimals:
        down, up = int(np.floor(x)), int(np.ceil(x))
        near_border = abs(x - down - 0.5) < 0.02
        # Two ways for at most six numbers: each trial costs a digest.
        both = near_border and sum(len(choice) > 1 for choice in choices) < 6
        choices.append((down, up) if both else (int(np.rint(x)),))
    yield from itertools.product(*choices)


def _digest_steps(task_id: str, steps: tuple[Any, ...]) -> str:
    text = f"{task_id}:{','.join(map(str, steps))}".encode()
    return hashlib.scrypt(text, salt=b"mlp_utils visible check", n=2**8, r=4, p=1).hex()[:32]


def salt_of(task: Task, case: Case) -> str:
    """What the digests of a case are made with: the exercise, and where several cases share a value the part."""
    return task.exercise_id if case.span is None else f"{task.exercise_id}/{case.part}"


def _check_digest(case: Case, value: Any, task: Task) -> CaseResult:
    # The case's want has the right shape and no information: zeros.
    shaped = _judged(case, value, task)
    if shaped.problem is not None and shaped.problem.kind == SHAPE and np.ndim(case.want) == 1:
        wanted, size = np.size(case.want), np.size(value)
        said = f"{wanted} numbers are wanted, and yours {'is' if size == 1 else 'are'} {size}."
        if np.ndim(value) > 1:
            said = f"{wanted} numbers are wanted in one flat list, and your answer has the shape {np.shape(value)}."
        return replace(shaped, problem=replace(shaped.problem, sentence=said))
    if shaped.problem is not None and shaped.problem.kind != VALUE:
        return shaped
    numbers, salt = np.atleast_1d(np.asarray(value, dtype=float)).ravel(), salt_of(task, case)
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e12:
        return CaseResult(case, value, Problem(VALUE, "a finite number is wanted."))
    found = {task.digests.get(_digest_steps(salt, s)) for s in _roundings(numbers, task.decimals)} - {None}
    if "right" in found:
        return CaseResult(case, value, None)
    if found:
        return CaseResult(case, value, Problem(VALUE, "not the wanted value.", str(min(map(str, found)))))
    steps = tuple(int(np.rint(x * 10.0**task.decimals)) for x in numbers)
    for out, kept in _kept(steps):
        if task.digests.get(_digest_steps(salt, kept)) == f"{_BUT}{' '.join(map(str, out))}":
            first = 1 if case.span is None else 1 + case.span[0]
            which = " and ".join(str(k + first) for k in out)
            wrong = f"the numbers {which} are" if len(out) > 1 else f"number {which} is"
            of = f"of your {len(steps)} numbers" if case.span is None else f"of {group_of(case)}"
            return CaseResult(case, value, Problem(VALUE, f"{of} only {wrong} wrong.", SOME))
    many = "values" if len(steps) > 1 else "value"
    typed = _decimals_of(numbers, task.decimals)
    exact = f" to {task.decimals} decimals" if typed else ""
    if 0 < typed < task.decimals and len(steps) >= 4:
        exact += f"; yours have {typed} at most. Rounding comes last: compute with all decimals"
    who = "" if case.span is None else f"{group_of(case)} are "
    return CaseResult(case, value, Problem(VALUE, f"{who}not the wanted {many}{exact}."))


def _decimals_of(numbers: np.ndarray, most: int) -> int:
    """With how many decimals, up to ``most``, all numbers are written."""
    written = (k for k in range(most) if np.allclose(numbers, np.round(numbers, k), rtol=1e-12, atol=1e-12))
    return next(written, most)


def group_of(case: Case) -> str:
    """Which numbers of a value a case judges, counted from 1, and the part that they decide."""
    assert case.span is not None
    return f"the numbers {case.span[0] + 1} to {case.span[1]} ({case.part})"


def _is_blank(result: CaseResult) -> bool:
    if result.error is not None:
        return bool(result.error["type"] == "NotImplementedError")
    return result.got is None and result.problem is not None and result.problem.kind == MISSING


def _checked_error(error: Any) -> dict[str, Any]:
    if not isinstance(error, dict):
        raise wire.WireError("an exception is not described by a JSON object")
    line = error.get("line")
    return {
        "type": re.sub(r"\W", "", str(error.get("type")))[:100] or "Exception",
        "message": wire.clean_text(str(error.get("message")))[:500],
        "line": line if type(line) is int else None,
        "code": wire.clean_text(str(error.get("code")))[:200],
    }
