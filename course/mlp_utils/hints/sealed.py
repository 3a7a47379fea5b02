"""Hints of an author that open only for the wrong answer that they belong to.

An author's misconception has a hint that fits it better than anything that can be read off the numbers.  What wrong
answers give is secret, so a hint travels with the visible cases as a digest and a text that was encrypted with a key
made from the wrong results themselves: whoever makes that mistake has the key, and nobody can read the list.

A key is made from rounded results, so that answers which differ by rounding have the same one.  Where a result lies at
the border of two roundings, or of right and wrong, machines may differ; such a hint is not sealed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from mlp_utils.assessing.assess import CaseResult, Outcome
from mlp_utils.assessing.compare import VALUE, Problem, compare_results, pieces_of
from mlp_utils.assessing.tasks import VALUE as VALUE_KIND
from mlp_utils.assessing.tasks import Case, Task

NUDGE = 1e-13
"""Relative to the wanted numbers: results that far apart must have the same key, or the hint is not sealed."""

FORGIVEN = 1e-3
"""The same as a share of what a case forgives, which is more where numbers are measured and not computed."""


def seal(task: Task, answers: Iterable[tuple[Outcome, str]], nudge: float = 1.0) -> dict[str, str]:
    """The hints of wrong answers, encrypted, by the digest of what each answer gave.

    Left out are answers that pass, answers that the visible cases cannot tell from one with another hint, and results
    so close to a border that another processor might give another key.

    nudge: how far results are moved to find a border, in multiples of what is usual.
    """
    texts: dict[bytes, set[str]] = {}
    for outcome, hint in answers:
        if outcome.state == "ok" and not outcome.passed and hint and len(_texts(outcome, nudge)) == 1:
            texts.setdefault(_key(task, _text(outcome)), set()).add(hint)
    return {_name(key): _encrypt(key, found.pop()) for key, found in sorted(texts.items()) if len(found) == 1}


def possible(task: Task, answers: Iterable[tuple[Outcome, str]]) -> dict[str, frozenset[str]]:
    """By name, the texts that ``seal`` may give on one machine or another; on all of them ``seal(…, nudge=2.0)``."""
    found: dict[str, set[str]] = {}
    for outcome, hint in answers:
        if outcome.state == "ok" and hint:
            for text in _texts(outcome, 1.0) | _texts(outcome, 2.0):
                key = _key(task, text)
                found.setdefault(_name(key), set()).add(_encrypt(key, hint))
    return {name: frozenset(texts) for name, texts in found.items()}


def opened(outcome: Outcome) -> str:
    """The author's hint for a wrong answer that gave these results; empty if there is none."""
    if outcome.state != "ok" or not outcome.task.sealed:
        return ""
    key = _key(outcome.task, _text(outcome))
    text = outcome.task.sealed.get(_name(key))
    return _decrypt(key, text) if text else ""


def _name(key: bytes) -> str:
    return key[:12].hex()


def _key(task: Task, text: str) -> bytes:
    secret = f"{task.exercise_id}:{text}".encode()
    return hashlib.scrypt(secret, salt=b"mlp_utils sealed hint", n=2**8, r=4, p=1, dklen=32)


def _encrypt(key: bytes, text: str) -> str:
    return base64.b64encode(_mixed(key, text.encode())).decode()


def _decrypt(key: bytes, text: str) -> str:
    return _mixed(key, base64.b64decode(text)).decode(errors="replace")


def _mixed(key: bytes, data: bytes) -> bytes:
    """The data combined with a stream that the key gives; twice, it is the data again."""
    stream = hashlib.shake_256(key).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _text(outcome: Outcome, nudge: float = 0.0) -> str:
    return ";".join(_shown(result, outcome.task, nudge) for result in outcome.results)


def _texts(outcome: Outcome, nudge: float) -> set[str]:
    """What an outcome shows, and the same with every number moved a little to either side."""
    return {_text(outcome, by) for by in (-nudge, 0.0, nudge)}


def _shown(result: CaseResult, task: Task, nudge: float = 0.0) -> str:
    """What one case gave, rounded, as text; the same for every right result."""
    case = result.case
    if result.error is not None:
        return f"raised {result.error['type']}"
    problem = _moved_problem(result, task, nudge)
    if problem is None:
        return "right"
    if task.kind == VALUE_KIND:
        return _numbers(result.got, replace(case, want=1.0), 10.0**-task.decimals, nudge)
    if problem.kind != VALUE and not isinstance(result.got, np.ndarray | float | int | tuple | list):
        return problem.kind
    several = isinstance(case.want, tuple)
    pieces = pieces_of(result.got, case) if several else [result.got]
    if several and len(pieces) == len(case.want) and case.pick is not None:
        mine = _numbers(pieces[case.pick], replace(case, want=case.want[case.pick]), 0.0, nudge)
        return f"{_where(problem.wrong)} {mine}"
    wants = case.want if several else [case.want]
    if len(wants) != len(pieces):
        wants = [1.0] * len(pieces)
    rounded = [_numbers(p, replace(case, want=w), 0.0, nudge) for p, w in zip(pieces, wants, strict=True)]
    return f"{problem.kind} {_where(problem.wrong)} {' '.join(rounded)}"


def _moved_problem(result: CaseResult, task: Task, nudge: float) -> Problem | None:
    """The problem of a case that forgives a little less or more."""
    problem, change = result.problem, 1.0 + nudge * FORGIVEN
    if not nudge or task.digests or (problem is not None and problem.kind != VALUE):
        return problem
    case = replace(result.case, rtol=result.case.rtol * change, atol=result.case.atol * change)
    return compare_results(result.got, case, task.outputs)


def _where(wrong: np.ndarray | None) -> str:
    """Which entries are wrong, as text."""
    return "" if wrong is None else np.packbits(wrong).tobytes().hex()


def _numbers(got: Any, case: Case, step: float, nudge: float) -> str:
    """The shape and the numbers of one result in steps; entry by entry with five digits where each counts by itself."""
    try:
        array = np.asarray(got)
    except ValueError:
        return "ragged"
    if array.dtype.kind not in "bif":
        return array.dtype.kind
    want = np.abs(np.asarray(case.want, dtype=float))
    scale = float(want[np.isfinite(want)].max(initial=0.0)) or 1.0
    x = array.astype(float).ravel()
    with np.errstate(all="ignore"):
        x = _moved(x, case, scale, nudge, exact=step > 0.0)
        size = np.abs(x)
        if step:
            steps = np.rint(x / step)
        elif case.entrywise:
            steps = np.where(size > 1e-9 * scale, np.sign(x) * (1e7 + np.rint(np.log10(size) * 1e5)), 0.0)
        else:
            # Steps are shifted, since numbers such as 0 and 1/2 should not lie on a border.
            steps = np.rint(x / (1e-6 * scale + 200 * (case.rtol * scale + case.atol)) + 0.37)
    return f"{array.shape}{[f'{s:.6g}' if abs(s) > 1e9 else f'{s:.0f}' for s in (steps + 0.0).tolist()]}"


def _moved(x: np.ndarray, case: Case, scale: float, nudge: float, exact: bool) -> np.ndarray:
    """Numbers a little above or below, by more than rounding and less than their case forgives.

    exact: the case says nothing of what is forgiven.
    """
    if not nudge:
        return x
    size = np.where(np.isfinite(x), np.abs(x), 0.0)
    forgiven = 0.0 if exact else case.rtol * size if case.entrywise else case.rtol * scale + case.atol
    return np.asarray(x + nudge * (NUDGE * (size + scale) + FORGIVEN * forgiven))


__all__ = ["NUDGE", "opened", "possible", "seal"]
