"""What a derivation is about: the letters with their shapes, the ranges of the indices, the points for trying out."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp_utils.derivations.reader import read_formula
from mlp_utils.derivations.tree import Node

POINTS = 5
_SCALARS = (0.7, -1.3, 2.1, 0.0, -0.4, 3.2)
_LENGTHS = (3, 4, 2, 5, 6)


@dataclass(frozen=True)
class Letter:
    """A variable of a derivation.

    shape:  names of ranges: () for a number, ("n",) for a vector, ("n", "q") for a matrix.
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
        named = [name for letter in self.letters.values() for name in letter.shape]
        return tuple(dict.fromkeys([*named, *self.indices.values()]))

    def formulas(self) -> dict[str, Node]:
        return {name: read_formula(text) for name, text in self.definitions.items()}

    def lengths(self, equal: frozenset[str] = frozenset()) -> dict[str, int]:
        """Pairwise different lengths, so that a transpose cannot hide; those in ``equal`` get one common length."""
        found = {name: _LENGTHS[k % len(_LENGTHS)] + k // len(_LENGTHS) * 5 for k, name in enumerate(self.ranges)}
        return {name: 3 if name in equal else length for name, length in found.items()}

    def points(self, lengths: Mapping[str, int], count: int = POINTS) -> dict[str, np.ndarray]:
        """Values of every letter at ``count`` points: shape (count, *shape), two decimals, of both signs if real."""
        rng = np.random.default_rng(zlib.crc32(",".join(self.letters).encode()))
        return {
            name: np.stack([_draw(rng, letter, lengths, k) for k in range(count)])
            for name, letter in self.letters.items()
        }

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


def _draw(rng: np.random.Generator, letter: Letter, lengths: Mapping[str, int], point: int) -> np.ndarray:
    shape = tuple(lengths[name] for name in letter.shape)
    if letter.domain == "unit":
        return np.asarray(np.round(rng.uniform(0.05, 0.95, size=shape), 2))
    if letter.domain == "positive":
        return np.asarray(np.round(rng.uniform(0.2, 3.0, size=shape), 2))
    if letter.domain == "share":
        parts = rng.integers(1, 20, size=shape).astype(float)
        return np.asarray(parts / np.sum(parts, axis=-1, keepdims=True))
    if letter.domain == "one-hot":
        return np.asarray(np.eye(shape[-1])[rng.integers(0, shape[-1], size=shape[:-1])])
    if letter.domain != "real":
        raise ValueError(f"{letter.domain!r} is no domain of a letter")
    if not shape:
        return np.asarray(_SCALARS[point % len(_SCALARS)])
    return np.asarray(np.round(rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 2.0, size=shape), 2))
