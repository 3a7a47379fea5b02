"""Random inputs for cases that do not let a wrong answer pass by accident."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np


def sizes(rng: np.random.Generator, count: int, low: int = 2, high: int = 7) -> list[int]:
    """``count`` different sizes from low to high: square arrays hide transposes."""
    return [int(n) for n in rng.choice(np.arange(low, high + 1), size=count, replace=False)]


def spread(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """An array of that shape: both signs, 0.2 < |x| < 4, so that no formula is right because x is nearly 0."""
    return np.asarray(rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 4.0, size=shape))


def whole(rng: np.random.Generator, n: int) -> np.ndarray:
    """A vector of n ≥ 2 integers (int64) from -4 to 4 without 0, at least one of each sign."""
    numbers = rng.integers(1, 5, size=n) * rng.choice([-1, 1], size=n)
    numbers[:2] = np.abs(numbers[:2]) * [1, -1]
    return np.asarray(numbers)


def labels(rng: np.random.Generator, n: int, c: int) -> np.ndarray:
    """n ≥ 3 integer classes (int64) below c ≥ 3, unbalanced: one class twice at least, another not at all.

    Class c - 1 occurs, so that the number of classes can be read from it, and class 0 does: counted from 1, it would
    be -1.
    """
    absent = int(rng.integers(1, c - 1))
    present = np.array([k for k in range(c) if k != absent])
    twice = rng.choice([0, c - 1])
    return np.asarray(rng.permutation(np.concatenate([[0, c - 1, twice], rng.choice(present, size=n - 3)])))


@dataclass
class DrawnNetwork:
    """A network with one hidden ReLU layer, a batch for it, and the cache of its forward pass.

    X (N, d), y (N,), W1 (d, H), b1 (H,), W2 (H, C), b2 (C,); Z1 and A1 (N, H), logits and P (N, C).
    """

    X: np.ndarray
    y: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray
    epsilon: float
    Z1: np.ndarray = field(init=False)
    A1: np.ndarray = field(init=False)
    logits: np.ndarray = field(init=False)
    P: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.Z1 = self.X @ self.W1 + self.b1
        self.A1 = np.maximum(self.Z1, 0)
        self.logits = self.A1 @ self.W2 + self.b2
        E = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        self.P = E / E.sum(axis=1, keepdims=True)

    @property
    def parameters(self) -> tuple[np.ndarray, ...]:
        return self.W1, self.b1, self.W2, self.b2

    @property
    def cache(self) -> tuple[np.ndarray, ...]:
        return self.Z1, self.A1, self.logits, self.P


def network(rng: np.random.Generator, N: int = 0, equal: bool = False, whole_numbers: bool = False) -> DrawnNetwork:
    """A network on which the usual mistakes show.

    N, d, H and C differ (all are equal if ``equal``) and are at least 2, but N is 1 if that is asked for.  No bias is
    0, and no pre-activation is nearer to 0 than 0.05.  One hidden unit is dead for the whole batch; of the others each
    sample has an active one, and with several samples one unit is active for some of them alone.  The biases decide
    about some unit.
    """
    for _ in range(10_000):
        n, d, H, C = [int(rng.integers(3, 6))] * 4 if equal else sizes(rng, 4, 3, 6)
        found = _draw_network(rng, N or n, (d, H, C), whole_numbers)
        alive = found.Z1 > 0
        some = alive.any(axis=0)
        mixed = some & ~alive.all(axis=0)
        if (
            np.abs(found.Z1).min() >= 0.05
            and alive.any(axis=1).all()
            and not some.all()
            and (mixed.any() or N == 1)
            and found.P.min() > (1e-6 if whole_numbers else 1e-3)
            and found.b1.all()
            and not np.array_equal(alive, found.X @ found.W1 > 0)
        ):
            return found
    raise RuntimeError("No network was found; loosen what is asked of it.")


def level(rng: np.random.Generator, net: DrawnNetwork) -> DrawnNetwork:
    """A network like that one, in which every pre-activation is 1.

    There the slope of the rectifier, a mask, and the rectifier itself are all 1 (up to rounding), so what is built on
    them can be judged by itself.  One sample gets integers and keeps its W1.  For several samples W1 has rank 1:
    W1 = u vᵀ with X u = 1, b1 = 1 - v.
    """
    if len(net.X) == 1:
        X = _whole_array(rng, 2, *net.X.shape)
        return replace(net, X=X, b1=1 - (X @ net.W1)[0])
    u, v = spread(rng, len(net.W1)), spread(rng, len(net.b1))
    X, largest = np.array(net.X, dtype=float), int(np.argmax(np.abs(u)))
    X[:, largest] += (1 - X @ u) / u[largest]
    return replace(net, X=X, W1=np.outer(u, v), b1=1 - v)


def _draw_network(rng: np.random.Generator, N: int, shape: tuple[int, int, int], whole_numbers: bool) -> DrawnNetwork:
    d, H, C = shape
    y = labels(rng, N, C) if N > 2 else rng.integers(0, C, size=N)
    epsilon = float(rng.uniform(0.05, 0.4))
    if whole_numbers:
        X, W1 = _whole_array(rng, 2, N, d), _whole_array(rng, 2, d, H)
        W2, b2 = _whole_array(rng, 1, H, C), _whole_array(rng, 2, C)
        b1 = _whole_array(rng, 3, H)
    else:
        X, W1 = spread(rng, N, d) / 2, spread(rng, d, H) / 4
        W2, b2 = spread(rng, H, C) / 4, spread(rng, C) / 4
        b1 = spread(rng, H) / 4
    dead = int(rng.integers(H))
    b1[dead] -= np.ceil(max(0.0, float((X @ W1 + b1)[:, dead].max())) + 0.5)
    return DrawnNetwork(X, y, W1, b1, W2, b2, epsilon)


def _whole_array(rng: np.random.Generator, most: int, *shape: int) -> np.ndarray:
    """Integers (int64) from -most to most without 0."""
    return np.asarray(rng.integers(1, most + 1, size=shape) * rng.choice([-1, 1], size=shape))
