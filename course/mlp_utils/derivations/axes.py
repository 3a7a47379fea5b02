"""Values with axes for points, steps and indices, and what computing them may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlp_utils.derivations.arithmetic import Array, Numbers
from mlp_utils.derivations.ranges import MeaningError, Shape, together, told

MAX_VALUES = 200_000
"""The most entries of one array."""
MAX_INDICES = 16
MAX_WORK = 60_000_000
"""What one derivation may cost, in units of about 10 ns."""
_NODE = 1500


class Work:
    """How much may still be computed for one derivation; it is counted, so that every machine stops at one place."""

    def __init__(self, most: int = MAX_WORK) -> None:
        self.left = most

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise MeaningError("size", "this is more than can be tried out; use fewer or shorter lines")


@dataclass(frozen=True)
class Value:
    """A computed formula: the numbers, and the names of the ranges of the array's own axes (() for a number)."""

    data: Array
    shape: Shape


class Axes:
    """The axes of one formula: (points, steps, one for each index, the array's own).

    indices: the names of all indices of the formula; ``spans`` the range of each, ``lengths`` the length of each range.
    """

    numbers: Numbers
    work: Work
    lengths: dict[str, int]
    indices: list[str]
    spans: dict[str, str]

    @property
    def lead(self) -> int:
        """The number of axes before the array's own."""
        return 2 + len(self.indices)

    def _pay(self, *shapes: tuple[int, ...], function: bool = False, times: int = 1) -> None:
        """Before an array is made: whether it is small enough, and what it costs."""
        size = times
        for lengths in _columns(shapes):
            size *= max(lengths)
        if size > MAX_VALUES:
            raise MeaningError("size", "this line has too many indices to be tried out")
        self.work.spend(_NODE + size * (self.numbers.function_cost if function else self.numbers.cost))

    def _constant(self, data: Array, shape: Shape = ()) -> Value:
        return Value(np.reshape(data, (1,) * self.lead + np.shape(data)), shape)

    def _index(self, name: str) -> Array:
        """0, 1, ... along the axis of an index; one place for a number."""
        if name.isdecimal():
            return np.full((1,) * self.lead, int(name))
        axis = 2 + self.indices.index(name)
        shape = [1] * self.lead
        shape[axis] = self.lengths[self.spans[name]]
        return np.arange(shape[axis]).reshape(shape)

    def _aligned(self, left: Value, right: Value, op: str) -> tuple[Array, Array, Shape]:
        """Both with the same own axes, as NumPy would align them."""
        shape = together(left.shape, right.shape, op)
        a, b = (
            value.data.reshape(
                *value.data.shape[: self.lead],
                *(1,) * (len(shape) - len(value.shape)),
                *value.data.shape[self.lead :],
            )
            for value in (left, right)
        )
        return a, b, shape

    def _rows(self, value: Value, indices: tuple[str, ...], name: str) -> Value:
        """The entry at these indices, or a row of a matrix if only one is given."""
        if len(value.shape) != 2 or len(indices) != 1:
            return self._entry(value, indices, name)
        # The columns stand before the axis that the index picks from; then they are the axis that is kept.
        turned = Value(np.swapaxes(value.data, -1, -2), value.shape[:1])
        return self._entry(turned, indices, name, value.shape[1:])

    def _entry(self, value: Value, indices: tuple[str, ...], name: str, own: Shape = ()) -> Value:
        """The entry at these indices; ``own`` are axes before them that are kept (of a derivative of an array)."""
        if len(indices) != len(value.shape):
            kind = f"has the shape {told(value.shape)}" if value.shape else "is a single number"
            many = f"{len(value.shape)} {'index' if len(value.shape) == 1 else 'indices'}"
            raise MeaningError("shape", f"{name} {kind} and needs {many}, not {len(indices)}")
        places: list[Array] = []
        rank = len(own)
        for axis, length in enumerate(value.data.shape[: self.lead + rank]):
            shape = [1] * (self.lead + rank)
            shape[axis] = length
            places.append(np.arange(length).reshape(shape))
        places += [self._index(index).reshape(self._index(index).shape + (1,) * rank) for index in indices]
        self._pay(*(place.shape for place in places))
        return Value(value.data[tuple(places)], own)


def _columns(shapes: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """The lengths that stand at the same axis when shapes are aligned at their ends."""
    longest = max(len(shape) for shape in shapes)
    return [[shape[k] if k >= -len(shape) else 1 for shape in shapes] for k in range(-longest, 0)]
