"""Where the wrong entries stand: on the diagonal, in the label's column, where x is negative, in one of the results.

Each function takes what the cases showed and gives one sentence, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlp_utils.hints.pairs import Seen

Where = Callable[[Sequence[Seen]], str]


def at_label(found: Sequence[Seen]) -> str:
    """Only the label's entry is wrong, or every entry but that one, or the label's and its neighbour's."""
    known = [(one, mask) for one in found if one.wrong.any() and (mask := _labels(one)) is not None]
    if not known or len(known) < sum(bool(one.wrong.any()) for one in found):
        return ""
    if all(_loses_all_labels(one, mask) for one, mask in known):
        return (
            "Each row is changed in the columns of all labels, not in its own alone: which entries does an index such "
            "as `P[:, y]` pick?"
        )
    if all(not (one.wrong & ~mask).any() for one, mask in known):
        return "Only the entry of the label is wrong; the others are right."
    if all(not (one.wrong & mask).any() for one, mask in known):
        return "The entry of the label is right; the others are wrong."
    if all(_two_numbers(one.got - one.want, mask) for one, mask in known):
        return (
            "Yours minus the wanted result is one number at the labels and another one elsewhere: look at the labels."
        )
    for step in (1, -1):
        if all(np.array_equal(one.wrong, mask | np.roll(mask, step, axis=-1)) for one, mask in known):
            return "The entry of the label and the one next to it are wrong: with which number does counting begin?"
    return ""


def _labels(one: Seen) -> np.ndarray | None:
    """Where the labels stand in an array (N, C) or (C,): True at [i, y_i]; None if no input is a label."""
    if one.want.ndim not in (1, 2):
        return None
    shape = one.want.shape[:-1]
    for y in one.given.values():
        inside = y.dtype.kind == "i" and y.shape == shape and y.size and y.min() >= 0 and y.max() < one.want.shape[-1]
        if inside:
            return np.asarray(np.arange(one.want.shape[-1]) == y[..., None])
    return None


def _two_numbers(gap: np.ndarray, mask: np.ndarray) -> bool:
    """One number at the labels and one elsewhere, both of them not 0."""
    size = float(np.abs(gap).max())
    return mask.ndim == 2 and all(
        float(np.ptp(gap[m])) <= 1e-7 * size < float(np.abs(gap[m]).max()) for m in (mask, ~mask)
    )


def _loses_all_labels(one: Seen, mask: np.ndarray) -> bool:
    """The rows are off by one number in the columns of the other rows' labels, and right elsewhere."""
    if one.want.ndim != 2:
        return False
    columns = np.broadcast_to(mask.any(axis=0), mask.shape)
    extra, gap = columns & ~mask, one.got - one.want
    if not extra.any() or (one.wrong & (~columns | mask)).any():
        return False
    return float(np.ptp(gap[extra])) <= 1e-6 * float(np.abs(gap[extra]).max()) and bool(one.wrong[extra].all())


def on_diagonal(found: Sequence[Seen]) -> str:
    """Square matrices: only the diagonal is wrong, only the rest, or one triangle is 0."""
    bad = [one for one in found if one.wrong.any()]
    square = [one for one in bad if one.want.ndim == 2 and one.want.shape[0] == one.want.shape[1] > 2]
    if sum(one.want.size for one in square) < 16:
        return ""  # in one small matrix a triangle of zeros is soon there by chance
    if not square or any(one.want.ndim != 2 for one in bad):
        return ""
    eyes = [np.eye(one.want.shape[0], dtype=bool) for one in square]
    pairs = list(zip(square, eyes, strict=True))
    for side, fill in (("below", np.tril), ("above", np.triu)):
        triangles = [(one, fill(np.ones(one.want.shape, dtype=bool)) & ~eye) for one, eye in pairs]
        if all(not one.got[t].any() and one.got[~t & ~e].any() for (one, t), e in zip(triangles, eyes, strict=True)):
            return f"Every entry {side} the diagonal is 0."
    if all(not one.got[~eye].any() and one.want[~eye].any() for one, eye in pairs):
        return "Every entry off the diagonal is 0."
    if any(not one.judged.all() for one in bad):
        return ""
    if all(not (one.wrong & ~eye).any() for one, eye in pairs):
        return "Only the diagonal is wrong."
    if all(not (one.wrong & eye).any() for one, eye in pairs):
        return "The diagonal is right; the entries off the diagonal are wrong."
    return ""


