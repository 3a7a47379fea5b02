"""A function written line by line, and the same with other lines."""

from __future__ import annotations

import pytest

from autograder.authoring.model import Exercise, ModelError
from autograder.authoring.variants import Program

WAY = Program("x, y", {"sum": "s = x + y", "middle": "", "end": "return s"})


def value(source: str, *arguments: float) -> float:
    names: dict[str, object] = {}
    exec(source, names)
    function = names["written"]
    assert callable(function)
    result: float = function(*arguments)
    return result


def test_the_lines_stand_in_their_order_whatever_is_replaced() -> None:
    assert value(WAY.source(), 2, 3) == 5
    assert value(WAY.source(sum="s = x * y"), 2, 3) == 6
    assert value(WAY.source(end="return 2 * s", middle="for _ in range(2):\n    s += 1"), 2, 3) == 14
    assert value(WAY.source(signature="x, y, s=7", sum=""), 2, 3) == 7


def test_an_unknown_line_is_named() -> None:
    with pytest.raises(ModelError, match="no piece total; it has sum, middle, end"):
        WAY.source(total="s = 0")


def test_a_whole_function_may_be_given_as_a_source() -> None:
    exercise = Exercise("add", title="A sum")
    exercise.misconception(
        "product", says="This is a product.", hint="What is 1 + 1?", source=WAY.source(sum="s = x * y")
    )
    built = exercise.misconceptions[0].build("add", None, {})
    assert built(2, 3) == 6
