"""What the tests ask about the exercises that are derivations."""

from __future__ import annotations

import ast

from mlp_utils.assessing.tasks import DERIVATION
from mlp_utils.derivations.steps import typed_lines

from autograder.authoring.model import Answer, Exercise

from .conftest import all_exercises, reference

ABOUT_LINES = {"false_line"}
"""Exercises that prepare for derivations; they are counted with them."""


def is_derivation(exercise: tuple[str, str]) -> bool:
    return exercise_of(exercise).kind == DERIVATION


def exercise_of(exercise: tuple[str, str]) -> Exercise:
    return reference(exercise[0]).exercises[exercise[1]]


def all_derivations() -> list[tuple[str, str]]:
    return [pair for pair in all_exercises() if is_derivation(pair)]


def text_of(answer: Answer) -> str:
    """The lines of an accepted answer or a misconception."""
    tree = ast.parse(answer.source or "").body[0]
    assert isinstance(tree, ast.Assign)
    return str(ast.literal_eval(tree.value))


def lines_in(text: str) -> list[str]:
    """What a student types, line by line, without the leading =."""
    return [line.removeprefix("=").strip() for _, line in typed_lines(text)]