def in_rows(found: Sequence[Seen]) -> str:
    """Matrices: only the first or last row or column is right, or wrong."""
    bad = [one for one in found if one.wrong.any() and one.want.ndim == 2 and min(one.want.shape) > 1]
    if not bad or len(bad) < sum(bool(one.wrong.any()) and one.want.size > 1 for one in found):
        return ""
    for axis, line in ((0, "row"), (1, "column")):
        lines = [one.wrong.any(axis=1 - axis) for one in bad]
        for k, which in ((0, "first"), (-1, "last")):
            alone = [np.arange(n.size) == (k % n.size) for n in lines]
            if all(np.array_equal(n, a) for n, a in zip(lines, alone, strict=True)):
                return f"Only the {which} {line} is wrong."
            if all(np.array_equal(n, ~a) for n, a in zip(lines, alone, strict=True)):
                return f"Only the {which} {line} is right."
    return ""


def by_input(found: Sequence[Seen]) -> str:
    """Functions of each entry: wrong only where an input is negative, zero, positive or large."""
    if sum(one.want.size for one in found) < 10:
        return ""  # with a few numbers, any condition fits
    names = [name for name in found[0].given if all(_fits(one, name) for one in found)]
    for name in names:
        x = np.concatenate([np.asarray(one.given[name], dtype=float)[one.judged].ravel() for one in found])
        wrong = np.concatenate([one.wrong[one.judged].ravel() for one in found])
        text = _condition(x, wrong)
        if text:
            return f"Wrong only where {name} is {text}."
    return ""


def _fits(one: Seen, name: str) -> bool:
    return name in one.given and one.given[name].shape == one.want.shape


def _condition(x: np.ndarray, wrong: np.ndarray) -> str:
    """The condition on x under which entries are wrong; empty if right and wrong ones are mixed."""
    if wrong.sum() < 1 or (~wrong).sum() < 3:
        return ""
    signs = {"0": x == 0, "negative": x < 0, "positive": x > 0, "0 or negative": x <= 0, "0 or positive": x >= 0}
    for text, mask in signs.items():
        if mask.any() and not (wrong & ~mask).any() and wrong[mask].mean() > 0.6 and (~mask).sum() >= 3:
            far = _threshold(x, wrong) if not wrong[mask].all() else ""
            return far or text
    return _threshold(x, wrong)


def _threshold(x: np.ndarray, wrong: np.ndarray) -> str:
    cuts: tuple[tuple[str, np.ndarray], ...] = (
        ("{0:.4g} or larger", x),
        ("-{0:.4g} or smaller", -x),
        ("far from 0 ({0:.4g} or more)", np.abs(x)),
    )
    for text, values in cuts:
        cut = float(values[wrong].min())
        if cut > 3 and not (values[~wrong] >= cut).any():
            return text.format(cut)
    return ""


def in_results(found: Sequence[Seen], outputs: Sequence[str]) -> str:
    """Of several results, which are right and which are wrong."""
    wrong = {one.output for one in found if one.wrong.any()}
    right = [name for name in outputs if name not in wrong and any(one.output == name for one in found)]
    bad = [name for name in outputs if name in wrong]
    if not right or not bad:
        return ""
    are = "is" if len(right) == 1 else "are"
    what = "it" if len(bad) == 1 else "them"
    return (
        f"{_listed(right)} {are} right. Look at what is computed for {_listed(bad)} alone, and at what enters {what}."
    )


def in_cases(found: Sequence[Seen], names: Sequence[str]) -> str:
    """The names of the cases that are wrong, if there are more that are right."""
    wrong = {one.case.name for one in found if one.wrong.any()}
    right = [name for name in dict.fromkeys(names) if name not in wrong]
    if not wrong or len(right) < 2 or len(wrong) > 2 or len(wrong) >= len(right):
        return ""
    return f"Wrong only for {_listed([f'«{name}»' for name in sorted(wrong)])}: what is special about these inputs?"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


PLACES: tuple[Where, ...] = (at_label, on_diagonal, in_rows, by_input)

__all__ = ["PLACES", "in_cases", "in_results"]
