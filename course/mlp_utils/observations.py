"""What the numbers of a wrong answer show, when no single pattern explains all of them.

An observation is a true sentence about these numbers: an invariant that is broken, where the wrong entries stand, or
how they relate to the wanted ones.  It points at the kind of mistake and never says what to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mlp_utils.assess import CaseResult, Outcome
from mlp_utils.compare import NAN
from mlp_utils.invariants import breach
from mlp_utils.pairs import Seen, arrays_of, seen
from mlp_utils.patterns import Pattern, recognise
from mlp_utils.places import PLACES, in_cases, in_results
from mlp_utils.relations import relation
from mlp_utils.shapes import count_hint, shape_hint
from mlp_utils.tasks import Task, invariant_of

MOST = 2
"""Sentences in a hint."""


@np.errstate(all="ignore")
def observations(outcome: Outcome) -> tuple[str, ...]:
    """At most two sentences about a wrong outcome; none if nothing was seen."""
    if outcome.state != "ok" or outcome.passed or outcome.marked is not None:
        return ()
    return tuple(dict.fromkeys(_all(outcome)))[:MOST]


def _all(outcome: Outcome) -> Iterator[str]:
    partly = recognise_partly(outcome)
    if partly:
        yield f"{partly[1]}{partly[0].hint}"
    yield from _broken(outcome)
    if any(result.error is not None for result in outcome.results):
        return
    found = seen(outcome)
    bad = [one for one in found if one.wrong.any() and np.isfinite(one.got).all()]
    if not partly:
        yield from filter(None, [count_hint(outcome), shape_hint(outcome)])
    yield from (text for find in PLACES if (text := find(found)))
    if bad and not partly:
        yield from _related(bad)
    if len(found) == len(outcome.results):
        yield from filter(None, [in_cases(found, [result.case.name for result in outcome.results])])
    yield from filter(None, [in_results(found, outcome.task.outputs)])


def _related(bad: list[Seen]) -> Iterator[str]:
    """A relation that holds in all wrong results, or else in those of the first result that is wrong."""
    text = relation(bad)
    if text:
        yield text
        return
    first = bad[0].output
    alone = [one for one in bad if one.output == first]
    if len(alone) < len(bad) and (text := relation(alone)):
        yield f"In {first}: {text}"


def _broken(outcome: Outcome) -> Iterator[str]:
    """Each invariant that a wrong result breaks, with the first result that breaks it."""
    first: dict[str, str] = {}
    for result in outcome.results:
        if result.problem is not None and result.error is None:
            first = breaches(outcome.task, result) | first
    yield from (first[text] for text in outcome.task.invariants if text in first)


def breaches(task: Task, result: CaseResult) -> dict[str, str]:
    """How a result breaks the invariants of its exercise: a sentence for each that it breaks."""
    pieces, found = arrays_of(replace(result, case=replace(result.case, pick=None))), {}
    for text in task.invariants:
        output, name = invariant_of(text)
        for k, (got, want) in enumerate(pieces):
            mine = len(task.outputs) == len(pieces) and task.outputs[k] == output
            if got.shape == want.shape and (not output or mine) and (says := breach(name, got)):
                found[text] = f"In {output}: {says[0].lower()}{says[1:]}" if output else says
    return found


def recognise_partly(outcome: Outcome) -> tuple[Pattern, str] | None:
    """A pattern that explains some of the wrong results, with the words that say which.

    Two mistakes may meet, and one of them may give NaN or an error: first all results with finite numbers are looked
    at, then those of the first part that is wrong, then the first wrong case alone.
    """
    wrong = [result for result in outcome.results if result.problem is not None and result.error is None]
    finite = [result for result in wrong if result.problem is not None and result.problem.kind != NAN]
    if not finite:
        return None
    part, name = finite[0].case.part, finite[0].case.name
    in_part = [result for result in finite if result.case.part == part]
    tries = [(finite, "Where yours is finite: " if len(finite) < len(wrong) else ""), (in_part, f"In «{part}»: ")]
    if len(outcome.task.parts) == 1:
        tries.pop()
    tries.append(([result for result in in_part if result.case.name == name], f"For «{name}»: "))
    for results, words in tries:
        if 0 < len(results) < len(outcome.results) or len(wrong) < len(outcome.results):
            # Of the other results nothing is said, so no pattern that speaks of them may be named.
            pattern = recognise(replace(outcome, results=tuple(results)), without=("one_result_by_a_factor",))
            if pattern is not None:
                return pattern, words
    return None
