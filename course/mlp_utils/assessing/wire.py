"""What crosses the border between a student's process and the one that judges it.

Only checked JSON crosses: numbers, strings, and arrays as base64 of their bytes.  Nothing is pickled, and nothing
that arrives is executed.  The same two functions serve the judge outside the kernel, the visible checks inside it,
and plain nbgrader.

``observe`` runs in the student's process: it decodes the inputs, calls the answer twice on fresh copies, and
reports the results, the inputs as the answer left them, and whatever was raised.  It compares nothing: there is
nothing in the student's process to compare with.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import json
import math
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Json = Any
"""A value made of dict, list, str, int, float, bool and None."""

DTYPES = ("bool", "int64", "float64", "complex128")
MAX_ELEMENTS = 1_000_000
MAX_REPLY_CHARS = 8_000_000
MAX_DEPTH = 8
MAX_TEXT = 20_000


class WireError(ValueError):
    """What arrived is not a value that may cross the border."""


class Unsendable:
    """Stands for a result that has no place on the wire, such as a function or an open file."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def encode(value: object) -> Json:
    """Turn a value into JSON; what cannot be sent becomes its type's name.  Never raises, whatever the value does."""
    return _Encoder().encode(value)


class _Encoder:
    """Encodes one value within a bound.

    A value may be an object whose methods lie or raise, so kinds are told by ``type`` and contents are taken by the
    built-in type's own methods.
    """

    def __init__(self) -> None:
        self.room = MAX_REPLY_CHARS

    def encode(self, value: object, depth: int = 0) -> Json:
        try:
            return self._encode(value, type(value), depth)
        except (Exception, SystemExit):
            return self._other(_type_name(value))

    def _encode(self, value: Any, kind: type, depth: int) -> Json:
        self.room -= 30
        if self.room < 0:
            return {"type": "other", "kind": "a value that is too large"}
        if depth > MAX_DEPTH:
            return self._other("a deeply nested value")
        if value is None or kind is bool:
            return value
        if kind is Unsendable:
            return self._other(str(value.kind))
        if issubclass(kind, np.ndarray | np.generic):
            return self._array(
                np.ndarray.view(value, np.ndarray) if issubclass(kind, np.ndarray) else np.asarray(value)
            )
        if issubclass(kind, str):
            return self._text(str.__str__(value), MAX_TEXT)
        if issubclass(kind, int):
            number = int.__index__(value)
            return number if abs(number) < 2**63 else self._other("integer beyond 64 bits")
        if issubclass(kind, float):
            x = float.__add__(value, 0.0) if float.__ne__(value, 0.0) else float.__abs__(value)
            x = math.copysign(x, -1.0) if x == 0 and float.__repr__(value).startswith("-") else x
            return x if math.isfinite(x) else {"type": "float", "value": repr(x)}
        if issubclass(kind, complex):
            return self._array(np.array(complex.__add__(value, 0)))
        if issubclass(kind, list | tuple):
            count = list.__len__(value) if issubclass(kind, list) else tuple.__len__(value)
            if count > MAX_ELEMENTS:
                return self._other(f"{_type_name(value)} of {count} items")
        if issubclass(kind, list):
            return {"type": "list", "items": [self.encode(item, depth + 1) for item in list.__iter__(value)]}
        if issubclass(kind, tuple):
            return {"type": "tuple", "items": [self.encode(item, depth + 1) for item in tuple.__iter__(value)]}
        if issubclass(kind, dict):
            pairs = [[self._key(key), self.encode(item, depth + 1)] for key, item in dict.items(value)]
            return {"type": "dict", "items": pairs}
        name = _testbed_name(value)
        return {"type": "function", "name": name} if name is not None else self._other(_type_name(value))

    def _array(self, array: np.ndarray) -> Json:
        kinds = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128"}
        dtype = kinds.get(array.dtype.kind)
        if dtype is None:
            return self._other(f"array of {array.dtype.name}")
        if array.size > MAX_ELEMENTS or 11 * array.size > self.room:
            return self._other(f"array of {array.size} numbers")
        if array.dtype.kind == "u" and array.size and int(array.max()) >= 2**63:
            return self._other("array of integers beyond 64 bits")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = np.array(array, dtype=dtype, order="C").tobytes()
        text = base64.b64encode(data).decode("ascii")
        self.room -= len(text)
        return {"type": "array", "dtype": dtype, "shape": list(array.shape), "data": text}

    def _key(self, key: object) -> str:
        try:
            return self._text(str.__str__(key) if isinstance(key, str) else str(key), 200)
        except (Exception, SystemExit):
            return _type_name(key)

    def _text(self, text: str, most: int) -> str:
        text = clean_text(str.__getitem__(text, slice(most)))
        self.room -= 6 * len(text)
        return text

    def _other(self, kind: str) -> Json:
        return {"type": "other", "kind": clean_text(kind)[:200]}


