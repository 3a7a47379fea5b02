"""How wrong numbers relate to the wanted ones: a factor that is a size or an input, a straight line, another order.

Each function takes the wrong results (finite, in the wanted shape) and gives one sentence, or nothing.  A relation
must hold in every one of them.  The sentence says what the numbers show and leaves the remedy to the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mlp_utils.hints.pairs import TOLERANCE, Seen

Relation = Callable[[Sequence[Seen]], str]


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are the same but for rounding, entry by entry, near 0 within the array's own size."""
    if a.shape != b.shape or not np.isfinite(b).all():
        return False
    size = float(np.abs(b).max(initial=0.0))
    return bool(np.all(np.abs(a - b) <= TOLERANCE * np.abs(b) + 1e-12 * size))


def _numbers(bad: Sequence[Seen]) -> int:
    return sum(one.want.size for one in bad)


def whole_numbers(bad: Sequence[Seen]) -> str:
    whole = all(np.array_equal(one.got, np.rint(one.got)) for one in bad)
    fractions = sum(int((one.want != np.rint(one.want)).sum()) for one in bad)
    if whole and fractions >= 3 and any(one.got.any() for one in bad):
        return (
            "Yours are whole numbers, and fractions are wanted: is something rounded, or kept in an array of integers?"
        )
    return ""


def unchanged_input(bad: Sequence[Seen]) -> str:
    for name in bad[0].given:
        if _numbers(bad) >= 3 and all(name in one.given and close(one.got, one.given[name] * 1.0) for one in bad):
            return f"What came back is {name} itself."
    return ""


def size_factor(bad: Sequence[Seen]) -> str:
    """Off by a factor that is a size of an input, or a product or quotient of two."""
    factors = []
    for one in bad:
        k = int(np.argmax(np.abs(one.want)))
        if not one.want.size or one.want.flat[k] == 0.0:
            return ""
        c = float(one.got.flat[k] / one.want.flat[k])
        if not close(one.got, c * one.want):
            return ""
        factors.append(c)
    if len(factors) < 2 or np.ptp(factors) <= TOLERANCE * max(factors, key=abs):
        return ""
    sizes = [_sizes(one) for one in bad]
    shared = [name for name in sizes[0] if all(name in s for s in sizes)]
    values = {name: np.array([s[name] for s in sizes], dtype=float) for name in shared}
    for text, value in _products(values):
        for sign, words in ((1.0, ""), (-1.0, " with the wrong sign and")):
            if np.allclose(factors, sign * value, rtol=TOLERANCE, atol=0):
                return f"Yours are{words} too large by the factor {abs(factors[0]):.4g} = {text}, with these inputs."
            if np.allclose(factors, sign / value, rtol=TOLERANCE, atol=0):
                return (
                    f"Yours are{words} too small by the factor {abs(1 / factors[0]):.4g} = {text}, with these inputs."
                )
    return ""


def _sizes(one: Seen) -> dict[str, float]:
    """The sizes of the input arrays, and whole numbers among the inputs, by a name that a reader can compute."""
    found: dict[str, float] = {}
    for name, value in one.given.items():
        if value.ndim == 0 and value.dtype.kind == "i" and value > 1:
            found[name] = float(value)
        elif value.ndim:
            found |= {f"{name}.shape[{k}]": float(n) for k, n in enumerate(value.shape) if n > 0}
    return found


