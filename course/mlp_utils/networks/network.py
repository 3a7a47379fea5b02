"""A multi-layer perceptron with any number of layers: its loss, and the gradient of its loss.

    >>> import numpy as np
    >>> from mlp_utils.networks.network import Network
    >>> network = Network([2, 5, 3], activation="tanh", init="xavier", seed=0)
    >>> X, y = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([2, 0])
    >>> network.probabilities(X).shape
    (2, 3)
    >>> [gradient.shape for gradient in network.gradients(X, y)]
    [(2, 5), (5,), (5, 3), (3,)]

Rows are samples.  With A_0 = X (N, n_0), layer k = 1, ..., L computes

    Z_k = A_{k-1} @ W_k + b_k       (N, n_{k-1}) @ (n_{k-1}, n_k) + (n_k,) -> (N, n_k)
    A_k = activation(Z_k)           for k < L;  Z_L are the logits, and P = softmax(Z_L) (N, C) with C = n_L

The loss is the mean cross-entropy against smoothed labels, plus the penalties of the weights (not of the biases):

    J = -1/N sum_ic T_ic log P_ic + l1 sum_k ||W_k||_1 + l2 sum_k ||W_k||_F^2,     T = (1 - epsilon) Y + epsilon / C

Source: Rumelhart, Hinton and Williams, Nature 323 (1986) 533; the initial weights are those of Glorot and Bengio
(AISTATS 2010, "xavier") and of He, Zhang, Ren and Sun (ICCV 2015, "he").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ACTIVATIONS", "Network", "Passes", "cross_entropy", "layer_norms", "smoothed_labels"]

Array = NDArray[Any]


# --- activations: each works in the memory that it is given ------------------------------------------------------


@dataclass(frozen=True)
class Activation:
    """``apply(Z)`` turns Z into A = activation(Z); ``pull_back(dA, A)`` turns dA into dZ = dA * activation'(Z)."""

    apply: Callable[[Array], None]
    pull_back: Callable[[Array, Array], None]


def _relu(Z: Array) -> None:
    np.maximum(Z, 0.0, out=Z)


def _relu_back(dA: Array, A: Array) -> None:
    dA *= A > 0.0  # A > 0 exactly where Z > 0; the slope at 0 is taken as 0


def _tanh(Z: Array) -> None:
    np.tanh(Z, out=Z)


def _tanh_back(dA: Array, A: Array) -> None:
    dA *= 1.0 - A * A


def _sigmoid(Z: Array) -> None:
    np.maximum(Z, -700.0, out=Z)  # exp(700) is still a number, and sigmoid(-700) is 1e-304
    np.negative(Z, out=Z)
    np.exp(Z, out=Z)
    Z += 1.0
    np.reciprocal(Z, out=Z)


def _sigmoid_back(dA: Array, A: Array) -> None:
    dA *= A * (1.0 - A)


ACTIVATIONS: Final = {
    "relu": Activation(_relu, _relu_back),
    "sigmoid": Activation(_sigmoid, _sigmoid_back),
    "tanh": Activation(_tanh, _tanh_back),
}
"""The activations of hidden layers by name."""

_VARIANCES: Final[dict[str, Callable[[int, int], float]]] = {
    "he": lambda n_in, n_out: 2.0 / n_in,
    "xavier": lambda n_in, n_out: 2.0 / (n_in + n_out),
}


# --- the network -------------------------------------------------------------------------------------------------


