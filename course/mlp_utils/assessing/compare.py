"""Compare what a student's answer gave with what is wanted, and say in words what differs.

An array g is compared with the wanted t by itself, after its type and its shape:

    ‖g − t‖ ≤ rtol (‖g‖ + ‖t‖) + atol,

or entry by entry where a function acts on each entry.  The sentences name the array, the shapes and the worst
entries; what *kind* of mistake it may be is the business of ``mlp_utils.hints.patterns``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils.assessing import wire
from mlp_utils.assessing.tasks import Case

RAISED, MISSING, TYPE, SHAPE, NAN, VALUE, MUTATED, UNSTEADY, STEP = (
    "raised",
    "missing",
    "type",
    "shape",
    "nan",
    "value",
    "mutated",
    "unsteady",
    "step",
)


@dataclass(frozen=True)
class WrongEntry:
    """One entry that is wrong: where it stands, what was got and what is wanted."""

    index: tuple[int, ...]
    got: float | complex
    want: float | complex


@dataclass(frozen=True)
class Problem:
    """What is wrong with one case.

    kind:     one of the constants of this module.
    sentence: what differs, in words.
    output:   the name of the result concerned, such as ``dW``.
    worst:    the entries that are furthest off, the worst first.
    wrong:    where the array is wrong: a boolean array of the wanted shape, or None.
    count:    how many entries are wrong.
    """

    kind: str
    sentence: str
    output: str = "the result"
    worst: tuple[WrongEntry, ...] = ()
    wrong: np.ndarray | None = None
    count: int = 0


def compare(got: Any, want: Any, case: Case, name: str = "the result") -> Problem | None:
    """The first problem of ``got`` against the number, array, word or truth value ``want``; None if it is right."""
    if isinstance(want, str | bool) or want is None:
        return _compare_word(got, want, name)
    if got is None:
        return Problem(MISSING, f"{name} is None: a return statement or an answer is missing.", name)
    wanted = _describe(want)
    if isinstance(got, wire.Unsendable):
        return Problem(TYPE, f"{name} is {with_article(got.kind)}, where {wanted} is wanted.", name)
    if isinstance(got, str | dict):
        return Problem(TYPE, f"{name} is {with_article(type(got).__name__)}, where {wanted} is wanted.", name)
    try:
        g = np.asarray(got)
    except ValueError:
        return Problem(
            TYPE, f"{name} is a sequence of pieces that do not form one array; np.concatenate joins arrays.", name
        )
    t = np.asarray(want)
    if g.dtype.kind not in "bifc":
        part = " with a part that is no number" if isinstance(got, tuple | list) else ""
        return Problem(TYPE, f"{name} is {with_article(type(got).__name__)}{part}, where {wanted} is wanted.", name)
    if g.shape != t.shape:
        return Problem(SHAPE, f"{name} has the shape {g.shape}, and {t.shape or 'a single number'} is wanted.", name)
    if g.dtype.kind == "c" and t.dtype.kind != "c":
        return Problem(TYPE, f"{name} is complex, where {wanted} of real numbers is wanted.", name)
    return _compare_numbers(g, t, case, name)


def compare_results(got: Any, case: Case, outputs: tuple[str, ...] = ()) -> Problem | None:
    """The same for a case's whole result, each array of a tuple by itself."""
    if not isinstance(case.want, tuple) or got is None:
        return compare(got, case.want if got is not None else 0.0, case, outputs[0] if outputs else "the result")
    names = outputs or tuple(f"result {k + 1}" for k in range(len(case.want)))
    pieces = pieces_of(got, case)
    if len(pieces) != len(case.want):
        wanted = f"{len(case.want)} results are wanted ({', '.join(names)})"
        return Problem(TYPE, f"{wanted}, and {len(pieces)} came back.")
    if case.pick is not None:
        k = case.pick
        return compare(pieces[k], case.want[k], case, names[k])
    problems = (compare(g, t, case, n) for g, t, n in zip(pieces, case.want, names, strict=True))
    return next((problem for problem in problems if problem is not None), None)


