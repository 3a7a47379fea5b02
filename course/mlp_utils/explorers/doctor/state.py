"""What the gradient doctor shows: the settings, the mysteries, and all that follows from them.

Pure NumPy: no picture, no widget.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mlp_utils.explorers.doctor.mistakes import MISTAKES, Mistake, mistake
from mlp_utils.explorers.doctor.model import (
    NOTHING,
    Gradients,
    Signature,
    Training,
    TrainingProblem,
    problem,
    right_gradients,
    signature,
    train,
)

__all__ = [
    "EPSILON_RANGE",
    "MYSTERIES",
    "RATES",
    "SIZES",
    "DoctorEvaluation",
    "DoctorState",
    "evaluate",
    "hidden_mistake",
]

SIZES: Final = {"samples": (1, 12), "inputs": (1, 6), "hidden": (2, 8), "classes": (2, 6)}
"""Smallest and largest N, d, H and C."""

EPSILON_RANGE: Final = (0.0, 0.5)
"""Smallest and largest smoothing constant."""

RATES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""The learning rates."""

MYSTERIES: Final = len(MISTAKES)
"""So many mysteries there are: each mistake once."""

_ORDER: Final = tuple(int(k) for k in np.random.default_rng(1847).permutation(len(MISTAKES)))


def hidden_mistake(mystery: int) -> Mistake:
    """The mistake of the mystery 1, 2, …, `MYSTERIES`."""
    return MISTAKES[_ORDER[mystery - 1]]


def _refuse_unless(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(low <= value <= high)


@dataclass(frozen=True)
class DoctorState:
    """Everything that the gradient doctor shows depends on this state, and on nothing else.

    mistake:   the id of a mistake.
    mystery:   0 shows that mistake; 1 to `MYSTERIES` shows a hidden one instead.
    guess:     the id of the mistake that was last proposed for the mystery, "" before.
    given_up:  whether the answer of the mystery is to be shown.
    samples, inputs, hidden, classes:  N, d, H, C, within `SIZES`.
    epsilon:   the smoothing, in `EPSILON_RANGE`.    rate: the learning rate, one of `RATES`.
    seed:      0 to 99: the data and the start of the weights.

    Raises `ValueError` if a field is out of its range.
    """

    mistake: str = MISTAKES[0].id
    mystery: int = 0
    guess: str = ""
    given_up: bool = False
    samples: int = 6
    inputs: int = 4
    hidden: int = 5
    classes: int = 3
    epsilon: float = 0.1
    rate: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        known = [each.id for each in MISTAKES]
        _refuse_unless(self.mistake in known, f"mistake must be one of {', '.join(known)}, not {self.mistake!r}.")
        _refuse_unless(self.guess in ["", *known], f"guess must be the id of a mistake, not {self.guess!r}.")
        ranges = {"mystery": (0, MYSTERIES), **SIZES, "seed": (0, 99)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            _refuse_unless(
                _whole(value, low, high), f"{name} must be a whole number from {low} to {high}, not {value!r}."
            )
        low_epsilon, high_epsilon = EPSILON_RANGE
        _refuse_unless(  # a comparison with NaN is False, so NaN is refused
            low_epsilon <= self.epsilon <= high_epsilon,
            f"epsilon must be a number from {low_epsilon:g} to {high_epsilon:g}, not {self.epsilon!r}.",
        )
        rates = ", ".join(f"{rate:g}" for rate in RATES)
        _refuse_unless(self.rate in RATES, f"rate must be one of {rates}, not {self.rate!r}.")

    @property
    def shown(self) -> Mistake:
        """The mistake whose signature is shown: the chosen one, or that of the mystery."""
        return hidden_mistake(self.mystery) if self.mystery else mistake(self.mistake)

    @property
    def solved(self) -> bool:
        """Whether the guess explains all arrays of the mystery (another mistake may do so as well)."""
        return bool(self.mystery and self.guess) and _signature(self, self.guess).same_as(evaluate(self).signature)

    @property
    def named(self) -> bool:
        """Whether the name of the mistake may be shown."""
        return not self.mystery or self.given_up or self.solved

    @property
    def problem(self) -> TrainingProblem:
        """The network and the data of these sizes and this seed."""
        return problem(self.samples, self.inputs, self.hidden, self.classes, self.seed)

    def signature_of(self, mistake_id: str) -> Signature:
        """The signature of any mistake at these settings."""
        return _signature(self, mistake_id)


@dataclass(frozen=True, eq=False)
class DoctorEvaluation:
    """All numbers of one state: the right gradients, the signature, and both curves of training."""

    right: Gradients
    signature: Signature
    training: Training
    right_training: Training


def _signature(state: DoctorState, mistake_id: str) -> Signature:
    return signature(state.problem, mistake(mistake_id).change, state.samples, state.epsilon, state.rate)


@lru_cache(maxsize=64)
def _training(
    samples: int, inputs: int, hidden: int, classes: int, seed: int, epsilon: float, rate: float, mistake_id: str
) -> Training:
    change = mistake(mistake_id).change if mistake_id else NOTHING
    return train(problem(samples, inputs, hidden, classes, seed), change, epsilon, rate)


@lru_cache(maxsize=8)  # picture, words and readout of one state all ask
def evaluate(state: DoctorState) -> DoctorEvaluation:
    """Evaluate the gradients, the signature and the curves of a state."""
    how = (state.samples, state.inputs, state.hidden, state.classes, state.seed, state.epsilon, state.rate)
    return DoctorEvaluation(
        right=right_gradients(state.problem, state.samples, state.epsilon),
        signature=_signature(state, state.shown.id),
        training=_training(*how, state.shown.id),
        right_training=_training(*how, ""),
    )
