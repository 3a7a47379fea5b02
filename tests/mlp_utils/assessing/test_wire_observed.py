"""What must not get through the wire, and what a student's function does, observed."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mlp_utils import testbed
from mlp_utils.assessing import wire
from mlp_utils.assessing.wire import (
    MAX_DEPTH,
    MAX_REPLY_CHARS,
    Unsendable,
    WireError,
    decode,
)

from .wire_cases import LyingText, ask, ask_value, depth, identical, observed, values

# --- what must not get in ----------------------------------------------------------------------------------------


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def hostile(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON that looks like a value on the wire and is wrong in one place or in several."""
    sizes = st.lists(st.integers(-2, 4) | st.sampled_from([10**6, 10**7, 2**31, 2**63, True, 1.0, "2"]), max_size=9)
    bytes_ = st.binary(max_size=24).map(lambda raw: base64.b64encode(raw).decode())
    array = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "dtype": st.sampled_from([*wire.DTYPES, "object", "O", ">f8", "float32", "V8", "S3"]) | inner,
            "shape": sizes | inner,
            "data": bytes_ | st.text(max_size=8) | inner,
        },
    )
    pairs = st.lists(st.lists(st.text(max_size=3) | inner, min_size=1, max_size=3), max_size=3)
    sequence = st.fixed_dictionaries(
        {"type": st.sampled_from(["tuple", "list", "dict"])}, optional={"items": st.lists(inner, max_size=3) | pairs}
    )
    named = st.fixed_dictionaries(
        {"type": st.sampled_from(["function", "other", "float", "pickle"]) | inner},
        optional={
            "name": st.sampled_from(["__all__", "np", "_float", "quartic"]) | inner,
            "kind": inner,
            "value": inner,
        },
    )
    return array | sequence | named | junk


wires = st.recursive(junk, hostile, max_leaves=8)


def is_known(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(type(key) is str for key in value) and all(map(is_known, value.values()))
    if isinstance(value, np.ndarray):
        return type(value) is np.ndarray and str(value.dtype) in wire.DTYPES and value.flags.writeable
    if callable(value):
        return value in [getattr(testbed, name) for name in testbed.__all__]
    return value is None or isinstance(value, Unsendable) or type(value) in (bool, int, float, str)


@settings(deadline=None, max_examples=500)
@given(wires)
def test_whatever_arrives_is_a_known_value_or_a_wire_error(data: Any) -> None:
    try:
        value = decode(data)
    except WireError:
        return
    assert is_known(value)


def wired(**fields: Any) -> dict[str, Any]:
    eight = base64.b64encode(bytes(8)).decode()
    return {"type": "array", "dtype": "float64", "shape": [1], "data": eight} | fields


@pytest.mark.parametrize(
    "data",
    [
        wired(data="AAAA"),
        wired(data="AAAAAAAAAAA"),
        wired(data="AAAAAAAAAAA=\n"),
        wired(data="AAAA AAAAAAA="),
        wired(data="ÄAAAAAAAAAA="),
        wired(data=None),
        wired(data=[0] * 8),
        wired(shape=[2]),
        wired(shape=[-1]),
        wired(shape=[-1, -1]),
        wired(shape=[1.0]),
        wired(shape=[True]),
        wired(shape=["1"]),
        wired(shape=1),
        wired(shape=None),
        wired(shape=[1] * 9),
        wired(shape=[10**6, 10**6]),
        wired(shape=[2**63]),
        wired(shape=[0] + [10**6] * 7, data=""),
        wired(shape=[]) | {"data": ""},
        wired(dtype="object"),
        wired(dtype="O"),
        wired(dtype=">f8"),
        wired(dtype="float64,float64"),
        wired(dtype=None),
        wired(dtype=["float64"]),
        wired(dtype={"names": ["a"], "formats": ["O"]}),
        {},
        {"type": "array"},
        {"type": "pickle", "data": ""},
        {"type": ["list"]},
        {"type": None},
        {"type": "list"},
        {"type": "list", "items": {"0": 1}},
        {"type": "list", "items": [[1]]},
        {"type": "tuple", "items": "ab"},
        {"type": "dict", "items": {"a": 1}},
        {"type": "dict", "items": [["a"]]},
        {"type": "dict", "items": [["a", 1, 2]]},
        {"type": "dict", "items": [[1, 2]]},
        {"type": "dict", "items": ["ab"]},
        {"type": "float", "value": "__import__('os')"},
        {"type": "float"},
        {"type": "function", "name": "os.system"},
        {"type": "function", "name": "np"},
        {"type": "function", "name": "__builtins__"},
        {"type": "function", "name": "_float"},
        {"type": "function"},
        [1, 2],
    ],
    ids=lambda data: json.dumps(data)[:60],
)
def test_a_malformed_value_is_refused_in_words(data: Any) -> None:
    with pytest.raises(WireError) as refused:
        decode(data)
    assert 0 < len(str(refused.value)) < 200


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    data: Any = 1
    for _ in range(50_000):
        data = {"type": "list", "items": [data]}
    with pytest.raises(WireError, match="deep"):
        decode(data)


# --- observing ---------------------------------------------------------------------------------------------------


def only_case(answer: Any, *inputs: Any) -> Any:
    reply = ask(answer, list(inputs))
    assert reply["state"] == "ok"
    return reply["cases"][0]


def raises(error: BaseException | type[BaseException]) -> Callable[[], None]:
    def answer() -> None:
        raise error

    return answer


def recurses() -> Any:
    return recurses()


class Own(BaseException):
    pass


class NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class ExitsInItsText(Exception):
    def __str__(self) -> str:
        raise SystemExit


class NotText(Exception):
    def __str__(self) -> Any:
        return 3


class LyingMessage(Exception):
    def __str__(self) -> str:
        return LyingText("boom")


class Nameless(type):
    __name__ = property(lambda cls: 1 / 0)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (raises(ValueError("no")), "ValueError"),
        (raises(NotImplementedError), "NotImplementedError"),
        (raises(KeyError("k")), "KeyError"),
        (raises(StopIteration), "StopIteration"),
        (raises(MemoryError), "MemoryError"),
        (raises(UserWarning("no")), "UserWarning"),
        (raises(ExceptionGroup("many", [ValueError("one")])), "ExceptionGroup"),
        (raises(SystemExit(3)), "SystemExit"),
        (sys.exit, "SystemExit"),
        (recurses, "RecursionError"),
        (lambda: eval("1 +"), "SyntaxError"),
        (lambda x: x, "TypeError"),
        (raises(NoText()), "NoText"),
        (raises(NotText()), "NotText"),
        (raises(GeneratorExit()), "GeneratorExit"),
        (raises(asyncio.CancelledError()), "CancelledError"),
        (raises(Own("own")), "Own"),
        (raises(ExitsInItsText()), "ExitsInItsText"),
        (raises(LyingMessage()), "LyingMessage"),
        (raises(Nameless("Odd", (Exception,), {})()), None),
    ],
    ids=lambda item: str(item) if isinstance(item, str) else "",
)
def test_whatever_a_function_raises_is_described(answer: Callable[..., Any], name: str | None) -> None:
    error = only_case(answer)["error"]
    assert name is None or error["type"] == name
    assert isinstance(error["message"], str)
    assert len(error["message"]) <= 500


