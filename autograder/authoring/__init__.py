"""What an author writes an exercise with.

Face: model, and for authors the names below.
"""

from autograder.authoring.drawing import labels, level, network, sizes, spread, whole
from autograder.authoring.model import (
    DERIVATION,
    FUNCTION,
    GRADIENT_TOOLS,
    TEXT,
    VALUE,
    Exercise,
    Form,
    Letter,
    Located,
    Route,
    Setting,
    case,
)
from autograder.authoring.variants import Program

__all__ = [
    "DERIVATION",
    "FUNCTION",
    "GRADIENT_TOOLS",
    "TEXT",
    "VALUE",
    "Exercise",
    "Form",
    "Letter",
    "Located",
    "Program",
    "Route",
    "Setting",
    "case",
    "labels",
    "level",
    "network",
    "sizes",
    "spread",
    "whole",
]
