"""What the numbers of a wrong answer show, when no single pattern explains all of them.

An observation is a true sentence about these numbers: an invariant that is broken, where the wrong entries stand, or
how they relate to the wanted ones.  It points at the kind of mistake and never says what to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from mlp_utils.assessing.assess import CaseResult, Outcome
from mlp_utils.assessing.compare import NAN
from mlp_utils.assessing.invariants import breach
from mlp_utils.assessing.tasks import Task, invariant_of
from mlp_utils.hints.locate import located
from mlp_utils.hints.pairs import Seen, seen
from mlp_utils.hints.patterns import recognise
from mlp_utils.hints.places import PLACES, in_cases, in_results
from mlp_utils.hints.relations import EXACT, VAGUE, Relation, relation
from mlp_utils.hints.shapes import count_hint, shape_hint

MOST = 2
"""Sentences in a hint."""


@np.errstate(all="ignore")
def observations(outcome: Outcome) -> tuple[str, ...]:
    """At most two sentences about a wrong outcome; none if nothing was seen."""
    if outcome.state != "ok" or outcome.passed or outcome.marked is not None:
        return ()
    return tuple(dict.fromkeys(_all(outcome)))[:MOST]


def _all(outcome: Outcome) -> Iterator[str]:
    """Sentences, the most telling first: what explains all numbers, where they are wrong, what is true of some."""
    partly = recognise_partly(outcome, single_case=False)
    if partly:
        yield partly
    raised = any(result.error is not None for result in outcome.results)
    found = seen(outcome)
    bad = [one for one in found if one.wrong.any() and np.isfinite(one.got).all()]
    strong = "" if partly or raised or not bad else _related(bad, EXACT)
    broken = list(_broken(outcome))
    yield from filter(None, [strong, *broken[:1]])
    if raised:
        return
    yield from filter(None, [count_hint(outcome), *(find(found) for find in PLACES), *broken[1:]])
    if not partly and not strong:
        single = recognise_partly(outcome)
        yield from filter(None, [single, shape_hint(outcome)])
        if not single and bad:
            yield from filter(None, [_related(bad, VAGUE)])
    if len(found) == len(outcome.results):
        yield from filter(None, [in_cases(found, [result.case.name for result in outcome.results])])
    if not located(outcome):  # which says the same, and more
        yield from filter(None, [in_results(found, outcome.task.outputs)])


def _related(bad: list[Seen], relations: Sequence[Relation]) -> str:
    """A relation that holds in all wrong results, or else in those of the first result that is wrong."""
    text = relation(bad, relations)
    if text:
        return text
    first = bad[0].output
    alone = [one for one in bad if one.output == first]
    text = relation(alone, relations) if len(alone) < len(bad) else ""
    return f"In {first}: {text}" if text else ""


def _broken(outcome: Outcome) -> Iterator[str]:
    """Each invariant that a wrong result breaks, with the first result that breaks it."""
    first: dict[str, str] = {}
    for result in outcome.results:
        if result.problem is not None and result.error is None:
            first = breaches(outcome.task, result) | first
    yield from (first[text] for text in outcome.task.invariants if text in first)


def breaches(task: Task, result: CaseResult) -> dict[str, str]:
    """How a result breaks the invariants of its exercise: a sentence for each that it breaks."""
    pieces, found = _wanted_shapes(result), {}
    for text in task.invariants:
        output, name = invariant_of(text)
        for k, (got, shape) in enumerate(pieces):
            mine = len(task.outputs) == len(pieces) and task.outputs[k] == output
            if got.shape == shape and (not output or mine) and (says := breach(name, got)):
                found[text] = f"In {output}: {says[0].lower()}{says[1:]}" if output else says
    return found


def _wanted_shapes(result: CaseResult) -> list[tuple[np.ndarray, tuple[int, ...]]]:
    """Every array that came back, judged or not, with the wanted shape; empty if one is not made of real numbers."""
    want = result.case.want if isinstance(result.case.want, tuple) else (result.case.want,)
    got = result.got if isinstance(result.case.want, tuple) else (result.got,)
    if not isinstance(got, tuple | list) or len(got) != len(want):
        return []
    found = []
    for g, t in zip(got, want, strict=True):
        try:
            array = np.asarray(g)
        except (ValueError, TypeError):
            return []
        if array.dtype.kind not in "bif":
            return []
        found.append((array.astype(float), np.shape(t)))
    return found


def recognise_partly(outcome: Outcome, single_case: bool = True) -> str:
    """The hint of a pattern that explains some of the wrong results, with the words that say which.

    Two mistakes may meet, and one of them may give NaN or an error: first all results with finite numbers are looked
    at, then those of the first part that is wrong, then, with ``single_case``, the first wrong case alone.
    """
    wrong = [result for result in outcome.results if result.problem is not None and result.error is None]
    finite = [result for result in wrong if result.problem is not None and result.problem.kind != NAN]
    if not finite:
        return ""
    part, name = finite[0].case.part, finite[0].case.name
    in_part = [result for result in finite if result.case.part == part]
    tries = [(finite, "Where yours is finite: ")] if len(finite) < len(wrong) else []
    if len(in_part) < len(finite):
        tries.append((in_part, f"In «{part}»: "))
    in_case = [result for result in in_part if result.case.name == name]
    if single_case and len(in_case) < len(in_part):
        tries.append((in_case, f"For «{name}»: "))
    for results, words in tries:
        # Of the other results nothing is said, so no pattern that speaks of them may be named.
        looked_at = replace(outcome, results=tuple(results), beside=outcome.results)
        pattern = recognise(looked_at, without=("one_result_by_a_factor",))
        if pattern is not None:
            return f"{words}{pattern.hint}"
    return ""
