# ruff: noqa: N815 (dZ2 is the name of ∂J/∂Z2 in the whole course)
"""The mathematics behind the gradient doctor: a backward pass, the signature of a mistake in it, and training.

Pure NumPy: no picture, no widget. A network with N samples as rows, d inputs, H hidden units and C classes:

    Z1 = X @ W1 + b1             (N, H)        dZ2 = (P - Ys) / N           (N, C)
    A1 = relu(Z1)                (N, H)        dW2 = A1.T @ dZ2             (H, C)
    Z2 = A1 @ W2 + b2            (N, C)        db2 = dZ2.sum(axis=0)        (C,)
    P  = softmax(Z2)             (N, C)        dA1 = dZ2 @ W2.T             (N, H)
    Ys = (1 - epsilon) Y + epsilon / C         dZ1 = dA1 * (Z1 > 0)         (N, H)
    J  = -(1/N) Σ Ys ln P        scalar        dW1 = X.T @ dZ1              (d, H)
                                               db1 = dZ1.sum(axis=0)        (H,)
                                               dX  = dZ1 @ W1.T             (N, d)

The right pass is a table with one function for each of these lines. A mistake replaces some of the lines.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ARRAYS",
    "BACKWARD",
    "FORWARD",
    "SAMPLES_IN_ALL",
    "SHAPES",
    "STEPS",
    "Array",
    "Finding",
    "GradientChange",
    "Gradients",
    "Line",
    "Memory",
    "Pass",
    "Signature",
    "Training",
    "TrainingProblem",
    "compare",
    "gradients",
    "loss",
    "problem",
    "right_gradients",
    "signature",
    "softmax",
    "train",
]

Array: TypeAlias = NDArray[np.float64]
Gradients: TypeAlias = dict[str, Array]
Memory: TypeAlias = dict[str, Any]
"""What a program keeps from one call of its backward pass to the next."""

ARRAYS: Final = ("dW2", "db2", "dW1", "db1", "dX")
"""The gradients of a signature, in the order in which the backward pass makes them."""

SHAPES: Final = {"dW2": "HC", "db2": "C", "dW1": "dH", "db1": "H", "dX": "Nd"}
"""The shapes of the gradients in letters."""

STEPS: Final = 200
"""Steps of gradient descent."""

SAMPLES_IN_ALL: Final = 60
"""Samples in the data set; a batch has N of them."""

_MARGIN: Final = 0.05  # no pre-activation of the first batch is nearer to the kink of relu
_RIGHT: Final = 1e-9  # a relative error below this is rounding


def softmax(logits: Array, axis: int = 1) -> Array:
    """exp(z) / Σ exp(z) along an axis, without overflow; the shape of ``logits``."""
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


@dataclass
class Pass:
    """The variables of one forward and backward pass; the lines fill them in one after the other.

    X (N, d), y (N,) integers, W1 (d, H), b1 (H,), W2 (H, C), b2 (C,); ``epsilon`` is the smoothing and
    ``rate`` the learning rate, which only a mistake looks at.
    """

    X: Array
    y: NDArray[np.int64]
    W1: Array
    b1: Array
    W2: Array
    b2: Array
    epsilon: float
    rate: float
    Z1: Array = field(init=False)
    A1: Array = field(init=False)
    Z2: Array = field(init=False)
    P: Array = field(init=False)
    Ys: Array = field(init=False)
    dZ2: Array = field(init=False)
    dW2: Array = field(init=False)
    db2: Array = field(init=False)
    dA1: Array = field(init=False)
    dZ1: Array = field(init=False)
    dW1: Array = field(init=False)
    db1: Array = field(init=False)
    dX: Array = field(init=False)

    @property
    def N(self) -> int:  # noqa: N802 (the letter of the mathematics)
        """The number of samples."""
        return int(self.X.shape[0])

    @property
    def C(self) -> int:  # noqa: N802
        """The number of classes."""
        return int(self.W2.shape[1])

    @property
    def Y(self) -> Array:  # noqa: N802
        """The one-hot labels (N, C)."""
        return np.asarray(np.eye(self.C)[self.y])


Line: TypeAlias = Callable[[Pass], Array]

FORWARD: Final[Mapping[str, Line]] = {
    "Z1": lambda v: v.X @ v.W1 + v.b1,
    "A1": lambda v: np.maximum(v.Z1, 0.0),
    "Z2": lambda v: v.A1 @ v.W2 + v.b2,
    "P": lambda v: softmax(v.Z2),
    "Ys": lambda v: (1.0 - v.epsilon) * v.Y + v.epsilon / v.C,
}

BACKWARD: Final[Mapping[str, Line]] = {
    "dZ2": lambda v: (v.P - v.Ys) / v.N,
    "dW2": lambda v: v.A1.T @ v.dZ2,
    "db2": lambda v: v.dZ2.sum(axis=0),
    "dA1": lambda v: v.dZ2 @ v.W2.T,
    "dZ1": lambda v: v.dA1 * (v.Z1 > 0),
    "dW1": lambda v: v.X.T @ v.dZ1,
    "db1": lambda v: v.dZ1.sum(axis=0),
    "dX": lambda v: v.dZ1 @ v.W1.T,
}


@dataclass(frozen=True)
class GradientChange:
    """What a mistake does to the right pass.

    lines:   the lines that it replaces, by the name of the variable that they fill.
    recall:  runs between forward and backward pass; may put remembered arrays into the pass.
    finish:  runs on the finished gradients.
    calls:   how its signature is taken: "once", "twice" (the second of two backward calls on one cache), or
             "after another batch".
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    recall: Callable[[Pass, Memory], None] | None = None
    finish: Callable[[Gradients, Memory], Gradients] | None = None
    calls: str = "once"


