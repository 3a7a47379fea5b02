"""Explorers: move a slider and watch the mathematics move.

Each explorer has a model (the mathematics, pure NumPy), words, a picture (matplotlib) and a view
(ipywidgets). Importing this package loads NumPy only.
"""

from __future__ import annotations

from mlp_utils.explorers.activation.view import explore_activations
from mlp_utils.explorers.backprop.view import explore_backprop
from mlp_utils.explorers.doctor.view import explore_gradient_doctor
from mlp_utils.explorers.logits.view import explore_softmax

__all__ = ["explore_activations", "explore_backprop", "explore_gradient_doctor", "explore_softmax"]
