"""Both gradients of a product Y = W X, samples as columns."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

product_gradients = Exercise(
    "product_gradients",
    title="The gradients of Y = W X",
    parts={"dW": 1, "dX": 1},
    outputs=("dW", "dX"),
    loss="product",
    wrt="W, X",
    upstream="dY",
    covers=("S003-01", "S003-02"),
)


def integers(rng, *shape):
    """Integers from -4 to 4 without 0."""
    return rng.integers(1, 5, size=shape) * rng.choice([-1, 1], size=shape)


@product_gradients.cases
def _(rng):
    for pick, part in enumerate(("dW", "dX")):
        mine = {"part": part, "pick": pick}
        m, d, n = sizes(rng, 3)
        yield case("three different sizes", spread(rng, m, n), spread(rng, m, d), spread(rng, d, n), **mine)
        n, m, d = sizes(rng, 3)
        yield case("integers", integers(rng, m, n), integers(rng, m, d), integers(rng, d, n), **mine)
        m, d = sizes(rng, 2)
        yield case("one sample", spread(rng, m, 1), spread(rng, m, d), spread(rng, d, 1), **mine)
        # Here every product can be formed, so a wrong one shows its numbers and not an error.
        k = int(rng.integers(3, 6))
        yield case("all sizes equal", spread(rng, k, k), spread(rng, k, k), spread(rng, k, k), **mine)


@product_gradients.accepted("loops", says="loops over all three indices")
def _(dY, W, X):
    dW, dX = np.zeros(W.shape), np.zeros(X.shape)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            for k in range(X.shape[1]):
                dW[i, j] += dY[i, k] * X[j, k]
                dX[j, k] += dY[i, k] * W[i, j]
    return dW, dX


@product_gradients.accepted("einsum", says="index sums")
def _(dY, W, X):
    return np.einsum("ik,jk->ij", dY, X), np.einsum("ij,ik->jk", W, dY)


@product_gradients.accepted("outer_products", says="a sum of outer products, one for each sample")
def _(dY, W, X):
    samples = range(X.shape[1])
    dW = sum(np.outer(dY[:, k], X[:, k]) for k in samples)
    return dW, np.column_stack([W.T @ dY[:, k] for k in samples])


@product_gradients.accepted("transposed_twice", says="the transposes of the transposed products, in a list")
def _(dY, W, X):
    return [(X @ dY.T).T, (dY.T @ W).T]


@product_gradients.accepted("frobenius", says="an inner product for each entry of W")
def _(dY, W, X):
    dW = np.zeros(W.shape)
    for i, j in np.ndindex(W.shape):
        E = np.zeros(W.shape)
        E[i, j] = 1
        dW[i, j] = np.sum(dY * (E @ X))
    return dW, np.matmul(np.transpose(W), dY)


def wrong(answer_id, says, hint, dW="dY @ X.T", dX="W.T @ dY", both=""):
    product_gradients.misconception(
        answer_id, says=says, hint=hint, source=f"lambda dY, W, X: ({both or f'{dW}, {dX}'})"
    )


MIDDLE = "Which index is summed? It must stand last in the first matrix and first in the second."

wrong(
    "dw_transposed",
    "dW is transposed: its shape is that of W.T.",
    "Compare entry (0, 1) of your dW with the sum over k for i = 0 and j = 1.",
    dW="X @ dY.T",
)
wrong(
    "dx_transposed",
    "dX is transposed: its shape is that of X.T.",
    "Compare entry (0, 1) of your dX with the sum over i for j = 0 and k = 1.",
    dX="dY.T @ W",
)
wrong(
    "no_transposes",
    "No matrix is transposed; unless all sizes are equal, these products cannot be formed.",
    MIDDLE,
    both="dY @ X, W @ dY",
)
wrong("x_not_transposed", "In dW the factor X is not transposed.", MIDDLE, dW="dY @ X")
wrong("w_not_transposed", "In dX the factor W is not transposed.", MIDDLE, dX="W @ dY")
wrong(
    "x_on_the_wrong_side",
    "In dW the two factors are in the wrong order.",
    "The rows of dW belong to the rows of Y. Which factor must come first?",
    dW="X.T @ dY",
)
wrong(
    "w_on_the_wrong_side",
    "In dX the two factors are in the wrong order.",
    "The columns of dX are samples. Which factor has the samples in its columns, and must it come first or last?",
    dX="dY @ W.T",
)
wrong(
    "both_on_the_wrong_side",
    "In both products the factors are in the wrong order.",
    MIDDLE,
    both="X.T @ dY, dY @ W.T",
)
wrong(
    "elementwise",
    "The arrays are multiplied entry by entry; the sum over the shares is missing.",
    "What do * and @ do with two matrices?",
    both="dY * X, W * dY",
)
wrong(
    "mean_over_samples",
    "dW is divided by the number of samples; the shares of the samples are added.",
    "If the loss is a mean, where has its factor gone already: into dY or not?",
    dW="dY @ X.T / X.shape[1]",
)
wrong(
    "mean_in_both",
    "Both gradients are divided by the number of samples; the shares are added.",
    "If the loss is a mean, where has its factor gone already: into dY or not?",
    both="dY @ X.T / X.shape[1], W.T @ dY / X.shape[1]",
)
wrong(
    "last_sample_only",
    "dW has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    dW="np.outer(dY[:, -1], X[:, -1])",
)
wrong(
    "first_sample_only",
    "dW has the share of the first sample only: the sum over the samples is lost.",
    "How many columns of X take part in your dW?",
    dW="np.outer(dY[:, 0], X[:, 0])",
)
wrong(
    "upstream_left_out",
    "What arrives is left out: these are the gradients of the sum of all entries of Y.",
    "Does your result change when dY is doubled?",
    both="np.ones_like(dY) @ X.T, W.T @ np.ones_like(dY)",
)
wrong(
    "y_for_its_gradient",
    "Y itself is passed back where its gradient dY belongs.",
    "Which array is the upstream?",
    both="(W @ X) @ X.T, W.T @ (W @ X)",
)
wrong(
    "squared_error_assumed",
    "A factor 2 is added, as if a square were still to be differentiated; dY is complete.",
    "From where to where does Y = W X lead, and is there a square in it?",
    both="2 * dY @ X.T, 2 * W.T @ dY",
)
wrong(
    "updated_instead_of_gradient",
    "The gradients are subtracted from W and X already: the result is a step of descent and not the gradient.",
    "Which names does the docstring return?",
    both="W - dY @ X.T, X - W.T @ dY",
)
wrong(
    "order_of_results",
    "The two gradients are returned in the other order.",
    "Read the docstring: which one comes first?",
    both="W.T @ dY, dY @ X.T",
)
wrong(
    "factors_for_gradients",
    "Each factor gets the other factor as its gradient: the local slopes alone, neither multiplied nor summed.",
    "What is the shape of your first result, and what is the shape of W?",
    both="X.T, W.T",
)
wrong(
    "summed_over_samples",
    "dX is summed over the samples; each sample has a gradient of its own.",
    "Which shape does dX have, and which has X?",
    dX="np.sum(W.T @ dY, axis=1)",
)
