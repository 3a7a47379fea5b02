"""Time and accuracy of gradient checks on one network: ours, torch's, SciPy's and a plain loop.

    python benchmarks/gradcheck.py [--rounds 5] [--parameters 1000 10000]

The network has two layers, relu and softmax, N = 32 samples and the mean cross-entropy as its loss, in float64, on
one thread.  For everybody but torch the loss is a black box written in NumPy.  Methods take turns, so that a slow
moment of the machine hits all of them.  SciPy and torch are optional.  Errors are relative norms
||t - a|| / ||a||, where a is the analytic gradient; the worst of the four arrays counts.
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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "course"))  # it need not be installed

from mlp_utils.gradients.gradcheck import check_gradient, complex_step
from mlp_utils.streams import lenient_output

COURSE = sys.path[0]
Arrays = dict[str, np.ndarray]
SIZES = {1000: (20, 30, 10), 10000: (100, 90, 10)}  # d, H, C


class Network:
    """A 2-layer relu-softmax network with its loss and its analytic gradient."""

    def __init__(self, d: int, hidden: int, classes: int, n: int = 32) -> None:
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((n, d))
        self.labels = rng.integers(0, classes, n)
        self.y = np.eye(classes)[self.labels]
        self.params: Arrays = {
            "W1": rng.standard_normal((d, hidden)) * np.sqrt(2 / d),
            "b1": 0.1 * rng.standard_normal(hidden),
            "W2": rng.standard_normal((hidden, classes)) * np.sqrt(1 / hidden),
            "b2": 0.1 * rng.standard_normal(classes),
        }
        self.grads = self.gradient(self.params)

    @property
    def size(self) -> int:
        return sum(value.size for value in self.params.values())

    def loss(self, p: Arrays) -> Any:
        logits = np.maximum(self.x @ p["W1"] + p["b1"], 0.0) @ p["W2"] + p["b2"]
        logits = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - (self.y * logits).sum(axis=1))

    def gradient(self, p: Arrays) -> Arrays:
        z = self.x @ p["W1"] + p["b1"]
        a = np.maximum(z, 0.0)
        logits = a @ p["W2"] + p["b2"]
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        d2 = (e / e.sum(axis=1, keepdims=True) - self.y) / len(self.x)
        d1 = (d2 @ p["W2"].T) * (z > 0)
        return {"W1": self.x.T @ d1, "b1": d1.sum(axis=0), "W2": a.T @ d2, "b2": d2.sum(axis=0)}

    def split(self, vector: np.ndarray) -> Arrays:
        parts, start = {}, 0
        for name, value in self.params.items():
            parts[name] = vector[start : start + value.size].reshape(value.shape)
            start += value.size
        return parts

    def joined(self, arrays: Arrays) -> np.ndarray:
        return np.concatenate([arrays[name].reshape(-1) for name in self.params])

    def flat_loss(self, vector: np.ndarray) -> Any:
        return self.loss(self.split(vector))

    def error(self, numerical: Arrays) -> float:
        """The worst relative error of the four arrays."""
        return max(float(np.linalg.norm(numerical[name] - a) / np.linalg.norm(a)) for name, a in self.grads.items())


@dataclass
class Method:
    """One way to check the gradient: what is timed, its error, and whether it looks at every entry."""

    name: str
    run: Callable[[], Any]
    error: float
    every_entry: bool = True
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def smallest_rtol(passes: Callable[[float], bool]) -> float:
    """The last of 1e-1, 1e-2, ... for which a check still passes."""
    rtol = 1.0
    while rtol > 1e-16 and passes(rtol / 10):
        rtol /= 10
    return rtol


def our_methods(net: Network) -> list[Method]:
    def full() -> Any:
        return check_gradient(net.loss, net.params, net.gradient(net.params), method="complex", probes=0)

    def gate() -> Any:
        return check_gradient(net.loss, net.params, net.gradient(net.params), method="complex")

    assert full().ok, full()
    assert gate().ok, gate()
    numerical = {
        name: complex_step(lambda v, name=name: net.loss({**net.params, name: v}), net.params[name])
        for name in net.params
    }

    def acquits(rtol: float) -> bool:
        result = check_gradient(net.loss, net.params, net.grads, method="complex", rtol=rtol, atol=0.0)
        return all(array.method == "probes" for array in result.arrays)

    return [
        Method("ours, full: complex step", full, net.error(numerical)),
        Method("ours, gate: 8 complex-step probes", gate, smallest_rtol(acquits), every_entry=False),
    ]


def plain_loop(net: Network) -> Method:
    params = {name: value.copy() for name, value in net.params.items()}

    def run(h: float = 1e-5) -> Arrays:
        grads = {}
        for name, value in params.items():
            grads[name] = np.empty_like(value)
            for index in np.ndindex(value.shape):
                old = value[index]
                value[index] = old + h
                above = net.loss(params)
                value[index] = old - h
                below = net.loss(params)
                value[index] = old
                grads[name][index] = (above - below) / (2 * h)
        return grads

    return Method("plain loop: central, h = 1e-5", run, net.error(run()))


def scipy_methods(net: Network) -> list[Method]:
    from scipy.optimize import check_grad
    from scipy.optimize._numdiff import approx_derivative

    vector = net.joined(net.params)

    def flat_gradient(v: np.ndarray) -> np.ndarray:
        return net.joined(net.gradient(net.split(v)))

    methods = []
    for label, scheme in (("central (3-point)", "3-point"), ("complex step (cs)", "cs")):

        def run(scheme: str = scheme) -> Any:
            return approx_derivative(net.flat_loss, vector, method=scheme)

        methods.append(Method(f"scipy approx_derivative, {label}", run, net.error(net.split(run()))))
    forward = net.error(net.split(approx_derivative(net.flat_loss, vector, method="2-point")))
    methods.append(
        Method("scipy check_grad (forward)", lambda: check_grad(net.flat_loss, flat_gradient, vector), forward)
    )
    return methods


def torch_methods(net: Network) -> list[Method]:
    import torch

    torch.set_num_threads(1)
    module = importlib.import_module("torch.autograd.gradcheck")
    x, labels = torch.from_numpy(net.x), torch.from_numpy(net.labels)
    inputs = tuple(torch.from_numpy(value.copy()).requires_grad_() for value in net.params.values())

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return torch.nn.functional.cross_entropy(torch.relu(x @ w1 + b1) @ w2 + b2, labels)

    automatic = torch.autograd.grad(loss(*inputs), inputs)
    assert net.error({name: g.numpy() for name, g in zip(net.params, automatic, strict=True)}) < 1e-14

    # the numbers that the slow mode compares with: torch's own numerical Jacobian at its default eps
    jacobians = module._get_numerical_jacobian(loss, inputs, (loss(*inputs),), eps=1e-6)
    numerical = {
        name: jacobian[0].numpy().reshape(net.params[name].shape)
        for name, jacobian in zip(net.params, jacobians, strict=True)
    }

    def passes(rtol: float) -> bool:
        return bool(torch.autograd.gradcheck(loss, inputs, atol=0.0, rtol=rtol, fast_mode=True, raise_exception=False))

    return [
        Method("torch gradcheck, slow mode", lambda: module.gradcheck(loss, inputs), net.error(numerical)),
        Method(
            "torch gradcheck, fast mode",
            lambda: module.gradcheck(loss, inputs, fast_mode=True),
            smallest_rtol(passes),
            every_entry=False,
        ),
    ]


def measure(methods: list[Method], rounds: int) -> None:
    """Time every method ``rounds`` times in turn; the quick ones several times in each turn."""
    for method in methods:
        method.run()  # the first run warms up
    for _ in range(rounds):
        for method in methods:
            for _ in range(1 if method.every_entry else 20):
                start = time.perf_counter()
                method.run()
                method.times.append(time.perf_counter() - start)


def report(net: Network, methods: list[Method]) -> None:
    by_name = {method.name: method for method in methods}
    full, gate = methods[0], methods[1]
    slow, fast = by_name.get("torch gradcheck, slow mode"), by_name.get("torch gradcheck, fast mode")
    print(f"\nP = {net.size} parameters")
    for title, every_entry, ours in (("every entry", True, full), ("random directions", False, gate)):
        print(f"  {title:<44}{'median':>11}{'time / ours':>13}{'error':>10}{'error / ours':>14}")
        for method in (m for m in methods if m.every_entry == every_entry):
            ratio = method.median / ours.median
            row = f"  {method.name:<44}{1e3 * method.median:>8.2f} ms{ratio:>13.2f}"
            print(f"{row}{method.error:>10.1e}{method.error / ours.error:>14.1e}")
    if slow and fast:
        accuracy = slow.error / full.error
        claims = {
            f"our full check takes {full.median / slow.median:.2f} of the time of torch's slow mode (at most 1)": (
                full.median <= slow.median
            ),
            f"and is {accuracy:.1e} times as accurate (at least 1e3)": accuracy >= 1e3,
            f"our gate takes {gate.median / fast.median:.2f} times as long as torch's fast mode (at most 2)": (
                gate.median <= 2 * fast.median
            ),
        }
        for claim, holds in claims.items():
            print(f"  {'holds' if holds else 'FAILS'}: {claim}")


def import_times(runs: int = 7) -> None:
    """Print what ``import mlp_utils`` costs on top of ``import numpy``, in new processes."""
    program = (
        "import time, numpy; a = time.perf_counter(); import mlp_utils; b = time.perf_counter(); "
        "import mlp_utils.gradients.gradcheck; print(b - a, time.perf_counter() - b)"
    )
    samples = []
    with tempfile.TemporaryDirectory() as cache:  # compiled once, as an installed package is
        variables = {**os.environ, "PYTHONPATH": COURSE, "PYTHONPYCACHEPREFIX": cache}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(runs + 1):
            done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, check=True)
            samples.append([float(value) for value in done.stdout.split()])
    del samples[0]
    package, module = (1e3 * statistics.median(column) for column in zip(*samples, strict=True))
    print(f"\nimport mlp_utils after numpy: {package:.1f} ms; the gradient check on top: {module:.1f} ms (median of 7)")


def main() -> None:
    lenient_output()
    parser = argparse.ArgumentParser(description="Time and accuracy of gradient checks.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parameters", type=int, nargs="+", choices=sorted(SIZES), default=sorted(SIZES))
    options = parser.parse_args()

    libraries: list[Callable[[Network], list[Method]]] = []
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    for library, methods in (("torch", torch_methods), ("scipy", scipy_methods)):
        try:
            versions.append(f"{library} {importlib.import_module(library).__version__}")
            libraries.append(methods)
        except ImportError:
            versions.append(f"{library} is not installed: its rows are left out")
    print("; ".join(versions) + "; one thread")
    print("Errors against the analytic gradient, worst array.  torch slow: its own numerical Jacobian (eps = 1e-6);")
    print("torch fast and our gate: the smallest power of ten at which they pass as rtol, with atol = 0.")
    for parameters in options.parameters:
        net = Network(*SIZES[parameters])
        methods = [*our_methods(net), plain_loop(net)]
        for library in libraries:
            methods += library(net)
        measure(methods, options.rounds)
        report(net, methods)
    import_times()


if __name__ == "__main__":
    main()
