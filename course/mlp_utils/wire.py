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


def encode(value: object, depth: int = 0) -> Json:
    """Turn a value into JSON; what cannot be sent becomes its type's name."""
    if depth > MAX_DEPTH:
        return {"type": "other", "kind": "a deeply nested value"}
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return value[:MAX_TEXT]
    if type(value) is int:
        return value if abs(value) < 2**63 else {"type": "other", "kind": "integer beyond 64 bits"}
    if type(value) is float:
        return value if math.isfinite(value) else {"type": "float", "value": repr(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value)
    if type(value) is complex:
        return _encode_array(np.asarray(value))
    if isinstance(value, tuple | list):
        if len(value) > MAX_ELEMENTS:
            return {"type": "other", "kind": f"{type(value).__name__} of {len(value)} items"}
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {"type": kind, "items": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        pairs = [[str(key)[:200], encode(item, depth + 1)] for key, item in value.items()]
        return {"type": "dict", "items": pairs}
    if callable(value) and _testbed_name(value) is not None:
        return {"type": "function", "name": _testbed_name(value)}
    return {"type": "other", "kind": type(value).__name__[:200]}


def decode(data: Json, depth: int = 0) -> Any:
    """Turn JSON made by ``encode`` back into a value; raise ``WireError`` for anything else."""
    if depth > MAX_DEPTH + 1:
        raise WireError("the value is nested too deeply")
    if data is None or isinstance(data, bool | int | float | str):
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
            result[pair[0]] = decode(pair[1], depth + 1)
        return result
    if kind == "function":
        return testbed_function(str(data.get("name")))
    if kind == "other":
        return Unsendable(str(data.get("kind"))[:200])
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
    except NameError:
        return {"state": "undefined"}
    if request["kind"] == "value":
        return {"state": "ok", "value": encode(answer)}
    if not callable(answer):
        return {"state": "not_callable", "kind": type(answer).__name__[:200]}
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
        noted = sorted({str(item.message)[:200] for item in caught})[:3]
    except (Exception, SystemExit) as error:
        # A KeyboardInterrupt goes through: whoever stops the kernel wants all cases stopped.
        return {"error": describe_error(error)}
    return {"results": results, "after": after, "warnings": noted}


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, message and the student's own line of an exception, as JSON."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    line = frames[0].lineno if frames else None
    code = (frames[0].line or "") if frames else ""
    return {
        "type": type(error).__name__[:100],
        "message": _safe_text(error)[:500],
        "line": line,
        "code": code[:200],
    }


def _safe_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def _encode_array(value: np.ndarray | np.generic) -> Json:
    array = np.asarray(value)
    kinds = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128"}
    dtype = kinds.get(array.dtype.kind)
    if dtype is None:
        return {"type": "other", "kind": f"array of {array.dtype.name}"}
    if array.size > MAX_ELEMENTS:
        return {"type": "other", "kind": f"array of {array.size} numbers"}
    data = np.ascontiguousarray(array, dtype=dtype).tobytes()
    return {
        "type": "array",
        "dtype": dtype,
        "shape": list(array.shape),
        "data": base64.b64encode(data).decode("ascii"),
    }


def _decode_array(data: dict[str, Any]) -> np.ndarray:
    dtype, shape, text = data.get("dtype"), data.get("shape"), data.get("data")
    if dtype not in DTYPES:
        raise WireError(f"{str(dtype)[:40]!r} is not a type of number that may cross")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n <= MAX_ELEMENTS for n in shape):
        raise WireError("the shape of an array is not a list of sizes")
    if len(shape) > 8 or math.prod(shape) > MAX_ELEMENTS:
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
    if getattr(value, "__module__", None) != "mlp_utils.testbed":
        return None
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else None
