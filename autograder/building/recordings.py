"""Compare two files of visible cases by their numbers.

The same sine or sum differs in its last bits between processors, so a file that was made on another machine is equal
if everything but its floats is equal and each float agrees up to round-off.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from mlp_utils.assessing import wire

RTOL = 1e-8
FLOOR = 1e-13
"""Entries may differ by RTOL of their own size, or by FLOOR of the largest entry of their array (sums that cancel)."""


def same_recordings(a: bytes, b: bytes) -> bool:
    """Whether two files of visible cases hold the same tasks and recordings; False if one of them cannot be read.

    Recordings that are listed as ``noise`` are made of round-off itself; of these the shape alone is compared.
    """
    try:
        left, right = json.loads(a), json.loads(b)
        noise = set(left.get("noise", []))
        if noise != set(right.get("noise", [])):
            return False
        for data in (left, right):
            data["recorded"] = {
                name: _shape(value) if name in noise else value for name, value in data["recorded"].items()
            }
        return _same(left, right)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        if a.get("type") == b.get("type") == "array" and a.keys() == b.keys():
            return _close(wire.decode(a), wire.decode(b))
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return _close(np.array(a), np.array(b))
    return type(a) is type(b) and bool(a == b)


def _close(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    finite = np.isfinite(a)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    largest = float(np.max(np.abs(a[finite]), initial=0.0))
    return bool(np.allclose(a[finite], b[finite], rtol=RTOL, atol=FLOOR * largest))


def _shape(value: Any) -> list[int]:
    return list(np.shape(wire.decode(value)))
