"""Two files of visible cases are the same if their numbers mean the same.

The same sine or sum differs in its last bits between processors.  So a wanted number is compared as its own case
compares an answer, a recording up to round-off, a table that is made of rounded numbers with what numbers a little to
either side give, and everything else to the letter.  What means the same stays as it stands in the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from mlp_utils.assessing import wire
from mlp_utils.assessing.compare import compare
from mlp_utils.assessing.tasks import Case, Unjudged

RTOL = 1e-8
FLOOR = 1e-13
"""Entries may differ by RTOL of their own size, or by FLOOR of the largest entry of their array (sums that cancel)."""

COMPARED = ("want", "low", "high")
"""What a case compares by its own rule."""

DIGESTS, SEALED = "digests", "sealed"
TABLES = (DIGESTS, SEALED)
"""What a task holds of rounded numbers."""


@dataclass(frozen=True)
class Leeway:
    """What a table that is made of rounded numbers holds on every machine, and what it may hold on some.

    always: the entries that it has wherever it is made.
    maybe:  by name, the texts that it may have; more than ``always`` where a number lies at a border of two roundings.
    """

    always: Mapping[str, str]
    maybe: Mapping[str, frozenset[str]]

    @staticmethod
    def of(*tables: Mapping[str, str]) -> Leeway:
        """What tables of numbers that were moved this way and that have in common, and what stands in any of them."""
        names = {name for table in tables for name in table}
        always = {name: text for name, text in tables[0].items() if all(t.get(name) == text for t in tables)}
        return Leeway(always, {name: frozenset(t[name] for t in tables if name in t) for name in names})

    def allows(self, table: Mapping[str, str]) -> bool:
        """Whether another machine may have made this table."""
        known = all(text in self.maybe.get(name, ()) for name, text in table.items())
        return known and all(table.get(name) == text for name, text in self.always.items())


Rounded = Callable[[str, str], Leeway]
"""Gives the leeway of an exercise's table; it takes time, and is asked only where a table differs."""


def kept(present: bytes, made: str, rounded: Rounded | None = None) -> str:
    """What was made, with every task and recording that means the same as it stands in the present file.

    Recordings that are listed as ``noise`` are made of round-off itself; of these the shape alone is compared.

    rounded: without it, tables of rounded numbers are the same only to the letter.
    """
    new = json.loads(made)
    try:
        old = json.loads(present)
        tasks = {task["exercise_id"]: task for task in old["tasks"]}
        recorded, noise = dict(old["recorded"]), set(old["noise"])
    except (ValueError, TypeError, KeyError):
        return made
    new["tasks"] = [_kept_task(tasks.get(task["exercise_id"]), task, rounded) for task in new["tasks"]]
    for name, value in new["recorded"].items():
        is_noise = name in new["noise"]
        if (
            name in recorded
            and is_noise == (name in noise)
            and _tried(_same_recording, recorded[name], value, is_noise)
        ):
            new["recorded"][name] = recorded[name]
    return written(new)


def written(data: Mapping[str, Any]) -> str:
    """The text of a file of visible cases."""
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _kept_task(old: Any, new: Any, rounded: Rounded | None) -> Any:
    return old if old is not None and _tried(_same_task, old, new, rounded) else new


def _tried(same: Callable[..., bool], *arguments: Any) -> bool:
    """False where what stands in the file is not made as the comparison expects."""
    try:
        return same(*arguments)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _same_task(old: Any, new: Any, rounded: Rounded | None) -> bool:
    apart = ("cases", *TABLES)
    if not _same(_without(old, apart), _without(new, apart)) or len(old["cases"]) != len(new["cases"]):
        return False
    if not all(map(_same_case, old["cases"], new["cases"])):
        return False
    return all(_same_table(old.get(name, {}), new.get(name, {}), new["exercise_id"], name, rounded) for name in TABLES)


def _same_table(old: Any, new: Any, exercise_id: str, name: str, rounded: Rounded | None) -> bool:
    return bool(old == new) or (rounded is not None and rounded(exercise_id, name).allows(old))


def _same_case(old: Any, new: Any) -> bool:
    """The same inputs, and wanted numbers that this case takes for each other."""
    if not _same(_without(old, COMPARED), _without(new, COMPARED)) or not _same_forms(old, new):
        return False
    case = Case.from_json(new)
    as_it_was, plain = Case.from_json(old), replace(case, low=None, high=None)
    limits = ((as_it_was.low, case.low), (as_it_was.high, case.high))
    return _agree(as_it_was.want, case.want, case) and all(_agree(a, b, plain) for a, b in limits)


def _same_forms(old: Any, new: Any) -> bool:
    return all(_form(old[name]) == _form(new[name]) for name in COMPARED)


def _form(data: Any) -> Any:
    """The JSON of a value without its numbers: kinds, types and shapes."""
    if isinstance(data, dict):
        return {key: _form(value) for key, value in data.items() if key != "data"}
    if isinstance(data, list):
        return list(map(_form, data))
    return type(data).__name__ if isinstance(data, float | int) else data


def _agree(a: Any, b: Any, case: Case) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_agree(x, y, case) for x, y in zip(a, b, strict=True))
    if isinstance(a, Unjudged) or isinstance(b, Unjudged) or a is None or b is None:
        return bool(a == b)
    return compare(a, b, case) is None and compare(b, a, case) is None


def _same_recording(old: Any, new: Any, noise: bool) -> bool:
    return np.shape(wire.decode(old)) == np.shape(wire.decode(new)) if noise else _same(old, new)


def _without(data: Any, names: tuple[str, ...]) -> Any:
    return {key: value for key, value in data.items() if key not in names}


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


__all__ = ["DIGESTS", "SEALED", "Leeway", "Rounded", "kept", "written"]
