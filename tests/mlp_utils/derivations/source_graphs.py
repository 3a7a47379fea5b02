"""The sources' derivations of the second half: samples as columns, a graph of units."""

from __future__ import annotations

from .source_settings import (
    CHAIN,
    GRAPH,
    INDEX,
    LINEAR,
    MATRICES,
    ROWS,
    SCALARS,
    SHAPE,
    SMALL,
    SMOOTH_MAXIMUM,
    SMOOTH_NET,
    VALUE,
    Derivation,
    Slip,
    setting,
)

GRAPHS = (
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
