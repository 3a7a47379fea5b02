"""The derivations of the five homework solutions that the course grew from: mended, and as they were handed in.

Each slip names the line that is false there, and the kind of mistake that is found.
"""

from __future__ import annotations

from .source_graphs import GRAPHS
from .source_settings import INDEX, LAYERS, ROWS, SCALARS, SHAPE, SMOOTHED, VALUE, Derivation, Slip, setting

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
    *GRAPHS,
)
