"""Random derivations: no true one is refused, and a false one is refused at its line.

MLP_DERIVATIONS=2000 in the environment makes as many of each kind; 300 without it.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter

import numpy as np
import pytest
from mlp_utils.derivations.ranges import bound_apart
from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.steps import START, TRUE, check_steps
from mlp_utils.derivations.tree import Entry, Node, free_indices, walk

from .grammar import SETTING, SPANS, Grammar, shape
from .oracle import Oracle
from .typed import typed

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("MLP_DERIVATIONS", "300"))
LENGTHS = {"n": 2, "q": 3, "m": 4}


def points(setting: Setting, count: int = 3) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(count):
        letters = {}
        for name, letter in setting.letters.items():
            shape = [LENGTHS[span] for span in letter.shape]
            signs = rng.choice([-1, 1], size=shape) if letter.domain == "real" else 1
            letters[name] = rng.uniform(0.1, 0.9, size=shape) * signs
        found.append(letters)
    return found


POINTS = points(SETTING)


def spans_by_arrays(*formulas: Node) -> dict[str, str] | None:
    """The range of each index as the arrays tell it; None where they contradict each other."""
    spans: dict[str, str] = {}
    for node in formulas:
        for inner in walk(node):
            if isinstance(inner, Entry):
                for index, span in zip(inner.indices, shape(inner.array), strict=True):
                    if spans.setdefault(index, span) != span:
                        return None
    return SPANS | spans


def values(node: Node, names: list[str], spans: dict[str, str]) -> list[np.ndarray]:
    """By the oracle, for all values of the indices at some points."""
    ranges = [range(LENGTHS[spans[name]]) for name in names]
    found = []
    for letters in POINTS:
        oracle = Oracle(letters, LENGTHS, spans)
        places = [dict(zip(names, place, strict=True)) for place in itertools.product(*ranges)]
        found.append(np.array([oracle.at(node, **place) for place in places]))
    return found


def differ(upper: Node, lower: Node) -> bool | None:
    """Whether two formulas differ; None where the oracle cannot tell."""
    names = sorted(free_indices(upper, frozenset(SPANS)) | free_indices(lower, frozenset(SPANS)))
    try:
        upper, lower = (bound_apart(node, SETTING, {}, always=True) for node in (upper, lower))
        spans = spans_by_arrays(upper, lower)
        if spans is None:
            return True
        left, right = values(upper, names, spans), values(lower, names, spans)
    except (ValueError, IndexError, TypeError):
        return True
    if any(a.shape != b.shape for a, b in zip(left, right, strict=True)):
        return True
    gaps = []
    for a, b in zip(left, right, strict=True):
        size = max(np.max(abs(a), initial=0), np.max(abs(b), initial=0))
        if not np.isfinite(size) or size > 1e6:
            return None
        gaps.append(np.max(abs(a - b), initial=0) / max(size, 1e-3))
    return True if max(gaps) > 1e-3 else False if max(gaps) < 1e-6 else None


def text_of(lines: list[Node]) -> str:
    return "\n".join(typed(line) for line in lines)


def true_derivations(seed: int, count: int) -> list[list[Node]]:
    found: list[list[Node]] = []
    grammar = Grammar(seed)
    while len(found) < count:
        lines = grammar.derivation()
        if len(lines) > 1 and all(len(typed(line)) < 600 for line in lines) and differ(lines[0], lines[0]) is False:
            found.append(lines)
    return found


def test_what_is_typed_is_read_as_the_same_tree() -> None:
    for lines in true_derivations(5, 100):
        for line in lines:
            assert read_formula(typed(line)) == line


def test_no_true_derivation_is_refused() -> None:
    refused = []
    lines_seen = 0
    for lines in true_derivations(1, COUNT):
        steps = check_steps(text_of(lines), SETTING).steps
        lines_seen += len(steps)
        bad = [step for step in steps if step.state not in (START, TRUE)]
        if bad:
            refused.append((text_of(lines), bad[0].line, bad[0].state, bad[0].difference or bad[0].message))
    print(f"\n{COUNT} true derivations, {lines_seen} lines, {len(refused)} refused")
    assert refused == []


def test_a_false_derivation_is_refused_at_its_line() -> None:
    kinds: Counter[str] = Counter()
    missed = []
    grammar = Grammar(2)
    for lines in itertools.chain.from_iterable(true_derivations(seed, 200) for seed in itertools.count(10)):
        place = int(grammar.rng.integers(1, len(lines)))
        change = grammar.mistake(lines[place])
        if change is None or not differ(lines[place - 1], change[1]) or len(typed(change[1])) > 600:
            continue
        false = [*lines[:place], change[1], *lines[place + 1 :]]
        kinds[change[0]] += 1
        steps = check_steps(text_of(false), SETTING).steps
        first = next((step.line for step in steps if step.state not in (START, TRUE)), 0)
        if first != place + 1:
            missed.append((change[0], text_of(false), place + 1, first))
        if kinds.total() == COUNT:
            break
    print(f"\n{COUNT} false derivations: {dict(kinds)}; {len(missed)} not refused at their line")
    for kind, text, wanted, got in missed:
        print(f"--- {kind}, line {wanted}, got {got}\n{text}")
    assert len(missed) <= COUNT // 1000