NOTHING: Final = GradientChange()


class _LineError(Exception):
    """A line that NumPy refuses, with the gradients that were made before it."""

    def __init__(self, name: str, reason: ValueError, made: Gradients) -> None:
        super().__init__(f"ValueError at {name}: {reason}")
        self.made = made


def _forward(v: Pass, change: GradientChange, memory: Memory) -> None:
    for name, right in FORWARD.items():
        setattr(v, name, change.lines.get(name, right)(v))
    if change.recall is not None:
        change.recall(v, memory)


def _backward(v: Pass, change: GradientChange, memory: Memory) -> Gradients:
    made: Gradients = {}
    for name, right in BACKWARD.items():
        try:
            value = change.lines.get(name, right)(v)
        except ValueError as reason:
            raise _LineError(name, reason, made) from None
        setattr(v, name, value)
        if name in ARRAYS:
            made[name] = value
    return made if change.finish is None else change.finish(made, memory)


def gradients(v: Pass, change: GradientChange = NOTHING, memory: Memory | None = None) -> Gradients:
    """Run the forward and the backward pass; the gradients by name. ``memory`` is kept between calls."""
    kept: Memory = {} if memory is None else memory
    _forward(v, change, kept)
    return _backward(v, change, kept)


# -- a network to try things on ------------------------------------------------------------------


@dataclass(frozen=True)
class TrainingProblem:
    """A data set, the start of the weights, and the samples of each batch.

    X (60, d), y (60,); ``weights`` are W1, b1, W2, b2; ``batches`` (STEPS, N) holds indices of samples.
    The signature is taken on the first N samples; the N after them are the "other batch".
    """

    X: Array
    y: NDArray[np.int64]
    weights: tuple[Array, Array, Array, Array]
    batches: NDArray[np.int64]

    def batch(self, samples: slice, epsilon: float, rate: float) -> Pass:
        """A fresh pass over some of the samples with the weights of the start."""
        return Pass(self.X[samples], self.y[samples], *self.weights, epsilon, rate)


@lru_cache(maxsize=8)
def problem(samples: int, inputs: int, hidden: int, classes: int, seed: int) -> TrainingProblem:
    """A network with N, d, H, C = samples, inputs, hidden, classes; the same arguments give the same numbers.

    Each class is a cloud of samples around a centre of its own. The weights have variance 2 / n_in (He et al.,
    2015), the biases are not zero. No pre-activation of the first N samples is within 0.05 of the kink of relu.
    """
    rng = np.random.default_rng([seed, samples, inputs, hidden, classes])
    W1 = rng.normal(size=(inputs, hidden)) * math.sqrt(2 / inputs)
    b1 = rng.normal(size=hidden) * 0.3
    b1 += np.copysign(2 * _MARGIN, b1)  # a unit with small weights and a small bias would never leave the kink
    W2 = rng.normal(size=(hidden, classes)) * math.sqrt(2 / hidden)
    b2 = rng.normal(size=classes) * 0.3
    centres = rng.normal(size=(classes, inputs)) * 1.5
    y = rng.permutation(np.arange(SAMPLES_IN_ALL) % classes)
    X = np.empty((SAMPLES_IN_ALL, inputs))
    for n in range(SAMPLES_IN_ALL):
        for attempt in itertools.count():
            # After many refusals the cloud grows, so that this ends for every network.
            spread = 0.8 * max(1.0, 1.1 ** (attempt - 50))
            X[n] = centres[y[n]] + spread * rng.normal(size=inputs)
            if n >= samples or np.abs(X[n] @ W1 + b1).min() > _MARGIN:
                break
    batches = rng.integers(0, SAMPLES_IN_ALL, size=(STEPS, samples))
    for a in (X, y, W1, b1, W2, b2, batches):
        a.setflags(write=False)  # shared by all who ask for this problem
    return TrainingProblem(X, y, (W1, b1, W2, b2), batches)


def loss(weights: tuple[Array, Array, Array, Array], X: Array, y: NDArray[np.int64], epsilon: float) -> float:
    """J = -(1/N) Σ Ys ln P with ln P by log-sum-exp; a scalar."""
    W1, b1, W2, b2 = weights
    Z2 = np.maximum(X @ W1 + b1, 0.0) @ W2 + b2
    Z2 = Z2 - Z2.max(axis=1, keepdims=True)
    logs = Z2 - np.log(np.exp(Z2).sum(axis=1, keepdims=True))
    at_label = logs[np.arange(y.size), y].mean()
    return float(-(1.0 - epsilon) * at_label - epsilon * logs.mean())


