"""Compute a formula of a derivation at many points at once.

A value has the axes (points, steps, one axis for each index, the array's own axes).  An index axis has length 1 where
the value does not depend on that index.  ``steps`` holds the entries that a derivative moves by a complex step; it has
length 1 outside of derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlp_utils.derivations.arithmetic import Array, Floats, Numbers, divide
from mlp_utils.derivations.ranges import MeaningError, known_names, name_of, spans_of, told
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Over,
    Total,
    Transpose,
    Unary,
)

MAX_VALUES = 2_000_000
_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True)
class Value:
    """A computed formula: the numbers, and the names of the ranges of the array's own axes (() for a number)."""

    data: Array
    shape: tuple[str, ...]


class Evaluator:
    """Computes formulas in one setting with one kind of numbers.

    indices: the names of all indices of the formulas, each with the range that it runs over.
    """

    def __init__(
        self,
        setting: Setting,
        numbers: Numbers | None = None,
        lengths: Mapping[str, int] | None = None,
        points: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.setting = setting
        self.numbers = numbers or Floats()
        self.lengths = dict(lengths or setting.lengths())
        self.points = dict(points or setting.points(self.lengths))
        self.formulas = setting.formulas()
        self.indices: list[str] = []
        self.spans: dict[str, str] = {}

    def evaluate(self, node: Node, spans: Mapping[str, str] | None = None) -> Value:
        """The value of one formula; ``MeaningError`` if it has none.

        spans: the ranges of indices as far as earlier lines tell them.
        """
        self.spans = spans_of(node, self.setting, self.formulas, spans or {})
        self.indices = sorted(self.spans)
        with np.errstate(all="ignore"):
            return self._evaluate(node, {})

    def table(self, node: Node, free: Sequence[str], spans: Mapping[str, str] | None = None) -> Value:
        """The same with the axes (points, one for each of these indices, the array's own axes)."""
        value = self.evaluate(node, spans)
        axes = [2 + self.indices.index(name) for name in free if name in self.indices]
        others = [axis for axis in range(1, self.lead) if axis not in axes]
        data = np.transpose(value.data, (0, *axes, *range(self.lead, value.data.ndim), *others))
        data = data.reshape(data.shape[: data.ndim - len(others)])
        for place, name in enumerate(free):
            if name not in self.indices:
                data = np.expand_dims(data, 1 + place)
        return Value(data, value.shape)

    # --- axes --------------------------------------------------------------------------------------------------

    @property
    def lead(self) -> int:
        """The number of axes before the array's own."""
        return 2 + len(self.indices)

    def _constant(self, data: Array) -> Value:
        return Value(np.reshape(data, (1,) * self.lead), ())

    def _index(self, name: str) -> Array:
        """0, 1, ... along the axis of an index."""
        axis = 2 + self.indices.index(name)
        shape = [1] * self.lead
        shape[axis] = self.lengths[self.spans[name]]
        return np.arange(shape[axis]).reshape(shape)

    def _full(self, letter: str) -> Value:
        data = self.numbers.array(self.points[letter])
        shape = self.setting.letters[letter].shape
        core = data.shape[1:]
        return Value(data.reshape(data.shape[0], *(1,) * (self.lead - 1), *core), shape)

    # --- nodes -------------------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, moved: Mapping[str, Value]) -> Value:
        if isinstance(node, Number):
            return self._constant(self.numbers.number(node.text))
        if isinstance(node, Name):
            return self._name(node.id, moved)
        if isinstance(node, Unary):
            value = self._evaluate(node.operand, moved)
            return Value(-value.data, value.shape)
        if isinstance(node, Binary):
            return self._binary(node, moved)
        if isinstance(node, Call):
            value = self._evaluate(node.argument, moved)
            if node.function == "softmax" and not value.shape:
                raise MeaningError("shape", "softmax acts on a vector, and its argument is a single number")
            return Value(self.numbers.apply(node.function, value.data), value.shape)
        if isinstance(node, Entry):
            return self._entry(self._evaluate(node.array, moved), node.indices, name_of(node.array))
        if isinstance(node, Transpose):
            value = self._evaluate(node.operand, moved)
            if len(value.shape) < 2:
                return value
            return Value(np.swapaxes(value.data, -1, -2), value.shape[::-1])
        if isinstance(node, Indicator):
            return self._indicator(node.conditions, moved)
        if isinstance(node, Kronecker):
            same = self._index(node.left) == self._index(node.right)
            return Value(self.numbers.array(same.astype(float)), ())
        if isinstance(node, Over):
            return self._over(node, moved)
        if isinstance(node, Total):
            return self._total(node, moved)
        if isinstance(node, Derivative):
            return self._derivative(node, moved)
        raise AssertionError(f"{type(node).__name__} has no value")

    def _name(self, name: str, moved: Mapping[str, Value]) -> Value:
        if name in moved:
            return moved[name]
        if name in self.setting.letters:
            return self._full(name)
        if name in self.formulas:
            return self._evaluate(self.formulas[name], moved)
        if name in self.lengths:
            return self._constant(self.numbers.array(float(self.lengths[name])))
        if name in self.indices:
            raise MeaningError("index", f"{name} is an index; it stands in square brackets or in a condition")
        raise MeaningError("name", f"{name} is not known here; known are {', '.join(known_names(self.setting))}")

    def _binary(self, node: Binary, moved: Mapping[str, Value]) -> Value:
        left, right = self._evaluate(node.left, moved), self._evaluate(node.right, moved)
        if node.op == "@":
            return self._product(left, right)
        a, b, shape = self._aligned(left, right, node.op)
        self._bounded(a, b)
        if node.op == "+":
            return Value(a + b, shape)
        if node.op == "-":
            return Value(a - b, shape)
        if node.op == "*":
            return Value(a * b, shape)
        if node.op == "/":
            return Value(divide(self.numbers, a, b), shape)
        return Value(self.numbers.power(*np.broadcast_arrays(a, b)), shape)

    def _aligned(self, left: Value, right: Value, op: str) -> tuple[Array, Array, tuple[str, ...]]:
        """Both with the same own axes, as NumPy would align them."""
        if left.shape == right.shape:
            return left.data, right.data, left.shape
        longer, shorter = (left, right) if len(left.shape) >= len(right.shape) else (right, left)
        gap = len(longer.shape) - len(shorter.shape)
        shape = []
        for a, b in zip(longer.shape, ("1",) * gap + shorter.shape, strict=True):
            if a != b and "1" not in (a, b):
                raise MeaningError(
                    "shape", f"the shapes {told(left.shape)} and {told(right.shape)} do not fit together at «{op}»"
                )
            shape.append(b if a == "1" else a)
        data = shorter.data.reshape(*shorter.data.shape[: self.lead], *(1,) * gap, *shorter.data.shape[self.lead :])
        pair = (left.data, data) if longer is left else (data, right.data)
        return *pair, tuple(shape)

    def _product(self, left: Value, right: Value) -> Value:
        if not left.shape or not right.shape or left.shape[-1] != right.shape[max(0, len(right.shape) - 2)]:
            raise MeaningError(
                "shape", f"a matrix product of shapes {told(left.shape)} and {told(right.shape)} does not exist"
            )
        a = left.data if len(left.shape) == 2 else left.data[..., None, :]
        b = right.data if len(right.shape) == 2 else right.data[..., :, None]
        data = np.matmul(a, b)
        if len(right.shape) == 1:
            data = data[..., 0]
        if len(left.shape) == 1:
            data = data[..., 0, :] if len(right.shape) == 2 else data[..., 0]
        return Value(data, left.shape[:-1] + (right.shape[-1:] if len(right.shape) == 2 else ()))

    def _entry(self, value: Value, indices: tuple[str, ...], name: str) -> Value:
        if len(indices) != len(value.shape):
            wanted = f"needs {len(value.shape)} indices, not {len(indices)}"
            raise MeaningError("shape", f"{name} has the shape {told(value.shape)} and {wanted}")
        places: list[Array] = []
        for axis, length in enumerate(value.data.shape[: self.lead]):
            shape = [1] * self.lead
            shape[axis] = length
            places.append(np.arange(length).reshape(shape))
        places += [self._index(index) for index in indices]
        return Value(value.data[tuple(places)], ())

    def _truth(self, conditions: tuple[Condition, ...], moved: Mapping[str, Value]) -> Array:
        truth = np.ones((1,) * self.lead, dtype=bool)
        for condition in conditions:
            sides = []
            for side in (condition.left, condition.right):
                if isinstance(side, Name) and side.id in self.indices:
                    sides.append(Value(self.numbers.array(self._index(side.id).astype(float)), ()))
                else:
                    sides.append(self._evaluate(side, moved))
            a, b, shape = self._aligned(sides[0], sides[1], condition.op)
            new = np.asarray(_COMPARE[condition.op](self.numbers.real(a), self.numbers.real(b)), dtype=bool)
            if shape and truth.ndim == self.lead:
                truth = truth.reshape(*truth.shape, *(1,) * len(shape))
            truth = truth & new
        return truth

    def _indicator(self, conditions: tuple[Condition, ...], moved: Mapping[str, Value]) -> Value:
        truth = self._truth(conditions, moved)
        first = conditions[0]
        sides = [
            () if isinstance(side, Name) and side.id in self.indices else self._evaluate(side, moved).shape
            for side in (first.left, first.right)
        ]
        return Value(self.numbers.array(truth.astype(float)), max(sides, key=len))

    def _over(self, node: Over, moved: Mapping[str, Value]) -> Value:
        value = self._evaluate(node.body, moved)
        axis = 2 + self.indices.index(node.index)
        neutral = self.numbers.array(0.0 if node.kind == "sum" else 1.0)
        data = value.data
        if node.conditions:
            truth = self._truth(node.conditions, moved)
            truth = truth.reshape(*truth.shape, *(1,) * len(value.shape))
            data = np.where(truth, data, neutral)
        length = self.lengths[self.spans[node.index]]
        if data.shape[axis] == 1:
            data = np.broadcast_to(data, (*data.shape[:axis], length, *data.shape[axis + 1 :]))
        total = (np.sum if node.kind == "sum" else np.prod)(data, axis=axis, keepdims=True)
        return Value(np.asarray(total), value.shape)

    def _total(self, node: Total, moved: Mapping[str, Value]) -> Value:
        value = self._evaluate(node.operand, moved)
        rank = len(value.shape)
        if not rank:
            raise MeaningError("shape", "the sum of a single number was asked for; name the index: sum(x[i] for i)")
        if node.axis is None:
            return Value(np.sum(value.data, axis=tuple(range(-rank, 0))), ())
        axis = node.axis if node.axis >= 0 else rank + node.axis
        if axis >= rank:
            raise MeaningError("shape", f"an array of shape {told(value.shape)} has no axis {node.axis}")
        data = np.sum(value.data, axis=self.lead + axis, keepdims=node.keepdims)
        middle = ("1",) if node.keepdims else ()
        return Value(np.asarray(data), value.shape[:axis] + middle + value.shape[axis + 1 :])

    def _derivative(self, node: Derivative, moved: Mapping[str, Value]) -> Value:
        """Every entry of the array is moved by a complex step in turn; then the wanted entries are taken."""
        if moved:
            raise MeaningError("nested", "a derivative inside a derivative is not part of the language")
        name = node.by.id if isinstance(node.by, Name) else name_of(node.by)
        if name in self.lengths and name not in self.setting.letters:
            raise MeaningError("name", f"{name} is a length and not a variable, so nothing is differentiated by it")
        value = self._name(name, {})
        if any(length > 1 for length in value.data.shape[1 : self.lead]):
            raise MeaningError("index", f"{name} depends on an index, so nothing can be differentiated by it")
        core = value.data.shape[self.lead :]
        count = int(np.prod(core, dtype=int))
        moves = np.eye(count).reshape(1, count, *(1,) * len(self.indices), *core)
        imaginary = self.numbers.array(1j) * self.numbers.step
        stepped = Value(value.data + self.numbers.array(moves) * imaginary, value.shape)
        result = self._evaluate(node.of, {name: stepped})
        data = self._slopes(result.data)
        rank = len(result.shape)
        # the axis of steps becomes the last axes of the result
        data = np.broadcast_to(data, (data.shape[0], count, *data.shape[2:]))
        data = np.moveaxis(data[:, :, None], 1, -1)
        data = data.reshape(*data.shape[:-1], *core)
        if isinstance(node.by, Entry):
            if len(node.by.indices) != len(core):
                raise MeaningError("shape", f"{name} has the shape {told(value.shape)} and needs {len(core)} indices")
            front = np.moveaxis(data, range(self.lead, self.lead + rank), range(-rank, 0)) if rank else data
            return self._entry_of_slopes(front, node.by.indices, result.shape, len(core))
        if rank + len(core) > 2:
            shapes = f"the shape {told(result.shape)} by the shape {told(value.shape)}"
            raise MeaningError("shape", f"the derivative of {shapes} has more than two axes; write it for entries")
        return Value(data, result.shape + value.shape)

    def _entry_of_slopes(self, data: Array, indices: tuple[str, ...], shape: tuple[str, ...], core: int) -> Value:
        places: list[Array] = []
        for axis, length in enumerate(data.shape[: self.lead]):
            form = [1] * self.lead
            form[axis] = length
            places.append(np.arange(length).reshape(form))
        places += [self._index(index) for index in indices]
        assert len(indices) == core
        return Value(data[tuple(places)], shape)

    def _slopes(self, data: Array) -> Array:
        """The imaginary parts divided by the step; NaN where the value itself is undefined."""
        slopes = self.numbers.array(self.numbers.imag(data) / self.numbers.step)
        undefined = ~self.numbers.finite(data)
        return np.where(undefined, np.nan if isinstance(self.numbers, Floats) else self.numbers.nan, slopes)

    def _bounded(self, a: Array, b: Array) -> None:
        size = 1
        for m, n in zip(reversed(a.shape), reversed(b.shape), strict=False):
            size *= max(m, n)
        if size > MAX_VALUES:
            raise MeaningError("index", "the formula has too many indices to be tried out")
