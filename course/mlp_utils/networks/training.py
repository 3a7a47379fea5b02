"""Train a network by stochastic gradient descent, and keep what happened in each epoch.

    >>> import numpy as np
    >>> from mlp_utils.networks.network import Network
    >>> from mlp_utils.networks.training import train
    >>> X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    >>> network = Network([2, 8, 2], activation="tanh", init="xavier", seed=1)
    >>> history = train(network, X, y, epochs=200, batch=4, rate=0.5, momentum=0.9, seed=0, progress=False)
    >>> history.status, float(history.accuracies["training"][-1])
    ('finished', 1.0)

In each epoch the samples are shuffled and cut into batches; each batch makes one step for each parameter p,

    v <- momentum v + dJ/dp,      p <- p - rate v,      v = 0 at the start,

where J is the loss of the batch (see ``mlp_utils.networks.network``); the last batch may be smaller than the others.
Source: Polyak, USSR Computational Mathematics and Mathematical Physics 4 (1964) 1, in the form of Sutskever, Martens,
Dahl and Hinton (ICML 2013), section 2, with the rate outside of v, as PyTorch has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlp_utils.networks.network import Network, Passes, cross_entropy, layer_norms, smoothed_labels
from mlp_utils.networks.progress import progress as progress_bar

__all__ = ["History", "train"]

Array = NDArray[Any]
Part = tuple[ArrayLike, ArrayLike]

_ROWS: Final = 512
"""Samples that are measured at a time, so that large data need little memory."""


@dataclass(frozen=True, eq=False)
class History:
    """What happened while a network was trained: entry 0 of each array is the state before, entry e that after epoch e.

    epochs          0, 1, ..., E, shape (E + 1,).
    losses          by the name of the part ("training", and "validation" and "test" where given): the mean
                    cross-entropy against smoothed labels, without the penalties, shape (E + 1,).
    accuracies      by the same names: the part of the samples whose class is predicted, from 0 to 1, shape (E + 1,).
    penalties       l1 sum_k ||W_k||_1 + l2 sum_k ||W_k||_F^2, shape (E + 1,); losses["training"] + penalties is J.
    gradient_norms  the norms ||dW_k||_F of the gradient of J on all training samples, shape (E + 1, L); None if they
                    were not asked for.
    status          "finished", "stopped" (by the callback), "interrupted" (by the keyboard) or "diverged".
    message         one sentence on how it ended.

    All parts are measured with the same parameters, after the last batch of an epoch.  The arrays cannot be written.
    """

    epochs: Array
    losses: Mapping[str, Array]
    accuracies: Mapping[str, Array]
    penalties: Array
    gradient_norms: Array | None
    status: str
    message: str

    def __str__(self) -> str:
        last = "; ".join(
            f"{name} loss {loss[-1]:.4g}, accuracy {self.accuracies[name][-1]:.1%}"
            for name, loss in self.losses.items()
        )
        return f"{self.message} {last[0].upper()}{last[1:]}."

    def __repr__(self) -> str:
        return f"<History: {self}>"


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    epochs: int,
    batch: int,
    rate: float,
    momentum: float = 0.0,
    epsilon: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    validation: Part | None = None,
    test: Part | None = None,
    seed: int = 0,
    callback: Callable[[History], object] | None = None,
    progress: bool = True,
    gradient_norms: bool = False,
) -> History:
    """Train ``network``, whose parameters are changed in place, on X (N, n_0) and the labels y (N,).

    epochs, batch     how often all samples are used, and how many of them make one step; integers >= 1.
    rate, momentum    of the steps; rate > 0, 0 <= momentum < 1.
    epsilon, l1, l2   label smoothing and penalties; see ``mlp_utils.networks.network``.
    validation, test  pairs (X, y) that are measured and never trained on.
    seed              of the order of the samples; the same seed and the same start give the same result.
    callback          is called after each epoch with the history so far; training stops if it returns a true value.
                      An exception in it is not caught.
    progress          shows a bar.
    gradient_norms    keeps the norms of each layer's gradient, which costs one more pass over them in each epoch.

    The network and the history agree at the end: after an interruption (Ctrl+C, or the stop button of a notebook) both
    end with the last full epoch, and where the loss is no longer finite, with the last epoch that had a finite loss.

    Raises ``ValueError``, before anything is changed, for what does not fit, in one sentence.
    """
    _require(_is_integer(epochs) and epochs >= 1, "epochs", epochs, "an integer >= 1")
    _require(_is_integer(batch) and batch >= 1, "batch", batch, "an integer >= 1")
    _require(_is_number(rate) and 0.0 < rate < np.inf, "rate", rate, "a number > 0")
    _require(_is_number(momentum) and 0.0 <= momentum < 1.0, "momentum", momentum, "a number >= 0 and < 1")
    given = {"": (X, y), "_validation": validation, "_test": test}
    parts = [_part(network, name, *pair, epsilon) for name, pair in given.items() if pair is not None]
    observer = _Observer(network, parts, l1, l2, gradient_norms)
    descent = _Descent(network, parts[0], min(batch, len(parts[0].X)), rate, momentum, l1, l2, seed)

    entries = [observer.entry()]
    if not entries[0].is_finite:
        raise ValueError("The loss is not a finite number before the first step; the parameters are too large or nan.")
    reached = 0, _copies(network)  # set in one go, so that an interruption finds both or none
    status, message = "finished", f"Finished after {_epochs(epochs)}."
    try:
        with progress_bar(epochs, show=progress) as step:
            for epoch in range(1, epochs + 1):
                descent.epoch()
                entry = observer.entry()
                if not entry.is_finite:
                    status, message = "diverged", _divergence(epoch, rate)
                    break
                entries.append(entry)
                reached = epoch, _copies(network)
                step(f"loss {entry.losses['training']:.4g}")
                if callback is not None and callback(_history(entries, "running", f"Running, after {_epochs(epoch)}.")):
                    status, message = "stopped", f"Stopped by the callback after epoch {epoch} of {epochs}."
                    break
    except KeyboardInterrupt:
        status, message = "interrupted", f"Interrupted after {reached[0]} of {_epochs(epochs)}."
    if status in ("diverged", "interrupted"):
        for parameter, copy in zip(network.parameters, reached[1], strict=True):
            parameter[...] = copy
    return _history(entries[: reached[0] + 1], status, message)


class _Part(NamedTuple):
    """Samples X (N, n_0), labels y (N,) and smoothed labels T (N, C), checked."""

    name: str
    X: Array
    y: Array
    T: Array


def _part(network: Network, suffix: str, X: ArrayLike, y: ArrayLike, epsilon: float) -> _Part:
    X = network.inputs(X, "X" + suffix)
    y = network.labels(y, len(X), "y" + suffix)
    return _Part(suffix.removeprefix("_") or "training", X, y, smoothed_labels(y, network.sizes[-1], epsilon))


class _Descent:
    """The steps of one epoch after another."""

    def __init__(
        self,
        network: Network,
        part: _Part,
        batch: int,
        rate: float,
        momentum: float,
        l1: float,
        l2: float,
        seed: int,
    ) -> None:
        self.network, self.part, self.batch = network, part, batch
        self.rate, self.momentum, self.l1, self.l2 = rate, momentum, l1, l2
        self.rng = np.random.default_rng(seed)
        self.passes = Passes(network, batch)
        self.velocities = [np.zeros_like(p) for p in network.parameters]
        self.X, self.T = np.empty_like(part.X, order="C"), np.empty_like(part.T)

    def epoch(self) -> None:
        """One step for each batch of the shuffled samples."""
        order = self.rng.permutation(len(self.X))
        # Into memory that is there already; "clip" is quicker than to look for indices that are out of range.
        np.take(self.part.X, order, axis=0, out=self.X, mode="clip")
        np.take(self.part.T, order, axis=0, out=self.T, mode="clip")
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is told after the epoch
            for start in range(0, len(self.X), self.batch):
                rows = slice(start, start + self.batch)
                self._step(self.passes.gradients(self.X[rows], self.T[rows], self.l1, self.l2))

    def _step(self, gradients: Sequence[Array]) -> None:
        for parameter, gradient, velocity in zip(self.network.parameters, gradients, self.velocities, strict=True):
            if self.momentum:
                velocity *= self.momentum
                velocity += gradient
                np.multiply(velocity, self.rate, out=gradient)
            else:
                gradient *= self.rate
            parameter -= gradient


# --- what is measured after an epoch -----------------------------------------------------------------------------


class _Entry(NamedTuple):
    """The state after one epoch."""

    losses: dict[str, float]
    accuracies: dict[str, float]
    penalty: float
    gradient_norms: Array | None

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.losses["training"] + self.penalty))


class _Observer:
    """Measures a network on its parts; the first of them is what it is trained on."""

    def __init__(self, network: Network, parts: Sequence[_Part], l1: float, l2: float, gradient_norms: bool) -> None:
        self.network, self.parts, self.l1, self.l2 = network, parts, l1, l2
        self.passes = Passes(network, min(_ROWS, max(len(part.X) for part in parts)))
        self.whole = Passes(network, len(parts[0].X)) if gradient_norms else None

    def entry(self) -> _Entry:
        with np.errstate(over="ignore", invalid="ignore"):
            pairs = {part.name: self._measure(part) for part in self.parts}
            norms = None
            if self.whole is not None:
                part = self.parts[0]
                norms = layer_norms(self.whole.gradients(part.X, part.T, self.l1, self.l2))
            return _Entry(
                {name: loss for name, (loss, _) in pairs.items()},
                {name: accuracy for name, (_, accuracy) in pairs.items()},
                float(self.network.penalty(self.l1, self.l2)),
                norms,
            )

    def _measure(self, part: _Part) -> tuple[float, float]:
        """The mean cross-entropy and the accuracy."""
        loss, right = 0.0, 0
        for start in range(0, len(part.X), _ROWS):
            rows = slice(start, start + _ROWS)
            logits = self.passes.forward(part.X[rows])
            loss += float(cross_entropy(logits, part.T[rows]))
            right += int(np.count_nonzero(logits.argmax(axis=1) == part.y[rows]))
        return loss / len(part.X), right / len(part.X)


def _history(entries: Sequence[_Entry], status: str, message: str) -> History:
    first = entries[0]
    norms = None if first.gradient_norms is None else _fixed([entry.gradient_norms for entry in entries])
    return History(
        epochs=_fixed(range(len(entries))),
        losses=MappingProxyType({name: _fixed([e.losses[name] for e in entries]) for name in first.losses}),
        accuracies=MappingProxyType({name: _fixed([e.accuracies[name] for e in entries]) for name in first.losses}),
        penalties=_fixed([entry.penalty for entry in entries]),
        gradient_norms=norms,
        status=status,
        message=message,
    )


def _fixed(values: Any) -> Array:
    array = np.array(values)
    array.setflags(write=False)
    return array


def _copies(network: Network) -> list[Array]:
    return [parameter.copy() for parameter in network.parameters]


# --- words -------------------------------------------------------------------------------------------------------


def _epochs(count: int) -> str:
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def _divergence(epoch: int, rate: float) -> str:
    return (
        f"Stopped in epoch {epoch}, because the loss is no longer a finite number; "
        f"try a rate smaller than {rate:g}, or smaller initial weights."
    )


def _is_integer(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _require(holds: object, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name} is {value!r}; give {wanted}.")
