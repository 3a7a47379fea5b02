"""Check hand-written gradients against numerical ones, array by array.

    >>> import numpy as np
    >>> from mlp_utils.gradients.gradcheck import check_gradient
    >>> w = np.array([1.0, 2.0])
    >>> check_gradient(lambda w: np.sum(w**3), w, 3 * w**2).ok
    True

How a check runs:

1. The gate: a few complex steps in random directions through all arrays at once.  A right gradient
   passes here, and this costs a few evaluations, however many parameters there are.
2. Only when the gate fails: the same for each array alone, which acquits the arrays that are right.
3. Only for the arrays that remain: every entry, so that the worst one can be named.

A function that complex numbers cannot follow is checked with central differences instead, and the
result says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlp_utils.gradients.differences import (
    EPS,
    Array,
    Loss,
    NotComplexSafe,
    central_difference,
    complex_step,
    entry_name,
    forward_difference,
    moved,
)
from mlp_utils.gradients.gradcheck_result import ArrayCheck, GradCheck

__all__ = [
    "ArrayCheck",
    "GradCheck",
    "NotComplexSafe",
    "central_difference",
    "check_gradient",
    "complex_step",
    "forward_difference",
]

COMPLEX_H = 1e-30
CENTRAL_H = 1e-5
SMALL_H = CENTRAL_H / 8  # a second step, to see whether a central difference can be believed

Pattern = Callable[[Any], Any]


# -- the check -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tolerance:
    rtol: float
    atol: float

    def limit(self, size_of_g: float, size_of_t: float) -> float:
        return self.rtol * (size_of_g + size_of_t) + self.atol


def check_gradient(
    f: Callable[[Any], Any],
    params: Any,
    grads: Any,
    *,
    method: Literal["auto", "complex", "central"] = "auto",
    probes: int = 8,
    rtol: float = 1e-7,
    atol: float = 1e-12,
    pattern: Pattern | None = None,
    rng: np.random.Generator | int | None = None,
) -> GradCheck:
    """Compare the gradients of a scalar loss with numerical ones, each array by itself.

    An array g is right if ||g - t|| <= rtol (||g|| + ||t||) + atol; t is the numerical gradient.

    f        takes ``params`` and returns one number.
    params   a float array of any shape, or a dict from names to such arrays.
    grads    the gradients to check: an array, or a dict with the same names.
    method   "complex" (complex steps, relative error about 1e-15), "central" (central differences
             with h = 1e-5, about 1e-10), or "auto": complex where f allows it, else central.
    probes   random directions of the gate; 0 skips the gate and looks at every entry.
    pattern  takes ``params`` and returns which units are active: a boolean array, or a list,
             tuple or dict of such arrays.  See "Kinks".
    rng      a generator or a seed for the directions; the same ones each time if not given.

    The gate.  With a Gaussian v_a and the tolerance s_a of each array a, a complex step along all
    v_a / s_a at once is compared with sum_a <g_a, v_a> / s_a.  The difference has the variance
    sum_a (||g_a - t_a|| / s_a)^2, so that a small array counts as much as a large one.  The gate
    passes when the root mean square over the probes is at most 1/4: an array with twice the
    tolerated error gets through 8 probes with a probability below 1e-6.

    Trust.  Before complex steps are believed, f runs once on an array that reports operations
    which are silently wrong for complex numbers (abs, norm, sign, var, std, conj), and one complex
    step is compared with a central difference along a random direction.  Before an array is called
    wrong, a central difference along g - t decides between g and t.

    Central differences.  Rounding limits them: 10 eps |f| / h is allowed to each entry.

    Kinks.  A complex step crosses no kink, except where the parameters lie exactly on one.
    A central difference crosses the kinks within h.  With ``pattern``, entries whose pattern at
    theta + h e_i differs from that at theta - h e_i are not judged (with complex steps: wrong
    entries whose two one-sided slopes differ).  Without ``pattern``, an entry exactly on a kink is
    right anywhere between its two one-sided slopes, and an entry for which the steps h and h/8
    disagree is not judged.  ``kinks`` names all these entries.  For a relu network give the pattern
    when method is "central": without it, an entry that crosses several kinks can be misjudged.

    Raises ValueError for integers, nan or inf in ``params`` or in the loss, for names in ``grads``
    that are not those of ``params``, for a loss that is random or changes its argument;
    NotComplexSafe when ``method`` is "complex" and f does not allow it.  A wrong shape, nan or inf
    in ``grads`` is a finding, not an error.
    Source: the complex step is Squire and Trapp, SIAM Review 40 (1998) 110, and Martins, Sturdza
    and Alonso, ACM TOMS 29 (2003) 245; the differences, Nocedal and Wright, Numerical Optimization
    (2006), section 8.1.
    """
    if method not in ("auto", "complex", "central"):
        raise ValueError(f"method is {method!r}; use 'auto', 'complex' or 'central'.")
    if probes < 0:
        raise ValueError(f"probes is {probes}; use 0 or more.")
    tolerance = _Tolerance(rtol, atol)
    loss = Loss(f, params)
    _require_steady(loss)
    found, gradients = _read_gradients(loss, grads)
    note = ""
    if gradients and method != "central":
        try:
            with loss.complex_arithmetic():
                generator = np.random.default_rng(0 if rng is None else rng)
                _require_analytic(loss, generator)
                found |= _by_complex_steps(loss, gradients, tolerance, probes, generator, pattern)
                gradients = {}
        except NotComplexSafe as refusal:
            if method == "complex":
                raise
            note = f"Central differences (h = {CENTRAL_H:g}) were used, because {refusal.reason}."
    for name, g in gradients.items():
        found[name] = _by_central_differences(loss, name, g, tolerance, pattern)
    return GradCheck(tuple(found[name] for name in loss.names), note, loss.evaluations)


def _require_steady(loss: Loss) -> None:
    first, second = loss.base, loss.value()
    if abs(first - second) > 1e-9 * abs(first):
        raise ValueError(
            f"f returned {first:.6g} and then {second:.6g} for the same parameters; a loss that "
            "draws random numbers must draw the same ones in each call."
        )


def _read_gradients(loss: Loss, grads: Any) -> tuple[dict[str, ArrayCheck], dict[str, Array]]:
    """The findings that need no evaluation, and the gradients that can be compared."""
    if loss.single:
        grads = {"x": grads}
    if not isinstance(grads, Mapping):
        raise ValueError("params is a dict, so grads must be a dict with the same names.")
    if set(grads) != set(loss.names):
        raise ValueError(
            f"grads has the names {', '.join(map(str, grads))}, but params has "
            f"{', '.join(map(str, loss.names))}; use the same names."
        )
    found, gradients = {}, {}
    for name in loss.names:
        shape = loss.real[name].shape
        try:
            g = np.asarray(grads[name])
        except ValueError:  # pieces of different shapes
            g = np.asarray(None)
        if g.dtype.kind not in "iuf":
            kind = type(grads[name]).__name__ if g.dtype.kind == "O" else str(g.dtype)
            message = f"The gradient of {name} is not an array of real numbers ({kind})."
        elif g.shape != shape:
            message = f"The gradient of {name} has the shape {g.shape}; {name} has {shape}."
        elif not np.isfinite(g).all():
            worst = tuple(int(k) for k in np.argwhere(~np.isfinite(g))[0])
            message = f"The gradient of {name} is {g[worst]} at {entry_name(name, worst)}."
            found[name] = ArrayCheck(name, shape, False, np.nan, worst=worst, got=float(g[worst]), message=message)
            continue
        else:
            gradients[name] = g.astype(np.float64)
            continue
        found[name] = ArrayCheck(name, shape, False, np.nan, message=message)
    return found, gradients


# -- complex steps ---------------------------------------------------------------------------


def _require_analytic(loss: Loss, rng: np.random.Generator) -> None:
    """NotComplexSafe unless complex steps give the derivative of f."""
    loss.watch()
    v = {name: rng.standard_normal(array.shape) for name, array in loss.real.items()}
    length = max(_norm(np.array([_norm(part) for part in v.values()])), 1.0)
    v = {name: part / length for name, part in v.items()}
    claimed = loss.complex_along(v, COMPLEX_H)
    if not np.isfinite(claimed):
        raise NotComplexSafe(f"f gives {claimed} for complex numbers")
    if _Slopes.along(loss, v).contradict(claimed, 1e-8 * abs(claimed)):
        raise NotComplexSafe("a central difference contradicts the complex step")
    loss.require_untouched()


@dataclass(frozen=True)
class _Slopes:
    """Difference quotients of the loss along one direction: with the step h, and with h/8."""

    coarse: float
    fine: float
    left: float
    right: float
    jump: float
    noise: float

    @classmethod
    def along(cls, loss: Loss, direction: Mapping[str, Array]) -> _Slopes:
        centre, gaps, ratio = [], [], CENTRAL_H / SMALL_H
        for h in (CENTRAL_H, SMALL_H):
            plus, minus = loss.along(direction, h)
            centre.append((plus - minus) / (2 * h))
            gaps.append((plus - 2 * loss.base + minus) / h)
        # curvature keeps the sides apart in proportion to h; what it does not explain is a kink
        jump = abs(ratio * gaps[1] - gaps[0]) / (ratio - 1)
        left, right = (loss.base - minus) / SMALL_H, (plus - loss.base) / SMALL_H
        return cls(centre[0], centre[1], left, right, jump, 100 * EPS * abs(loss.base) / SMALL_H)

    def contradict(self, claimed: float, slack: float) -> bool:
        """Whether they surely exclude the claimed slope; spoilt by a kink or rounding, they prove nothing."""
        excess = abs(self.fine - claimed)
        return excess > slack + self.noise and abs(self.coarse - self.fine) < excess / 4 and not self.kink(excess)

    def kink(self, excess: float) -> bool:
        """Whether a kink at this point may explain that the central difference is off by ``excess``."""
        return self.jump >= excess / 4


def _by_complex_steps(
    loss: Loss,
    gradients: Mapping[str, Array],
    tolerance: _Tolerance,
    probes: int,
    rng: np.random.Generator,
    pattern: Pattern | None,
) -> dict[str, ArrayCheck]:
    found = {}
    for names, misfit in _gate(loss, gradients, list(gradients), tolerance, probes, rng):
        for name in names:
            g = gradients[name]
            if misfit is None:
                found[name] = _every_complex_entry(loss, name, g, tolerance, rng, pattern)
            else:
                size = _norm(g)
                error = misfit * tolerance.limit(size, size) / (2 * size) if size else 0.0
                found[name] = ArrayCheck(name, g.shape, True, error, method="probes")
    return found


def _gate(
    loss: Loss,
    gradients: Mapping[str, Array],
    names: list[str],
    tolerance: _Tolerance,
    probes: int,
    rng: np.random.Generator,
) -> list[tuple[list[str], float | None]]:
    """Groups of arrays with their misfit in units of the tolerance; None: look at every entry."""
    limits = {name: tolerance.limit(*2 * [_norm(gradients[name])]) for name in names}
    strictest = min(limits.values())
    misfit = np.inf
    if probes and strictest > 0:
        residuals = np.empty(probes)
        for k in range(probes):
            # scaled by the strictest tolerance, so that no displacement is larger than h
            v = {name: rng.standard_normal(gradients[name].shape) * (strictest / limits[name]) for name in names}
            wanted = sum(float(np.vdot(gradients[name], v[name])) for name in names)
            residuals[k] = (loss.complex_along(v, COMPLEX_H) - wanted) / strictest
        misfit = float(np.sqrt(np.mean(residuals**2)))
        loss.require_untouched()
    if misfit <= 0.25:
        return [(names, misfit)]
    if len(names) == 1 or not probes:
        return [(names, None)]
    alone = (_gate(loss, gradients, [name], tolerance, probes, rng) for name in names)
    return [group for groups in alone for group in groups]


def _every_complex_entry(
    loss: Loss,
    name: str,
    g: Array,
    tolerance: _Tolerance,
    rng: np.random.Generator,
    pattern: Pattern | None,
) -> ArrayCheck:
    t = loss.complex_entries(name, COMPLEX_H)
    kinks = np.zeros(g.shape, bool)
    result = _judge(loss, name, g, t, kinks, tolerance, "complex step")
    v = {name: rng.standard_normal(g.shape)}
    if not result.ok and not _same(loss.complex_along(v, COMPLEX_H), loss.complex_along(v, -COMPLEX_H)):
        # a slope that depends on the side: the parameters lie exactly on a kink
        suspects = np.flatnonzero(abs(g - t) > tolerance.rtol * (abs(g) + abs(t)))
        other = loss.complex_entries(name, -COMPLEX_H, suspects)
        one, given = t.reshape(-1)[suspects], g.reshape(-1)[suspects]
        left_out = ~_same(one, other) & ((pattern is not None) | _between(given, one, other, 0.0))
        kinks.reshape(-1)[suspects[left_out]] = True
        result = _judge(loss, name, g, t, kinks, tolerance, "complex step")
    if not result.ok:
        difference = np.where(kinks, 0.0, g - t)
        length = _norm(difference)
        u = {name: difference / length}
        slopes, claimed = _Slopes.along(loss, u), float(np.vdot(t, u[name]))
        if slopes.contradict(claimed, length / 4):
            raise NotComplexSafe(f"a central difference contradicts the complex step for {name}")
        possible = _between(float(np.vdot(g, u[name])), slopes.left, slopes.right, slopes.noise)
        if slopes.kink(abs(slopes.fine - claimed) + slopes.noise) and (pattern is not None or possible):
            # f decides by the real part on which side it is, so that complex steps see one side only
            return _by_central_differences(loss, name, g, tolerance, pattern)
    return result


# -- central differences ---------------------------------------------------------------------


def _by_central_differences(
    loss: Loss, name: str, g: Array, tolerance: _Tolerance, pattern: Pattern | None
) -> ArrayCheck:
    plus, minus = loss.both_sides(name, range(g.size), CENTRAL_H)
    t = (plus - minus) / loss.span(name, CENTRAL_H)
    loss.require_finite(t, name, CENTRAL_H)
    given, noise = g.reshape(-1), 10 * EPS * abs(loss.base) / CENTRAL_H
    kinks = np.zeros(g.size, bool) if pattern is None else _crossings(loss, name, pattern)
    rounded = _Tolerance(tolerance.rtol, tolerance.atol + noise * g.size**0.5)

    def judge() -> ArrayCheck:
        shape = g.shape
        t_, kinks_ = t.reshape(shape), kinks.reshape(shape)
        return _judge(loss, name, g, t_, kinks_, rounded, "central differences")

    result = judge()
    if result.ok:
        return result
    # The entries that disagree are measured again with a smaller step.  Only a kink, or a step that
    # is too large for f, makes the two steps differ, and only a kink keeps the sides apart.
    apart = abs(given - t) > tolerance.rtol * (abs(given) + abs(t)) + noise
    suspects = np.flatnonzero(apart & ~kinks)
    plus2, minus2 = loss.both_sides(name, suspects, SMALL_H)
    t1, t2 = t[suspects], (plus2 - minus2) / loss.span(name, SMALL_H)[suspects]
    step1, step2 = loss.steps(name, CENTRAL_H)[suspects], loss.steps(name, SMALL_H)[suspects]
    right, left = (plus2 - loss.base) / step2, (loss.base - minus2) / step2
    gap1 = abs(plus[suspects] - 2 * loss.base + minus[suspects]) / step1
    gap2 = abs(right - left)
    on_kink = (gap1 > 100 * noise) & (gap2 > gap1 / 2)
    accepted = on_kink & _between(given[suspects], right, left, 1e-3 * gap2)
    doubt = abs(t1 - t2)
    doubtful = (doubt > tolerance.rtol * (abs(t1) + abs(t2)) + 10 * noise) & (doubt > abs(given[suspects] - t2) / 10)
    kinks[suspects[accepted | doubtful]] = True
    return judge()


def _crossings(loss: Loss, name: str, pattern: Pattern) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which entries of an array change the activation pattern between theta - h and theta + h."""
    flat, steps = loss.flat(name), loss.steps(name, CENTRAL_H)
    crosses = np.zeros(flat.size, bool)
    for i in range(flat.size):
        with moved(flat, i, flat[i] + steps[i]):
            # copied, since a pattern may be a view of memory that the next call overwrites
            above = [part.copy() for part in _leaves(pattern(loss.argument(loss.real)))]
        with moved(flat, i, flat[i] - steps[i]):
            below = _leaves(pattern(loss.argument(loss.real)))
        crosses[i] = any(not np.array_equal(a, b) for a, b in zip(above, below, strict=True))
    return crosses


