"""Recorded numbers are compared by value, everything else to the letter."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire

from autograder.building.recordings import same_recordings


def content(**changes: Any) -> bytes:
    data = {
        "assignment": "mini",
        "tasks": [{"title": "Cube", "want": changes.get("want", [1.0, -2.0, 0.0]), "rtol": changes.get("rtol", 1e-7)}],
        "recorded": {"curve": changes.get("curve", [0.5, 0.25]), "errors": changes.get("errors", [1e-11, 3e-12])},
        "noise": changes.get("noise", ["errors"]),
    }
    for name, value in data["recorded"].items():
        data["recorded"][name] = wire.encode(np.array(value))
    data["tasks"][0]["want"] = wire.encode(np.array(data["tasks"][0]["want"]))
    return json.dumps(data).encode()


def test_last_bits_do_not_count() -> None:
    assert same_recordings(content(), content(want=[1.0 + 4e-16, -2.0 - 4e-16, 1e-17], curve=[0.5, 0.25 + 1e-17]))


@pytest.mark.parametrize(
    "change",
    [
        {"want": [1.0, -2.00001, 0.0]},
        {"want": [1.0, -2.0]},
        {"want": [1, -2, 0]},
        {"want": [1.0, np.nan, 0.0]},
        {"rtol": 1e-6},
        {"curve": [0.5, 0.26]},
        {"errors": [1e-11]},
        {"noise": []},
    ],
)
def test_everything_else_counts(change: dict[str, Any]) -> None:
    assert not same_recordings(content(), content(**change))


def test_round_off_itself_is_compared_by_its_shape() -> None:
    assert same_recordings(content(), content(errors=[7e-11, 1e-13]))


@pytest.mark.parametrize("broken", [b"", b"[]", b"{}", b"{\xff", b'{"recorded": {"errors": 3}, "noise": ["errors"]}'])
def test_a_file_that_cannot_be_read_is_out_of_date(broken: bytes) -> None:
    assert not same_recordings(broken, content())
    assert not same_recordings(content(), broken)
