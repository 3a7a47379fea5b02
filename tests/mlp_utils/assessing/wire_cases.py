"""What test_wire.py and test_wire_observed.py share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mlp_utils.assessing import wire
from mlp_utils.assessing.wire import (
    encode,
    observe,
)

arrays = hnp.arrays(
    dtype=st.sampled_from([np.dtype(name) for name in wire.DTYPES]),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


int64s = st.integers(-(2**63) + 1, 2**63 - 1)


leaves = st.none() | st.booleans() | int64s | st.floats() | st.text(max_size=20) | arrays


values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=15,
)


def depth(value: Any) -> int:
    if isinstance(value, tuple | list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


def identical(a: Any, b: Any) -> bool:
    """Same types all the way down, same bits in every number, NaN like NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(identical(a[key], b[key]) for key in a)
    return bool(a == b)


def strict(text: str) -> Any:
    """JSON without NaN and Infinity, which are not JSON."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    return json.loads(text, parse_constant=refuse)


class LyingText(str):
    def __getitem__(self, key: Any) -> Any:
        return object()


def observed(get_answer: Callable[[], Any], request: Any) -> Any:
    """The reply as strict JSON; an exception that gets out fails the test without being touched any further."""
    escaped = False
    reply = ""
    try:
        reply = observe(get_answer, json.dumps(request))
    except KeyboardInterrupt:
        raise
    except BaseException:
        escaped = True
    assert not escaped, "observe raised an exception"
    return strict(reply)


def ask(answer: Any, *cases: list[Any]) -> Any:
    request = {"kind": "function", "cases": [[encode(item) for item in case] for case in cases or ([],)]}
    return observed(lambda: answer, request)


def ask_value(answer: Any) -> Any:
    return observed(lambda: answer, {"kind": "value"})