def test_an_exception_names_the_line_of_the_students_own_function() -> None:
    def helper() -> None:
        raise ValueError("no")

    def answer() -> None:
        _ = 1
        helper()

    error = only_case(answer)["error"]
    assert error["code"] == "helper()"
    assert error["line"] == answer.__code__.co_firstlineno + 2
    assert error["message"] == "no"


def test_a_built_in_that_raises_has_no_line() -> None:
    error = only_case(np.tanh, "text")["error"]
    assert (error["line"], error["code"]) == (None, "")


def test_whoever_stops_the_kernel_stops_all_cases() -> None:
    calls = []

    def answer() -> None:
        calls.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(answer, [], [])
    assert len(calls) == 1


def test_one_case_that_raises_does_not_hide_the_others() -> None:
    reply = ask(lambda x: 1 / x, [0], [2])
    assert reply["cases"][0]["error"]["type"] == "ZeroDivisionError"
    assert reply["cases"][1]["results"] == [0.5, 0.5]


def test_a_missing_name_and_a_value_in_place_of_a_function_are_observations() -> None:
    request = {"kind": "function", "cases": [[]]}
    assert observed(lambda: not_defined, request) == {"state": "undefined"}  # type: ignore[name-defined]  # noqa: F821
    assert ask(3.0) == {"state": "not_callable", "kind": "float"}


@pytest.mark.parametrize("error", [AttributeError("a"), ZeroDivisionError(), SystemExit(), Own()], ids=repr)
def test_a_name_that_cannot_even_be_looked_up_does_not_raise(error: BaseException) -> None:
    for kind in ("value", "function"):
        reply = observed(raises(error), {"kind": kind, "cases": [[]]})
        assert isinstance(reply["state"], str)
        assert reply["state"] != "ok"


def test_the_answer_is_called_twice_on_fresh_copies() -> None:
    seen: list[np.ndarray] = []

    def answer(x: np.ndarray) -> float:
        seen.append(x)
        total = float(x.sum())
        x += 1.0
        return total

    case = only_case(answer, np.arange(3.0))
    assert case["results"] == [3.0, 3.0]
    assert identical(decode(case["after"]), [np.arange(1.0, 4.0)])
    assert len(seen) == 2
    assert seen[0] is not seen[1]