class Network:
    """A perceptron with the layer sizes (n_0, ..., n_L): n_0 numbers in, n_L = C >= 2 classes out.

    sizes       two or more positive integers.
    activation  of the hidden layers: "relu", "tanh" or "sigmoid".
    init        how the weights are drawn, from a normal distribution with mean 0 and the variance 2 / n_in ("he"),
                2 / (n_in + n_out) ("xavier"), or sigma^2 if it is a number sigma >= 0.  Biases start at 0.
    seed        the same seed gives the same weights.

    ``parameters`` is the list [W_1, b_1, ..., W_L, b_L], float64; write into its arrays, or put others in their place.
    Nothing else is remembered: every result depends on ``parameters`` and on the arguments alone, and no argument is
    changed.  Everywhere X (N, n_0) holds floats and y (N,) holds integers from 0 to C - 1.

    Raises ``ValueError``, here and in the methods, for what does not fit, in one sentence.
    """

    def __init__(self, sizes: Sequence[int], activation: str = "relu", init: str | float = "he", seed: int = 0) -> None:
        self.sizes = tuple(sizes)
        if len(self.sizes) < 2 or not all(_is_integer(n) and n >= 1 for n in self.sizes):
            raise ValueError(f"sizes is {sizes!r}; give two or more positive integers, such as [64, 100, 10].")
        if self.sizes[-1] < 2:
            raise ValueError("The last of the sizes is the number of classes, and it is 1; give 2 or more.")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}; use one of {', '.join(ACTIVATIONS)}.")
        self.activation = activation
        rng = np.random.default_rng(seed)
        self.parameters: list[Array] = []
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            self.parameters += [rng.normal(0.0, _spread(init, n_in, n_out), (n_in, n_out)), np.zeros(n_out)]

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        return f"<Network {sizes}, {self.activation}, {sum(p.size for p in self.parameters)} parameters>"

    @property
    def names(self) -> list[str]:
        """The names of the parameters in their order: "W1", "b1", "W2", ..."""
        return [f"{letter}{k}" for k in range(1, len(self.sizes)) for letter in "Wb"]

    @property
    def weights(self) -> list[Array]:
        """[W_1, ..., W_L]: the parameters that are penalised."""
        return self.parameters[::2]

    def at(self, parameters: Iterable[ArrayLike]) -> Network:
        """The same network with other parameters, in the order of ``parameters`` and with their shapes.

        They may be complex: then ``logits`` and ``loss`` are complex and can be differentiated by a complex step.
        """
        other = object.__new__(Network)
        other.sizes, other.activation = self.sizes, self.activation
        other.parameters = [np.asarray(p) for p in parameters]
        shapes, wanted = [p.shape for p in other.parameters], [p.shape for p in self.parameters]
        if shapes != wanted:
            raise ValueError(f"The parameters have the shapes {shapes}; {self!r} needs {wanted}.")
        return other

    def logits(self, X: ArrayLike) -> Array:
        """Z_L, shape (N, C)."""
        X = self.inputs(X)
        return Passes(self, len(X)).forward(X)

    def probabilities(self, X: ArrayLike) -> Array:
        """P = softmax(Z_L), shape (N, C); each row sums to 1."""
        P = self.logits(X)
        _softmax(P)
        return P

    def predict(self, X: ArrayLike) -> Array:
        """The class with the largest logit, shape (N,); the first of equal ones."""
        return np.asarray(np.argmax(self.logits(X), axis=1))

    def accuracy(self, X: ArrayLike, y: ArrayLike) -> float:
        """The part of the samples whose class is predicted, from 0 to 1."""
        X = self.inputs(X)
        return float(np.mean(self.predict(X) == self.labels(y, len(X))))

    def loss(self, X: ArrayLike, y: ArrayLike, epsilon: float = 0.0, l1: float = 0.0, l2: float = 0.0) -> Any:
        """J, one number: the mean cross-entropy against smoothed labels, plus the penalties of the weights."""
        X, T = self._inputs_and_targets(X, y, epsilon)
        return cross_entropy(Passes(self, len(X)).forward(X), T) / len(X) + self.penalty(l1, l2)

    def penalty(self, l1: float = 0.0, l2: float = 0.0) -> Any:
        """l1 sum_k ||W_k||_1 + l2 sum_k ||W_k||_F^2, one number."""
        _require_number("l1", l1)
        _require_number("l2", l2)
        # |w| as w or -w, and w * w instead of |w|^2: both are analytic, so a complex step gets through.
        total = sum(l1 * np.where(W.real < 0, -W, W).sum() for W in self.weights) if l1 else 0.0
        return total + (sum(l2 * (W * W).sum() for W in self.weights) if l2 else 0.0)

    def gradients(
        self, X: ArrayLike, y: ArrayLike, epsilon: float = 0.0, l1: float = 0.0, l2: float = 0.0
    ) -> list[Array]:
        """The gradient of ``loss`` for each of ``parameters``, a list of arrays of the same shapes.

        With dZ_L = (P - T) / N, going back from k = L,

            dW_k = A_{k-1}^T @ dZ_k + l1 sign(W_k) + 2 l2 W_k,      db_k = sum of the rows of dZ_k,
            dZ_{k-1} = (dZ_k @ W_k^T) * activation'(Z_{k-1}),

        where sign(0) = 0 and relu'(0) = 0.
        """
        X, T = self._inputs_and_targets(X, y, epsilon)
        _require_number("l1", l1)
        _require_number("l2", l2)
        return Passes(self, len(X)).gradients(X, T, l1, l2)

    # --- what is checked before anything is computed ---

    def inputs(self, X: ArrayLike, name: str = "X") -> Array:
        """X as an array (N, n_0) of float64 with N >= 1; ``ValueError`` for another shape, integers, nan or inf."""
        X = np.asarray(X)
        if X.dtype.kind in "iub":
            raise ValueError(f"{name} holds integers (dtype {X.dtype}); make them floats with {name}.astype(float).")
        if X.dtype.kind != "f":
            raise ValueError(f"{name} has the dtype {X.dtype}; give an array of floats.")
        if X.ndim != 2 or X.shape[1] != self.sizes[0] or not len(X):
            raise ValueError(f"{name} has the shape {X.shape}; this network needs (N, {self.sizes[0]}) with N >= 1.")
        if not np.isfinite(X).all():
            row, column = np.argwhere(~np.isfinite(X))[0]
            raise ValueError(f"{name}[{row}, {column}] is {X[row, column]}; every entry must be a finite number.")
        return X.astype(np.float64, copy=False)

    def labels(self, y: ArrayLike, rows: int, name: str = "y") -> Array:
        """y as an array (rows,) of integers from 0 to C - 1; ``ValueError`` if it is anything else."""
        y, classes = np.asarray(y), self.sizes[-1]
        if y.shape != (rows,):
            raise ValueError(f"{name} has the shape {y.shape}; it needs one label a row, shape ({rows},).")
        if y.dtype.kind not in "iu":
            raise ValueError(f"{name} has the dtype {y.dtype}; labels are integers from 0 to {classes - 1}.")
        outside = np.flatnonzero((y < 0) | (y >= classes))
        if outside.size:
            raise ValueError(f"{name}[{outside[0]}] is {y[outside[0]]}; labels go from 0 to {classes - 1}.")
        return y

    def _inputs_and_targets(self, X: ArrayLike, y: ArrayLike, epsilon: float) -> tuple[Array, Array]:
        X = self.inputs(X)
        return X, smoothed_labels(self.labels(y, len(X)), self.sizes[-1], epsilon)


