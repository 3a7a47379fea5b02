"""Time of one epoch of stochastic gradient descent: ours, scikit-learn's and PyTorch's, on the same data.

    python benchmarks/training.py [--rounds 15]

The data are the 1797 handwritten digits (64 numbers each, standardised, float64).  Everybody trains a relu network
with the same layer sizes on batches of the same size, with plain gradient descent, without penalties, on one thread.
First the arithmetic is compared: ours and each peer start from the same weights and see the same batches, and the
losses of each epoch must agree to round-off.  Then everybody runs 5 epochs in turn, so that a slow moment of the
machine hits all of them; the median of the rounds, divided by 5, counts.

Ours is a call of ``train`` with all that belongs to it: the checks of the data, and before the first and after each
epoch the loss and the accuracy of all samples.  The peers do not measure these; they compute the losses of the batches
instead.  scikit-learn runs a ``partial_fit`` of all samples for each epoch, or a ``fit`` with ``max_iter=1`` and
``warm_start``.  PyTorch loops over batches, each taken out of the data by its indices, or out of data that are
shuffled once an epoch.  The quicker of the two ways counts for each peer.  PyTorch is optional.
"""

from __future__ import annotations

import os

# before NumPy starts its threads
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"

import argparse
import importlib
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "course"))  # it need not be installed

from mlp_utils.networks.datasets import digits, standardise
from mlp_utils.networks.network import Network
from mlp_utils.networks.training import History, train
from mlp_utils.streams import lenient_output

SIZES = ((64, 100, 10), (64, 50, 50, 10))
BATCHES = (32, 100)
RATE = 0.05
EPOCHS = 5
ROUND_OFF = 1e-10  # of losses after 5 epochs; float64 carries 16 digits, and each step loses a little


@dataclass(frozen=True)
class Task:
    """What everybody is given."""

    X: np.ndarray
    y: np.ndarray
    sizes: tuple[int, ...]
    batch: int

    def network(self) -> Network:
        return Network(self.sizes, "relu", "he", seed=0)

    def orders(self, epochs: int) -> list[np.ndarray]:
        """The order of the samples in each epoch; ``train`` with seed 0 draws the same."""
        rng = np.random.default_rng(0)
        return [rng.permutation(len(self.X)) for _ in range(epochs)]


@dataclass
class Contender:
    """Somebody who trains: what runs ``EPOCHS`` epochs, and the seconds of one epoch in each round."""

    name: str
    run: Callable[[], Any]
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def repeated(epoch: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(EPOCHS):
            epoch()

    return run


# --- ours --------------------------------------------------------------------------------------------------------


def our_train(task: Task, network: Network, epochs: int) -> History:
    return train(network, task.X, task.y, epochs=epochs, batch=task.batch, rate=RATE, seed=0, progress=False)


def our_contender(task: Task) -> Contender:
    network = task.network()
    return Contender("ours, train", lambda: our_train(task, network, EPOCHS))


# --- scikit-learn ------------------------------------------------------------------------------------------------


def sklearn_classifier(task: Task) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        hidden_layer_sizes=task.sizes[1:-1],
        activation="relu",
        solver="sgd",
        alpha=0.0,
        batch_size=task.batch,
        learning_rate_init=RATE,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        random_state=0,
    )


def sklearn_contenders(task: Task) -> list[Contender]:
    partly, fitted = sklearn_classifier(task), sklearn_classifier(task)
    fitted.set_params(warm_start=True)
    classes = np.arange(task.sizes[-1])
    return [
        Contender("scikit-learn, partial_fit", repeated(lambda: partly.partial_fit(task.X, task.y, classes=classes))),
        Contender("scikit-learn, fit of one iteration", repeated(lambda: fitted.fit(task.X, task.y))),
    ]


def sklearn_losses(task: Task) -> list[float]:
    """The losses after each epoch from our weights, with our batches: one partial_fit a batch."""
    from sklearn.metrics import log_loss

    model, network = sklearn_classifier(task), task.network()
    model.set_params(shuffle=False)
    model.partial_fit(task.X[: task.batch], task.y[: task.batch], classes=np.arange(task.sizes[-1]))  # makes its arrays
    for own, given in zip(model.coefs_, network.parameters[::2], strict=True):
        own[...] = given
    for own, given in zip(model.intercepts_, network.parameters[1::2], strict=True):
        own[...] = given
    losses = []
    for order in task.orders(EPOCHS):
        for start in range(0, len(order), task.batch):
            rows = order[start : start + task.batch]
            model.set_params(batch_size=len(rows))
            model.partial_fit(task.X[rows], task.y[rows])
        losses.append(log_loss(task.y, model.predict_proba(task.X)))
    return losses


# --- PyTorch -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TorchModel:
    """The same network in PyTorch, with our initial weights."""

    torch: Any
    net: Any
    loss: Any
    optimiser: Any
    X: Any
    y: Any
    batch: int

    def step(self, X: Any, y: Any) -> None:
        self.optimiser.zero_grad()
        self.loss(self.net(X), y).backward()
        self.optimiser.step()

    def by_indices(self, order: Any) -> None:
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            self.step(self.X[rows], self.y[rows])

    def shuffled_once(self, order: Any) -> None:
        X, y = self.X[order], self.y[order]
        for start in range(0, len(order), self.batch):
            self.step(X[start : start + self.batch], y[start : start + self.batch])