def _leaves(pattern: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(pattern, Mapping):
        pattern = list(pattern.values())
    if isinstance(pattern, Sequence):
        return [leaf for part in pattern for leaf in _leaves(part)]
    return [np.asarray(pattern)]


# -- numbers ---------------------------------------------------------------------------------


def _judge(
    loss: Loss,
    name: str,
    g: Array,
    t: Array,
    kinks: np.ndarray[Any, np.dtype[np.bool_]],
    tolerance: _Tolerance,
    method: str,
) -> ArrayCheck:
    judged_g, judged_t = g[~kinks], t[~kinks]
    difference = abs(g - t)
    size_g, size_t, error = _norm(judged_g), _norm(judged_t), _norm(judged_g - judged_t)
    left_out = tuple(loss.index(name, int(i)) for i in np.flatnonzero(kinks))
    message, worst = "", None
    if judged_g.size:
        worst = loss.index(name, int(np.argmax(np.where(kinks, -1.0, difference))))
    if left_out:
        some = ", ".join(entry_name(name, index) for index in left_out[:3])
        more = ", ..." if len(left_out) > 3 else ""
        count = f"{len(left_out)} of {g.size} entries were" if judged_g.size else f"all {g.size} entries were"
        message = f"{name}: {count} left out, because f has a kink there ({some}{more})."
    # unit vectors first: the squares of tiny gradients would underflow
    both = size_g > 0 and size_t > 0
    cosine = float(np.vdot(judged_g / size_g, judged_t / size_t)) if both else None
    return ArrayCheck(
        name=name,
        shape=g.shape,
        ok=bool(error <= tolerance.limit(size_g, size_t)),
        relative_error=error / (size_g + size_t) if error else 0.0,
        ratio=None if not size_t else (cosine or 0.0) * (size_g / size_t),
        cosine=cosine,
        worst=worst,
        got=None if worst is None else float(g[worst]),
        expected=None if worst is None else float(t[worst]),
        kinks=left_out,
        method=method,
        message=message,
    )


def _norm(array: Array) -> float:
    """The Euclidean norm, scaled so that tiny and huge entries neither underflow nor overflow."""
    largest = float(np.max(np.abs(array), initial=0.0))
    return largest * float(np.sqrt(np.sum((array / largest) ** 2))) if largest > 0 else 0.0


def _same(a: Any, b: Any) -> Any:
    return abs(a - b) <= 1e-9 * (abs(a) + abs(b))


def _between(values: Any, one: Any, other: Any, slack: Any) -> Any:
    low, high = np.minimum(one, other) - slack, np.maximum(one, other) + slack
    return (values >= low) & (values <= high)