def _is_integer(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _spread(init: str | float, n_in: int, n_out: int) -> float:
    if isinstance(init, str):
        if init not in _VARIANCES:
            raise ValueError(f"init is {init!r}; use 'he', 'xavier' or a number sigma >= 0.")
        return float(np.sqrt(_VARIANCES[init](n_in, n_out)))
    _require_number("init", init)
    return float(init)


def _require_number(name: str, value: float, high: float = np.inf) -> None:
    if not (isinstance(value, int | float | np.number) and 0.0 <= value <= high and np.isfinite(value)):
        limit = "a number >= 0" if high == np.inf else f"a number from 0 to {high:g}"
        raise ValueError(f"{name} is {value!r}; give {limit}.")


# --- the two passes ----------------------------------------------------------------------------------------------


class Passes:
    """The forward and the backward pass of a network, in memory that is used again for each batch.

    rows: the largest number of samples in a batch.  Nothing is checked here; ``Network`` and ``train`` have done it.
    What ``forward`` and ``gradients`` return lies in this memory, and the next call overwrites it.
    """

    def __init__(self, network: Network, rows: int) -> None:
        self.network = network
        kind = np.result_type(np.float64, *network.parameters)
        self._activation = ACTIVATIONS[network.activation]
        self._A = [np.empty((rows, n), kind) for n in network.sizes[1:]]
        self._dA = [np.empty((rows, n), kind) for n in network.sizes[1:-1]]
        self._gradients = [np.empty(p.shape, kind) for p in network.parameters]
        self._ones = np.ones(rows)

    def forward(self, X: Array) -> Array:
        """The logits (N, C) of X (N, n_0), N <= rows."""
        parameters, A = self.network.parameters, X
        for k, memory in enumerate(self._A):
            Z = memory[: len(X)]
            np.matmul(A, parameters[2 * k], out=Z)
            Z += parameters[2 * k + 1]
            if k < len(self._A) - 1:
                self._activation.apply(Z)
            A = Z
        return A

    def gradients(self, X: Array, T: Array, l1: float = 0.0, l2: float = 0.0) -> list[Array]:
        """The gradients of the loss for samples X (N, n_0) and smoothed labels T (N, C); see ``Network.gradients``."""
        n, parameters = len(X), self.network.parameters
        dZ = self.forward(X)
        _softmax(dZ)
        dZ -= T
        dZ /= n
        for k in reversed(range(len(self._A))):
            A, W = self._A[k - 1][:n] if k else X, parameters[2 * k]
            dW, db = self._gradients[2 * k], self._gradients[2 * k + 1]
            np.matmul(A.T, dZ, out=dW)
            np.matmul(self._ones[:n], dZ, out=db)  # the sum of the rows; quicker than dZ.sum(axis=0)
            if l1:
                dW += l1 * np.sign(W)
            if l2:
                dW += 2.0 * l2 * W
            if k:
                dA = self._dA[k - 1][:n]
                np.matmul(dZ, W.T, out=dA)
                self._activation.pull_back(dA, A)
                dZ = dA
        return self._gradients


def _softmax(Z: Array) -> None:
    """Turn Z (N, C) into softmax(Z), row by row."""
    Z -= Z.real.max(axis=1, keepdims=True)  # the largest exponent is 0: nothing overflows
    np.exp(Z, out=Z)
    Z /= Z.sum(axis=1, keepdims=True)


def cross_entropy(logits: Array, T: Array) -> Any:
    """-sum_ic T_ic log softmax(logits)_ic, one number: the sum over the samples, not their mean.

    logits, T: shape (N, C); the rows of T sum to 1.
    """
    shifted = logits - logits.real.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)).sum() - (T * shifted).sum()


def smoothed_labels(y: Array, classes: int, epsilon: float = 0.0) -> Array:
    """T = (1 - epsilon) Y + epsilon / C, shape (N, C), with the one-hot rows Y of y (N,); epsilon from 0 to 1."""
    _require_number("epsilon", epsilon, 1.0)
    T = np.full((len(y), classes), epsilon / classes)
    T[np.arange(len(y)), y] += 1.0 - epsilon
    return T


def layer_norms(gradients: Sequence[Array]) -> Array:
    """||dW_k||_F for each layer k = 1, ..., L, shape (L,), of a list as ``Network.gradients`` returns it."""
    return np.array([np.linalg.norm(dW) for dW in gradients[::2]])
