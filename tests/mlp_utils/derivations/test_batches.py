"""The course's own notation: rows are samples, dZ is a gradient of the mean loss."""

from __future__ import annotations

import pytest

from .looked_at import look, setting

BATCH = setting(
    {
        "Z1": "X @ W1 + b1",
        "A1": "relu(Z1)",
        "Z2": "A1 @ W2 + b2",
        "P": "softmax(Z2)",
        "J": "-(Y * log(P)).sum() / N",
        "dZ2": "(P - Y) / N",
        "dZ1": "(dZ2 @ W2.T) * (Z1 > 0)",
    },
    X="N d",
    W1="d h",
    b1="h",
    W2="h C",
    b2="C",
    Y="N C one-hot",
)
RIGHT = (
    """d(J)/d(Z2[k, c])
    = -1/N * sum(sum(Y[r, m]/P[r, m] * d(P[r, m], Z2[k, c]) for r) for m)
    = -1/N * sum(Y[k, m]/P[k, m] * d(P[k, m], Z2[k, c]) for m)
    = -1/N * sum(Y[k, m] * (delta(m, c) - P[k, c]) for m)
    = (P[k, c] - Y[k, c]) / N
    = dZ2[k, c]""",
    """d(J)/d(W1[i, j])
    = sum(sum(d(J, Z2[k, c]) * d(Z2[k, c], W1[i, j]) for c) for k)
    = sum(sum(sum(d(J, Z2[k, c]) * d(Z2[k, c], A1[k, s]) * d(A1[k, s], W1[i, j]) for s) for c) for k)
    = sum(sum(dZ2[k, c] * W2[j, c] for c) * d(A1[k, j], W1[i, j]) for k)
    = sum(dZ1[k, j] * X[k, i] for k)
    = (X.T @ dZ1)[i, j]""",
    "d(J)/d(W1) = X.T @ dZ1",
    "d(J)/d(b1) = dZ1.sum(axis=0) = ones(N) @ dZ1",
    "d(J)/d(W2) = A1.T @ dZ2",
    "d(J)/d(b2) = dZ2.sum(axis=0)",
    "d(J)/d(A1) = dZ2 @ W2.T",
    "d(J)/d(X) = dZ1 @ W1.T",
)


@pytest.mark.parametrize("text", RIGHT, ids=[text.splitlines()[0] for text in RIGHT])
def test_what_is_right_passes(text: str) -> None:
    assert look(text, BATCH).line == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("d(J)/d(W2)\ndZ2.T @ A1", "transpose"),
        ("d(J)/d(W2)\nA1 @ dZ2", "shape"),
        ("d(J)/d(b2)\ndZ2.sum(axis=1)", "shape"),
        ("d(J)/d(b2)\ndZ2.sum(axis=0, keepdims=True)", "shape"),
        ("d(J)/d(b2)\nN*dZ2.sum(axis=0)", "factor"),
        ("d(J)/d(Z2)\nY/N - P/N", "sign"),
        ("d(J)/d(Z2)\nP - Y", "factor"),
        ("d(J)/d(Z1)\ndZ2 @ W2.T", "value"),
        ("d(J)/d(Z1[k, j])\nsum(dZ2[k, c]*W2[j, c] for c)", "value"),
        ("d(J)/d(A1[k, j])\ndZ2[k, c]*W2[j, c]", "sum lost"),
        ("d(J)/d(A1[k, j])\nsum(dZ2[k, c]*W2[c, j] for c)", "index"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, kind: str) -> None:
    seen = look(text, BATCH)
    assert (seen.line, seen.kind) == (2, kind)
