"""Compute a formula of a derivation at many points at once.

A value has the axes (points, steps, one axis for each index, the array's own axes).  An index axis has length 1 where
the value does not depend on that index.  ``steps`` holds the entries that a derivative moves by a complex step; it has
length 1 outside of derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mlp_utils.derivations.advice import unknown_name
from mlp_utils.derivations.arithmetic import Floats, Numbers, divide
from mlp_utils.derivations.axes import MAX_INDICES, Axes, Value, Work
from mlp_utils.derivations.meaning import Meaning, remember
from mlp_utils.derivations.ranges import (
    MeaningError,
    known_names,
    name_of,
    plain,
    shape_of,
    told,
)
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Constant,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
)

_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass
class _Moved:
    """What a derivative holds: the moved name with its values, and what was computed from them."""

    name: str = ""
    value: Value | None = None
    memory: dict[str, Value] = field(default_factory=dict)


class Evaluator(Axes):
    """Computes formulas in one setting with one kind of numbers.

    indices: the names of all indices of the formulas, each with the range that it runs over.
    """

    def __init__(
        self,
        setting: Setting,
        numbers: Numbers | None = None,
        lengths: Mapping[str, int] | None = None,
        points: Mapping[str, np.ndarray] | None = None,
        work: Work | None = None,
        meaning: Meaning | None = None,
    ) -> None:
        self.setting = setting
        self.numbers = numbers or Floats()
        self.lengths = {"1": 1, **(setting.lengths() if lengths is None else lengths)}
        self.points = dict(setting.points(self.lengths) if points is None else points)
        self.count = min((len(values) for values in self.points.values()), default=1)
        self.work = work or Work()
        self.meaning = meaning or Meaning(setting)
        self.formulas = self.meaning.formulas
        self.indices: list[str] = []
        self.spans: dict[str, str] = {}
        self._still = _Moved()
        self._slopes: dict[tuple[Node, str], Value] = {}
        self._values: dict[tuple[Node, tuple[tuple[str, str], ...]], tuple[Value, Mapping[str, str]]] = {}

    def at(self, points: Sequence[int], numbers: Numbers) -> Evaluator:
        """The same formulas at some of the points with other numbers."""
        chosen = {name: values[list(points)] for name, values in self.points.items()}
        return Evaluator(self.setting, numbers, self.lengths, chosen, self.work, self.meaning)

    def evaluate(self, node: Node, known: Mapping[str, str] | None = None) -> Value:
        """The value of one formula; ``MeaningError`` if it has none.

        known: the ranges of indices as far as earlier lines tell them.
        """
        key = (node, tuple(sorted((known or {}).items())))
        value, spans = self._values.pop(key, (None, {}))
        if value is None:
            meant = self.meaning.of(node, known or {})
            spans = meant.spans
            self._set_indices(spans)
            self._still, self._slopes = _Moved(), {}
            with np.errstate(all="ignore"):
                value = self._evaluate(meant.node, self._still)
        self._set_indices(spans)
        remember(self._values, key, (value, spans))
        return value

    def _set_indices(self, spans: Mapping[str, str]) -> None:
        self.spans, self.indices = dict(spans), sorted(spans)
        if len(self.indices) > MAX_INDICES:
            raise MeaningError("size", f"there are {len(self.indices)} indices, and {MAX_INDICES} are the most")

    def table(self, node: Node, free: Sequence[str], known: Mapping[str, str] | None = None) -> Value:
        """The same with the axes (points, one for each of these indices, the array's own axes)."""
        value = self.evaluate(node, known)
        axes = [2 + self.indices.index(name) for name in free if name in self.indices]
        others = [axis for axis in range(1, self.lead) if axis not in axes]
        data = np.transpose(value.data, (0, *axes, *range(self.lead, value.data.ndim), *others))
        data = data.reshape(data.shape[: data.ndim - len(others)])
        for place, name in enumerate(free):
            if name not in self.indices:
                data = np.expand_dims(data, 1 + place)
        return Value(np.broadcast_to(data, (self.count, *data.shape[1:])), value.shape)

    def _full(self, letter: str) -> Value:
        data = self.points[letter]
        self._pay(data.shape)
        data = self.numbers.array(data)
        return Value(
            data.reshape(data.shape[0], *(1,) * (self.lead - 1), *data.shape[1:]), self.setting.letters[letter].shape
        )

    # --- nodes -------------------------------------------------------------------------------------------------

    def _evaluate(self, node: Node, moved: _Moved) -> Value:
        if isinstance(node, Number):
            return self._constant(self.numbers.number(node.text))
        if isinstance(node, Name):
            return self._name(node.id, moved)
        if isinstance(node, Unary):
            value = self._evaluate(node.operand, moved)
            self._pay(value.data.shape)
            return Value(-value.data, value.shape)
        if isinstance(node, Binary):
            return self._binary(node, moved)
        if isinstance(node, Call):
            return self._call(node, moved)
        if isinstance(node, Outer):
            return self._outer(node, moved)
        if isinstance(node, Constant):
            return self._constant_array(node)
        if isinstance(node, Entry):
            value = self._evaluate(node.array, moved)
            return self._rows(value, node.indices, name_of(node.array))
        if isinstance(node, Transpose):
            value = self._evaluate(node.operand, moved)
            if len(value.shape) < 2:
                return value
            return Value(np.swapaxes(value.data, -1, -2), value.shape[::-1])
        if isinstance(node, Indicator):
            truth = self._truth(node.conditions, moved)
            return Value(self.numbers.array(truth.data), truth.shape)
        if isinstance(node, Kronecker):
            left, right = self._index(node.left), self._index(node.right)
            self._pay(left.shape, right.shape)
            return Value(self.numbers.array((left == right).astype(float)), ())
        if isinstance(node, Over):
            return self._over(node, moved)
        if isinstance(node, Total):
            return self._total(node, moved)
        if isinstance(node, Derivative):
            return self._derivative(node, moved)
        raise AssertionError(f"{type(node).__name__} has no value")

    def _name(self, name: str, moved: _Moved) -> Value:
        if moved.value is not None and name == moved.name:
            return moved.value
        if moved.name not in self.meaning.uses.get(name, ()):
            moved = self._still
        if name in moved.memory:
            return moved.memory[name]
        if name in self.setting.letters:
            value = self._full(name)
        elif name in self.formulas:
            value = self._evaluate(self.formulas[name], moved)
        elif name in self.lengths:
            value = self._constant(self.numbers.array(float(self.lengths[name])))
        elif name in self.indices:
            raise MeaningError("index", f"{plain(name)} is an index; it stands in square brackets or in a condition")
        else:
            raise MeaningError("name", unknown_name(name, known_names(self.setting)))
        moved.memory[name] = value
        return value

    def _binary(self, node: Binary, moved: _Moved) -> Value:
        left, right = self._evaluate(node.left, moved), self._evaluate(node.right, moved)
        if node.op == "@":
            return self._product(left, right)
        a, b, shape = self._aligned(left, right, node.op)
        self._pay(a.shape, b.shape, function=node.op == "**")
        if node.op == "+":
            return Value(a + b, shape)
        if node.op == "-":
            return Value(a - b, shape)
        if node.op == "*":
            return Value(a * b, shape)
        if node.op == "/":
            return Value(divide(self.numbers, a, b), shape)
        return Value(self.numbers.power(*np.broadcast_arrays(a, b)), shape)

    def _product(self, left: Value, right: Value) -> Value:
        a, b = left.shape, right.shape
        if not a or not b:
            raise MeaningError("shape", "a matrix product «@» is of arrays, and one side is a single number")
        if a[-1] != b[0]:
            outer = "; the outer product of two vectors is outer(a, b)" if len(a) == len(b) == 1 else ""
            raise MeaningError("shape", f"a matrix product of shapes {told(a)} and {told(b)} does not exist{outer}")
        columns = right.data.shape[-1] if len(b) == 2 else 1
        own = math.prod(left.data.shape[self.lead :]) * columns
        self._pay(left.data.shape[: self.lead], right.data.shape[: self.lead], times=own)
        x = left.data if len(a) == 2 else left.data[..., None, :]
        y = right.data if len(b) == 2 else right.data[..., :, None]
        data = np.matmul(x, y)
        if len(b) == 1:
            data = data[..., 0]
        if len(a) == 1:
            data = data[..., 0, :] if len(b) == 2 else data[..., 0]
        return Value(data, a[:-1] + b[1:])

    def _outer(self, node: Outer, moved: _Moved) -> Value:
        left, right = self._evaluate(node.left, moved), self._evaluate(node.right, moved)
        if (len(left.shape), len(right.shape)) != (1, 1):
            shapes = f"{told(left.shape)} and {told(right.shape)}"
            raise MeaningError("shape", f"outer is of two vectors, and its arguments have the shapes {shapes}")
        a, b = left.data[..., :, None], right.data[..., None, :]
        self._pay(a.shape, b.shape)
        return Value(a * b, left.shape + right.shape)

    def _call(self, node: Call, moved: _Moved) -> Value:
        value = self._evaluate(node.argument, moved)
        if node.function == "diag":
            if len(value.shape) != 1:
                raise MeaningError("shape", f"diag is of a vector, and its argument has the shape {told(value.shape)}")
            unit = np.eye(value.data.shape[-1])
            self._pay(value.data.shape, times=len(unit))
            return Value(value.data[..., None] * self.numbers.array(unit), value.shape * 2)
        if node.function == "softmax" and not value.shape:
            raise MeaningError("shape", "softmax acts on a vector, and its argument is a single number")
        self._pay(value.data.shape, function=True)
        return Value(self.numbers.apply(node.function, value.data), value.shape)

    def _constant_array(self, node: Constant) -> Value:
        for name in node.shape:
            if name not in self.lengths:
                ranges = ", ".join(self.setting.ranges)
                raise MeaningError("name", f"{name} is no range; {node.kind} is made of lengths: {ranges}")
        lengths = [self.lengths[name] for name in node.shape]
        data = np.eye(lengths[0]) if node.kind == "eye" else np.full(lengths, float(node.kind == "ones"))
        return self._constant(self.numbers.array(data), node.shape)

    def _truth(self, conditions: tuple[Condition, ...], moved: _Moved) -> Value:
        """1 where all conditions hold, 0 elsewhere, NaN where a side has no value."""
        truth = Value(np.ones((1,) * self.lead), ())
        for condition in conditions:
            sides = []
            for side in (condition.left, condition.right):
                if isinstance(side, Name) and side.id in self.indices:
                    sides.append(Value(self.numbers.array(1.0 * self._index(side.id)), ()))
                else:
                    sides.append(self._evaluate(side, moved))
            a, b, shape = self._aligned(sides[0], sides[1], condition.op)
            self._pay(a.shape, b.shape)
            holds = np.asarray(_COMPARE[condition.op](self.numbers.real(a), self.numbers.real(b)), dtype=bool)
            known = self.numbers.finite(a) & self.numbers.finite(b)
            new = Value(np.where(known, holds.astype(float), np.nan), shape)
            a, b, shape = self._aligned(truth, new, "and")
            self._pay(a.shape, b.shape)
            truth = Value(a * b, shape)
        return truth

    def _over(self, node: Over, moved: _Moved) -> Value:
        value = self._evaluate(node.body, moved)
        axis = 2 + self.indices.index(node.index)
        data = value.data
        if node.conditions:
            truth = self._truth(node.conditions, moved)
            if truth.shape:
                raise MeaningError("shape", "a condition of a sum compares single numbers, and here are arrays")
            mask = truth.data.reshape(*truth.data.shape, *(1,) * len(value.shape))
            self._pay(mask.shape, data.shape)
            neutral = self.numbers.array(0.0 if node.kind == "sum" else 1.0)
            data = np.where(mask == 1, data, np.where(mask == 0, neutral, self.numbers.nan))
        length = self.lengths[self.spans[node.index]]
        if data.shape[axis] == 1:
            data = np.broadcast_to(data, (*data.shape[:axis], length, *data.shape[axis + 1 :]))
        self._pay(data.shape)
        total = (np.sum if node.kind == "sum" else np.prod)(data, axis=axis, keepdims=True)
        return Value(np.asarray(total), value.shape)

    def _total(self, node: Total, moved: _Moved) -> Value:
        value = self._evaluate(node.operand, moved)
        rank = len(value.shape)
        self._pay(value.data.shape)
        if not rank:
            raise MeaningError("shape", "the sum of a single number was asked for; name the index: sum(x[i] for i)")
        if node.axis is None:
            if node.keepdims:
                raise MeaningError("shape", "keepdims needs an axis here")
            return Value(np.asarray(np.sum(value.data, axis=tuple(range(-rank, 0)))), ())
        axis = node.axis if node.axis >= 0 else rank + node.axis
        if axis >= rank:
            raise MeaningError("shape", f"an array of shape {told(value.shape)} has no axis {node.axis}")
        data = np.sum(value.data, axis=self.lead + axis, keepdims=node.keepdims)
        middle = ("1",) if node.keepdims else ()
        return Value(np.asarray(data), value.shape[:axis] + middle + value.shape[axis + 1 :])

    # --- derivatives ---------------------------------------------------------------------------------------------

    def _derivative(self, node: Derivative, moved: _Moved) -> Value:
        """Every entry of the array is moved by a complex step in turn; then the wanted entries are taken."""
        if moved.value is not None:
            raise MeaningError("nested", "a derivative inside a derivative is not part of the language")
        name = node.by.id if isinstance(node.by, Name) else name_of(node.by)
        if name in self.lengths and name not in self.setting.letters:
            raise MeaningError("name", f"{name} is a length and not a variable, so nothing is differentiated by it")
        key = (node.of, name)
        if key not in self._slopes:
            self._slopes[key] = self._all_slopes(self.meaning.by_name(node.of, name), name)
        slopes = self._slopes[key]
        by = shape_of(Name(name), self.setting, self.formulas)
        own = slopes.shape[: len(slopes.shape) - len(by)]
        if isinstance(node.by, Entry):
            return self._entry(Value(slopes.data, by), node.by.indices, name, own)
        if len(slopes.shape) > 2:
            shapes = f"an array of shape {told(own)} by one of shape {told(by)}"
            raise MeaningError("shape", f"the derivative of {shapes} has more than two axes; write it for entries")
        return slopes

    def _all_slopes(self, of: Node, name: str) -> Value:
        """The derivatives of a formula by all entries of a name, which are the last axes."""
        value = self._name(name, self._still)
        if any(length > 1 for length in value.data.shape[1 : self.lead]):
            raise MeaningError("index", f"{name} depends on an index, so nothing can be differentiated by it")
        core = value.data.shape[self.lead :]
        count = math.prod(core)
        moves = np.eye(count).reshape(1, count, *(1,) * len(self.indices), *core)
        self._pay(value.data.shape, moves.shape, times=2)
        imaginary = self.numbers.array(1j) * self.numbers.step
        stepped = Value(value.data + self.numbers.array(moves) * imaginary, value.shape)
        result = self._evaluate(of, _Moved(name, stepped))
        data = result.data
        self._pay(data.shape, (1, count, *(1,) * (data.ndim - 2)))
        slopes = self.numbers.array(self.numbers.imag(data) / self.numbers.step)
        slopes = np.where(self.numbers.finite(data), slopes, self.numbers.nan)
        # the axis of steps becomes the last axes of the result
        slopes = np.broadcast_to(slopes, (data.shape[0], count, *data.shape[2:]))
        slopes = np.moveaxis(slopes[:, :, None], 1, -1)
        return Value(slopes.reshape(*slopes.shape[:-1], *core), result.shape + value.shape)
