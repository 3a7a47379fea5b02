"""The backward pass of a layer for a batch of rows."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

linear_backward = Exercise(
    "linear_backward",
    title="A layer backward, samples as rows",
    parts={"dW": 1, "db": 1, "dX": 1},
    outputs=("dW", "db", "dX"),
    loss="linear_forward",
    wrt="W, b, X",
    upstream="dZ",
    covers=(
        "S000-09",
        "S000-10",
        "S000-11",
        "S000-12",
        "S000-13",
        "S002-22",
        "S002-23",
        "S002-24",
        "S002-25",
    ),
)


def integers(rng, *shape):
    """Integers from -4 to 4 without 0."""
    return rng.integers(1, 5, size=shape) * rng.choice([-1, 1], size=shape)


@linear_backward.cases
def _(rng):
    for pick, part in enumerate(("dW", "db", "dX")):
        mine = {"part": part, "pick": pick}
        N, n, m = sizes(rng, 3)
        yield case("three different sizes", spread(rng, N, m), spread(rng, N, n), spread(rng, n, m), **mine)
        m, n, N = sizes(rng, 3)
        yield case("integers", integers(rng, N, m), integers(rng, N, n), integers(rng, n, m), **mine)
        n, m = sizes(rng, 2)
        yield case("one sample", spread(rng, 1, m), spread(rng, 1, n), spread(rng, n, m), **mine)
        # Here every product can be formed, so a wrong one shows its numbers and not an error.
        k = int(rng.integers(3, 6))
        yield case("all sizes equal", spread(rng, k, k), spread(rng, k, k), spread(rng, k, k), **mine)


@linear_backward.accepted("loops", says="loops over all three indices")
def _(dZ, X, W):
    dW, db, dX = np.zeros(W.shape), np.zeros(W.shape[1]), np.zeros(X.shape)
    for i in range(X.shape[0]):
        for j in range(W.shape[1]):
            db[j] += dZ[i, j]
            for m in range(X.shape[1]):
                dW[m, j] += X[i, m] * dZ[i, j]
                dX[i, m] += dZ[i, j] * W[m, j]
    return dW, db, dX


@linear_backward.accepted("einsum", says="index sums")
def _(dZ, X, W):
    return np.einsum("im,ij->mj", X, dZ), np.einsum("ij->j", dZ), np.einsum("ij,mj->im", dZ, W)


@linear_backward.accepted("outer_products", says="a sum of outer products, one for each sample")
def _(dZ, X, W):
    dW = sum(np.outer(x, g) for x, g in zip(X, dZ, strict=True))
    return dW, sum(dZ), np.array([W @ g for g in dZ])


@linear_backward.accepted("row_of_ones", says="the bias by a product with ones, the rest transposed twice")
def _(dZ, X, W):
    return (dZ.T @ X).T, np.ones(len(dZ)) @ dZ, (W @ dZ.T).T


@linear_backward.accepted("extended_input", says="the bias as a row of W, and an input that is always 1")
def _(dZ, X, W):
    both = np.hstack([X, np.ones((len(X), 1))]).T @ dZ
    return both[:-1], both[-1], np.dot(dZ, W.T)


def wrong(answer_id, says, hint, dW="X.T @ dZ", db="np.sum(dZ, axis=0)", dX="dZ @ W.T", both=""):
    source = f"lambda dZ, X, W: ({both or f'{dW}, {db}, {dX}'})"
    linear_backward.misconception(answer_id, says=says, hint=hint, source=source)


COMPLETE = "If the loss is a mean, its factor is in dZ already. What is left is to add the shares."
SIDES = "Print the shapes of both factors and the shape that is wanted. Which axis must disappear?"

wrong("dw_transposed", "dW is transposed: its shape is that of W.T.", "What is the shape of W?", dW="dZ.T @ X")
wrong("x_not_transposed", "In dW the factor X is not transposed.", SIDES, dW="X @ dZ")
wrong("dw_in_the_wrong_order", "In dW the two factors are in the wrong order.", SIDES, dW="dZ @ X.T")
wrong(
    "dw_of_columns",
    "This dW belongs to samples in columns; here they are rows.",
    "Which axis counts the samples, and is it the one that is summed?",
    dW="dZ @ X",
)
wrong(
    "dw_divided_by_samples",
    "dW is divided by the number of samples once more.",
    COMPLETE,
    dW="X.T @ dZ / len(X)",
)
wrong(
    "db_is_a_mean",
    "db is the mean over the samples; the shares of the samples are added.",
    COMPLETE,
    db="np.mean(dZ, axis=0)",
)
wrong(
    "all_divided_by_samples",
    "All three gradients are divided by the number of samples once more.",
    COMPLETE,
    both="X.T @ dZ / len(X), np.mean(dZ, axis=0), dZ @ W.T / len(X)",
)
wrong(
    "parameters_divided_by_samples",
    "dW and db are divided by the number of samples once more.",
    COMPLETE,
    both="X.T @ dZ / len(X), np.mean(dZ, axis=0), dZ @ W.T",
)
wrong(
    "db_over_the_units",
    "db is summed over the units and has one entry for each sample; the bias has one for each unit.",
    "Which axis of dZ counts the samples, and which one should be left?",
    db="np.sum(dZ, axis=1)",
)
wrong(
    "db_as_a_row",
    "db is a row (1, n_out); the bias has the shape (n_out,).",
    "Which argument of the sum keeps an axis?",
    db="np.sum(dZ, axis=0, keepdims=True)",
)
wrong(
    "db_as_a_column",
    "db is a column (n_out, 1); the bias has the shape (n_out,).",
    "Print b.shape and the shape of your db.",
    db="np.sum(dZ, axis=0)[:, None]",
)
wrong(
    "db_not_summed",
    "db is dZ itself: the sum over the samples is missing.",
    "One bias serves all samples. What happens to the shares of all samples?",
    db="dZ",
)
wrong(
    "db_is_one_number",
    "db is a single number: the sum runs over both axes.",
    "How many biases are there?",
    db="np.sum(dZ)",
)
wrong(
    "db_is_the_local_slope",
    "db is 1 for each unit: that is the local slope alone, and what arrives is left out.",
    "Does your db change when dZ is doubled?",
    db="np.ones(dZ.shape[1])",
)
wrong(
    "db_counts_samples",
    "db is N for each unit: the local slopes are added, and what arrives is left out.",
    "Does your db change when dZ is doubled?",
    db="len(dZ) * np.ones(dZ.shape[1])",
)
wrong(
    "db_of_the_last_sample",
    "db has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    db="dZ[-1]",
)
wrong(
    "dw_of_the_last_sample",
    "dW has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    dW="np.outer(X[-1], dZ[-1])",
)
wrong(
    "only_the_last_sample",
    "dW and db have the share of the last sample only: the sums over the samples are lost.",
    "Is there an = in a loop where a += belongs?",
    both="np.outer(X[-1], dZ[-1]), dZ[-1], dZ @ W.T",
)
wrong(
    "dw_of_sums",
    "dW is made of the sums over the samples: first added, then multiplied. The products must be added.",
    "Is the sum of products a product of sums? Try two samples with one number each.",
    dW="np.outer(np.sum(X, axis=0), np.sum(dZ, axis=0))",
)
wrong(
    "dw_without_upstream",
    "In dW what arrives is left out: each column is the sum of X over the samples.",
    "Does your dW change when dZ is doubled?",
    dW="X.T @ np.ones_like(dZ)",
)
wrong(
    "dot_of_vectors",
    "In a loop over samples the transpose of a 1-D row is taken, which does nothing; the outer product is missing.",
    "Print the shapes of one row of X, of its transpose, and of one row of dZ.",
    dW="sum(X[i].T @ dZ[i] for i in range(len(X)))",
)
wrong(
    "dw_elementwise",
    "In dW the arrays are multiplied entry by entry; the sum over the samples is missing.",
    "What do * and @ do with two matrices?",
    dW="X.T * dZ",
)
wrong("w_not_transposed", "In dX the factor W is not transposed.", SIDES, dX="dZ @ W")
wrong(
    "dx_in_the_wrong_order",
    "In dX the two factors are in the wrong order.",
    SIDES,
    dX="W.T @ dZ",
)
wrong(
    "dx_of_columns",
    "In dX the factor W stands first and is not transposed; rows of samples stay on the left.",
    "Which axis of dX counts the samples?",
    dX="W @ dZ",
)
wrong("dx_transposed", "dX is transposed: its shape is that of X.T.", "What is the shape of X?", dX="W @ dZ.T")
wrong(
    "no_transposes",
    "No factor is transposed, neither in dW nor in dX.",
    SIDES,
    both="X @ dZ, np.sum(dZ, axis=0), dZ @ W",
)
wrong(
    "dx_without_upstream",
    "In dX what arrives is left out: each row is the sum of W over the units.",
    "Does your dX change when dZ is doubled?",
    dX="np.ones_like(dZ) @ W.T",
)
wrong(
    "mask_in_dx",
    "dX is set to 0 where X is not positive, as behind a rectifier; this layer has no activation.",
    "Which lines does the forward pass have?",
    dX="(dZ @ W.T) * (X > 0)",
)
wrong(
    "order_of_results",
    "The results are returned in another order: dX stands before db.",
    "Read the docstring: in which order do they stand?",
    both="X.T @ dZ, dZ @ W.T, np.sum(dZ, axis=0)",
)
wrong(
    "dx_first",
    "The results are returned in another order: dX comes first.",
    "Read the docstring: in which order do they stand?",
    both="dZ @ W.T, X.T @ dZ, np.sum(dZ, axis=0)",
)


@linear_backward.misconception(
    "divided_in_place",
    says="dZ is divided by N once more, and in place: the caller's array is changed too.",
    hint="Which statement writes into an argument? And is the factor of a mean not in dZ already?",
)
def _(dZ, X, W):
    if dZ.dtype.kind == "f":
        dZ /= len(X)
    return X.T @ dZ, np.sum(dZ, axis=0), dZ @ W.T
