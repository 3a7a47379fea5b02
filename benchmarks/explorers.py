"""Time that the explorers need for a picture, as they do after each key.

    python benchmarks/explorers.py [--rounds 15]

Each picture is drawn from a state that has not been drawn before.  The explorer of backpropagation draws the next
step's picture ahead, while nobody waits; that one is there at once.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "course"))  # it need not be installed

from mlp_utils.explorers.activation.model import ActivationState
from mlp_utils.explorers.activation.picture import draw_activation
from mlp_utils.explorers.backprop.model import BackpropState
from mlp_utils.explorers.backprop.network import EXAMPLE, random_network
from mlp_utils.explorers.backprop.picture import draw_network
from mlp_utils.explorers.logits.model import SoftmaxState
from mlp_utils.explorers.logits.picture import draw_logits
from mlp_utils.streams import lenient_output


def cases(rounds: int) -> Iterator[tuple[str, Callable[[Any], Any], list[Any]]]:
    """A name, what draws, and the states."""
    yield "activations", draw_activation, [ActivationState(x=0.01 * k) for k in range(rounds)]
    yield "softmax, 5 classes", draw_logits, [SoftmaxState((0.1 * k, 1.0, -1.0, 2.0, 0.5)) for k in range(rounds)]
    large = random_network(4, 4, 4, 1)
    for name, network in (("backpropagation, the worked example", EXAMPLE), ("backpropagation, 4-4-4", large)):
        states = [BackpropState(network, 20 + k) for k in range(rounds)]
        yield name, draw_network, states
        yield f"{name}, drawn ahead", draw_network, states


def main() -> None:
    """Draw and print."""
    lenient_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, choices=range(3, 31), metavar="3..30")
    rounds = parser.parse_args().rounds
    draw_logits(SoftmaxState())  # the imports of matplotlib
    for name, draw, states in cases(rounds):
        times = []
        for state in states:
            start = time.perf_counter()
            draw(state)
            times.append(1000 * (time.perf_counter() - start))
        print(f"{name:48} median {statistics.median(times):7.1f} ms, longest {max(times):7.1f} ms")


if __name__ == "__main__":
    main()