# -- the signature of a mistake ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Finding:
    """One array g beside the right one t.

    got:     g, or None where the program stopped before it was made.
    ratio:   <g, t> / <t, t>, the c for which c t is nearest to g; NaN if the shapes differ or t = 0.
    cosine:  <g, t> / (||g|| ||t||); NaN if the shapes differ or one of them is 0.
    error:   ||g - t|| / (||g|| + ||t||), from 0 to 1; NaN if the shapes differ.
    """

    name: str
    want: Array
    got: Array | None
    ratio: float
    cosine: float
    error: float

    @property
    def same_shape(self) -> bool:
        """Whether g has the shape of t."""
        return self.got is not None and self.got.shape == self.want.shape

    @property
    def right(self) -> bool:
        """Whether g is t up to rounding."""
        return self.same_shape and self.error <= _RIGHT

    def wrong_entries(self) -> NDArray[np.bool_]:
        """Which entries of g are wrong, in the shape of g; all of them if the shape is."""
        if self.got is None:
            return np.zeros(0, dtype=bool)
        if not self.same_shape:
            return np.ones(self.got.shape, dtype=bool)
        size = max(np.abs(self.want).max(), np.abs(self.got).max())
        return np.asarray(np.abs(self.got - self.want) > _RIGHT * size)


def compare(name: str, got: Array | None, want: Array) -> Finding:
    """Measure one array against the right one."""
    ratio = cosine = error = math.nan
    if got is not None and got.shape == want.shape:
        g, t = float(np.linalg.norm(got)), float(np.linalg.norm(want))
        product = float(np.vdot(got, want))
        ratio = product / t**2 if t > 0 else math.nan
        cosine = product / (g * t) if g > 0 and t > 0 else math.nan
        error = float(np.linalg.norm(got - want)) / (g + t) if g + t > 0 else 0.0
    return Finding(name, want, got, ratio, cosine, error)


@dataclass(frozen=True, eq=False)
class Signature:
    """The findings in the order of `ARRAYS`, and the ValueError of NumPy if there was one ("" if not)."""

    findings: tuple[Finding, ...]
    trouble: str = ""

    def __getitem__(self, name: str) -> Finding:
        return next(finding for finding in self.findings if finding.name == name)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of the arrays that are wrong or missing."""
        return tuple(finding.name for finding in self.findings if not finding.right)

    def same_as(self, other: Signature) -> bool:
        """Whether nobody could tell the two apart: all arrays are equal up to rounding."""
        if self.trouble != other.trouble:
            return False
        pairs = [(a.got, b.got) for a, b in zip(self.findings, other.findings, strict=True)]
        return all(
            (a is None and b is None) or (a is not None and b is not None and compare("", a, b).right) for a, b in pairs
        )


def right_gradients(at: TrainingProblem, samples: int, epsilon: float) -> Gradients:
    """The right gradients on the first ``samples`` samples."""
    return gradients(at.batch(slice(0, samples), epsilon, 0.0))


def signature(at: TrainingProblem, change: GradientChange, samples: int, epsilon: float, rate: float) -> Signature:
    """The signature of a mistake on the first ``samples`` samples of a problem."""
    memory: Memory = {}
    v = at.batch(slice(0, samples), epsilon, rate)
    trouble = ""
    try:
        if change.calls == "after another batch":
            gradients(at.batch(slice(samples, 2 * samples), epsilon, rate), change, memory)
        made = gradients(v, change, memory)
        if change.calls == "twice":
            made = _backward(v, change, memory)
    except _LineError as stop:
        made, trouble = stop.made, str(stop)
    right = right_gradients(at, samples, epsilon)
    return Signature(tuple(compare(name, made.get(name), right[name]) for name in ARRAYS), trouble)


# -- training ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Training:
    """The loss of the whole data set before the first step and after each (at most STEPS + 1 numbers).

    ``stopped`` says why the curve ends early: "ValueError" in the next step, or "overflow" there ("" if neither).
    """

    losses: Array
    stopped: Literal["", "ValueError", "overflow"] = ""


def train(at: TrainingProblem, change: GradientChange, epsilon: float, rate: float) -> Training:
    """Gradient descent, W = W - rate dW, one batch a step; the loss is always computed rightly."""
    weights, memory = at.weights, Memory()
    losses = [loss(weights, at.X, at.y, epsilon)]
    stopped: Literal["", "ValueError", "overflow"] = ""
    with np.errstate(all="ignore"):  # a wrong gradient may well make the weights overflow
        for batch in at.batches:
            try:
                g = gradients(Pass(at.X[batch], at.y[batch], *weights, epsilon, rate), change, memory)
                W1, b1, W2, b2 = weights
                weights = (W1 - rate * g["dW1"], b1 - rate * g["db1"], W2 - rate * g["dW2"], b2 - rate * g["db2"])
                now = loss(weights, at.X, at.y, epsilon)
            except (_LineError, ValueError):  # in a line of the pass, or in the update
                stopped = "ValueError"
                break
            if not math.isfinite(now):
                stopped = "overflow"
                break
            losses.append(now)
    return Training(np.array(losses), stopped)
