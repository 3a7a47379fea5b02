"""The derivations of the five homework solutions that the course grew from: mended, and as they were handed in.

Each slip names the line that is false there, and the kind of mistake that is found.
"""

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

DERIVATIONS = (
    Derivation(
        "smoothed labels",
        "the pre-activation has n entries",
        SMOOTHED,
        """h.sum()
        sum(h[i] for i)
        sum(sum(W1[k, i] * x[k] for k) + b1[i] for i in n)""",
        (Slip("the vector h has q entries instead of n", 2, "sum(h[i] for i in q)", INDEX),),
    ),
    Derivation(
        "smoothed labels",
        "the loss by a probability",
        SMOOTHED,
        """d(L) / d(p[i])
        -((1 - ε) * y[i] + ε / q) / p[i]
        -(1 - ε) * y[i] / p[i] - ε / q * 1 / p[i]""",
        (
            Slip(
                "the sum over i is kept in the derivative by one entry",
                3,
                "-(1 - ε) * sum(y[i] / p[i] for i) - ε / q * sum(1 / p[i] for i)",
                "sum kept",
            ),
        ),
    ),
    Derivation(
        "smoothed labels",
        "the softmax Jacobian, with both cases",
        SMOOTHED,
        """d(p[i]) / d(z[j])
        d(exp(z[i]) / sum(exp(z[k]) for k)) / d(z[j])
        (d(exp(z[i]))/d(z[j]) * S - exp(z[i]) * d(sum(exp(z[k]) for k))/d(z[j])) / S**2
        (delta(i, j) * exp(z[i]) * S - exp(z[i]) * exp(z[j])) / S**2
        1[i = j] * p[i] * (1 - p[j]) + 1[i != j] * (-p[i] * p[j])
        p[i] * (delta(i, j) - p[j])""",
        (Slip("only the case i = j is kept", 6, "p[i] * (1 - p[j])", "equal indices"),),
    ),
    Derivation(
        "smoothed labels",
        "the loss by a logit",
        SMOOTHED,
        """d(L) / d(z[j])
        sum(d(L, p[i]) * d(p[i], z[j]) for i)
        -(1 - ε) * sum(y[i]/p[i] * d(p[i], z[j]) for i) - ε/q * sum(1/p[i] * d(p[i], z[j]) for i)
"""
        "(1 - ε)*(-y[j]/p[j]*p[j]*(1 - p[j]) + sum(y[i]/p[i]*p[i]*p[j] for i if i != j))"
        " + ε/q*(-1/p[j]*p[j]*(1 - p[j]) + sum(1/p[i]*p[i]*p[j] for i if i != j))"
        """
        (1 - ε) * (-y[j] + y[j]*p[j] + sum(y[i]*p[j] for i if i != j)) + ε/q * (-1 + p[j] + sum(p[j] for i if i != j))
        (1 - ε) * (-y[j] + sum(y[i]*p[j] for i)) + ε/q * (-1 + sum(p[j] for i))
        (1 - ε) * (p[j] - y[j]) + ε/q * (q*p[j] - 1)
        p[j] - (1 - ε) * y[j] - ε/q""",
        (Slip("the chain rule without its sum", 2, "d(L, p[i]) * d(p[i], z[j])", "sum lost"),),
    ),
    Derivation(
        "smoothed labels",
        "the second weights, entry by entry",
        SMOOTHED,
        """d(L) / d(W2[k, j])
        d(L, z[j]) * d(z[j], W2[k, j])
        d(L, z[j]) * d(sum(W2[l, j] * a[l] for l) + b2[j], W2[k, j])
        (p[j] - (1 - ε) * y[j] - ε/q) * a[k]""",
    ),
    Derivation(
        "smoothed labels",
        "the second weights as a matrix, all of whose entries are summed",
        SMOOTHED,
        """sum(sum(d(L, W2[k, j]) for k) for j)
        sum(sum(a[k] * g[j] for k in n) for j in q)
        outer(a, g).sum()""",
        (Slip("rows labelled up to q, columns up to n", 2, "sum(sum(a[k] * g[j] for k in q) for j in n)", INDEX),),
    ),
    Derivation("smoothed labels", "the second weights as a matrix", SMOOTHED, "d(L) / d(W2)\nouter(a, g)"),
    Derivation("smoothed labels", "the second biases", SMOOTHED, "d(L)/d(b2[j])\nd(L, z[j]) * d(z[j], b2[j])\ng[j]"),
    Derivation(
        "smoothed labels",
        "the slope of relu",
        SMOOTHED,
        "d(a[p]) / d(h[p])\n1[h[p] > 0]",
        (Slip("the condition is on another index than the derivative", 2, "1[h[i] > 0]", INDEX),),
    ),
    Derivation(
        "smoothed labels",
        "a pre-activation by its weight",
        SMOOTHED,
        """d(h[s]) / d(W1[r, s])
        d(sum(W1[m, s] * x[m] for m) + b1[s], W1[r, s])
        x[r]""",
        (
            Slip(
                "the bias of the other layer stands in the first one",
                2,
                "d(sum(W1[m, s] * x[m] for m) + b2[s], W1[r, s])",
                INDEX,
            ),
        ),
    ),
    Derivation(
        "smoothed labels",
        "the first weights",
        SMOOTHED,
        """d(L) / d(W1[r, k])
        sum(d(L, z[s]) * d(z[s], a[k]) for s) * d(a[k], h[k]) * d(h[k], W1[r, k])
        sum(g[s] * W2[k, s] for s) * 1[h[k] > 0] * x[r]""",
    ),
    Derivation(
        "smoothed labels",
        "the first biases",
        SMOOTHED,
        """d(L) / d(b1[k])
        sum(d(L, z[s]) * d(z[s], a[k]) for s) * d(a[k], h[k]) * d(h[k], b1[k])
        sum(g[s] * W2[k, s] for s) * 1[h[k] > 0]""",
        (
            Slip(
                "the input stands in the gradient of a bias",
                3,
                "sum(g[s]*W2[k, s] for s) * 1[h[k] > 0] * x[r]",
                "extra",
            ),
        ),
    ),
    Derivation(
        "layers in index notation",
        "the slope of relu",
        SCALARS,
        "d(relu(x)) / d(x)\n1[x > 0]",
        (Slip("relu itself instead of its slope", 2, "maximum(0, x)", "negative"),),
    ),
    Derivation(
        "layers in index notation",
        "from layer to layer",
        LAYERS,
        """d(J) / d(s1[i])
        d(x1[i], s1[i]) * sum(W2[i, j] * d(J, s2[j]) for j)
        (1 - c[i]) * 1[s1[i] > 0] * sum(W2[i, j] * (x2[j] - y[j]) for j)""",
        (
            Slip(
                "the loop ends at the input: a pre-activation is named that does not exist",
                2,
                "1[s0[i] > 0] * sum(W1[i, j] * d(J, s1[j]) for j)",
                "unread",
            ),
            Slip(
                "the constant unit of the bias gets a pre-activation",
                3,
                "1[s1[i] > 0] * sum(W2[i, j] * (x2[j] - y[j]) for j)",
                VALUE,
            ),
        ),
    ),
    Derivation(
        "layers in index notation",
        "the last layer",
        LAYERS,
        """d(J) / d(s2[j])
        sum(d(J, x2[i]) * d(x2[i], s2[j]) for i)
        -sum(y[i]/x2[i] * d(x2[i], s2[j]) for i)
        -y[j]/x2[j] * x2[j] * (1 - x2[j]) - sum(y[i]/x2[i] * (-x2[i]*x2[j]) for i if i != j)
        -y[j] + y[j]*x2[j] + sum(y[i]*x2[j] for i if i != j)
        -y[j] + sum(y[i]*x2[j] for i)
        -y[j] + x2[j] * sum(y[i] for i)
        -y[j] + x2[j] * 1
        x2[j] - y[j]""",
        (Slip("only the diagonal term of the chain rule", 2, "d(J, x2[j]) * d(x2[j], s2[j])", "path"),),
    ),
    Derivation(
        "layers in index notation",
        "the forward rule of the last layer",
        LAYERS,
        "x2[j]\nexp(s2[j]) / sum(exp(s2[k]) for k)",
        (Slip("softmax of a single pre-activation", 2, "softmax(sum(W2[i, j] * x1[i] for i))", SHAPE),),
    ),
    Derivation(
        "layers in index notation",
        "the weights",
        LAYERS,
        "d(J)/d(W2[i, j])\nd(J, s2[j]) * d(s2[j], W2[i, j])\nx1[i] * d(J, s2[j])\nouter(x1, x2 - y)[i, j]",
    ),
    Derivation(
        "one example, weights (out, in)",
        "sigmoid by tanh",
        SCALARS,
        """0.5 * (tanh(0.5*x) + 1)
        0.5 * ((exp(0.5*x) - exp(-0.5*x)) / (exp(0.5*x) + exp(-0.5*x)) + 1)
        0.5 * ((1 - exp(-x)) / (1 + exp(-x)) + (1 + exp(-x)) / (1 + exp(-x)))
        0.5 * 2 / (1 + exp(-x))
        1 / (1 + exp(-x))
        sigmoid(x)""",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the logarithm of the sigmoid",
        SCALARS,
        "log(sigmoid(x))\nlog((1 + exp(-x))**(-1))\n-log(1 + exp(-x))\n-softplus(-x)",
        (Slip("softmax instead of softplus", 4, "-softmax(-x)", SHAPE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the slope of the sigmoid",
        SCALARS,
        """d(sigmoid(x)) / d(x)
        d((1 + exp(-x))**(-1)) / d(x)
        -(1 + exp(-x))**(-2) * d(1 + exp(-x)) / d(x)
        (1 + exp(-x))**(-2) * exp(-x)
        (1 + exp(-x))**(-1) * exp(-x) / (1 + exp(-x))
        (1 + exp(-x))**(-1) * ((1 + exp(-x) - 1) / (1 + exp(-x)))
        (1 + exp(-x))**(-1) * (1 - 1 / (1 + exp(-x)))
        sigmoid(x) * (1 - sigmoid(x))""",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the slope of tanh",
        SCALARS,
        """d(tanh(x)) / d(x)
        d((exp(x) - exp(-x)) / (exp(x) + exp(-x))) / d(x)
        ((exp(x) + exp(-x))*(exp(x) + exp(-x)) - (exp(x) - exp(-x))*(exp(x) - exp(-x))) / (exp(x) + exp(-x))**2
        ((exp(x) + exp(-x))**2 - (exp(x) - exp(-x))**2) / (exp(x) + exp(-x))**2
        1 - (exp(x) - exp(-x))**2 / (exp(x) + exp(-x))**2
        1 - tanh(x)**2""",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the sign",
        SCALARS,
        "sign(x)\n1[x > 0] - 1[x < 0]",
        (Slip("the sign of 0 comes out as -1", 2, "-1 + 2 * 1[x > 0]", "zero"),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "sums of squares and of absolute values",
        setting({}, x="n"),
        "d(sum(x[i]**2 for i) + sum(abs(x[i]) for i)) / d(x)\n2*x + sign(x)",
    ),
    Derivation(
        "one example, weights (out, in)",
        "an entry of softmax; one name for two indices is read as it was meant",
        ROWS,
        "os[k]\nexp(oa[k]) / sum(exp(oa[k]) for k)\nexp(oa[k]) / sum(exp(oa[j]) for j)",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the number of parameters",
        ROWS,
        "e*d + e + m*e + m\ne*(d + 1) + m*(e + 1)",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the gradient of the mean loss",
        setting({"R": "sum((w * X[i] - y[i])**2 for i) / n"}, w="", X="n", y="n", v="m"),
        "d(R) / d(w)\n1/n * d(sum((w * X[i] - y[i])**2 for i), w)",
        (
            Slip(
                "divided by the number of classes instead of the number of samples",
                2,
                "1/m * d(sum((w * X[i] - y[i])**2 for i), w)",
                "square",
            ),
        ),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the loss by the logits",
        ROWS,
        """d(L) / d(oa[j])
        -1 / sum(y[k]*os[k] for k) * d(sum(y[k]*os[k] for k), oa[j])
        -1 / sum(y[k]*os[k] for k) * sum(y[k]*os[k]*(delta(k, j) - os[j]) for k)
        -(y[j] - os[j])
        os[j] - y[j]""",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the second weights",
        ROWS,
        """d(L) / d(W2[k, j])
        sum(d(L, oa[i]) * d(oa[i], W2[k, j]) for i)
        sum((os[i] - y[i]) * delta(i, k) * hs[j] for i)
        (os[k] - y[k]) * hs[j]""",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the second weights as a matrix",
        ROWS,
        "d(L) / d(W2)\nouter(d(L, oa), hs)\nouter(os - y, hs)",
        (
            Slip("the product of two vectors entry by entry instead of the outer one", 3, "(os - y) * hs", SHAPE),
            Slip("the gradient of the other layer times the input", 2, "dot(d(L, ha), x)", SHAPE),
        ),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the logits",
        ROWS,
        "oa.sum()\nsum(sum(W2[k, i] * hs[i] for i) + b2[k] for k)",
        (Slip("weights with rows and columns exchanged", 2, "sum(sum(W2[i, k]*hs[i] for i) + b2[k] for k)", INDEX),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the loss by the hidden activations",
        ROWS,
        "d(L) / d(hs)\nW2.T @ d(L, oa)\nW2.T @ (os - y)",
        (Slip("the matrix on the wrong side", 3, "(os - y) @ W2.T", SHAPE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "through relu",
        ROWS,
        "d(L) / d(ha)\nd(L, hs) @ d(hs, ha)\nd(L, hs) * (ha > 0)",
        (Slip("the diagonal Jacobian taken as a factor", 2, "d(L, hs) * d(hs, ha)", SHAPE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the pre-activation",
        ROWS,
        "ha\nW1 @ x + b1",
        (Slip("the weights transposed", 2, "W1.T @ x + b1", SHAPE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "a pre-activation by a weight",
        ROWS,
        "d(ha[i]) / d(W1[k, j])\ndelta(i, k) * x[j]",
        (
            Slip("the entry of the input has the index of the unit", 2, "x[k]", INDEX),
            Slip("the condition on the unit is lost", 2, "x[j]", "missing"),
        ),
    ),
    Derivation(
        "one example, weights (out, in)",
        "a pre-activation by a bias",
        ROWS,
        "d(ha[i]) / d(b1[j])\ndelta(i, j)",
        (Slip("1 for every bias", 2, "1", "missing"),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the first weights",
        ROWS,
        "d(L) / d(W1)\nouter(d(L, ha), x)",
        (Slip("the product of two vectors entry by entry", 2, "d(L, ha) * x", SHAPE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the first biases",
        ROWS,
        "d(L) / d(b1)\nd(L, ha)",
        (Slip("ones instead of the gradient from above", 2, "ones(e)", VALUE),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the loss by the input",
        ROWS,
        "d(L) / d(x)\nd(L, ha) @ d(ha, x)\nd(L, ha) @ W1\nW1.T @ d(L, ha)",
    ),
    Derivation(
        "one example, weights (out, in)",
        "the pre-activations by the input",
        ROWS,
        "d(ha) / d(x)\nW1",
        (Slip("the Jacobian transposed", 2, "W1.T", "transpose"),),
    ),
    Derivation(
        "one example, weights (out, in)",
        "the penalty by the weights",
        ROWS,
        "d(R) / d(W1)\nl1 * sign(W1) + 2 * l2 * W1",
        (Slip("the gradient of the penalty called that of the loss", 1, "d(L) / d(W1)", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "the squared loss",
        MATRICES,
        "L\nsum(sum((Y[i, j] - T[i, j])**2 for i) for j)",
        (Slip("a matrix minus itself", 2, "sum(sum((Y[i, j] - Y[i, j])**2 for i) for j)", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "an entry of the product, written out",
        SMALL,
        "Y[i, 1]\nW[i, 0] * X[0, 1] + W[i, 1] * X[1, 1]",
        (Slip("the entry of another column", 2, "W[i, 0] * X[0, 0] + W[i, 1] * X[1, 1]", INDEX),),
    ),
    Derivation(
        "samples as columns",
        "the product by one weight; the sum of all its entries",
        MATRICES,
        """d(Y.sum()) / d(W[i, j])
        sum(sum(delta(r, i) * X[j, c] for r in m) for c)
        sum(X[j, c] for c in n)""",
        (Slip("the row ends at d instead of n", 3, "sum(X[j, c] for c in d)", INDEX),),
    ),
    Derivation(
        "samples as columns",
        "the loss by one weight",
        MATRICES,
        """d(L) / d(W[i, j])
        (d(L, Y) * d(Y, W[i, j])).sum()
        sum(d(L, Y[i, k]) * X[j, k] for k)
        sum(d(L, Y[i, k]) * X.T[k, j] for k)
        (d(L, Y) @ X.T)[i, j]""",
        (
            Slip("a matrix product instead of the sum over all entries", 2, "d(L, Y) @ d(Y, W[i, j])", SHAPE),
            Slip("a product entry by entry that is not summed", 2, "d(L, Y) * d(Y, W[i, j])", SHAPE),
            Slip("a matrix is set equal to one of its entries", 5, "d(L, Y) @ X.T", SHAPE),
        ),
    ),
    Derivation(
        "samples as columns",
        "the loss by the weights",
        MATRICES,
        "d(L) / d(W)\nd(L, Y) @ X.T\n2 * (Y - T) @ X.T",
        (Slip("the derivative of a matrix by a matrix", 2, "d(L, Y) @ d(Y, W)", SHAPE),),
    ),
    Derivation(
        "samples as columns",
        "one number",
        SCALARS,
        "(0 + 1.5)**2\n2.25",
        (Slip("the square of 1.5 as 1.25", 2, "1.25", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "the slope of the sigmoid",
        SCALARS,
        "d(1 / (1 + exp(-x))) / d(x)\nexp(-x) / (1 + exp(-x))**2",
    ),
    Derivation(
        "samples as columns",
        "the cross-entropy by the prediction",
        CHAIN,
        "d(L) / d(y)\n-t/y + (1 - t)/(1 - y)",
        (Slip("the second term with the wrong sign", 2, "-t/y + (t - 1)/(1 - y)", "one sign"),),
    ),
    Derivation(
        "samples as columns",
        "the cross-entropy by the last weight",
        CHAIN,
        """d(L) / d(w3)
        (-t/y + (1 - t)/(1 - y)) * d(y, w3)
        (-t/y + (1 - t)/(1 - y)) * y * (1 - y) * a2
        (y - t) * a2""",
        (
            Slip("the slope of the sigmoid is left out", 3, "(-t/y + (1 - t)/(1 - y)) * a2", VALUE),
            Slip("the slope of the sigmoid stands there twice", 4, "(y - t) * a2 * y", "extra"),
        ),
    ),
    Derivation(
        "samples as columns",
        "the slope of the sigmoid at a number",
        SCALARS,
        "-1/0.41 * (exp(-0.38) / (1 + exp(-0.38))**2) * 0.49\n-0.49/0.41 * sigmoid(0.38) * (1 - sigmoid(0.38))",
        (Slip("the factor is dropped", 2, "-1/0.41 * 0.49", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "the cross-entropy by the first weight",
        CHAIN,
        """d(L) / d(w1)
        (y - t) * w3 * a2*(1 - a2) * w2 * d(a1, w1)
        (y - t) * w3 * a2*(1 - a2) * w2 * a1*(1 - a1) * x""",
        (Slip("the slope of the first sigmoid is missing", 3, "(y - t) * w3 * a2*(1 - a2) * w2 * x", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "the prediction",
        LINEAR,
        "y\nw3 * a2",
        (Slip("y is called the loss", 2, "(t - y)**2", VALUE),),
    ),
    Derivation(
        "samples as columns",
        "the squared loss by the last weight",
        LINEAR,
        "d(L) / d(w3)\n2 * (y - t) * a2",
        (Slip("the activation is missing", 2, "-2 * (t - y)", "missing"),),
    ),
    Derivation(
        "samples as columns",
        "the squared loss by the second weight",
        LINEAR,
        "d(L) / d(w2)\n2*(y - t) * w3 * sigmoid(w2*a1)*(1 - sigmoid(w2*a1)) * a1",
        (Slip("the activation is missing", 2, "2*(y - t) * w3 * sigmoid(w2*a1)*(1 - sigmoid(w2*a1))", "missing"),),
    ),
    Derivation(
        "samples as columns",
        "the squared loss by the first weight",
        LINEAR,
        "d(L) / d(w1)\n2*(y - t) * w3 * a2*(1 - a2) * w2 * a1*(1 - a1) * x",
        (Slip("the second weight is missing", 2, "2*(y - t) * w3 * a2*(1 - a2) * a1*(1 - a1) * x", "missing"),),
    ),
    Derivation(
        "a graph of units",
        "a pre-activation with two children, one of them by a skip connection",
        GRAPH,
        """d(yhat) / d(a3)
        d(yhat, a4) * d(a4, o3) * d(o3, a3) + d(yhat, a5) * w35 * d(o3, a3)
        (d(yhat, a4) * w34 + d(yhat, a5) * w35) * o3 * (1 - o3)""",
        (Slip("one of the two children is left out", 3, "d(yhat, a4) * w34 * o3 * (1 - o3)", VALUE),),
    ),
    Derivation(
        "a graph of units",
        "a weight into a unit with two children",
        GRAPH,
        """d(yhat) / d(w13)
        d(yhat, a3) * d(a3, w13)
        (d(yhat, a4) * w34 + d(yhat, a5) * w35) * o3 * (1 - o3) * x1""",
        (
            Slip(
                "the weights to the children are missing",
                3,
                "(d(yhat, a4) * o3*(1 - o3) + d(yhat, a5) * o3*(1 - o3)) * x1",
                VALUE,
            ),
        ),
    ),
    Derivation(
        "a graph of units",
        "the smooth maximum",
        SMOOTH_MAXIMUM,
        """d(f) / d(z[i])
        (S*(z[i]*exp(z[i]) + exp(z[i])) - sum(z[j]*exp(z[j]) for j)*exp(z[i])) / S**2
        exp(z[i]) * (1 + z[i] - f) / sum(exp(z[j]) for j)""",
        (
            Slip(
                "the vector that is called softmax elsewhere",
                3,
                "exp(z[i]) * (1 + z[i] - softmax(z)) / sum(exp(z[j]) for j)",
                SHAPE,
            ),
        ),
    ),
    Derivation(
        "a graph of units",
        "the weights into one component",
        SMOOTH_NET,
        "d(yhat) / d(W2[i, u])\nd(yhat, a2[i]) * o1[u]",
        (Slip("a vector of derivatives is set equal to one of them", 1, "d(yhat, a2) @ d(a2, o1)", SHAPE),),
    ),
    Derivation(
        "a graph of units",
        "a unit whose child has several components",
        SMOOTH_NET,
        "d(yhat) / d(o1[i])\nsum(d(yhat, a2[j]) * W2[j, i] for j in k)",
        (Slip("the sum runs over the parents", 2, "sum(d(yhat, a2[j]) * W2[j, i] for j in e)", INDEX),),
    ),
    Derivation(
        "a graph of units",
        "the squared loss by the prediction",
        setting({}, yhat="", y=""),
        "d((yhat - y)**2 / 2) / d(yhat)\nyhat - y",
        (Slip("the half of the loss is missing", 1, "d((yhat - y)**2) / d(yhat)", "factor"),),
    ),
    Derivation(
        "a graph of units",
        "the second weights of a small net",
        SMOOTH_NET,
        """d(l) / d(W2)
        d(l, yhat) * d(yhat, W2)
        (yhat - y) * outer(d(yhat, a2), o1)""",
    ),
    Derivation(
        "a graph of units",
        "the first weights of a small net",
        SMOOTH_NET,
        """d(l) / d(W1)
        (yhat - y) * outer(d(yhat, a1), x)
        (yhat - y) * outer(o1*(1 - o1) * (W2.T @ d(yhat, a2)), x)""",
    ),
    Derivation(
        "a graph of units",
        "the number of ones in a subset",
        setting({"w": "m"}, x="d", m="d one-hot"),
        "w @ x\nsum(m[i] * x[i] for i)",
        (Slip("all coordinates are counted", 2, "sum(x[i] for i)", "missing"),),
    ),
    Derivation(
        "a graph of units",
        "a parity from a sign",
        SCALARS,
        "1[x > 0] + 1[x = 0] / 2\n(1 + sign(x)) / 2",
        (Slip("the sign itself as the parity", 2, "sign(x)", "positive"),),
    ),
)
