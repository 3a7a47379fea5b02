"""The network behind the explorer of backpropagation: its numbers, checked, and what follows from them.

Pure NumPy: no picture, no widget. A network with one hidden layer, one sample x (d,) of class y:

    pre-activations   z = x @ W1 + b1                    (H,)     W1 (d, H), b1 (H,)
    activations       a = relu(z)                        (H,)
    logits            logits = a @ W2 + b2               (C,)     W2 (H, C), b2 (C,)
    probabilities     P = softmax(logits)                (C,)
    smoothed label    Ys = (1 - epsilon) Y + epsilon/C   (C,)
    loss              J = -Σ_k Ys[k] ln P[k]             scalar; of one sample, so it is its own mean

The name of a gradient is d and the name of its variable, and it has the shape of that variable: dz is ∂J/∂z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from mlp_utils.explorers.logits import model as softmax_model
from mlp_utils.explorers.logits.model import Array

__all__ = [
    "CLASSES",
    "EXAMPLE",
    "LARGEST",
    "UNITS",
    "Numbers",
    "TinyNetwork",
    "evaluate",
    "make_network",
    "random_network",
    "replace_sample",
]

UNITS: Final = (1, 4)
"""Smallest and largest number of inputs d, and of hidden units H."""

CLASSES: Final = (2, 4)
"""Smallest and largest number of classes C. With one class its probability is 1 and every gradient 0."""

LARGEST: Final = 100.0
"""Bound of the absolute value of weights, biases and inputs."""

_SPREAD: Final = 700.0  # exp(-745) is 0 in double precision, and Ys / P would be a division by 0

Matrix: TypeAlias = tuple[tuple[float, ...], ...]
Vector: TypeAlias = tuple[float, ...]


@dataclass(frozen=True)
class TinyNetwork:
    """A network with its sample; made and checked by `make_network`, so that it can be compared and hashed.

    W1 (d, H), b1 (H,), W2 (H, C), b2 (C,), x (d,); ``label`` is the class of the sample, ``epsilon`` in
    [0, 1) smooths it, and ``eta`` > 0 is the step size of gradient descent.
    """

    W1: Matrix
    b1: Vector
    W2: Matrix
    b2: Vector
    x: Vector
    label: int
    epsilon: float
    eta: float

    @property
    def d(self) -> int:
        """The number of inputs."""
        return len(self.x)

    @property
    def H(self) -> int:  # noqa: N802  (the name that the course gives it)
        """The number of hidden units."""
        return len(self.b1)

    @property
    def C(self) -> int:  # noqa: N802
        """The number of classes."""
        return len(self.b2)


def _numbers(name: str, values: ArrayLike, axes: int) -> Array:
    """The values as a new array of floats; `ValueError` in one sentence if they are none."""
    kind = "a list of numbers" if axes == 1 else "a list of rows, all of the same length"
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be {kind}, not {values!r}.") from None
    if array.ndim != axes:
        raise ValueError(f"{name} must be {kind}, not an array of shape {array.shape}.")
    for index, value in np.ndenumerate(array):
        if not abs(value) <= LARGEST:  # a comparison with NaN is False, so NaN is refused too
            where = ", ".join(map(str, index))
            raise ValueError(
                f"{name}[{where}] must be a number between {-LARGEST:g} and {LARGEST:g}, not {float(value)!r}."
            )
    return array + 0.0  # no -0


def _label(y: ArrayLike, classes: int) -> int:
    """The class that y names: a whole number, or a one-hot vector (C,)."""
    try:
        given = np.array(y, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.array(math.nan)
    if given.ndim == 0 and float(given) in range(classes):
        return int(given)
    if given.shape == (classes,) and sorted(given) == [0.0] * (classes - 1) + [1.0]:
        return int(given.argmax())
    raise ValueError(f"y must be a class from 0 to {classes - 1}, or {classes} numbers, one 1 and else 0, not {y!r}.")


def make_network(
    W1: ArrayLike,
    b1: ArrayLike,
    W2: ArrayLike,
    b2: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    epsilon: float = 0.0,
    eta: float = 0.1,
) -> TinyNetwork:
    """Check the numbers of a network and keep a copy of them.

    Shapes: W1 (d, H), b1 (H,), W2 (H, C), b2 (C,), x (d,), y a class or one-hot (C,). Every number is at most
    100 in absolute value.  Raises `ValueError` with one sentence if a shape or a number does not fit.
    """
    first, second = _numbers("W1", W1, 2), _numbers("W2", W2, 2)
    d, H = first.shape
    C = second.shape[1]
    for name, size, (low, high) in (("d", d, UNITS), ("H", H, UNITS), ("C", C, CLASSES)):
        source = "W2" if name == "C" else "W1"
        if not low <= size <= high:
            raise ValueError(f"{name} must be from {low} to {high}, but {source} of shape "
                             f"{first.shape if source == 'W1' else second.shape} makes it {size}.")  # fmt: skip
    if second.shape[0] != H:
        raise ValueError(f"W2 must have a row for each of the {H} columns of W1, not {second.shape[0]} rows.")
    vectors = {}
    for name, values, size, why in (
        ("b1", b1, H, "one for each column of W1"),
        ("b2", b2, C, "one for each column of W2"),
        ("x", x, d, "one for each row of W1"),
    ):
        vectors[name] = _numbers(name, values, 1)
        if vectors[name].size != size:
            raise ValueError(f"{name} must have {size} numbers, {why}, not {vectors[name].size}.")
    if not (_is_number(epsilon) and 0 <= epsilon < 1):
        raise ValueError(f"epsilon must be a number from 0 up to, but not including, 1, not {epsilon!r}.")
    if not (_is_number(eta) and 0 < eta <= LARGEST):
        raise ValueError(f"eta must be a number above 0 and up to {LARGEST:g}, not {eta!r}.")
    logits = np.maximum(vectors["x"] @ first + vectors["b1"], 0) @ second + vectors["b2"]
    if np.ptp(logits) > _SPREAD:
        raise ValueError(
            f"The logits of this network are more than {_SPREAD:g} apart, so that a probability is rounded to 0; "
            "take smaller weights."
        )
    return TinyNetwork(
        W1=tuple(map(tuple, first.tolist())),
        b1=tuple(vectors["b1"].tolist()),
        W2=tuple(map(tuple, second.tolist())),
        b2=tuple(vectors["b2"].tolist()),
        x=tuple(vectors["x"].tolist()),
        label=_label(y, C),
        epsilon=float(epsilon),
        eta=float(eta),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating)


EXAMPLE: Final = make_network(
    W1=[[-5, 2, 2], [-5, 2, -1]],
    b1=[-3, -2, -3],
    W2=[[3, -4, 1], [-2, -4, -2], [-4, -2, 3]],
    b2=[4, 5, 5],
    x=[0, 2],
    y=[1, 0, 0],
    epsilon=0.3,
    eta=0.1,
)
"""The worked example of the course."""


def random_network(d: int, H: int, C: int, seed: int) -> TinyNetwork:
    """A network and a sample with random numbers of one decimal; the same for the same seed.

    At least one hidden unit is on, and with two or more at least one is off. epsilon is 0.1, eta 0.1.
    """
    rng = np.random.default_rng(seed)
    while True:
        shapes = ((d, H), (H,), (H, C), (C,), (d,))
        W1, b1, W2, b2, x = (np.round(rng.normal(scale=1.5, size=shape), 1) for shape in shapes)
        on = (x @ W1 + b1 > 0.05).sum()
        if on >= 1 and (H == 1 or on < H) and np.all(x != 0):
            return make_network(W1, b1, W2, b2, x, int(rng.integers(C)), 0.1, 0.1)


def replace_sample(network: TinyNetwork, x: ArrayLike, y: ArrayLike, epsilon: float) -> TinyNetwork:
    """The same weights and biases with another sample; raises `ValueError` as `make_network` does."""
    return make_network(network.W1, network.b1, network.W2, network.b2, x, y, epsilon, network.eta)


@dataclass(frozen=True)
class Numbers:
    """All numbers of a network, by name: ``values["z"]``, ``gradients["z"]`` (which is dz), and the rest.

    A gradient has the shape of its variable; J has shape (). ``ys`` (C,) is the smoothed label, ``jacobian``
    (C, C) holds ∂P[m]/∂logits[k], and ``loss_after`` is J after one step of gradient descent on W1, b1, W2, b2.
    """

    values: dict[str, Array]
    gradients: dict[str, Array]
    ys: Array
    jacobian: Array
    loss_after: float


def _forward(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Array, Array, Array]:
    """z, a and the logits of one sample."""
    z = x @ W1 + b1
    a = np.maximum(z, 0.0)
    return z, a, a @ W2 + b2


@lru_cache(maxsize=64)
def evaluate(network: TinyNetwork) -> Numbers:
    """The forward pass, the backward pass, and the loss after a step. relu'(0) is taken as 0."""
    names = ("x", "W1", "b1", "W2", "b2")
    x, W1, b1, W2, b2 = (np.array(getattr(network, name)) for name in names)
    z, a, logits = _forward(x, W1, b1, W2, b2)
    how = (network.label, network.epsilon)
    p, ys = softmax_model.probabilities(logits), softmax_model.smoothed_label(network.label, network.C, network.epsilon)
    loss = softmax_model.loss(logits, *how)

    dlogits = softmax_model.gradient(logits, *how)
    da = W2 @ dlogits
    dz = da * (z > 0)
    gradients = {
        "J": np.array(1.0),
        "P": -ys / p,
        "logits": dlogits,
        "W2": np.outer(a, dlogits),
        "b2": dlogits,
        "a": da,
        "z": dz,
        "W1": np.outer(x, dz),
        "b1": dz,
        "x": W1 @ dz,
    }
    moved = (value - network.eta * gradients[name] for name, value in zip(names[1:], (W1, b1, W2, b2), strict=True))
    values = {"x": x, "W1": W1, "b1": b1, "z": z, "a": a, "W2": W2, "b2": b2, "logits": logits, "P": p}
    return Numbers(
        values=values | {"J": np.array(loss)},
        gradients={name: value + 0.0 for name, value in gradients.items()},  # no -0
        ys=ys,
        jacobian=softmax_model.jacobian(logits),
        loss_after=softmax_model.loss(_forward(x, *moved)[2], *how),
    )
