"""What test_backprop_explorer.py and test_backprop_explorer_shown.py share."""

from __future__ import annotations

import numpy as np
from mlp_utils.explorers.backprop.model import walk
from mlp_utils.explorers.backprop.network import (
    EXAMPLE,
    TinyNetwork,
    make_network,
)


def normal_network(d: int, H: int, C: int, seed: int) -> TinyNetwork:
    """Numbers with all their digits, so that no z is near 0."""
    rng = np.random.default_rng([seed, d, H, C])
    shapes = ((d, H), (H,), (H, C), (C,), (d,))
    return make_network(*(rng.normal(size=shape) for shape in shapes), y=seed % C, epsilon=rng.uniform(0, 0.6))


def position_of(name: str, network: TinyNetwork = EXAMPLE) -> int:
    return [step.entry.name for step in walk(network)].index(name)
