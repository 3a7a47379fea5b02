"""What crosses the border: everything comes back the same, nothing hostile gets through, nothing is ever raised."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mlp_utils import testbed
from mlp_utils.assessing.wire import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_REPLY_CHARS,
    Unsendable,
    decode,
    encode,
)

from .wire_cases import LyingText, arrays, ask, ask_value, depth, identical, strict, values

# --- round trips -------------------------------------------------------------------------------------------------


def there_and_back(value: Any) -> Any:
    return decode(strict(json.dumps(encode(value))))


@settings(deadline=None)
@given(values)
def test_a_value_comes_back_the_same(value: Any) -> None:
    assume(depth(value) <= MAX_DEPTH)
    assert identical(there_and_back(value), value)


@settings(deadline=None)
@given(arrays, st.randoms(use_true_random=False))
def test_the_layout_of_an_array_in_memory_does_not_matter(array: np.ndarray, random: Any) -> None:
    axes = list(range(array.ndim))
    random.shuffle(axes)
    for view in (np.asfortranarray(array), array.transpose(axes), array[::-1] if array.ndim else array):
        assert identical(there_and_back(view), np.array(view, order="C"))


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (np.float64(1.5), np.array(1.5)),
        (np.float32(0.1), np.array(np.float64(np.float32(0.1)))),
        (np.float16([1.5, np.inf]), np.array([1.5, np.inf])),
        (np.longdouble(2.25), np.array(2.25)),
        (np.int8([-128, 127]), np.array([-128, 127])),
        (np.uint8([0, 255]), np.array([0, 255])),
        (np.uint64(2**63 - 1), np.array(2**63 - 1)),
        (np.bool_(True), np.array(True)),
        (np.complex64(1 - 2j), np.array(1 - 2j)),
        (1 - 2j, np.array(1 - 2j)),
        (complex(math.nan, math.inf), np.array(complex(math.nan, math.inf))),
        (np.array([1.0, 2.0], dtype=">f8"), np.array([1.0, 2.0])),
        (np.broadcast_to(7.0, (2, 3)), np.full((2, 3), 7.0)),
        (np.ma.masked_array([1.0, 2.0], mask=[True, False]), np.array([1.0, 2.0])),
        (np.array([[1.0, 2.0]]).view(np.matrix), np.array([[1.0, 2.0]])),
        (np.array(math.nan), np.array(math.nan)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (namedtuple("Pair", "a b")(1, 2.0), (1, 2.0)),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        ({1: 2, None: 3}, {"1": 2, "None": 3}),
    ],
    ids=str,
)
def test_a_relative_of_a_known_kind_arrives_as_that_kind(given_value: Any, expected: Any) -> None:
    assert identical(there_and_back(given_value), expected)


@given(st.integers(2**63, 2**64 - 1))
def test_an_unsigned_integer_beyond_64_bits_does_not_turn_into_another_number(n: int) -> None:
    got = there_and_back(np.array([n], dtype=np.uint64))
    assert isinstance(got, Unsendable) or float(got[0]) == float(n)


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1) | st.just(10**4000))
def test_an_integer_beyond_64_bits_is_named_and_not_sent(n: int) -> None:
    got = there_and_back(n)
    assert isinstance(got, Unsendable)
    assert "64 bits" in got.kind


@pytest.mark.parametrize(
    "value",
    [
        np.array([1, None], dtype=object),
        np.array(["a", "b"]),
        np.array([b"a"]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
        np.datetime64("2020-01-01"),
        np.str_("text"),
        Unsendable("again"),
        {1, 2},
        b"bytes",
        bytearray(3),
        memoryview(b"abc"),
        range(3),
        iter([1]),
        (n for n in ()),
        len,
        np.tanh,
        lambda x: x,
        np,
        int,
        Ellipsis,
        NotImplemented,
        decimal.Decimal(1),
        datetime.date(2020, 1, 1),
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_place_on_the_wire_arrives_as_its_name(value: Any) -> None:
    got = there_and_back([value])[0]
    assert isinstance(got, Unsendable)
    assert got.kind
    assert repr(got) == f"<{got.kind}>"


@pytest.mark.parametrize("value", [np.broadcast_to(0.0, (1001, 1000)), [0] * (MAX_ELEMENTS + 1)], ids=["array", "list"])
def test_too_many_numbers_are_counted_and_not_sent(value: Any) -> None:
    got = there_and_back(value)
    assert isinstance(got, Unsendable)
    assert str(np.size(value) if isinstance(value, np.ndarray) else len(value)) in got.kind


@pytest.mark.parametrize("name", testbed.__all__)
def test_a_function_of_the_testbed_travels_by_its_name(name: str) -> None:
    assert there_and_back(getattr(testbed, name)) is getattr(testbed, name)


def test_a_value_that_contains_itself_is_cut_off() -> None:
    loop: list[Any] = [1.0]
    loop.append(loop)
    got = there_and_back(loop)
    for _ in range(MAX_DEPTH):
        assert got[0] == 1.0
        got = got[1]
    assert isinstance(got[1], Unsendable)


def test_what_is_sent_is_bounded_while_it_is_being_built() -> None:
    loop: list[Any] = []
    loop += [loop] * 4
    assert len(json.dumps(encode(loop))) <= 2 * MAX_REPLY_CHARS
    assert len(json.dumps(encode([np.zeros(300_000)] * 8))) <= 2 * MAX_REPLY_CHARS


# --- values that lie ---------------------------------------------------------------------------------------------


class LyingFloat(float):
    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __repr__(self) -> str:
        return "import os"


class LyingInt(int):
    def __abs__(self) -> Any:
        raise RuntimeError("no abs")


class Colour(enum.IntEnum):
    RED = 1


class LyingList(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        raise RuntimeError("no items")


class EndlessList(list):  # type: ignore[type-arg]
    def __len__(self) -> int:
        return -1


class LyingDict(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        raise RuntimeError("no items")


class LyingKey:
    def __str__(self) -> str:
        raise RuntimeError("no name")


class LyingArray(np.ndarray):
    def __array__(self, *_: Any, **__: Any) -> Any:
        return np.full(3, 666.0)

    def tobytes(self, *_: Any) -> bytes:
        return b"666"

    @property
    def shape(self) -> Any:  # type: ignore[override]
        return (10**9,)

    @property
    def dtype(self) -> Any:  # type: ignore[override]
        return np.dtype("int8")

    def __array_ufunc__(self, *_: Any, **__: Any) -> Any:
        return 666.0

    def __array_function__(self, *_: Any, **__: Any) -> Any:
        return 666.0


class SaysItIsAList:
    __class__ = list  # type: ignore[assignment]


class RefusesItsClass:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class RefusesItsModule:
    def __call__(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    __module__ = property(lambda self: 1 / 0)  # type: ignore[assignment]


def impostor() -> None: ...


impostor.__module__, impostor.__name__ = "mlp_utils.testbed", "system"


LIARS: dict[str, Callable[[], Any]] = {
    "a float": lambda: LyingFloat(2.0),
    "an int": lambda: LyingInt(2),
    "an enumeration": lambda: Colour.RED,
    "a text": lambda: LyingText("abc"),
    "a list": lambda: LyingList([1]),
    "a length": lambda: EndlessList([1]),
    "a dict": lambda: LyingDict(a=1),
    "a key": lambda: {LyingKey(): 1},
    "a class": SaysItIsAList,
    "no class": RefusesItsClass,
    "no module": RefusesItsModule,
    "a module": lambda: impostor,
}


def test_an_array_that_lies_about_its_numbers_is_sent_as_it_is() -> None:
    assert identical(there_and_back(np.array([1.0, 2.0]).view(LyingArray)), np.array([1.0, 2.0]))


@pytest.mark.parametrize("liar", LIARS)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"a": (x,)}], ids=["bare", "list", "dict"])
def test_a_value_that_lies_is_answered_with_a_reply_that_can_be_read(liar: str, wrap: Callable[[Any], Any]) -> None:
    for reply in (ask_value(wrap(LIARS[liar]())), ask(lambda: wrap(LIARS[liar]()))):
        assert isinstance(reply["state"], str)
        if reply["state"] == "ok" and "value" in reply:
            decode(reply["value"])
        for case in reply.get("cases", []):
            for result in case.get("results", []):
                decode(result)
