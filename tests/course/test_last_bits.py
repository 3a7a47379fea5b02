"""Another processor computes other last bits of every recorded number, and the build leaves the files alone."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.tasks import UNJUDGED, Case, Task

from autograder.building.recordings import kept
from autograder.building.visible import leeway, visible_json

from .conftest import COURSE, reference

ULPS = 4
"""How many steps of the last bit a number is moved."""


def moved(thing: Any) -> Any:
    """The JSON of a value with each float some last bits larger, and each second entry of an array smaller."""
    if isinstance(thing, dict) and thing.get("type") == "array" and thing["dtype"] in ("float64", "complex128"):
        array = np.array(wire.decode(thing))
        flat = array.reshape(-1).view(float)
        steps = np.where(np.arange(flat.size) % 2, -ULPS, ULPS) * np.spacing(np.abs(flat))
        flat += np.where(np.isfinite(flat) & (flat != 0), steps, 0.0)
        return wire.encode(array)
    if isinstance(thing, dict):
        return {key: moved(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return list(map(moved, thing))
    return thing + ULPS * float(np.spacing(thing)) if isinstance(thing, float) and thing else thing


def visible(assignment: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((COURSE.visible / f"{assignment}.json").read_text(encoding="utf-8"))
    return data


@functools.cache
def made_anew(assignment: str) -> str:
    """The visible file as a build without a present one makes it here."""
    return visible_json(reference(assignment))


def kept_of(assignment: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a build makes where the file holds these data."""
    kept_data: dict[str, Any] = json.loads(
        kept(json.dumps(data).encode(), made_anew(assignment), functools.partial(leeway, reference(assignment)))
    )
    return kept_data


def shaken(assignment: str) -> dict[str, Any]:
    """The visible file with other last bits in all that is computed: wanted numbers and recordings."""
    data = visible(assignment)
    for task in data["tasks"]:
        for case in task["cases"]:
            case |= {name: moved(case[name]) for name in ("want", "inputs")}
    data["recorded"] = moved(data["recorded"])
    return data


def test_last_bits_leave_a_file_alone(assignment: str) -> None:
    data = shaken(assignment)
    assert data != visible(assignment)
    assert kept_of(assignment, data) == data


def test_each_wanted_number_counts(assignment: str) -> None:
    """In each case by itself: a number that its case would refuse is not left alone."""
    fresh = json.loads(made_anew(assignment))["tasks"]
    for n in range(max(len(task["cases"]) for task in fresh)):
        data, changed_ones = visible(assignment), []
        for k, task in enumerate(data["tasks"]):
            if n < len(task["cases"]) and task["cases"][n]["want"] is not None:
                task["cases"][n]["want"] = other(task["cases"][n])
                changed_ones.append(k)
        found = kept_of(assignment, data)["tasks"]
        for k in changed_ones:
            assert found[k] == fresh[k], f"{fresh[k]['exercise_id']}: {fresh[k]['cases'][n]['name']}"


def other(case: Any) -> Any:
    """The wanted result of a case with other numbers."""
    want = Case.from_json(case).want
    if isinstance(want, tuple):
        items = [
            item if UNJUDGED in (item if isinstance(item, dict) else ()) else wire.encode(changed(value))
            for item, value in zip(case["want"]["items"], want, strict=True)
        ]
        return {"type": "tuple", "items": items}
    return wire.encode(changed(want))


def changed(value: Any) -> Any:
    return not value if isinstance(value, bool) else value * 2 + 1 if not isinstance(value, str) else f"{value}x"


def test_each_recording_counts(assignment: str) -> None:
    for name in visible(assignment)["recorded"]:
        data = visible(assignment)
        data["recorded"][name] = wire.encode(np.arange(4321.0))
        found, fresh = kept_of(assignment, data), json.loads(made_anew(assignment))
        assert found["recorded"].pop(name) == fresh["recorded"].pop(name), name
        assert found["recorded"] == {other: visible(assignment)["recorded"][other] for other in found["recorded"]}


def test_each_hint_and_digest_counts(assignment: str) -> None:
    """A table of rounded numbers may differ at a border of two roundings, and nowhere else."""
    for task in visible(assignment)["tasks"]:
        for table in {"digests", "sealed"} & task.keys():
            if task[table]:
                allowed = leeway(reference(assignment), task["exercise_id"], table)
                name = sorted(allowed.always)[0]
                assert allowed.allows(task[table])
                assert not allowed.allows({key: text for key, text in task[table].items() if key != name})
                assert not allowed.allows(task[table] | {name: "another text"})
                assert not allowed.allows(task[table] | {"0" * len(name): task[table][name]})


def test_what_a_case_does_not_judge_is_not_stored(exercise: tuple[str, str]) -> None:
    task = next(t for t in visible(exercise[0])["tasks"] if t["exercise_id"] == exercise[1])
    for case in task["cases"]:
        if case["pick"] is not None and len(task["outputs"]) > 1:
            shown = [k for k, item in enumerate(case["want"]["items"]) if set(item_keys(item)) != {UNJUDGED}]
            assert shown == [case["pick"]], case["name"]
    assert Task.from_json(task).to_json() == task


def item_keys(item: Any) -> list[str]:
    return list(item) if isinstance(item, dict) else []


@pytest.mark.parametrize("value", [1.0, -1e-300, 3e200])
def test_the_last_bits_are_moved(value: float) -> None:
    assert moved(value) != value and np.isclose(moved(value), value, rtol=1e-14, atol=0)
    array = wire.decode(moved(wire.encode(np.array([value, 2 * value]))))
    assert np.all(array != [value, 2 * value]) and np.allclose(array, [value, 2 * value], rtol=1e-14, atol=0)
