"""Rows without their mean; the notebook shows a wrong answer first, ``not_turned_back``, and explains its message."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

centre_rows = Exercise(
    "centre_rows",
    title="Centre the rows",
    parts={"square matrices": 1, "other shapes": 1},
    outputs=("centre_rows(X)",),
)


@centre_rows.cases
def _(rng):
    # A small square matrix comes first: its message has a map, and the text in the notebook explains this message.
    yield case("a square matrix", np.round(spread(rng, 4, 4), 1), part="square matrices", entrywise=True)
    yield case("a larger square matrix", spread(rng, 6, 6), part="square matrices", entrywise=True)
    n, d = sizes(rng, 2)
    yield case("a matrix with two different sizes", spread(rng, n, d), part="other shapes", entrywise=True)
    yield case("whole numbers", whole(rng, n * d).reshape(n, d), part="other shapes", entrywise=True)
    yield case("a single row", spread(rng, 1, d + 1), part="other shapes", entrywise=True)


@centre_rows.accepted("new_axis", says="the means become a column by indexing")
def _(X):
    return X - X.mean(axis=1)[:, None]


@centre_rows.accepted("reshape", says="the means become a column by reshape")
def _(X):
    return X - X.mean(1).reshape(-1, 1)


@centre_rows.accepted("turned_twice", says="transposed, and transposed back")
def _(X):
    return (X.T - X.mean(axis=1)).T


@centre_rows.accepted("loop", says="one row at a time")
def _(X):
    return np.array([row - sum(row) / len(row) for row in X])


@centre_rows.misconception(
    "not_turned_back",
    says="The samples stand in the columns of the result: X was turned with .T and not turned back.",
    hint="The result has the shape (d, N). Which shape is wanted?",
)
def _(X):
    return X.T - X.mean(axis=1)


@centre_rows.misconception(
    "mean_as_a_row",
    says="The means have the shape (N,), so they are lined up with the columns: an error if N and d differ, and a "
    "silent mistake if they are equal.",
    hint="Print the shape of the means. Which shape lines up with the rows?",
)
def _(X):
    return X - X.mean(axis=1)


@centre_rows.misconception(
    "columns_centred",
    says="The mean of each column is subtracted, not the mean of each row.",
    hint="Add up the first row of your result. What should come out?",
)
def _(X):
    return X - X.mean(axis=0)


@centre_rows.misconception(
    "one_mean_for_all",
    says="One mean over the whole matrix is subtracted; each row has a mean of its own.",
    hint="How many means does a matrix with N rows have?",
)
def _(X):
    return X - X.mean()


@centre_rows.misconception(
    "sum_subtracted",
    says="The sum of the row is subtracted and not its mean.",
    hint="Try a row of three equal numbers. What should come out?",
)
def _(X):
    return X - X.sum(axis=1, keepdims=True)


@centre_rows.misconception(
    "only_the_means",
    says="The means themselves are returned; they still have to be subtracted from X.",
    hint="Which shape does the result have, and which does X have?",
)
def _(X):
    return X.mean(axis=1, keepdims=True)


@centre_rows.misconception(
    "also_divided",
    says="The rows are also divided by their standard deviation; only the mean was to be subtracted.",
    hint="Count the operations that the text asks for.",
)
def _(X):
    centred = X - X.mean(axis=1, keepdims=True)
    return centred / (X.std(axis=1, keepdims=True) + 1e-12)


@centre_rows.misconception(
    "changed_in_place",
    says="`-=` writes into X itself: the caller's data is spoilt, and whole numbers cannot hold the result.",
    hint="Which operation makes a new array instead?",
)
def _(X):
    X -= X.mean(axis=1, keepdims=True)
    return X
