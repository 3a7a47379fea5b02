"""The mistakes that the gradient doctor knows, as data.

Each mistake says which group it belongs to, which line should stand there and which line stands there instead, what
it does to the arrays, and which sizes hide it. The change itself is a function for each line that it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mlp_utils.explorers.doctor.model import Array, GradientChange, Gradients, Memory, Pass, softmax

__all__ = ["GROUPS", "MISTAKES", "Mistake", "mistake"]

GROUPS: Final = ("scale and sign", "output layer", "hidden layer", "shapes", "order and state")
"""The groups, in the order in which they are shown."""


@dataclass(frozen=True)
class Mistake:
    """One generic mistake in the backward pass.

    id, group, title:  for programs, for the buttons, for people.
    right, wrong:      the line of code as it should be, and as it is.
    sees:              what the arrays show.
    hides:             which setting makes it invisible or silent, and which does not.
    change:            what it does to the pass.
    """

    id: str
    group: str
    title: str
    right: str
    wrong: str
    sees: str
    hides: str
    change: GradientChange


def _label_columns(v: Pass) -> Array:
    """The index mistake: every label is subtracted in every row."""
    dZ2 = v.P - v.epsilon / v.C
    dZ2[:, v.y] -= 1.0 - v.epsilon
    return np.asarray(dZ2 / v.N)


def _other_constant(v: Pass) -> Array:
    return np.asarray(np.where(v.Y > 0, 1.0 - v.epsilon, v.epsilon / (v.C - 1)))


def _in_place(v: Pass) -> Array:
    """The subtraction and the division write into the cached P."""
    v.P -= v.Ys
    v.P /= v.N
    return v.P


_CACHED: Final = ("X", "Z1", "A1", "P")


def _recall_the_last_cache(v: Pass, memory: Memory) -> None:
    fresh = {name: getattr(v, name) for name in _CACHED}
    for name, old in memory.get("cache", fresh).items():
        setattr(v, name, old)
    memory["cache"] = fresh


def _add_to_the_last(made: Gradients, memory: Memory) -> Gradients:
    for name, g in made.items():
        memory[name] = memory[name] + g if name in memory else g
    return {name: memory[name] for name in made}


_ALL: Final = "All five arrays are wrong"
_LAYER_1: Final = "dW2 and db2 are right; dW1, db1 and dX are wrong"
_ALWAYS: Final = "No choice of the sizes hides it."

MISTAKES: Final = (
    Mistake(
        "mean_missing",
        "scale and sign",
        "1/N left out",
        "dZ2 = (P - Ys) / N",
        "dZ2 = P - Ys",
        f"{_ALL}, each with ratio N and cosine 1. Training takes steps that are N times too long.",
        "N = 1 hides it completely.",
        GradientChange({"dZ2": lambda v: v.P - v.Ys}),
    ),
    Mistake(
        "mean_twice",
        "scale and sign",
        "1/N twice",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (P - Ys) / N / N",
        f"{_ALL}, each with ratio 1/N and cosine 1. Training takes steps that are N times too short.",
        "N = 1 hides it completely.",
        GradientChange({"dZ2": lambda v: (v.P - v.Ys) / v.N**2}),
    ),
    Mistake(
        "mean_over_entries",
        "scale and sign",
        "mean over all N·C entries",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (P - Ys) / P.size",
        f"{_ALL}, each with ratio 1/C and cosine 1. Training takes steps that are C times too short.",
        "Where C = N it cannot be told from 1/N twice.",
        GradientChange({"dZ2": lambda v: (v.P - v.Ys) / v.P.size}),
    ),
    Mistake(
        "wrong_sign",
        "scale and sign",
        "wrong sign",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (Ys - P) / N",
        f"{_ALL}, each with ratio −1 and cosine −1. The loss rises instead of falling.",
        _ALWAYS,
        GradientChange({"dZ2": lambda v: (v.Ys - v.P) / v.N}),
    ),
    Mistake(
        "bias_mean",
        "scale and sign",
        "mean for sum in the bias",
        "db2 = dZ2.sum(axis=0); db1 = dZ1.sum(axis=0)",
        "db2 = dZ2.mean(axis=0); db1 = dZ1.mean(axis=0)",
        "Only db2 and db1 are wrong, with ratio 1/N and cosine 1: dZ2 has its 1/N already. Training may not show it.",
        "N = 1 hides it completely.",
        GradientChange({"db2": lambda v: v.dZ2.mean(axis=0), "db1": lambda v: v.dZ1.mean(axis=0)}),
    ),
    Mistake(
        "softmax_twice",
        "output layer",
        "softmax twice",
        "P = softmax(Z2)",
        "P = softmax(softmax(Z2))",
        f"{_ALL}. The rows of dZ2 still sum to 0, and so do the entries of db2: that test does not see it.",
        _ALWAYS,
        GradientChange({"P": lambda v: softmax(softmax(v.Z2))}),
    ),
    Mistake(
        "softmax_axis",
        "output layer",
        "softmax over axis 0",
        "P = softmax(Z2, axis=1)",
        "P = softmax(Z2, axis=0)",
        f"{_ALL}. The columns of P sum to 1 instead of its rows, so the entries of db2 sum to C/N − 1 instead of 0.",
        "Where N = C even that sum is right; the rows of P are still wrong.",
        GradientChange({"P": lambda v: softmax(v.Z2, axis=0)}),
    ),
    Mistake(
        "extra_slope",
        "output layer",
        "extra factor P(1 − P)",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (P - Ys) * P * (1 - P) / N",
        f"{_ALL}: each entry of dZ2 has a quarter of its right size or less. P − Ys holds the derivative of "
        "softmax already.",
        _ALWAYS,
        GradientChange({"dZ2": lambda v: (v.P - v.Ys) * v.P * (1.0 - v.P) / v.N}),
    ),
    Mistake(
        "diagonal_only",
        "output layer",
        "diagonal of the Jacobian",
        "dZ2 = (P - Ys) / N",
        "dZ2 = -Ys * (1 - P) / N",
        f"{_ALL}. No entry of dZ2 is positive, so the entries of db2 do not sum to 0.",
        _ALWAYS,
        GradientChange({"dZ2": lambda v: -v.Ys * (1.0 - v.P) / v.N}),
    ),
    Mistake(
        "smoothing_in_loss_only",
        "output layer",
        "smoothing only in the loss",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (P - Y) / N",
        f"{_ALL}, by a few per cent at ε = 0.1 and with cosines near 1: a loose tolerance accepts it.",
        "ε = 0 hides it completely; a larger ε shows it better.",
        GradientChange({"dZ2": lambda v: (v.P - v.Y) / v.N}),
    ),
    Mistake(
        "smoothing_constant",
        "output layer",
        "ε/(C − 1) off the label",
        "Ys = (1 - epsilon) * Y + epsilon / C",
        "Ys = np.where(Y > 0, 1 - epsilon, epsilon / (C - 1))",
        f"{_ALL}, by a few per cent at ε = 0.1 and with cosines near 1. Each row of Ys still sums to 1, and db2 to 0.",
        "ε = 0 hides it completely; a larger ε shows it better.",
        GradientChange({"Ys": _other_constant}),
    ),
    Mistake(
        "label_columns",
        "output layer",
        "P[:, y] −= 1",
        "dZ2 = (P - Ys) / N",
        "dZ2 = P - epsilon / C; dZ2[:, y] -= 1 - epsilon; dZ2 /= N",
        f"{_ALL}. Every row loses 1 − ε in the column of every label that occurs, so db2 does not sum to 0.",
        "A batch with one class (N = 1, say) hides it completely.",
        GradientChange({"dZ2": _label_columns}),
    ),
    Mistake(
        "output_mask",
        "output layer",
        "relu mask at the output too",
        "dZ2 = (P - Ys) / N",
        "dZ2 = (P - Ys) / N * (Z2 > 0)",
        f"{_ALL}: the output layer has no relu. The gradient is lost where a logit is negative.",
        "It is invisible for a batch whose logits are all positive.",
        GradientChange({"dZ2": lambda v: (v.P - v.Ys) / v.N * (v.Z2 > 0)}),
    ),
    Mistake(
        "mask_missing",
        "hidden layer",
        "mask left out",
        "dZ1 = dA1 * (Z1 > 0)",
        "dZ1 = dA1",
        f"{_LAYER_1}. Units that are off get a gradient too.",
        "It is invisible where every unit is on for every sample.",
        GradientChange({"dZ1": lambda v: v.dA1}),
    ),
    Mistake(
        "relu_for_slope",
        "hidden layer",
        "relu as its own slope",
        "dZ1 = dA1 * (Z1 > 0)",
        "dZ1 = dA1 * relu(Z1)",
        f"{_LAYER_1}. The zeros stand in the right places; the other entries of dZ1 are multiplied by A1.",
        "It is invisible where every unit is off for every sample.",
        GradientChange({"dZ1": lambda v: v.dA1 * v.A1}),
    ),
    Mistake(
        "mask_from_upstream",
        "hidden layer",
        "mask from dA1",
        "dZ1 = dA1 * (Z1 > 0)",
        "dZ1 = dA1 * (dA1 > 0)",
        f"{_LAYER_1}. Shape and sparsity look plausible; no entry of db1 is negative.",
        "It is invisible where dA1 is positive exactly for the units that are on; a small network can do that.",
        GradientChange({"dZ1": lambda v: v.dA1 * (v.dA1 > 0)}),
    ),
    Mistake(
        "mask_inverted",
        "hidden layer",
        "mask inverted",
        "dZ1 = dA1 * (Z1 > 0)",
        "dZ1 = dA1 * (Z1 < 0)",
        f"{_LAYER_1}. A unit gets its gradient from the samples for which it is off, and 0 if it is always on.",
        _ALWAYS,
        GradientChange({"dZ1": lambda v: v.dA1 * (v.Z1 < 0)}),
    ),
    Mistake(
        "z1_for_a1",
        "hidden layer",
        "Z1 for A1 in dW2",
        "dW2 = A1.T @ dZ2",
        "dW2 = Z1.T @ dZ2",
        "Only dW2 is wrong. Nothing else is computed from dW2, so everything else is right.",
        "It is invisible where every unit is on for every sample.",
        GradientChange({"dW2": lambda v: v.Z1.T @ v.dZ2}),
    ),
    Mistake(
        "dw2_transposed",
        "shapes",
        "dW2 transposed",
        "dW2 = A1.T @ dZ2",
        "dW2 = dZ2.T @ A1",
        "Only dW2 is wrong: it has the shape (C, H).",
        "H = C hides the shape: the numbers are those of the transpose, and nothing raises an error.",
        GradientChange({"dW2": lambda v: v.dZ2.T @ v.A1}),
    ),
    Mistake(
        "w2_not_transposed",
        "shapes",
        "W2 for W2.T",
        "dA1 = dZ2 @ W2.T",
        "dA1 = dZ2 @ W2",
        "dW2 and db2 are right. The product (N, C) @ (H, C) raises a ValueError, or layer 1 is wrong.",
        "H = C hides the shape: no error is raised, and dW1, db1 and dX are wrong.",
        GradientChange({"dA1": lambda v: v.dZ2 @ v.W2}),
    ),
    Mistake(
        "bias_axis",
        "shapes",
        "bias sum over axis 1",
        "db2 = dZ2.sum(axis=0); db1 = dZ1.sum(axis=0)",
        "db2 = dZ2.sum(axis=1); db1 = dZ1.sum(axis=1)",
        "Only db2 and db1 are wrong: they have the shape (N,). The entries of db2 are 0 up to rounding, because "
        "each row of dZ2 sums to 0.",
        "N = C hides the shape of db2, N = H that of db1; N = 1 lets training run on.",
        GradientChange({"db2": lambda v: v.dZ2.sum(axis=1), "db1": lambda v: v.dZ1.sum(axis=1)}),
    ),
    Mistake(
        "bias_keepdims",
        "shapes",
        "bias with an axis too many",
        "db2 = dZ2.sum(axis=0); db1 = dZ1.sum(axis=0)",
        "db2 = dZ2.sum(axis=0, keepdims=True); db1 = dZ1.sum(axis=0, keepdims=True)",
        "Only db2 and db1 are wrong: their numbers are right and their shapes are (1, C) and (1, H). Broadcasting lets "
        "training run as if nothing were wrong.",
        _ALWAYS,
        GradientChange(
            {
                "db2": lambda v: v.dZ2.sum(axis=0, keepdims=True),
                "db1": lambda v: v.dZ1.sum(axis=0, keepdims=True),
            }
        ),
    ),
    Mistake(
        "sum_lost",
        "shapes",
        "sum over samples lost",
        "dW1 = X.T @ dZ1",
        "for n in range(N): dW1 = np.outer(X[n], dZ1[n])",
        "Only dW1 is wrong: it is the part of the last sample.",
        "N = 1 hides it completely.",
        GradientChange({"dW1": lambda v: np.outer(v.X[-1], v.dZ1[-1])}),
    ),
    Mistake(
        "update_first",
        "order and state",
        "W2 updated too early",
        "dA1 = dZ2 @ W2.T; W2 -= rate * dW2",
        "W2 -= rate * dW2; dA1 = dZ2 @ W2.T",
        f"{_LAYER_1}. The error grows with the learning rate η.",
        "A small η makes it almost invisible.",
        GradientChange({"dA1": lambda v: v.dZ2 @ (v.W2 - v.rate * v.dW2).T}),
    ),
    Mistake(
        "cache_changed",
        "order and state",
        "cached P changed",
        "dZ2 = (P - Ys) / N",
        "P -= Ys; P /= N; dZ2 = P",
        f"{_ALL} at the second call on the same cache, which is shown here; the first call is right. Training makes a "
        "new cache at each step and shows nothing.",
        "One call hides it completely: copy all inputs, call twice, compare.",
        GradientChange({"dZ2": _in_place}, calls="twice"),
    ),
    Mistake(
        "relu_in_place",
        "order and state",
        "relu in place",
        "A1 = np.maximum(Z1, 0); dZ1 = dA1 * (Z1 > 0)",
        "A1 = np.maximum(Z1, 0, out=Z1); dZ1 = dA1 * (Z1 >= 0)",
        f"{_LAYER_1}. Z1 has no negative entry any more, so the mask is 1 everywhere: the numbers are those of a mask "
        "left out.",
        "It is invisible where every unit is on for every sample; with Z1 > 0 it does no harm.",
        GradientChange({"dZ1": lambda v: v.dA1 * (v.A1 >= 0)}),
    ),
    Mistake(
        "stale_cache",
        "order and state",
        "stale cache",
        "X, Z1, A1, P of this forward call; y of this batch",
        "X, Z1, A1, P of the forward call before; y of this batch",
        f"{_ALL}, with no simple ratio. The first call of all is right: alternate two batches to see it.",
        "A single batch that never changes hides it.",
        GradientChange(recall=_recall_the_last_cache, calls="after another batch"),
    ),
    Mistake(
        "not_reset",
        "order and state",
        "gradients not reset",
        "dW2 = A1.T @ dZ2, and so on",
        "dW2 += A1.T @ dZ2, and so on, never set to 0",
        f"{_ALL} at the second call on the same batch, which is shown here: ratio 2 and cosine 1. Each step of "
        "training takes all gradients before it along.",
        "One call hides it completely.",
        GradientChange(finish=_add_to_the_last, calls="twice"),
    ),
)
"""All mistakes, grouped as in `GROUPS`."""

_BY_ID: Final = {each.id: each for each in MISTAKES}


def mistake(mistake_id: str) -> Mistake:
    """The mistake of that id. Raises KeyError if there is none."""
    return _BY_ID[mistake_id]