def clean_text(text: str) -> str:
    """The text without half characters, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _type_name(value: object) -> str:
    try:
        return str(type.__dict__["__name__"].__get__(type(value)))[:200]
    except Exception:
        return "value"


def decode(data: Json, depth: int = 0) -> Any:
    """Turn JSON made by ``encode`` back into a value; raise ``WireError`` for anything else."""
    if depth > MAX_DEPTH + 1:
        raise WireError("the value is nested too deeply")
    if isinstance(data, str):
        return clean_text(data)
    if data is None or isinstance(data, bool | int | float):
        return data
    if not isinstance(data, dict):
        raise WireError(f"a {type(data).__name__} stands where a value was expected")
    kind = data.get("type")
    if kind == "float":
        return _decode_float(data.get("value"))
    if kind == "array":
        return _decode_array(data)
    if kind in ("tuple", "list"):
        items = data.get("items")
        if not isinstance(items, list) or len(items) > MAX_ELEMENTS:
            raise WireError("the items of a sequence are missing or too many")
        decoded = [decode(item, depth + 1) for item in items]
        return tuple(decoded) if kind == "tuple" else decoded
    if kind == "dict":
        pairs = data.get("items")
        if not isinstance(pairs, list):
            raise WireError("the items of a dictionary are missing")
        result: dict[str, Any] = {}
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
                raise WireError("an item of a dictionary is not a pair of a name and a value")
            result[clean_text(pair[0])] = decode(pair[1], depth + 1)
        return result
    if kind == "function":
        return testbed_function(str(data.get("name")))
    if kind == "other":
        return Unsendable(clean_text(str(data.get("kind"))[:200]))
    raise WireError(f"{str(kind)[:40]!r} is not a kind of value that may cross")


def testbed_function(name: str) -> Callable[..., Any]:
    """The function of that name in ``mlp_utils.testbed``; no other function can be named on the wire."""
    testbed = importlib.import_module("mlp_utils.testbed")
    if name not in testbed.__all__:
        raise WireError(f"{name[:60]!r} is not a function of mlp_utils.testbed")
    function: Callable[..., Any] = getattr(testbed, name)
    return function


def observe(get_answer: Callable[[], Any], request: str) -> str:
    """Ask a student's answer what the request wants to know; return the reply as JSON text.

    ``get_answer`` is a function without arguments that looks the answer up, so that a missing name is an
    observation and not an error.  The request is ``{"kind": "function", "cases": [[input, ...], ...]}`` or
    ``{"kind": "value"}``.  Nothing is ever raised; a reply that would be too long says so instead.
    """
    reply = json.dumps(_observe(get_answer, json.loads(request)), allow_nan=False)
    if len(reply) > MAX_REPLY_CHARS:
        return json.dumps({"state": "too_long", "chars": len(reply)})
    return reply


def _observe(get_answer: Callable[[], Any], request: Json) -> Json:
    try:
        answer = get_answer()
    except KeyboardInterrupt:
        raise
    except BaseException:
        return {"state": "undefined"}
    if request["kind"] == "value":
        return {"state": "ok", "value": encode(answer)}
    if not callable(answer):
        return {"state": "not_callable", "kind": clean_text(_type_name(answer))}
    return {"state": "ok", "cases": [_observe_case(answer, inputs) for inputs in request["cases"]]}


def _observe_case(answer: Callable[..., Any], inputs: Sequence[Json]) -> Json:
    results: list[Json] = []
    after: Json = None
    noted: list[str] = []
    sink = io.StringIO()
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            contextlib.redirect_stdout(sink),
            contextlib.redirect_stderr(sink),
        ):
            warnings.simplefilter("always")
            for _ in range(2):
                arguments = [decode(item) for item in inputs]
                results.append(encode(answer(*arguments)))
                after = encode(list(arguments))
        noted = sorted({_safe_text(item.message)[:200] for item in caught})[:3]
    except KeyboardInterrupt:
        raise  # whoever stops the kernel wants all cases stopped
    except BaseException as error:
        return {"error": describe_error(error)}
    return {"results": results, "after": after, "warnings": noted}


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, message and the student's own line of an exception, as JSON."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    line = frames[0].lineno if frames else None
    code = (frames[0].line or "") if frames else ""
    return {
        "type": clean_text(_type_name(error))[:100],
        "message": _safe_text(error)[:500],
        "line": line,
        "code": clean_text(code)[:200],
    }


def _safe_text(thing: object) -> str:
    """The text of an exception or a warning, whatever its own methods do."""
    try:
        return clean_text(str.__str__(str(thing)))
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "(its message cannot be shown)"


def _decode_array(data: dict[str, Any]) -> np.ndarray:
    dtype, shape, text = data.get("dtype"), data.get("shape"), data.get("data")
    if dtype not in DTYPES:
        raise WireError(f"{str(dtype)[:40]!r} is not a type of number that may cross")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n <= MAX_ELEMENTS for n in shape):
        raise WireError("the shape of an array is not a list of sizes")
    if len(shape) > 8 or math.prod(max(n, 1) for n in shape) > MAX_ELEMENTS:
        raise WireError("an array has too many numbers")
    if not isinstance(text, str):
        raise WireError("the numbers of an array are missing")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise WireError("the numbers of an array are not base64") from error
    if len(raw) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise WireError("an array has more or fewer numbers than its shape says")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()


def _decode_float(text: object) -> float:
    try:
        return float(str(text))
    except ValueError as error:
        raise WireError(f"{str(text)[:40]!r} is not a number") from error


def _testbed_name(value: object) -> str | None:
    """The name under which a function of the testbed travels; None for anything else."""
    name = getattr(value, "__name__", None)
    if not isinstance(name, str) or getattr(value, "__module__", None) != "mlp_utils.testbed":
        return None
    try:
        return name if testbed_function(name) is value else None
    except WireError:
        return None
