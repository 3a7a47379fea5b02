"""The forward pass of a layer for a batch of rows."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

linear_forward = Exercise(
    "linear_forward",
    title="A layer forward, samples as rows",
    parts={"batch": 1, "small sizes": 1},
    outputs=("Z",),
    covers=("S000-01", "S000-02", "S002-10", "S002-11"),
)


def integers(rng, *shape):
    """Integers from -4 to 4 without 0."""
    return rng.integers(1, 5, size=shape) * rng.choice([-1, 1], size=shape)


@linear_forward.cases
def _(rng):
    N, n_in, n_out = sizes(rng, 3)
    batch, small = {"part": "batch"}, {"part": "small sizes"}
    yield case("three different sizes", spread(rng, N, n_in), spread(rng, n_in, n_out), spread(rng, n_out), **batch)
    n_in, N, n_out = sizes(rng, 3)
    yield case("integers", integers(rng, N, n_in), integers(rng, n_in, n_out), integers(rng, n_out), **batch)
    # Each array decides about the type of the result; a result of one array's own type cuts fractions off.
    yield case("integers in X only", integers(rng, N, n_in), spread(rng, n_in, n_out), spread(rng, n_out), **batch)
    yield case("integers in W only", spread(rng, N, n_in), integers(rng, n_in, n_out), spread(rng, n_out), **batch)
    yield case("integers in b only", spread(rng, N, n_in), spread(rng, n_in, n_out), integers(rng, n_out), **batch)
    yield case("integers in X and W", integers(rng, N, n_in), integers(rng, n_in, n_out), spread(rng, n_out), **batch)
    # Here every product can be formed, so a wrong one shows its numbers and not an error.
    k = int(rng.integers(3, 6))
    yield case("all sizes equal", spread(rng, k, k), spread(rng, k, k), spread(rng, k), **batch)
    n, m = sizes(rng, 2)
    yield case("one sample", spread(rng, 1, n), spread(rng, n, m), spread(rng, m), **small)
    yield case("one input", spread(rng, n, 1), spread(rng, 1, m), spread(rng, m), **small)
    yield case("one unit", spread(rng, m, n), spread(rng, n, 1), spread(rng, 1), **small)


@linear_forward.accepted("loops", says="loops over all three indices")
def _(X, W, b):
    Z = np.zeros((X.shape[0], W.shape[1]))
    for i in range(X.shape[0]):
        for j in range(W.shape[1]):
            Z[i, j] = b[j]
            for m in range(X.shape[1]):
                Z[i, j] += X[i, m] * W[m, j]
    return Z


@linear_forward.accepted("einsum", says="an index sum")
def _(X, W, b):
    return np.einsum("im,mj->ij", X, W) + b


@linear_forward.accepted("column_convention", says="the product of the transposes, transposed")
def _(X, W, b):
    return (W.T @ X.T + b[:, np.newaxis]).T


@linear_forward.accepted("column_of_ones", says="the bias as a row of W, and an input that is always 1")
def _(X, W, b):
    return np.hstack([X, np.ones((len(X), 1))]) @ np.vstack([W, b])


@linear_forward.accepted("sample_by_sample", says="one sample at a time, stacked")
def _(X, W, b):
    return np.array([x @ W + b for x in X])


def wrong(answer_id, says, hint, result):
    linear_forward.misconception(answer_id, says=says, hint=hint, source=f"lambda X, W, b: {result}")


wrong(
    "bias_missing", "The bias is missing.", "How many arrays does the function get, and which ones do you use?", "X @ W"
)
wrong(
    "bias_as_a_column",
    "The bias is added as a column, so it counts samples instead of units.",
    "Which axis of Z counts the units, and along which axis does b lie in your sum?",
    "X @ W + b[:, None]",
)
wrong(
    "weights_transposed",
    "W is transposed; that belongs to another convention.",
    "In the sum over r, which index of W is r?",
    "X @ W.T + b",
)
wrong(
    "weights_first",
    "W stands before X; that belongs to samples in columns.",
    "Which axis of X is summed over, and must it stand next to W?",
    "W @ X + b",
)
wrong(
    "transposed_weights_first",
    "W.T stands before X; that belongs to samples in columns.",
    "Which axis of X is summed over, and must it stand next to W?",
    "W.T @ X + b",
)
wrong(
    "samples_as_columns",
    "The result has the samples in its columns.",
    "Which shape does the docstring name?",
    "(X @ W + b).T",
)
wrong(
    "elementwise",
    "The arrays are multiplied entry by entry; the sum over r is missing.",
    "What do * and @ do with two matrices?",
    "X * W + b",
)
wrong(
    "with_an_activation",
    "An activation is applied; Z is what stands before it.",
    "May an entry of Z be negative?",
    "np.maximum(X @ W + b, 0)",
)
wrong(
    "with_a_sigmoid",
    "A sigmoid is applied; Z is what stands before it.",
    "May an entry of Z be 7?",
    "sigmoid(X @ W + b)",
)
wrong("bias_subtracted", "The bias is subtracted.", "Put zeros for X: what must Z be?", "X @ W - b")
wrong("bias_multiplied", "The bias is a factor here; it is a summand.", "Put zeros for X: what must Z be?", "X @ W * b")
wrong(
    "bias_summed",
    "All units get the same bias, the sum of b.",
    "Which entry of b belongs to column j of Z?",
    "X @ W + np.sum(b)",
)
wrong(
    "mean_bias",
    "All units get the same bias, the mean of b.",
    "Which entry of b belongs to column j of Z?",
    "X @ W + np.mean(b)",
)
wrong(
    "mean_over_samples",
    "The result is divided by the number of samples; a mean belongs to the loss.",
    "Does the formula of the components contain N?",
    "(X @ W + b) / len(X)",
)
wrong(
    "summed_over_samples",
    "The samples are added up; each sample has a row of its own.",
    "Which shape does the docstring name?",
    "np.sum(X @ W, axis=0) + b",
)
wrong(
    "first_sample_repeated",
    "Each row has the numbers of the first sample.",
    "Which row of X belongs to row i of Z?",
    "np.tile(X[0] @ W + b, (len(X), 1))",
)
wrong(
    "axes_of_length_one_lost",
    "An axis of length 1 is lost; one sample still has two axes, (1, n_out).",
    "Which NumPy function or which index removes axes?",
    "np.squeeze(X @ W + b)",
)
wrong(
    "bias_before_the_product",
    "The bias goes through the weights too, because it is added inside the product.",
    "In the formula of the components, is b inside or outside the sum over r?",
    "X @ (W + b)",
)


@linear_forward.misconception(
    "array_of_the_type_of_x",
    says="The result is written into an array of the type of X; when X holds integers, fractions are cut off.",
    hint="Print the dtype of the array that you fill.",
)
def _(X, W, b):
    Z = np.zeros((len(X), W.shape[1]), dtype=X.dtype)
    for i in range(len(X)):
        Z[i] = X[i] @ W + b
    return Z


@linear_forward.misconception(
    "array_of_the_type_of_w",
    says="The result is written into an array of the type of W; when W holds integers, fractions are cut off.",
    hint="Print the dtype of the array that you fill.",
)
def _(X, W, b):
    Z = np.zeros((len(X), W.shape[1]), dtype=W.dtype)
    for i in range(len(X)):
        Z[i] = X[i] @ W + b
    return Z


@linear_forward.misconception(
    "array_of_the_type_of_b",
    says="The result is written into an array of the type of b; when b holds integers, fractions are cut off.",
    hint="Print the dtype of the array that you fill.",
)
def _(X, W, b):
    Z = np.zeros((len(X), W.shape[1]), dtype=b.dtype)
    for i in range(len(X)):
        Z[i] = X[i] @ W + b
    return Z


@linear_forward.misconception(
    "array_of_the_type_of_the_product",
    says="The result is written into an array of the type of X @ W; when X and W hold integers, fractions are cut off.",
    hint="Print the dtype of the array that you fill.",
)
def _(X, W, b):
    Z = np.zeros((len(X), W.shape[1]), dtype=(X @ W).dtype)
    for i in range(len(X)):
        Z[i] = X[i] @ W + b
    return Z


@linear_forward.misconception(
    "bias_added_in_place",
    says="The bias is added in place; when X and W hold integers and b does not, NumPy refuses.",
    hint="What is the type of X @ W if X and W hold integers?",
)
def _(X, W, b):
    Z = X @ W
    Z += b
    return Z


@linear_forward.misconception(
    "loop_over_inputs_overwrites",
    says="In a loop over the inputs each product replaces the one before, so only the last input counts.",
    hint="Is there an = in a loop where a += belongs?",
)
def _(X, W, b):
    for m in range(X.shape[1]):
        S = np.outer(X[:, m], W[m])
    return S + b
