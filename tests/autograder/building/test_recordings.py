"""Recorded numbers are compared by what they mean, everything else to the letter; what means the same stays."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mlp_utils.assessing import wire
from mlp_utils.assessing.assess import assess
from mlp_utils.assessing.tasks import FUNCTION, VALUE, Case, Task, Unjudged
from mlp_utils.hints.sealed import possible, seal

from autograder.building.recordings import Leeway, kept, written
from autograder.building.visible import leeway_of_digests, without_value

CASE = Case("a vector", "values", (np.array([1.0, 2.0, 3.0]),), np.array([1.0, -2.0, 0.0]))
TASK = Task("cube", "mini", FUNCTION, "Cube", 1.0, {"values": 1.0}, (CASE,))


def content(task: Task = TASK, **changes: Any) -> str:
    case = replace(task.cases[0], **{name: changes[name] for name in changes if hasattr(CASE, name)})
    recorded = {"curve": changes.get("curve", [0.5, 0.25]), "errors": changes.get("errors", [1e-11, 3e-12])}
    data = {
        "assignment": "mini",
        "tasks": [replace(task, cases=(case,)).to_json()],
        "recorded": {name: wire.encode(np.array(value)) for name, value in recorded.items()},
        "noise": changes.get("noise", ["errors"]),
    }
    return written(data)


def same(old: str, new: str) -> bool:
    return kept(old.encode(), new) == old


def test_last_bits_do_not_count() -> None:
    moved = content(want=np.array([1.0 + 4e-16, -2.0 - 4e-16, 1e-17]), curve=[0.5, 0.25 + 1e-17])
    assert same(content(), moved) and same(moved, content())


@pytest.mark.parametrize(
    "change",
    [
        {"want": np.array([1.0, -2.00001, 0.0])},
        {"want": np.array([1.0, -2.0])},
        {"want": np.array([1, -2, 0])},
        {"want": np.array([1.0, np.nan, 0.0])},
        {"want": 1.0},
        {"want": None},
        {"rtol": 1e-6},
        {"name": "another vector"},
        {"inputs": (np.array([1.0, 2.0, 3.0001]),)},
        {"low": np.zeros(3), "high": np.ones(3)},
        {"curve": [0.5, 0.26]},
        {"errors": [1e-11]},
        {"noise": []},
    ],
)
def test_everything_else_counts(change: dict[str, Any]) -> None:
    assert not same(content(), content(**change))
    assert not same(content(**change), content())


def test_round_off_itself_is_compared_by_its_shape() -> None:
    assert same(content(), content(errors=[7e-11, 1e-13]))


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"recorded": {"errors": 3}, "noise": ["errors"]}', '{"tasks": 3}'])
def test_a_file_that_cannot_be_read_is_made_anew(broken: str) -> None:
    assert kept(broken.encode(), content()) == content()
    assert kept(b"{\xff", content()) == content()


def test_a_task_that_is_not_made_like_one_is_made_anew() -> None:
    data = json.loads(content())
    data["tasks"][0]["cases"] = [{"name": 3}]
    assert kept(json.dumps(data).encode(), content()) == content()


@pytest.mark.parametrize(
    ("rule", "near", "far"),
    [
        ({"rtol": 1e-3, "atol": 0.0}, 1e-3, 1e-2),
        ({"rtol": 0.0, "atol": 1e-2}, 1e-3, 3e-2),
        ({"rtol": 1e-9, "atol": 0.0}, 1e-9, 1e-8),
        ({"rtol": 1e-3, "atol": 0.0, "entrywise": True}, 1e-3, 1e-2),
    ],
)
def test_a_wanted_number_is_compared_as_its_case_compares(rule: dict[str, Any], near: float, far: float) -> None:
    want = np.array([1.0, 2.0, 3.0])
    old = content(want=want, **rule)
    assert same(old, content(want=want * (1 + near), **rule))
    assert not same(old, content(want=want * (1 + far), **rule))


def test_small_entries_count_where_each_entry_counts() -> None:
    old, new = np.array([1e6, 1.0]), np.array([1e6, 1.001])
    assert same(content(want=old), content(want=new))
    assert not same(content(want=old, entrywise=True), content(want=new, entrywise=True))


def test_where_a_convention_is_free_any_allowed_number_is_the_same() -> None:
    free = {"low": np.array([0.0, 1.0]), "high": np.array([1.0, 1.0])}
    assert same(content(want=np.array([0.0, 1.0]), **free), content(want=np.array([0.5, 1.0]), **free))
    assert not same(content(want=np.array([0.0, 1.0]), **free), content(want=np.array([2.0, 1.0]), **free))
    assert not same(
        content(want=np.zeros(2), **free), content(want=np.zeros(2), **free | {"high": np.array([2.0, 1.0])})
    )


def test_one_change_leaves_what_is_the_same_as_it_stands() -> None:
    moved = {"want": np.array([1.0 + 4e-16, -2.0, 0.0])}
    result = json.loads(kept(content(**moved).encode(), content(curve=[0.5, 0.75])))
    assert result["tasks"] == json.loads(content(**moved))["tasks"]
    assert result["recorded"] == json.loads(content(curve=[0.5, 0.75]))["recorded"]


def test_what_is_not_judged_has_a_shape_and_no_numbers() -> None:
    blank = replace(CASE, want=(Unjudged((2, 3)), 1.5, Unjudged(())), pick=1)
    again = Case.from_json(json.loads(json.dumps(blank.to_json())))
    assert again.want == blank.want
    assert [np.ndim(value) for value in again.want] == [2, 0, 0]
    assert Unjudged.like(np.ones((2, 3))) == Unjudged((2, 3))
    assert Unjudged.like("a word") == Unjudged.like(1) == Unjudged.like((np.ones(2), np.ones(3))) == Unjudged(())


# --- tables of rounded numbers ------------------------------------------------------------------------------------


def test_a_table_may_have_what_a_number_at_a_border_gives_on_another_machine() -> None:
    leeway = Leeway.of({"a": "1", "b": "2"}, {"a": "1", "c": "2"})
    assert leeway.allows({"a": "1", "b": "2"}) and leeway.allows({"a": "1", "c": "2"}) and leeway.allows({"a": "1"})
    assert not leeway.allows({"b": "2"}), "a is missing"
    assert not leeway.allows({"a": "2"}), "another text"
    assert not leeway.allows({"a": "1", "d": "2"}), "nobody makes d"


def test_a_table_is_asked_for_only_where_it_differs() -> None:
    def rounded(exercise_id: str, table: str) -> Leeway:
        asked.append((exercise_id, table))
        return Leeway.of({"key": "text"}, {"other": "text"})

    asked: list[tuple[str, str]] = []
    old, new, foreign = (content(replace(TASK, sealed={name: "text"})) for name in ("key", "other", "third"))
    assert kept(old.encode(), old, rounded) == old and asked == []
    assert kept(old.encode(), new, rounded) == old and asked == [("cube", "sealed")]
    assert kept(foreign.encode(), new, rounded) == new
    assert kept(old.encode(), new) == new


def value_of(number: float) -> Task:
    """A value beside the place where a digest for the other rounding begins: 0.48 of the last decimal."""
    case = Case("your value", "values", (), np.array([1.0, 2.0, number]))
    return Task("numbers", "mini", VALUE, "Numbers", 1.0, {"values": 1.0}, (case,), decimals=4)


def test_digests_of_a_value_at_a_border_are_the_same_by_meaning() -> None:
    below, above, other = (without_value(value_of(x)).digests for x in (0.123448 - 1e-16, 0.123448 + 1e-16, 0.1235))
    assert below != above, "the border is where it is expected"
    for made in (value_of(0.123448 - 1e-16), value_of(0.123448 + 1e-16)):
        assert leeway_of_digests(made).allows(below) and leeway_of_digests(made).allows(above)
        assert not leeway_of_digests(made).allows(other)


def test_a_hint_at_a_border_may_be_there_or_not() -> None:
    """The step of rounding is 1e-6 of the largest wanted number and 200 times what is forgiven; see ``sealed``."""
    step = 1e-6 * 3.0 + 200 * (1e-7 * 3.0 + 1e-12)
    task = replace(TASK, cases=(replace(CASE, want=np.array([1.0, 2.0, 3.0])),))

    def answers(border: float) -> list[Any]:
        def wrong(x: Any) -> Any:
            return np.full(3, (1000.5 - 0.37 + border) * step)

        return [
            (assess(task, wire.observe(lambda: wrong, task.request())), "On the border."),
            (assess(task, wire.observe(lambda: lambda x: 2 * x, task.request())), "Twice."),
        ]

    other = seal(task, answers(1.1))
    assert len(other) == 2 and len(seal(task, answers(0.0))) == 1
    # What one machine finds just far enough from the border to seal it is on another one just too near.
    sealed, left_out = seal(task, answers(6e-6)), seal(task, answers(4e-6))
    assert (len(sealed), len(left_out)) == (2, 1)
    for made in (answers(6e-6), answers(4e-6)):
        leeway = Leeway(seal(task, made, nudge=2.0), possible(task, made))
        assert leeway.allows(sealed) and leeway.allows(left_out)
        assert not leeway.allows({}) and not leeway.allows(other)