def torch_model(task: Task) -> TorchModel:
    import torch

    torch.set_num_threads(1)
    layers: list[Any] = []
    for n_in, n_out in zip(task.sizes, task.sizes[1:], strict=False):
        layers += [torch.nn.Linear(n_in, n_out, dtype=torch.float64), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    with torch.no_grad():
        for own, given in zip(net.parameters(), task.network().parameters, strict=True):
            own.copy_(torch.from_numpy(np.ascontiguousarray(given.T)))  # torch keeps W as (n_out, n_in)
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE)
    data = torch.from_numpy(task.X), torch.from_numpy(task.y)
    return TorchModel(torch, net, torch.nn.CrossEntropyLoss(), optimiser, *data, task.batch)


def torch_contenders(task: Task) -> list[Contender]:
    one, other = torch_model(task), torch_model(task)
    shuffle = one.torch.randperm
    return [
        Contender("PyTorch, batches by indices", repeated(lambda: one.by_indices(shuffle(len(task.X))))),
        Contender("PyTorch, shuffled once an epoch", repeated(lambda: other.shuffled_once(shuffle(len(task.X))))),
    ]


def torch_losses(task: Task) -> list[float]:
    """The losses after each epoch from our weights, with our batches."""
    model = torch_model(task)
    losses = []
    for order in task.orders(EPOCHS):
        model.by_indices(model.torch.from_numpy(order))
        with model.torch.no_grad():
            losses.append(float(model.loss(model.net(model.X), model.y)))
    return losses


# --- the comparison ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Library:
    """A peer: its contenders, and its losses for the comparison of the arithmetic."""

    name: str
    contenders: Callable[[Task], list[Contender]]
    losses: Callable[[Task], list[float]]


LIBRARIES = {
    "sklearn": Library("scikit-learn", sklearn_contenders, sklearn_losses),
    "torch": Library("PyTorch", torch_contenders, torch_losses),
}


def measure(contenders: list[Contender], rounds: int) -> None:
    """Time every contender ``rounds`` times in turn, after one round to warm up."""
    for contender in contenders:
        contender.run()
    for _ in range(rounds):
        for contender in contenders:
            start = time.perf_counter()
            contender.run()
            contender.times.append((time.perf_counter() - start) / EPOCHS)


def report(task: Task, libraries: list[Library], rounds: int) -> None:
    """Print one table, and whether we agree with everybody and are no slower than anybody."""
    print(f"\n{'-'.join(map(str, task.sizes))}, batches of {task.batch}, {-(-len(task.X) // task.batch)} an epoch")
    losses = our_train(task, task.network(), EPOCHS).losses["training"][1:]
    claims = {}
    for library in libraries:
        gap = float(np.max(np.abs(np.array(library.losses(task)) / losses - 1.0)))
        claims[f"losses of {EPOCHS} epochs agree with {library.name} to {gap:.0e}"] = gap <= ROUND_OFF
    ours = our_contender(task)
    peers = [contender for library in libraries for contender in library.contenders(task)]
    measure([ours, *peers], rounds)
    print(f"  {'one epoch':<36}{'median':>11}{'smallest':>11}{'time / ours':>13}")
    for contender in (ours, *peers):
        times = f"{1e3 * contender.median:>8.2f} ms{1e3 * min(contender.times):>8.2f} ms"
        print(f"  {contender.name:<36}{times}{contender.median / ours.median:>13.2f}")
    if peers:
        fastest = min(peers, key=lambda contender: contender.median)
        ratio = ours.median / fastest.median
        claims[f"ours takes {ratio:.2f} of the time of {fastest.name} (at most 1)"] = ratio <= 1.0
    for claim, holds in claims.items():
        print(f"  {'holds' if holds else 'FAILS'}: {claim}")


def processor() -> str:
    """The name of the processor, where Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser(description="Time of one epoch: ours, scikit-learn's and PyTorch's.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    warnings.filterwarnings("ignore", message="Stochastic Optimizer", category=UserWarning)  # one iteration is meant

    libraries, versions = [], [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    for module, library in LIBRARIES.items():
        try:
            versions.append(f"{library.name} {importlib.import_module(module).__version__}")
            libraries.append(library)
        except ImportError:
            versions.append(f"{library.name} is not installed: its rows are left out")
    print("; ".join(versions))
    print(f"{processor()}, {os.cpu_count()} cores, {platform.system()}; one thread; float64")
    print(f"Time of one epoch, from {rounds} rounds of {EPOCHS} epochs")
    X, y = digits()
    (X,) = standardise(X)
    for sizes in SIZES:
        for batch in BATCHES:
            report(Task(X, y, sizes, batch), libraries, rounds)


if __name__ == "__main__":
    main()
