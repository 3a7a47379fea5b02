"""Functions on which a gradient check is tried out: scalar functions of an array, and claimed gradients of them.

Each function takes an array ``x`` of any shape, or in the last section a list of arrays, and returns one number.
Each gradient takes the same array and returns an array of its shape.  The letters a, b, c tell the claims about one
function apart and mean nothing else: any of them may be right or wrong.  A docstring says which formula the code
computes, and a gradient check says whether that is the gradient.

The entries are numbered in reading order, x_0, x_1, ..., x_{n-1}, where n is the size of ``x``, and ‖x‖² = Σ x_k².
Nothing here changes its argument.  An exercise may pass these functions to a student's function by name.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "bell",
    "bell_gradient_a",
    "bell_gradient_b",
    "chain",
    "chain_gradient_a",
    "chain_gradient_b",
    "hinge",
    "hinge_gradient_a",
    "joint_well",
    "quartic",
    "quartic_gradient_a",
    "quartic_gradient_b",
    "tilted_bowl",
    "tilted_bowl_gradient_a",
    "tilted_bowl_gradient_b",
    "wave",
    "wave_gradient_a",
    "wave_gradient_b",
    "waves",
    "well",
    "well_gradient_a",
    "well_gradient_b",
    "well_gradient_c",
]

Array = NDArray[np.float64]


def _float(x: ArrayLike) -> Array:
    return np.asarray(x, dtype=np.float64)


def _numbers(x: Array) -> Array:
    """1, 2, ..., n in the shape of x."""
    return np.arange(1.0, x.size + 1.0).reshape(x.shape)


def _tilt(n: int) -> Array:
    """The matrix A (n, n) with A_ij = 1 / (1 + i + 2j), which is not symmetric."""
    i, j = np.indices((n, n), dtype=np.float64)
    return 1.0 / (1.0 + i + 2.0 * j)


# --- a quadratic form: central differences have no truncation error here -----------------------------------------


def tilted_bowl(x: ArrayLike) -> float:
    """xᵀ A x = Σ_ij x_i A_ij x_j with A_ij = 1 / (1 + i + 2j); A is (n, n) and not symmetric."""
    v = _float(x).ravel()
    return float(v @ _tilt(v.size) @ v)


def tilted_bowl_gradient_a(x: ArrayLike) -> Array:
    """(A + Aᵀ) x, in the shape of x."""
    a = _float(x)
    tilt = _tilt(a.size)
    return ((tilt + tilt.T) @ a.ravel()).reshape(a.shape)


def tilted_bowl_gradient_b(x: ArrayLike) -> Array:
    """2 A x, in the shape of x."""
    a = _float(x)
    return (2.0 * _tilt(a.size) @ a.ravel()).reshape(a.shape)


# --- a weighted sum of sines -------------------------------------------------------------------------------------


def wave(x: ArrayLike) -> float:
    """Σ_k (k + 1) sin(x_k)."""
    a = _float(x)
    return float(np.sum(_numbers(a) * np.sin(a)))


def wave_gradient_a(x: ArrayLike) -> Array:
    """−(k + 1) cos(x_k) in entry k."""
    a = _float(x)
    return -_numbers(a) * np.cos(a)


def wave_gradient_b(x: ArrayLike) -> Array:
    """(k + 1) cos(x_k) in entry k."""
    a = _float(x)
    return _numbers(a) * np.cos(a)


# --- a logarithm of the squared length: every entry depends on all the others ------------------------------------


def well(x: ArrayLike) -> float:
    """ln(1 + ‖x‖²)."""
    a = _float(x)
    return float(np.log(1.0 + np.sum(a**2)))


def well_gradient_a(x: ArrayLike) -> Array:
    """2 x_k / (1 + x_k²) in entry k."""
    a = _float(x)
    return np.asarray(2.0 * a / (1.0 + a**2))


def well_gradient_b(x: ArrayLike) -> Array:
    """1 / (1 + ‖x‖²) in every entry."""
    a = _float(x)
    return np.full(a.shape, 1.0 / (1.0 + np.sum(a**2)))


def well_gradient_c(x: ArrayLike) -> Array:
    """2 x_k / (1 + ‖x‖²) in entry k."""
    a = _float(x)
    return np.asarray(2.0 * a / (1.0 + np.sum(a**2)))


# --- neighbours that are multiplied: an inner entry has two ways to the result -----------------------------------


def chain(x: ArrayLike) -> float:
    """Σ_{k<n−1} x_k x_{k+1}."""
    v = _float(x).ravel()
    return float(np.sum(v[:-1] * v[1:]))


def chain_gradient_a(x: ArrayLike) -> Array:
    """x_{k+1} in entry k; a neighbour that does not exist counts 0."""
    a = _float(x)
    v = np.append(a.ravel(), 0.0)
    return v[1:].reshape(a.shape)


def chain_gradient_b(x: ArrayLike) -> Array:
    """x_{k−1} + x_{k+1} in entry k; a neighbour that does not exist counts 0."""
    a = _float(x)
    v: Array = np.concatenate([[0.0], a.ravel(), [0.0]])
    return (v[:-2] + v[2:]).reshape(a.shape)


# --- a bell: its gradient is exactly 0 at x = 0, and so is its central difference --------------------------------


def bell(x: ArrayLike) -> float:
    """exp(−‖x‖² / 2)."""
    a = _float(x)
    return float(np.exp(-0.5 * np.sum(a**2)))


def bell_gradient_a(x: ArrayLike) -> Array:
    """−x_k exp(−‖x‖² / 2) in entry k."""
    a = _float(x)
    return np.asarray(-a * bell(a))


def bell_gradient_b(x: ArrayLike) -> Array:
    """−1.001 x_k exp(−‖x‖² / 2) in entry k."""
    a = _float(x)
    return np.asarray(-1.001 * a * bell(a))


# --- fourth powers -----------------------------------------------------------------------------------------------


def quartic(x: ArrayLike) -> float:
    """Σ_k x_k⁴ / 4."""
    a = _float(x)
    return float(np.sum(a**4) / 4.0)


def quartic_gradient_a(x: ArrayLike) -> Array:
    """x_k³ in entry k, but x_0² in entry 0."""
    a = _float(x)
    v = a.ravel()
    first = np.arange(v.size) == 0
    return np.where(first, v**2, v**3).reshape(a.shape)


def quartic_gradient_b(x: ArrayLike) -> Array:
    """x_k³ in entry k."""
    return np.asarray(_float(x) ** 3)


# --- a kink in every entry, at x_k = 1 ---------------------------------------------------------------------------


def hinge(x: ArrayLike) -> float:
    """Σ_k max(0, 1 − x_k)."""
    return float(np.sum(np.maximum(0.0, 1.0 - _float(x))))


def hinge_gradient_a(x: ArrayLike) -> Array:
    """−1 in entry k where x_k < 1, else 0."""
    return np.where(_float(x) < 1.0, -1.0, 0.0)


# --- functions of several arrays, as of the parameters of a network ----------------------------------------------


def waves(parameters: Sequence[ArrayLike]) -> float:
    """Σ_a (a + 1) wave(p_a) for a list of arrays p_0, p_1, ... of any shapes."""
    return float(sum((a + 1.0) * wave(p) for a, p in enumerate(parameters)))


def joint_well(parameters: Sequence[ArrayLike]) -> float:
    """ln(1 + Σ_a ‖p_a‖²) for a list of arrays: every entry depends on all arrays."""
    return float(np.log(1.0 + sum(np.sum(_float(p) ** 2) for p in parameters)))