def pieces_of(got: Any, case: Case) -> list[Any]:
    """The single results that came back in a case that wants several."""
    if isinstance(got, np.ndarray) and got.ndim == 1 and all(np.ndim(want) == 0 for want in case.want):
        return list(got)  # several numbers in one array are as good as a tuple
    return list(got) if isinstance(got, tuple | list) else [got]


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same to the last bit, NaN equal to NaN; 1 and 1.0 are the same."""
    if isinstance(a, wire.Unsendable) and isinstance(b, wire.Unsendable):
        return a.kind == b.kind
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    x, y = _numbers(a), _numbers(b)
    if x is not None and y is not None:
        return x.shape == y.shape and bool(np.all((x == y) | ((x != x) & (y != y))))
    if x is not None or y is not None:
        return False
    return type(a) is type(b) and bool(a == b)


def _numbers(value: Any) -> np.ndarray | None:
    if not isinstance(value, np.ndarray | float | int | complex):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "bifc" else None


def _compare_word(got: Any, want: Any, name: str) -> Problem | None:
    """A word or a truth value, which has no tolerance."""
    if isinstance(got, np.ndarray) and got.shape == () and got.dtype.kind == "b":
        got = bool(got)
    if type(got) is type(want) and got == want:
        return None
    if isinstance(got, bool):
        return Problem(VALUE, f"{name} is {got}.", name)
    return Problem(VALUE if type(got) is type(want) else TYPE, f"{name} is not what is wanted.", name)


def _compare_numbers(g: np.ndarray, t: np.ndarray, case: Case, name: str) -> Problem | None:
    kind = complex if t.dtype.kind == "c" else float
    g, t = g.astype(kind), t.astype(kind)
    if case.low is not None and case.high is not None:
        # Where the convention is free, the nearest allowed value is the wanted one.
        t = np.where(np.isnan(g), t, np.clip(g, case.low, case.high))
    odd = ~np.isfinite(g) & np.isfinite(t)
    if odd.any():
        return _not_finite(g, t, odd, name)
    with np.errstate(all="ignore"):
        wrong, excess = _wrong_entries(g, t, case)
    if not wrong.any():
        return None
    count = int(wrong.sum())
    if t.size == 1:
        sentence = f"{name} is not the wanted number."
    elif count == t.size:
        sentence = f"all {t.size} entries of {name} are wrong."
    else:
        sentence = f"{count} of {t.size} entries of {name} {'is' if count == 1 else 'are'} wrong."
    return Problem(VALUE, sentence, name, _worst(g, t, wrong, excess), wrong, count)


def _not_finite(g: np.ndarray, t: np.ndarray, odd: np.ndarray, name: str) -> Problem:
    counts = {"NaN": int(np.isnan(g[odd]).sum()), "infinite": int((~np.isnan(g[odd])).sum())}
    words = {word: n for word, n in counts.items() if n}
    if t.size == 1:
        where = f"is {next(iter(words))}"
    else:
        where = "is " + " and ".join(f"{word} in {n}" for word, n in words.items()) + f" of {t.size} entries"
    sentence = f"{name} {where}, where a finite number is wanted."
    return Problem(NAN, sentence, name, _worst(g, t, odd, np.ones(t.shape)), odd, int(odd.sum()))


def _wrong_entries(g: np.ndarray, t: np.ndarray, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Which entries break the rule, and by how much each of them does (to order them)."""
    equal = (g == t) | (np.isnan(g) & np.isnan(t))
    wild = ~equal & ~np.isfinite(t)
    equal = equal | wild  # a wanted infinity or NaN has no neighbours: it is met or missed, and added at the end
    # A power of two scales without rounding, so that squares neither overflow nor vanish.
    largest = max(float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in (g, t))
    scale = 2.0 ** np.clip(np.floor(np.log2(largest)), -1021, 1021) if largest > 0 else 1.0
    size_g, size_t = (np.where(np.isfinite(a), a / scale, 0.0) for a in (g, t))
    distance, atol = np.where(equal, 0.0, np.abs(g / scale - t / scale)), case.atol / scale
    if case.entrywise:
        limit = case.rtol * (np.abs(size_g) + np.abs(size_t)) + atol
        wrong = distance > limit
        # Each entry has a limit of its own, so the worst is the one furthest beyond it.
        excess = np.where(wrong, distance / limit, 0.0)
    else:
        wrong, excess = _wrong_as_a_whole(distance, size_g, size_t, case.rtol, atol)
    return wrong | wild, np.where(wild, np.inf, excess)


def _wrong_as_a_whole(
    distance: np.ndarray, g: np.ndarray, t: np.ndarray, rtol: float, atol: float
) -> tuple[np.ndarray, np.ndarray]:
    norm_t = float(np.linalg.norm(t.ravel()))
    if np.linalg.norm(distance.ravel()) <= rtol * (np.linalg.norm(g.ravel()) + norm_t) + atol:
        return np.zeros(t.shape, dtype=bool), distance
    # The array fails as a whole; an entry counts as wrong if it is off by more than its fair share of what the wanted
    # array alone would allow (one enormous entry must not excuse the others).
    share = (2 * rtol * norm_t + atol) / np.sqrt(max(t.size, 1))
    return distance > min(share, 0.999 * float(distance.max())), distance


def _worst(
    g: np.ndarray, t: np.ndarray, wrong: np.ndarray, excess: np.ndarray, most: int = 3
) -> tuple[WrongEntry, ...]:
    """The wrong entries with the largest excess; where it ties, the first ones."""
    order = np.argsort(-np.where(wrong, excess, -1.0), axis=None, kind="stable")[: min(most, int(wrong.sum()))]
    entries = []
    for flat in order:
        index = tuple(int(k) for k in np.unravel_index(int(flat), t.shape))
        entries.append(WrongEntry(index, g[index].item(), t[index].item()))
    return tuple(entries)


def with_article(thing: str) -> str:
    """The thing with its article."""
    return f"an {thing}" if thing[:1].lower() in "aeio" or thing.startswith("ndarray") else f"a {thing}"


def _describe(want: Any) -> str:
    shape = np.asarray(want).shape
    return "a number" if shape == () else f"an array of shape {shape}"
