"""What a derivation is about: the letters with their shapes, the ranges of the indices, the points for trying out."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.tree import Node

POINTS = 7
_SCALARS = (0.7, -1.3, 2.1, -0.4, 1.6)
_LENGTHS = (3, 4, 2, 5, 6)


@dataclass(frozen=True)
class Letter:
    """A variable of a derivation.

    shape:  names of ranges: () for a number, ("n",) for a vector, ("n", "q") for a matrix.  A range may also be a
            number, its fixed length: ("n", "1") for a column.
    domain: "real", "positive", "unit" (between 0 and 1), "share" (positive, sums to 1 along the last axis), "one-hot".
    """

    shape: tuple[str, ...] = ()
    domain: str = "real"


@dataclass(frozen=True)
class Setting:
    """The letters of a derivation.

    letters:     variables by name.
    definitions: names that stand for formulas, such as p for softmax(z); in the order of their definition.
    ranges:      the names of the index ranges; each is also a number, its length.
    indices:     for an index, the range that it runs over; other indices get theirs from the arrays.
    """

    letters: Mapping[str, Letter]
    definitions: Mapping[str, str] = field(default_factory=dict)
    indices: Mapping[str, str] = field(default_factory=dict)

    @property
    def ranges(self) -> tuple[str, ...]:
        """The names of the ranges, without those that are numbers."""
        return tuple(name for name in self._all_ranges if not name.isdecimal())

    @property
    def _all_ranges(self) -> tuple[str, ...]:
        named = [name for letter in self.letters.values() for name in letter.shape]
        return tuple(dict.fromkeys([*named, *self.indices.values()]))

    def formulas(self) -> dict[str, Node]:
        return {name: read_formula(text) for name, text in self.definitions.items()}

    def lengths(self, turn: int = 0) -> dict[str, int]:
        """Pairwise different lengths, so that a transpose cannot hide; another ``turn`` gives each another length."""
        places = {name: k + turn for k, name in enumerate(self.ranges)}
        found = {name: _LENGTHS[k % len(_LENGTHS)] + k // len(_LENGTHS) * 5 for name, k in places.items()}
        return found | {name: int(name) for name in self._all_ranges if name.isdecimal()}

    def points(self, lengths: Mapping[str, int], count: int = POINTS, seed: int = 0) -> dict[str, np.ndarray]:
        """Values of every letter at ``count`` points: shape (count, *shape), two decimals, of both signs if real.

        Every number of the domain "real" is 0 at one of the last two points; nothing else is 0 but in "one-hot".
        """
        rng = np.random.default_rng([zlib.crc32(",".join(self.letters).encode()), seed])
        found: dict[str, np.ndarray] = {}
        for k, (name, letter) in enumerate(self.letters.items()):
            values = np.stack([_draw(rng, letter, lengths) for _ in range(count)])
            if not letter.shape and letter.domain == "real":
                values = _scalars(rng, count)
                values[count - 1 - k % 2] = 0.0
            found[name] = values
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "letters": {name: [list(letter.shape), letter.domain] for name, letter in self.letters.items()},
            "definitions": dict(self.definitions),
            "indices": dict(self.indices),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Setting:
        letters = {name: Letter(tuple(shape), domain) for name, (shape, domain) in data["letters"].items()}
        return Setting(letters, dict(data["definitions"]), dict(data["indices"]))


def _scalars(rng: np.random.Generator, count: int) -> np.ndarray:
    """Numbers near those of the table, in another order and with other decimals for each letter."""
    table = np.resize(rng.permutation(_SCALARS), count)
    shifts = rng.choice([-0.21, -0.15, -0.08, 0.04, 0.11, 0.17, 0.23], size=count)
    return np.asarray(np.round(table + shifts, 2))


def _draw(rng: np.random.Generator, letter: Letter, lengths: Mapping[str, int]) -> np.ndarray:
    shape = tuple(lengths[name] for name in letter.shape)
    if letter.domain == "unit":
        return np.asarray(np.round(rng.uniform(0.05, 0.95, size=shape), 2))
    if letter.domain == "positive":
        return np.asarray(np.round(rng.uniform(0.2, 3.0, size=shape), 2))
    if letter.domain == "share":
        return _shares(rng, shape)
    if letter.domain == "one-hot":
        return np.asarray(np.eye(shape[-1])[rng.integers(0, shape[-1], size=shape[:-1])])
    if letter.domain != "real":
        raise ValueError(f"{letter.domain!r} is no domain of a letter")
    return np.asarray(np.round(rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 2.0, size=shape), 2))


def _shares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Positive, in whole hundredths whose sum is exactly 100: as decimal numbers they sum to 1 exactly."""
    parts = rng.uniform(1.0, 9.0, size=shape)
    hundredths = np.maximum(np.floor(100 * parts / np.sum(parts, axis=-1, keepdims=True)), 1.0)
    hundredths[..., -1] += 100 - np.sum(hundredths, axis=-1)
    return np.asarray(hundredths / 100)
