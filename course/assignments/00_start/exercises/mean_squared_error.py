"""The mean squared error where the classes come as a vector or as a column."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

mean_squared_error = Exercise(
    "mean_squared_error",
    title="A mean squared error for both shapes",
    parts={"y is a vector": 1, "y is a column": 1},
    outputs=("mean_squared_error(p, y)",),
)


@mean_squared_error.cases
def _(rng):
    for n in sizes(rng, 3, 3, 8):
        p, y = rng.uniform(0.05, 0.95, size=n), rng.integers(0, 2, size=n)
        yield case(f"{n} samples, y of shape ({n},)", p, y, part="y is a vector")
        yield case(f"{n} samples, y of shape ({n}, 1)", p, y[:, None], part="y is a column")
    p, y = spread(rng, 6), spread(rng, 6)
    yield case("other numbers, y of shape (6,)", p, y, part="y is a vector")
    yield case("other numbers, y of shape (6, 1)", p, y[:, None], part="y is a column")


@mean_squared_error.accepted("reshape", says="y in the shape of p")
def _(p, y):
    return np.mean((p - np.reshape(y, p.shape)) ** 2)


@mean_squared_error.accepted("both_columns", says="both as columns")
def _(p, y):
    return ((p.reshape(-1, 1) - y.reshape(-1, 1)) ** 2).mean()


@mean_squared_error.accepted("scalar_product", says="a scalar product divided by N")
def _(p, y):
    gap = p - y.flatten()
    return gap @ gap / len(p)


@mean_squared_error.accepted("loop", says="a loop over the samples")
def _(p, y):
    total = 0.0
    for k in range(len(p)):
        total += (float(p[k]) - float(y.flat[k])) ** 2
    return total / len(p)


@mean_squared_error.misconception(
    "table_of_all_pairs",
    says="If y is a column, p - y is a table (N, N) of all pairs, and the mean is taken over all of them.",
    hint="Print (p - y).shape for both kinds of y. Which shape do you want?",
)
def _(p, y):
    return np.mean((p - y) ** 2)


@mean_squared_error.misconception(
    "table_for_a_vector",
    says="p becomes a column, so a y that is a vector now gives the table of all pairs.",
    hint="Bring p and y to the same shape, whichever shape y has.",
)
def _(p, y):
    return np.mean((p.reshape(-1, 1) - y) ** 2)


@mean_squared_error.misconception(
    "only_columns",
    says="y[:, 0] works only if y is a column; a vector has no second axis, and Python stops.",
    hint="Is there an operation that turns both (N,) and (N, 1) into (N,)?",
)
def _(p, y):
    return np.mean((p - y[:, 0]) ** 2)


@mean_squared_error.misconception(
    "sum_for_mean",
    says="The squares are added up; their mean is wanted.",
    hint="What changes if every sample stands there twice? What should change?",
)
def _(p, y):
    return np.sum((p - np.ravel(y)) ** 2)


@mean_squared_error.misconception(
    "square_of_the_mean",
    says="The mean is taken first and squared afterwards, so errors of both signs cancel.",
    hint="Try p = (0, 1) and y = (1, 0).",
)
def _(p, y):
    return np.mean(p - np.ravel(y)) ** 2


@mean_squared_error.misconception(
    "absolute_error",
    says="This is the mean of the absolute errors: the square is missing.",
    hint="Try one sample with the error 3.",
)
def _(p, y):
    return np.mean(np.abs(p - np.ravel(y)))


@mean_squared_error.misconception(
    "root_taken",
    says="A square root was taken; the mean of the squares itself is wanted.",
    hint="Compare the last step with the text.",
)
def _(p, y):
    return np.sqrt(np.mean((p - np.ravel(y)) ** 2))


@mean_squared_error.misconception(
    "one_for_each_sample",
    says="The squared error of each sample is returned; one number is wanted.",
    hint="What is the shape of the mean over all samples?",
)
def _(p, y):
    return (p - np.ravel(y)) ** 2