def test_a_function_that_remembers_shows_two_results() -> None:
    calls: list[int] = []

    def answer() -> int:
        calls.append(1)
        return len(calls)

    assert only_case(answer)["results"] == [1, 2]


def test_a_result_is_read_before_the_second_call_can_change_it() -> None:
    kept = np.zeros(1)

    def answer() -> np.ndarray:
        kept[0] += 1
        return kept

    assert [float(decode(item)[0]) for item in only_case(answer)["results"]] == [1.0, 2.0]


def test_what_a_function_prints_stays_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    def answer() -> int:
        print("out" * 1000)
        print("err", file=sys.stderr)
        return 1

    assert only_case(answer)["results"] == [1, 1]
    assert capsys.readouterr() == ("", "")


def test_a_function_that_meddles_with_stdout_leaves_it_as_it_was() -> None:
    before = sys.stdout, sys.stderr

    def closes() -> None:
        sys.stdout.close()

    def removes() -> None:
        sys.stdout = sys.stderr = None  # type: ignore[assignment]

    for answer in (closes, removes):
        ask(answer)
        assert (sys.stdout, sys.stderr) == before


def test_warnings_are_noted_and_harmless() -> None:
    filters = list(warnings.filters)

    def answer(x: np.ndarray) -> float:
        warnings.simplefilter("ignore")
        return 1.0

    def warns(x: np.ndarray) -> np.ndarray:
        for k in range(50):
            warnings.warn(f"{k} " + "long " * 1000, stacklevel=1)
        return np.log(x)

    case = only_case(warns, np.zeros(2))
    assert identical(decode(case["results"][0]), np.full(2, -np.inf))
    assert 1 <= len(case["warnings"]) <= 3
    assert all(len(text) <= 200 for text in case["warnings"])
    assert only_case(lambda x: np.log(x), np.zeros(1))["warnings"] == ["divide by zero encountered in log"]
    only_case(answer, np.zeros(1))
    assert list(warnings.filters) == filters


@pytest.mark.parametrize("make", [lambda: (n for n in range(3)), lambda: make_self, lambda: open, lambda: [].append])
def test_a_function_that_returns_something_callable_or_lazy_is_answered(make: Callable[[], Any]) -> None:
    first, second = only_case(make)["results"]
    assert first == second
    assert isinstance(decode(first), Unsendable)


def make_self() -> Any:
    return make_self


def test_a_long_double_beyond_float64_is_sent_without_a_warning() -> None:
    wide = np.longdouble(10) ** 400
    assert identical(decode(ask_value(wide)["value"]), np.array(np.inf))


def test_a_reply_that_is_too_long_says_so() -> None:
    reply = ask(lambda: np.zeros(500_000))
    assert reply["state"] == "too_long"
    assert reply["chars"] > MAX_REPLY_CHARS


@pytest.mark.parametrize("size", [10, 10**6])
def test_long_texts_are_cut(size: int) -> None:
    text = "é" * size
    assert len(decode(ask_value(text)["value"])) == min(size, wire.MAX_TEXT)
    error = only_case(raises(ValueError(text)))["error"]
    assert len(error["message"]) == min(size, 500)


def strings(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, list):
        return [text for item in data for text in strings(item)]
    if isinstance(data, dict):
        return [text for pair in data.items() for item in pair for text in strings(item)]
    return []


def test_a_text_that_is_not_unicode_becomes_one_that_can_be_written_to_a_file() -> None:
    lone = "half a pair: \ud800"

    def warns() -> dict[str, str]:
        warnings.warn(lone, stacklevel=1)
        return {lone: lone}

    for reply in (ask_value(lone), ask(raises(ValueError(lone))), ask(warns)):
        for text in strings(reply):
            text.encode("utf-8")
    with_lone = {"type": "dict", "items": [[lone, lone], ["b", {"type": "other", "kind": lone}]]}
    found = decode(with_lone)
    for text in (*found, found.get("b").kind, *(item for item in found.values() if isinstance(item, str))):
        text.encode("utf-8")


def test_nothing_that_arrives_is_executed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    for data in (
        code,
        {"type": "float", "value": code},
        {"type": "function", "name": code},
        {"type": "other", "kind": code},
        wired(dtype=code),
        {"type": "dict", "items": [["__class__", code], ["__reduce__", [os.system, code][1]]]},
    ):
        try:
            decode(data)
        except WireError:
            continue
    assert not canary.exists()


@settings(deadline=None, max_examples=50)
@given(values)
def test_an_echo_returns_its_input_twice_and_leaves_it_alone(value: Any) -> None:
    assume(depth(value) < MAX_DEPTH)
    case = only_case(lambda x: x, value)
    assert all(identical(decode(item), value) for item in case["results"])
    assert identical(decode(case["after"]), [value])
    assert case["warnings"] == []
