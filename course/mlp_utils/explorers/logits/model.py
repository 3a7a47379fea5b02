"""The mathematics behind the explorer of softmax, cross-entropy and label smoothing.

Pure NumPy: no picture, no widget. One sample with C classes: logits ``z`` (C,), an integer label, a
smoothing constant ``epsilon``, a temperature ``T`` and a shift ``c`` that is added to every logit.

    logits as the program sees them   s = z + c                                    (C,)
    probabilities                     p_i = exp(s_i / T) / Σ_j exp(s_j / T)         (C,)
    smoothed label                    Ys = (1 - epsilon) Y + epsilon / C            (C,)
    loss                              Loss = -Σ_i Ys_i ln p_i                       scalar
    gradient                          ∂Loss/∂z = (p - Ys) / T                       (C,)
    Jacobian                          ∂p_i/∂z_j = p_i (δ_ij - p_j) / T              (C, C)

The functions never call exp of a positive number, so no shift makes them overflow. Differences such as
1 - p_i are formed as sums of the other probabilities, so that they keep their digits when p_i is near 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CLASSES",
    "EPSILON_RANGE",
    "LARGEST_LOGIT",
    "SHIFT_RANGE",
    "TEMPERATURE_RANGE",
    "Array",
    "NaiveLoss",
    "SoftmaxEvaluation",
    "SoftmaxState",
    "entropy",
    "evaluate",
    "gradient",
    "jacobian",
    "log_probabilities",
    "loss",
    "naive_loss",
    "probabilities",
    "smoothed_label",
]

Array: TypeAlias = NDArray[np.float64]

CLASSES: Final = (2, 5)
"""Smallest and largest number of classes."""

LARGEST_LOGIT: Final = 50.0
"""Bound of |z|; the sliders usually go to 6 only."""

EPSILON_RANGE: Final = (0.0, 0.5)
"""Smallest and largest smoothing constant of the slider; a start may be larger, up to below 1."""

TEMPERATURE_RANGE: Final = (0.1, 10.0)
"""Smallest and largest temperature."""

SHIFT_RANGE: Final = (0.0, 1000.0)
"""Smallest and largest shift."""


def _powers(logits: ArrayLike, temperature: float) -> Array:
    """s_i / T minus the largest of them: (C,), every entry <= 0, at least one of them 0."""
    s = np.asarray(logits, dtype=np.float64)
    return np.asarray((s - s.max()) / temperature)  # first subtracted, so that nothing is lost in s / T


def probabilities(logits: ArrayLike, temperature: float = 1.0) -> Array:
    """p_i = exp(s_i / T) / Σ_j exp(s_j / T). Logits s (C,), temperature T > 0; p has shape (C,)."""
    weights = np.exp(_powers(logits, temperature))
    return np.asarray(weights / weights.sum())


def log_probabilities(logits: ArrayLike, temperature: float = 1.0) -> Array:
    """ln p_i = u_i - ln Σ_j exp u_j with u = (s - max s) / T (log-sum-exp). Logits s (C,); the result (C,).

    The largest term of the sum is exp 0 = 1. It is left to ``log1p``, so that ln p keeps its digits
    when p is near 1.
    """
    u = _powers(logits, temperature)
    rest = np.delete(np.exp(u), np.argmax(u))
    return np.asarray(u - np.log1p(rest.sum()))


def smoothed_label(label: int, classes: int, epsilon: float = 0.0) -> Array:
    """Ys = (1 - epsilon) Y + epsilon / C, where Y is the one-hot label: shape (C,), with sum 1."""
    ys = np.full(classes, epsilon / classes)
    ys[label] += 1.0 - epsilon
    return ys


def loss(logits: ArrayLike, label: int, epsilon: float = 0.0, temperature: float = 1.0) -> float:
    """Loss = -Σ_i Ys_i ln p_i, with ln p from the logits by log-sum-exp. Logits (C,); a scalar >= 0."""
    logs = log_probabilities(logits, temperature)
    return float(-(smoothed_label(label, logs.size, epsilon) * logs).sum()) + 0.0


def _sums_of_the_others(values: Array) -> Array:
    """Σ_{j ≠ i} values_j for every i: (C,) -> (C,). For probabilities this is 1 - p_i without cancellation."""
    return np.array([np.delete(values, i).sum() for i in range(values.size)])


def gradient(logits: ArrayLike, label: int, epsilon: float = 0.0, temperature: float = 1.0) -> Array:
    """∂Loss/∂z = (p - Ys) / T. Logits (C,); the gradient has shape (C,), and its sum is 0.

    At the label p - Ys is computed as epsilon (1 - 1/C) - Σ_{j ≠ label} p_j: the same number, but with
    all its digits where p is near 1.
    """
    p = probabilities(logits, temperature)
    difference = p - epsilon / p.size
    difference[label] = epsilon * (1.0 - 1.0 / p.size) - _sums_of_the_others(p)[label]
    return np.asarray(difference / temperature)


def jacobian(logits: ArrayLike, temperature: float = 1.0) -> Array:
    """∂p_i/∂z_j = p_i (δ_ij - p_j) / T. Logits (C,); the Jacobian has shape (C, C).

    Row i belongs to the probability p_i, column j to the logit z_j. The matrix is symmetric, and each of
    its rows and columns has the sum 0.
    """
    p = probabilities(logits, temperature)
    matrix = -np.outer(p, p)
    np.fill_diagonal(matrix, p * _sums_of_the_others(p))
    return np.asarray(matrix / temperature) + 0.0  # no -0


def entropy(distribution: ArrayLike) -> float:
    """-Σ_i q_i ln q_i of probabilities q (C,), with 0 ln 0 = 0: the smallest loss for the label q."""
    q = np.asarray(distribution, dtype=np.float64)
    q = q[q > 0]
    return float(-(q * np.log(q)).sum()) + 0.0


Trouble: TypeAlias = Literal["", "inf / inf", "0 / 0", "finite / inf", "ln 0", "rounding"]


@dataclass(frozen=True)
class NaiveLoss:
    """The loss by the naive formula, and what went wrong on the way.

    ``trouble`` is "" if the value is right to six digits. Otherwise: "inf / inf" (exp overflowed: NaN),
    "0 / 0" (all exp underflowed: NaN), "finite / inf" (the sum overflowed, p = 0 and ln p = -inf), "ln 0"
    (p underflowed to 0) or "rounding" (p was rounded before its logarithm was taken).
    """

    value: float
    trouble: Trouble


def naive_loss(logits: ArrayLike, label: int, epsilon: float = 0.0, temperature: float = 1.0) -> NaiveLoss:
    """The same loss as a beginner would write it: e = exp(s / T); p = e / Σ e; Loss = -Σ_i Ys_i ln p_i.

    Terms with Ys_i = 0 are left out, so that without smoothing this is -ln p_label. Logits (C,).
    """
    s = np.asarray(logits, dtype=np.float64)
    ys = smoothed_label(label, s.size, epsilon)
    asked = ys > 0
    with np.errstate(all="ignore"):  # to break down is what this formula is here for
        e = np.exp(s / temperature)
        total = e.sum()
        p = e / total
        value = float(-(ys[asked] * np.log(p[asked])).sum()) + 0.0
    right = loss(s, label, epsilon, temperature)
    trouble: Trouble = ""
    if math.isnan(value):
        trouble = "inf / inf" if np.isinf(e[asked]).any() else "0 / 0"
    elif math.isinf(value):
        trouble = "finite / inf" if np.isinf(total) else "ln 0"
    elif abs(value - right) > 1e-6 * right:
        trouble = "rounding"
    return NaiveLoss(value, trouble)


def _refuse_unless(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True)
class SoftmaxState:
    """Everything that the explorer shows depends on this state, and on nothing else.

    ``logits`` are 2 to 5 numbers z, |z| <= 50; ``label`` is the index of the right class;
    ``epsilon`` in [0, 1) smooths the label; ``temperature`` T is in [0.1, 10]; ``shift`` c in [0, 1000]
    is added to every logit.

    Raises `ValueError` if a field is out of its range.
    """

    logits: tuple[float, ...] = (2.0, 1.0, -1.0)
    label: int = 0
    epsilon: float = 0.0
    temperature: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        few, many = CLASSES
        n = len(self.logits)
        _refuse_unless(few <= n <= many, f"logits must be {few} to {many} numbers, one for each class, not {n}.")
        for z in self.logits:  # a comparison with NaN is False, so NaN is refused everywhere
            _refuse_unless(
                abs(z) <= LARGEST_LOGIT,
                f"Each logit must be a number between -{LARGEST_LOGIT:g} and {LARGEST_LOGIT:g}, not {z!r}.",
            )
        is_index = isinstance(self.label, int | np.integer) and 0 <= self.label < n
        _refuse_unless(
            is_index, f"label must be a whole number from 0 to {n - 1}, the index of a logit, not {self.label!r}."
        )
        _refuse_unless(
            0 <= self.epsilon < 1, f"epsilon must be a number from 0 up to, but not including, 1, not {self.epsilon!r}."
        )
        for name, (low, high) in {"temperature": TEMPERATURE_RANGE, "shift": SHIFT_RANGE}.items():
            value = getattr(self, name)
            _refuse_unless(
                low <= value <= high, f"{name} must be a number between {low:g} and {high:g}, not {value!r}."
            )

    @property
    def classes(self) -> int:
        """The number of classes C."""
        return len(self.logits)

    @property
    def shifted(self) -> Array:
        """The logits as a program gets them: s = z + c, rounded to double precision, shape (C,)."""
        return np.asarray(self.logits, dtype=np.float64) + self.shift


@dataclass(frozen=True)
class SoftmaxEvaluation:
    """All numbers of one state.

    ``p``, ``ys`` and ``gradient`` have shape (C,), ``jacobian`` (C, C) and ``row_sums`` (C,).
    ``gradient_sum`` and ``row_sums`` are computed from the numbers shown, so they are 0 up to round-off.
    ``smallest_loss`` is the loss where p = Ys, the entropy of Ys.
    """

    p: Array
    ys: Array
    gradient: Array
    jacobian: Array
    loss: float
    naive: NaiveLoss
    row_sums: Array
    gradient_sum: float
    smallest_loss: float


def evaluate(state: SoftmaxState) -> SoftmaxEvaluation:
    """Evaluate the probabilities, both losses, the gradient and the Jacobian of a state."""
    s, how = state.shifted, (state.label, state.epsilon, state.temperature)
    ys = smoothed_label(state.label, state.classes, state.epsilon)
    slope, matrix = gradient(s, *how), jacobian(s, state.temperature)
    return SoftmaxEvaluation(
        p=probabilities(s, state.temperature),
        ys=ys,
        gradient=slope,
        jacobian=matrix,
        loss=loss(s, *how),
        naive=naive_loss(s, *how),
        row_sums=matrix.sum(axis=1),
        gradient_sum=float(slope.sum()),
        smallest_loss=entropy(ys),
    )