def _products(values: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    names = list(values)
    yield from ((name, values[name]) for name in names)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            yield f"{a} · {b}", values[a] * values[b]
    for a in names:
        for b in names:
            if a != b:
                yield f"{a} / {b}", values[a] / values[b]


def input_factor(bad: Sequence[Seen]) -> str:
    """Off by a factor that stands among the inputs: one too many, or one too few."""
    ratios = []
    for one in bad:
        if not one.want.all() or not one.got.all():
            return ""
        ratios.append(one.got / one.want)
    if sum(r.size for r in ratios) < 2 or all(close(r, np.ones(r.shape)) for r in ratios):
        return ""
    for candidates, words in _candidates(bad):
        for sign, lead in ((1.0, ""), (-1.0, " The sign is wrong, too.")):
            if all(close(r, sign * c) for r, c in zip(ratios, candidates, strict=True)):
                return f"Yours divided by the wanted number is {words}: a factor too many.{lead}"
            if all(close(r * c, np.full(r.shape, sign)) for r, c in zip(ratios, candidates, strict=True)):
                return f"The wanted number divided by yours is {words}: a factor is missing.{lead}"
    return ""


def _candidates(bad: Sequence[Seen]) -> Iterator[tuple[list[np.ndarray], str]]:
    """Arrays, in the shape of each result, of which a factor may be one: inputs, a(1 - a), and products of two."""
    single: list[list[np.ndarray]] = []
    for name in bad[0].given:
        values = [_shaped(one, name) for one in bad]
        if all(v is not None and v.all() for v in values):
            known = [v for v in values if v is not None]
            if not all(np.allclose(np.abs(v), 1.0) for v in known):
                yield known, "one of the inputs"
                single.append(known)
                slopes = [v * (1 - v) for v in known]
                if all(s.all() for s in slopes):
                    yield slopes, "of the form a(1 - a), with a among the inputs"
                    single.append(slopes)
                    yield [1 - v for v in known], "of the form 1 - a, with a among the inputs"
    for i, first in enumerate(single):
        for second in single[i:]:
            yield [a * b for a, b in zip(first, second, strict=True)], "a product of two numbers made of the inputs"


def _shaped(one: Seen, name: str) -> np.ndarray | None:
    value = one.given.get(name)
    if (
        value is None
        or value.ndim > one.want.ndim
        or any(n not in (1, m) for n, m in zip(value.shape[::-1], one.want.shape[::-1], strict=False))
    ):
        return None
    return np.broadcast_to(value.astype(float), one.want.shape)


def input_difference(bad: Sequence[Seen]) -> str:
    """Yours minus the wanted number is an input, or minus or twice an input."""
    if _numbers(bad) < 2:
        return ""
    for name in bad[0].given:
        values = [_shaped(one, name) for one in bad]
        if any(v is None for v in values) or all(v is not None and np.ptp(v) == 0 and v.ndim for v in values):
            continue
        for factor, words in ((1.0, ""), (-1.0, "minus "), (2.0, "twice "), (-2.0, "minus twice ")):
            if all(v is not None and v.any() and _gap_is(one, factor * v) for one, v in zip(bad, values, strict=True)):
                return f"Yours minus the wanted number is {words}one of the inputs."
    return ""


def _gap_is(one: Seen, wanted: np.ndarray) -> bool:
    scale = float(max(np.abs(one.got).max(initial=0.0), np.abs(one.want).max(initial=0.0)))
    return bool(np.abs(wanted).max() > 1e-4 * scale and np.all(np.abs(one.got - one.want - wanted) <= 1e-9 * scale))


def of_wanted(bad: Sequence[Seen]) -> str:
    """Each number is a simple function of the wanted one."""
    if _numbers(bad) < 3 and len(bad) < 2:
        return ""
    if np.unique(np.concatenate([one.want.ravel() for one in bad])).size < 2:
        return ""  # 1 for each 0 is no sign of an exponential
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "is the square of the wanted one": np.square,
        "is the root of the wanted one": np.sqrt,
        "is the logarithm of the wanted one": np.log,
        "is the exponential of the wanted one": np.exp,
        "is the absolute value of the wanted one": np.abs,
        "is minus the absolute value of the wanted one": lambda t: -np.abs(t),
        "is one divided by the wanted one": np.reciprocal,
        "is minus one divided by the wanted one": lambda t: -1.0 / t,
        "and the wanted one sum to 1": lambda t: 1.0 - t,
        "is a whole number: the wanted one without its fraction": np.trunc,
    }
    for words, change in changes.items():
        if all(close(one.got, change(one.want)) for one in bad):
            return f"Each of your numbers {words}."
    if all(close(np.abs(one.got), np.abs(one.want)) for one in bad):
        return "The sizes are right; some of the signs are wrong."
    return ""


def straight_line(bad: Sequence[Seen]) -> str:
    """got = a · want + b with the same a and b for all entries of all cases."""
    got, want = (np.concatenate([getattr(one, side).ravel() for one in bad]) for side in ("got", "want"))
    if want.size < 6 or len(set(np.round(want, 9))) < 5 or np.ptp(got) == 0:
        return ""
    with np.errstate(all="ignore"):
        a, b = np.polyfit(want, got, 1)
    if abs(a) < 1e-9 or abs(a - 1) < 1e-6 or not np.allclose(got, a * want + b, rtol=0, atol=1e-8 * float(np.ptp(got))):
        return ""
    return f"For every entry, yours is {a:.4g} times the wanted number{f' {b:+.4g}' if abs(b) > 1e-9 else ''}."


def lines_of_their_own(bad: Sequence[Seen]) -> str:
    """Each row, or each column, is off by a factor or a summand of its own."""
    tables = [one for one in bad if one.want.ndim == 2 and min(one.want.shape) > 1]
    if not tables or any(one.want.ndim != 2 for one in bad):
        return ""
    for axis, line in ((1, "row"), (0, "column")):
        if all(one.want.all() and _constant(one.got / one.want, axis) for one in tables):
            return f"Each {line} is off by a factor of its own. What is it made of?"
        if all(_constant(one.got - one.want, axis) for one in tables):
            return f"Each {line} is off by a summand of its own. What is it made of?"
    return ""


def _constant(a: np.ndarray, axis: int) -> bool:
    return bool(np.isfinite(a).all() and np.ptp(a, axis=axis).max() <= 1e-7 * np.abs(a).max())


