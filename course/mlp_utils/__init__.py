"""Helpers for a course on the mathematics of multi-layer perceptrons.

What notebooks use is imported from here: ``from mlp_utils import check, hint``.  Each name is loaded when it is first
used; importing this package loads nothing but NumPy.  Its rooms:

    mlp_utils.in_notebooks   what stands in notebooks: checks, hints, recorded arrays, the summary
    mlp_utils.assessing      a task, the reply to it, and in what the reply differs
    mlp_utils.hints          from numbers that differ to the kind of mistake
    mlp_utils.derivations    derivations that check themselves
    mlp_utils.handing_in     a notebook before it is handed in: python -m mlp_utils check NOTEBOOK
    mlp_utils.gradients      finite differences, complex step, gradient checking
    mlp_utils.networks       perceptrons with any number of layers, their data and their training
    mlp_utils.explorers      widgets to play with
    mlp_utils.testbed        functions on which the notebooks try things out
"""

from __future__ import annotations

import importlib
from typing import Any

from mlp_utils.version import __version__

_LAZY = {
    "Formula": "mlp_utils.assessing.formulas",
    "check": "mlp_utils.in_notebooks.checks",
    "check_gradient": "mlp_utils.gradients.gradcheck",
    "curve_values": "mlp_utils.explorers.activation.model",
    "explore_activations": "mlp_utils.explorers",
    "explore_backprop": "mlp_utils.explorers",
    "explore_gradient_doctor": "mlp_utils.explorers",
    "explore_softmax": "mlp_utils.explorers",
    "hint": "mlp_utils.in_notebooks.checks",
    "line_picture": "mlp_utils.plotting",
    "made_for": "mlp_utils.handing_in.releases",
    "passed": "mlp_utils.in_notebooks.checks",
    "show_lines": "mlp_utils.in_notebooks.playground",
    "summary": "mlp_utils.in_notebooks.summary",
    "yours_or_recorded": "mlp_utils.in_notebooks.recorded",
}
"""Each public name and the module that it is loaded from."""

__all__ = ["__version__", *_LAZY]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'mlp_utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
