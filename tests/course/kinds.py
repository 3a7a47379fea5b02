"""The kinds of mistakes that people make in hand-written gradients, and where the course looks for each."""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[str, str, str]
"""Assignment, exercise, misconception."""


@dataclass(frozen=True)
class Kind:
    """A kind of mistake.

    name:    what is done wrong.
    places:  misconceptions that are this mistake.
    pattern: the generic pattern that names it in any exercise.
    """

    name: str
    places: tuple[Place, ...] = ()
    pattern: str = ""


KINDS: tuple[Kind, ...] = (Kind("the sign of a gradient", pattern="sign_flipped"),)
