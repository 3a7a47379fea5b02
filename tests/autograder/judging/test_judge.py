"""The judge is a pure function: whatever comes over the wire ends in a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlp_utils.assessing import wire
from mlp_utils.status import VERDICTS, Status

from autograder.files.paths import Course, CourseError
from autograder.judging.judge import Evidence, judge
from autograder.judging.key import Key
from autograder.judging.reference import Reference
from autograder.judging.verdict import Record, Verdict

from ...conftest import make_mini_course


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Reference(make_mini_course(tmp_path_factory.mktemp("judge")), "mini").key("square", 7)


def reply(key: Key, answer: object) -> str:
    return wire.observe(lambda: answer, key.task.request())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["state", "cases", "results", "after", "error", "type", "items", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=JSON)
def test_no_reply_makes_the_judge_raise_or_give_points(key: Key, data: object) -> None:
    verdict = judge(key, Evidence(reply=json.dumps(data)), "eve")
    assert verdict.status in VERDICTS
    assert verdict.points == 0


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cases=st.lists(
        st.fixed_dictionaries({"results": st.lists(JSON, min_size=2, max_size=2), "after": JSON}),
        min_size=2,
        max_size=2,
    )
)
def test_no_made_up_results_give_points(key: Key, cases: list[object]) -> None:
    verdict = judge(key, Evidence(reply=json.dumps({"state": "ok", "cases": cases})), "eve")
    assert verdict.points == 0


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "99", '{"state": "passed"}', '{"state": "ok"}', "{" * 5000, "[" * 100_000]
)
def test_a_forged_reply_is_invalid_and_earns_nothing(key: Key, text: str) -> None:
    verdict = judge(key, Evidence(reply=text), "eve")
    assert (verdict.status, verdict.points) == ("invalid", 0)


def test_a_right_function_passes(key: Key) -> None:
    verdict = judge(key, Evidence(reply=reply(key, lambda x: x * x)), "ada")
    assert (verdict.status, verdict.points, verdict.message) == ("passed", 3.0, "Right.")


def test_parts_are_paid_by_weight(key: Key) -> None:
    verdict = judge(key, Evidence(reply=reply(key, key.right)), "ada")
    assert verdict.points == 3
    half = judge(key, Evidence(reply=reply(key, lambda x: x * x * (abs(x) < 100))), "bob")
    assert (half.status, half.points) == ("partial", 1.0)
    assert "Right: small. Not yet: large." in half.message


def test_silence_is_told_apart(key: Key) -> None:
    assert judge(key, Evidence(trouble=Status.TIMED_OUT), "a").status == "timed_out"
    assert judge(key, Evidence(trouble=Status.CRASHED), "a").status == "crashed"
    undefined = json.dumps({"state": "undefined"})
    assert judge(key, Evidence(reply=undefined), "a").status == "not_attempted"
    assert (
        judge(key, Evidence(reply=undefined, trouble=Status.CRASHED, error="SyntaxError: x"), "a").status == "crashed"
    )
    assert judge(key, Evidence(reply=undefined, trouble=Status.TIMED_OUT), "a").status == "timed_out"


def test_an_untouched_cell_is_not_a_wrong_answer(key: Key) -> None:
    none = reply(key, lambda x: None)
    assert judge(key, Evidence(reply=none, blank=True), "a").status == "not_attempted"
    assert judge(key, Evidence(reply=none), "a").status == "failed"


def test_a_mutating_right_answer_is_named(key: Key) -> None:
    def mutating(x):
        x *= x
        return x

    verdict = judge(key, Evidence(reply=reply(key, mutating)), "a")
    assert (verdict.diagnosis, verdict.points) == ("input_mutated", 0)


def test_a_record_survives_the_disk_and_a_damaged_one_is_refused(key: Key, tmp_path) -> None:
    from autograder.files.paths import CourseError

    verdict = judge(key, Evidence(reply=reply(key, lambda x: x)), "a")
    record = Record("a", "mini", "abc", (verdict,), ("odd",), 1.5, {"cells": []})
    content = record.to_bytes()
    assert Record.from_bytes(content) == record
    for damaged in (content[:-20], b"", b"{}", content.replace(b'"failed"', b'"splendid"')):
        with pytest.raises(CourseError, match="grade this submission again"):
            Record.from_bytes(damaged)


def test_a_verdict_has_the_fields_of_the_contract() -> None:
    assert list(Verdict.__dataclass_fields__) == [
        "student_id",
        "assignment_id",
        "exercise_id",
        "status",
        "points",
        "max_points",
        "diagnosis",
        "message",
        "detail",
        "seed",
        "versions",
    ]


def test_the_key_for_a_seed_is_always_the_same(mini_course: Course) -> None:
    first, second = (Reference(mini_course, "mini").key("square", 11).task.to_json() for _ in range(2))
    assert first == second
    assert first != Reference(mini_course, "mini").key("square", 12).task.to_json()


def test_an_unforeseen_mistake_is_told_what_its_numbers_show(key: Key) -> None:
    verdict = judge(key, Evidence(reply=reply(key, lambda x: x * x * np.sign(x))), "a")
    assert "The sizes are right; some of the signs are wrong." in verdict.message or "negative" in verdict.message
    assert verdict.diagnosis == ""


def test_a_solution_that_breaks_an_invariant_is_refused(tmp_path: Path) -> None:
    course = make_mini_course(tmp_path)
    path = course.assignments / "mini" / "exercises.py"
    text = path.read_text(encoding="utf-8")
    for name, passes in (("nonnegative", True), ("between_0_and_1", False)):
        path.write_text(
            text.replace('title="The square",', f'title="The square", invariants=("{name}",),'), encoding="utf-8"
        )
        made = Reference(course, "mini")
        if passes:
            assert made.key("square", 1).task.invariants == (name,)
        else:
            with pytest.raises(CourseError, match=r"Exercise square, case .*: the solution breaks: Every entry"):
                made.key("square", 1)


def test_a_task_names_the_arguments(key: Key) -> None:
    assert key.task.arguments == ("x",)
