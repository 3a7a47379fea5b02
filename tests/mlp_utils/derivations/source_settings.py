"""Letters and definitions of the sources' derivations, and how one of them is written down here."""

from __future__ import annotations

from dataclasses import dataclass

from mlp_utils.derivations.setting import Setting

from .looked_at import setting

VALUE, SHAPE, INDEX = "value", "shape", "index"


@dataclass(frozen=True)
class Slip:
    """One false line.

    says:    what is wrong, in words.
    line:    the number of the line of the mended derivation that is replaced (or of the first one that is left out).
    printed: the line as it was handed in.
    kind:    the kind of mistake that is found; "unread" where a name is unknown.
    """

    says: str
    line: int
    printed: str
    kind: str


@dataclass(frozen=True)
class Derivation:
    source: str
    about: str
    setting: Setting
    mended: str
    slips: tuple[Slip, ...] = ()

    def as_handed_in(self, slip: Slip) -> str:
        lines = self.mended.strip().splitlines()
        return "\n".join([*lines[: slip.line - 1], slip.printed, *lines[slip.line :]])


SMOOTHED = setting(
    {
        "h": "W1.T @ x + b1",
        "a": "relu(h)",
        "z": "W2.T @ a + b2",
        "p": "softmax(z)",
        "L": "-sum(((1 - epsilon) * y[i] + epsilon / q) * log(p[i]) for i)",
        "S": "exp(z).sum()",
        "g": "p - (1 - epsilon) * y - epsilon / q",
    },
    x="d",
    W1="d n",
    b1="n",
    W2="n q",
    b2="q",
    y="q one-hot",
    epsilon="unit",
)
LAYERS = setting(
    {
        "s1": "W1.T @ x0",
        "x1": "c + (1 - c) * relu(s1)",
        "s2": "W2.T @ x1",
        "x2": "softmax(s2)",
        "J": "-sum(y[j] * log(x2[j]) for j)",
    },
    x0="d",
    W1="d u",
    W2="u m",
    c="u one-hot",
    y="m one-hot",
)
SCALARS = setting({}, x="")
ROWS = setting(
    {
        "ha": "W1 @ x + b1",
        "hs": "relu(ha)",
        "oa": "W2 @ hs + b2",
        "os": "softmax(oa)",
        "L": "-log(sum(y[k] * os[k] for k))",
        "R": "l1 * abs(W1).sum() + l2 * (W1**2).sum()",
    },
    x="d",
    W1="e d",
    b1="e",
    W2="m e",
    b2="m",
    y="m one-hot",
    l1="positive",
    l2="positive",
)
MATRICES = setting({"Y": "W @ X", "L": "((Y - T)**2).sum()"}, W="m d", X="d n", T="m n")
SMALL = setting({"Y": "W @ X"}, W="m 2", X="2 n")
CHAIN = setting(
    {
        "a1": "sigmoid(w1 * x)",
        "a2": "sigmoid(w2 * a1)",
        "y": "sigmoid(w3 * a2)",
        "L": "-(t * log(y) + (1 - t) * log(1 - y))",
    },
    x="",
    w1="",
    w2="",
    w3="",
    t="unit",
)
LINEAR = setting(
    {"a1": "sigmoid(w1 * x)", "a2": "sigmoid(w2 * a1)", "y": "w3 * a2", "L": "(t - y)**2"},
    x="",
    w1="",
    w2="",
    w3="",
    t="",
)
GRAPH = setting(
    {
        "a3": "w13 * x1 + w23 * x2",
        "o3": "sigmoid(a3)",
        "a4": "w14 * x1 + w34 * o3",
        "o4": "sigmoid(a4)",
        "a5": "w35 * o3 + w45 * o4",
        "yhat": "sigmoid(a5)",
    },
    **dict.fromkeys(("x1", "x2", "w13", "w23", "w14", "w34", "w35", "w45"), ""),
)
SMOOTH_MAXIMUM = setting({"f": "sum(z[j] * exp(z[j]) for j) / sum(exp(z[j]) for j)", "S": "exp(z).sum()"}, z="n")
SMOOTH_NET = setting(
    {
        "a1": "W1 @ x",
        "o1": "sigmoid(a1)",
        "a2": "W2 @ o1",
        "yhat": "sum(a2[j] * exp(a2[j]) for j) / sum(exp(a2[j]) for j)",
        "l": "(yhat - y)**2 / 2",
    },
    x="d",
    W1="e d",
    W2="k e",
    y="",
)
