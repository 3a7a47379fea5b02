"""What test_gradcheck.py and test_gradcheck_wrong.py share."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

Params = dict[str, np.ndarray]


class Network:
    """Two layers, relu and softmax, mean cross-entropy; N, d, H and C differ."""

    def __init__(self, seed: int = 0, n: int = 6, d: int = 4, hidden: int = 5, classes: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self.x = rng.standard_normal((n, d))
        self.y = np.eye(classes)[rng.integers(0, classes, n)]
        self.params = {
            "W1": rng.standard_normal((d, hidden)),
            "b1": 0.5 * rng.standard_normal(hidden),
            "W2": rng.standard_normal((hidden, classes)),
            "b2": 0.5 * rng.standard_normal(classes),
        }

    def loss(self, p: Params, xp: Any = np) -> Any:
        a = xp.maximum(self.x @ p["W1"] + p["b1"], 0.0)
        logits = a @ p["W2"] + p["b2"]
        logits = logits - xp.max(logits, axis=1, keepdims=True)
        return xp.mean(xp.log(xp.sum(xp.exp(logits), axis=1)) - xp.sum(self.y * logits, axis=1))

    def pattern(self, p: Params) -> np.ndarray:
        return self.x @ p["W1"] + p["b1"] > 0

    def gradient(self) -> Params:
        p = self.params
        z = self.x @ p["W1"] + p["b1"]
        a = np.maximum(z, 0.0)
        e = np.exp(a @ p["W2"] + p["b2"])
        d2 = (e / e.sum(axis=1, keepdims=True) - self.y) / len(self.x)
        d1 = (d2 @ p["W2"].T) * (z > 0)
        return {"W1": self.x.T @ d1, "b1": d1.sum(axis=0), "W2": a.T @ d2, "b2": d2.sum(axis=0)}

    def oracle(self) -> Params:
        return autograd.grad(lambda p: self.loss(p, anp))(self.params)


def smooth(x: Any) -> Any:
    return np.sum(np.exp(np.sin(x)) + x**3)


def smooth_gradient(x: Any) -> Any:
    return np.exp(np.sin(x)) * np.cos(x) + 3 * x**2
