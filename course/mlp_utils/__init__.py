"""Helpers for a course on the mathematics of multi-layer perceptrons.

``check`` and ``hint`` are what every notebook uses.  Everything else stands in a module of its own and is loaded when
it is first used; importing this package loads nothing but NumPy.

    mlp_utils.checks       checks with messages
    mlp_utils.gradcheck    finite differences, complex step, gradient checking
    mlp_utils.explorers    widgets to play with
    mlp_utils.datasets     real and made data, how to split and scale them
    mlp_utils.network      perceptrons with any number of layers, their losses and gradients
    mlp_utils.training     training by stochastic gradient descent
    mlp_utils.training_pictures   learning curves and decision regions
    mlp_utils.notebook_check   a notebook before it is handed in: python -m mlp_utils check NOTEBOOK
    mlp_utils.testbed      functions on which the notebooks try things out
"""

from __future__ import annotations

import importlib
from typing import Any

from mlp_utils.version import __version__

_LAZY = {
    "check": "mlp_utils.checks",
    "hint": "mlp_utils.checks",
    "made_for": "mlp_utils.releases",
    "show_lines": "mlp_utils.derivations.playground",
    "summary": "mlp_utils.notebook_summary",
    "yours_or_recorded": "mlp_utils.recorded",
    "check_gradient": "mlp_utils.gradcheck",
    "explore_activations": "mlp_utils.explorers",
    "explore_backprop": "mlp_utils.explorers",
    "explore_gradient_doctor": "mlp_utils.explorers",
    "explore_softmax": "mlp_utils.explorers",
}

__all__ = [
    "__version__",
    "check",
    "check_gradient",
    "explore_activations",
    "explore_backprop",
    "explore_gradient_doctor",
    "explore_softmax",
    "hint",
    "made_for",
    "show_lines",
    "summary",
    "yours_or_recorded",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'mlp_utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