def alike(bad: Sequence[Seen]) -> str:
    """All rows, all columns or all entries are alike where the wanted ones differ."""
    tables = [one for one in bad if one.want.ndim == 2 and min(one.want.shape) > 1]
    some = [one for one in bad if one.want.size > 2 and np.ptp(one.want) > 0]
    if some and len(some) == len(bad) and all(np.ptp(one.got) == 0 for one in some):
        return "All your entries are the same number, and the wanted ones differ."
    for axis, line in ((0, "rows"), (1, "columns")):
        if (
            tables
            and len(tables) == len([one for one in bad if one.want.size > 1])
            and all(not np.ptp(t.got, axis=axis).any() and np.ptp(t.want, axis=axis).any() for t in tables)
        ):
            return f"All your {line} are alike, and the wanted ones differ."
    return ""


def other_order(bad: Sequence[Seen]) -> str:
    if all(
        one.want.size > 2 and np.ptp(one.want) > 0 and close(np.sort(one.got, axis=None), np.sort(one.want, axis=None))
        for one in bad
    ):
        return "The numbers are the right ones, in other places."
    return ""


def out_of_range(bad: Sequence[Seen]) -> str:
    """Signs that no wanted number has, over enough numbers to tell."""
    if _numbers(bad) < 6:
        return ""
    if min(float(one.want.min()) for one in bad) >= 0 and any((one.got < 0).any() for one in bad):
        return "Some of yours are negative, and none of the wanted numbers is."
    if max(float(one.want.max()) for one in bad) <= 0 and any((one.got > 0).any() for one in bad):
        return "Some of yours are positive, and none of the wanted numbers is."
    return ""


def lost_digits(bad: Sequence[Seen]) -> str:
    got, want = (np.concatenate([getattr(one, side)[one.wrong] for one in bad]) for side in ("got", "want"))
    if got.size and np.all((got == 0) & (np.abs(want) < 1e-6)):
        return (
            f"Yours is exactly 0 where a tiny number is wanted, such as {want[0]:.1e}: where do its digits get lost, "
            "in a sum with 1 or in a difference of nearly equal numbers?"
        )
    if got.size and np.all((np.abs(want) < 1e-6) & (np.abs(got) < 1e-6) & (np.abs(got - want) < 1e-12)):
        return (
            "Only tiny numbers are wrong, in their last digits: where does a large number, such as 1, come near them?"
        )
    return ""


def small_gap(bad: Sequence[Seen]) -> str:
    """Off by little against the largest number, everywhere."""
    if _numbers(bad) >= 3 and all(np.abs(o.got - o.want).max() <= 1e-5 * np.abs(o.want).max() for o in bad):
        return "Yours are off by very little: is something small added, cut off or rounded on the way?"
    return ""


def stuck(bad: Sequence[Seen]) -> str:
    got, want = (np.concatenate([getattr(one, side)[one.wrong] for one in bad]) for side in ("got", "want"))
    values, counts = np.unique(got, return_counts=True)
    if got.size >= 3 and counts.max() >= max(3, 0.6 * got.size) and np.unique(want).size > 2:
        value = values[int(np.argmax(counts))]
        return f"Where yours is wrong it is {value:.4g} again and again, and the wanted numbers differ."
    return ""


def by_order(bad: Sequence[Seen]) -> str:
    """The numbers of each row stand in the wanted order, or in the opposite one."""
    rows = [
        (g, t)
        for one in bad
        for g, t in zip(_rows(one.got), _rows(one.want), strict=True)
        if one.want.ndim and t.size >= 3 and np.unique(t).size == t.size and np.unique(g).size == g.size
    ]
    if sum(t.size for _, t in rows) < 8:
        return ""
    orders = [(np.argsort(g), np.argsort(t)) for g, t in rows]
    if all(np.array_equal(g, t[::-1]) for g, t in orders):
        return "Where the wanted numbers are larger, yours are smaller."
    if all(np.array_equal(g, t) for g, t in orders):
        ratios = [float(np.ptp(g) / np.ptp(t)) for g, t in rows]
        spread = "closer together" if max(ratios) < 1 else "further apart" if min(ratios) > 1 else "spread differently"
        return (
            f"Yours stand in the right order, the larger ones where the wanted ones are larger, but they are {spread}."
        )
    return ""


def _rows(a: np.ndarray) -> np.ndarray:
    return a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)


EXACT: tuple[Relation, ...] = (
    whole_numbers,
    unchanged_input,
    size_factor,
    input_factor,
    input_difference,
    of_wanted,
    straight_line,
    lost_digits,
    small_gap,
    other_order,
)
"""Relations that explain all of the numbers."""

VAGUE: tuple[Relation, ...] = (alike, lines_of_their_own, stuck, out_of_range, by_order)
"""Relations that describe them."""


def relation(bad: Sequence[Seen], relations: Sequence[Relation]) -> str:
    """What the first of the relations that holds says; empty if none does."""
    if any(close(one.got, one.want) for one in bad):  # tiny numbers are wrong: within rounding, any relation holds
        return lost_digits(bad) if lost_digits in relations else ""
    return next((text for find in relations if (text := find(bad))), "")
