"""Outputs from a student's process: whatever is sent, what is kept is a small and harmless part of a notebook."""

from __future__ import annotations

import nbformat
from hypothesis import given
from hypothesis import strategies as st

from autograder.kernels.outputs import MOST_OUTPUTS, Outputs, reply_text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("name", "text", "data", "metadata", "ename", "evalue", "traceback", "execution_state", "execution_count")
KINDS = ("stream", "display_data", "execute_result", "error", "status", "clear_output", "comm_open")
DATA = st.dictionaries(st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml"]), ANYTHING)
CONTENT = st.dictionaries(st.sampled_from(NAMES), ANYTHING | DATA)


@given(st.lists(st.tuples(st.sampled_from(KINDS) | ANYTHING, CONTENT | ANYTHING), max_size=12))
def test_whatever_is_sent_the_outputs_are_valid_and_inert(messages: list[tuple[object, object]]) -> None:
    outputs = Outputs(1_000)
    for kind, content in messages:
        outputs.take({"msg_type": kind, "content": content})
    cell = nbformat.v4.new_code_cell(outputs=outputs.items)
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode("utf-8")
    for output in outputs.items:
        assert set(output.get("data", {})) <= {"text/plain", "image/png", "image/jpeg"}


def test_number_and_size_are_bounded() -> None:
    outputs = Outputs(1_000)
    for k in range(5_000):
        outputs.take({"msg_type": "display_data", "content": {"data": {"text/plain": f"{k}"}}})
        outputs.take({"msg_type": "stream", "content": {"name": "stdout", "text": "x" * 500}})
    assert len(outputs.items) <= MOST_OUTPUTS
    assert sum(len(str(output.get("text", output.get("data")))) for output in outputs.items) < 20_000


def test_a_picture_is_kept_whole_or_not_at_all() -> None:
    for data, kept in (("iVBORw0K" * 1_000, True), ("<script>", False), ("A" * 3_000_000, False)):
        outputs = Outputs(100)
        outputs.take({"msg_type": "display_data", "content": {"data": {"image/png": data}}})
        assert bool(outputs.items) is kept


@given(ANYTHING)
def test_a_reply_is_a_string_or_nothing(content: object) -> None:
    reply = {"user_expressions": {"reply": {"data": {"text/plain": content}}}}
    found = reply_text(reply)
    assert found is None or isinstance(found, str)
    assert reply_text({"user_expressions": content}) is None


def test_a_reply_is_never_evaluated() -> None:
    for text, value in (("'abc'", "abc"), ("__import__('os').getpid()", None), ("(" * 10_000, None), ("7", None)):
        assert reply_text({"user_expressions": {"reply": {"data": {"text/plain": text}}}}) == value
