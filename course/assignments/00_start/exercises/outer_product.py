"""The table of all products of two vectors."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

outer_product = Exercise(
    "outer_product",
    title="All products of two vectors",
    parts={"equal lengths": 1, "different lengths": 1},
    outputs=("outer_product(g, a)",),
)


@outer_product.cases
def _(rng):
    n, m, k = sizes(rng, 3)
    yield case("two vectors of different lengths", spread(rng, n), spread(rng, m), part="different lengths")
    yield case("whole numbers", whole(rng, m), whole(rng, k), part="different lengths")
    yield case("two vectors of equal length", spread(rng, k), spread(rng, k), part="equal lengths")
    yield case("two other vectors of equal length", spread(rng, n + 1), spread(rng, n + 1), part="equal lengths")


@outer_product.accepted("column_times_row", says="a column times a row, broadcast")
def _(g, a):
    return g[:, None] * a[None, :]


@outer_product.accepted("matrix_product", says="a matrix product of a column and a row")
def _(g, a):
    return g.reshape(-1, 1) @ a.reshape(1, -1)


@outer_product.accepted("indices", says="with named indices")
def _(g, a):
    return np.einsum("i,j->ij", g, a)


@outer_product.accepted("loop", says="two loops")
def _(g, a):
    table = np.zeros((len(g), len(a)))
    for i in range(len(g)):
        for j in range(len(a)):
            table[i, j] = g[i] * a[j]
    return table


@outer_product.misconception(
    "transposed_vector",
    says="g has one axis, so .T leaves it as it is: g.T @ a is the scalar product, and an error if the lengths differ.",
    hint="Print g.T.shape. How does a vector become a column?",
)
def _(g, a):
    return g.T @ a


@outer_product.misconception(
    "exchanged",
    says="The two vectors are exchanged: the rows belong to a, and they should belong to g.",
    hint="Which length should the first axis have?",
)
def _(g, a):
    return np.outer(a, g)


@outer_product.misconception(
    "entry_by_entry",
    says="g * a multiplies entry by entry; with one axis each, there is no table.",
    hint="Which shapes must stand one below the other so that the rule gives (len(g), len(a))?",
)
def _(g, a):
    return g * a


@outer_product.misconception(
    "sums_for_products",
    says="The table holds sums; products are wanted.",
    hint="Which operation stands between the column and the row?",
)
def _(g, a):
    return g[:, None] + a


@outer_product.misconception(
    "two_columns",
    says="Both vectors became columns; the rule needs a column for g and a row for a.",
    hint="Write both shapes one below the other. Which one has to end with the size 1?",
)
def _(g, a):
    return g[:, None] * a[:, None]


@outer_product.misconception(
    "column_at_vector",
    says="@ adds up over the last axis of g's column, which has the size 1, and a has another length: Python stops.",
    hint="Nothing is added up in a table of products. Which operation multiplies without adding?",
)
def _(g, a):
    return g[:, None] @ a
