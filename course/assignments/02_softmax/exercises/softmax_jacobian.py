"""The Jacobian of softmax at one row."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

softmax_jacobian = Exercise(
    "softmax_jacobian",
    title="The Jacobian of softmax",
    parts={"diagonal": 1, "off the diagonal": 1},
    loss="probabilities_after",
    wrt="moves",
    invariants=("rows_sum_to_0", "symmetric"),
    covers=("S000-05", "S000-06", "S000-07"),
)

ANYTHING = 1e12


def only(on_the_diagonal):
    """(low, high) from p: the right entries where this part looks, anything elsewhere."""

    def between(p):
        wanted = np.diag(p) - np.outer(p, p)
        free = np.eye(len(p), dtype=bool) != on_the_diagonal
        return np.where(free, -ANYTHING, wanted), np.where(free, ANYTHING, wanted)

    return between


def probabilities(z):
    return np.exp(z) / np.sum(np.exp(z))


@softmax_jacobian.cases
def _(rng):
    n, c = sizes(rng, 2, 3)
    for part in ("diagonal", "off the diagonal"):
        mine = {"part": part, "between": only(part == "diagonal")}
        yield case("moderate probabilities", probabilities(spread(rng, n) / 2), **mine)
        yield case(
            "a very probable class and very improbable ones", probabilities(1.5 * spread(rng, c)), atol=1e-10, **mine
        )
        yield case("two classes", probabilities(spread(rng, 2) / 2), **mine)
        yield case("equal probabilities", np.full(n, 1 / n), **mine)


@softmax_jacobian.accepted("loops", says="both cases in two loops")
def _(p):
    C = len(p)
    J = np.zeros((C, C))
    for i in range(C):
        for j in range(C):
            if i == j:
                J[i, j] = p[i] * (1 - p[i])
            else:
                J[i, j] = -p[i] * p[j]
    return J


@softmax_jacobian.accepted("delta", says="p_i (delta_ij - p_j) by broadcasting")
def _(p):
    return p[:, None] * (np.eye(len(p)) - p)


@softmax_jacobian.accepted("einsum", says="the products by einsum, the diagonal filled in")
def _(p):
    J = -np.einsum("i,j->ij", p, p)
    np.fill_diagonal(J, p * (1 - p))
    return J


@softmax_jacobian.accepted("columns", says="a column times a row")
def _(p):
    column = p.reshape(-1, 1)
    return np.diagflat(column) - column @ column.T


@softmax_jacobian.accepted("rest_of_the_row", says="the diagonal from the row sums, which are 0")
def _(p):
    J = -np.outer(p, p)
    for i in range(len(p)):
        J[i, i] = -(J[i].sum() - J[i, i])
    return J


@softmax_jacobian.accepted("central_difference", says="not a formula: gets a remark and full points")
def _(p):
    z, h, C = np.log(p), 1e-5, len(p)
    J = np.zeros((C, C))
    for j in range(C):
        e = h * np.eye(C)[j]
        J[:, j] = (softmax(z + e) - softmax(z - e)) / (2 * h)
    return J


def entries(answer_id, says, hint):
    """Decorator: another matrix from p."""

    def add(matrix_of):
        softmax_jacobian.transform(answer_id, says=says, hint=hint)(lambda right: matrix_of)
        return matrix_of

    return add


CASES = "Go back to the quotient rule for i ≠ j: what are the two derivatives in it?"


@softmax_jacobian.misconception(
    "diagonal_only",
    says="Only the diagonal is filled; but a logit moves all probabilities, because it stands in every denominator.",
    hint="If one probability grows, what must the others do?",
)
def _(p):
    return np.diag(p * (1 - p))


entries(
    "diagonal_as_a_vector",
    "These are the C entries of the diagonal as a vector; there are C·C derivatives.",
    "How many pairs of a probability and a logit are there?",
)(lambda p: p * (1 - p))
entries(
    "plus_off_the_diagonal",
    "The entries off the diagonal have the wrong sign: if one logit grows, the other probabilities fall.",
    "If one probability grows, what must the others do?",
)(lambda p: np.diag(p * (1 - p)) + np.outer(p, p) - np.diag(p * p))


@softmax_jacobian.misconception(
    "plus_for_minus",
    says="The product of the probabilities is added instead of subtracted, on the diagonal, too.",
    hint="What should the sum of a row be?",
)
def _(p):
    return np.diag(p) + np.outer(p, p)


entries(
    "delta_missing",
    "-p_i p_j stands everywhere: the case i = j, in which the numerator moves too, is missing.",
    "Does p_i rise or fall when its own logit grows?",
)(lambda p: -np.outer(p, p))


@softmax_jacobian.misconception(
    "one_case_for_all",
    says="p_i (1 - p_j) stands everywhere: the case i = j is used for all entries.",
    hint=CASES,
)
def _(p):
    return np.outer(p, 1 - p)


entries(
    "one_case_for_all_transposed",
    "p_j (1 - p_i) stands everywhere: the case i = j is used for all entries.",
    CASES,
)(lambda p: np.outer(1 - p, p))
entries(
    "minus_p_times_one_minus_p",
    "Off the diagonal stands -p_i (1 - p_j), the entry of the diagonal with a minus sign.",
    CASES,
)(lambda p: np.diag(p * (1 - p)) - np.outer(p, 1 - p) + np.diag(p * (1 - p)))
entries(
    "denominator_constant",
    "The denominator is treated as a constant, so only the probabilities themselves stand on the diagonal.",
    "Which logits does the denominator contain?",
)(lambda p: np.diag(p))
entries(
    "factor_p_missing",
    "A factor p_i is missing: this is delta_ij - p_j, the derivative of ln p_i.",
    "How large is the derivative of a probability that is almost 0?",
)(lambda p: np.eye(len(p)) - p)
entries(
    "factor_p_missing_transposed",
    "A factor is missing: this is delta_ij - p_i, which is the derivative of no probability.",
    "How large is the derivative of a probability that is almost 0?",
)(lambda p: np.eye(len(p)) - p[:, None])
entries(
    "own_probability_squared",
    "Off the diagonal stands -p_i² and not a product of two different probabilities.",
    "Which two indices occur in the case i ≠ j?",
)(lambda p: np.diag(p) - np.repeat((p * p)[:, None], len(p), axis=1))


@softmax_jacobian.misconception(
    "column_probability_squared",
    says="`p * p` is a vector of squares, which broadcasting takes away from every row: -p_j² stands off the diagonal.",
    hint="Which shape does p * p have, and which one is needed?",
)
def _(p):
    return np.diag(p) - p * p


@softmax_jacobian.misconception(
    "number_for_outer_product",
    says="For a vector, .T does nothing, and p @ p.T is one number: the sum of the squares is taken from every entry.",
    hint="Print the shape of your product.",
)
def _(p):
    return np.diag(p) - p @ p.T


entries(
    "one_on_the_diagonal",
    "On the diagonal stands 1 - p_i; the factor p_i is missing there.",
    "How large is the derivative of a probability that is almost 0?",
)(lambda p: np.diag(1 - p) - np.outer(p, p) + np.diag(p * p))
entries(
    "p_on_the_diagonal",
    "On the diagonal stands p_i: the second term of the quotient rule is missing there.",
    "What should the sum of a row be?",
)(lambda p: np.diag(p + p * p) - np.outer(p, p))
entries(
    "differences_off_the_diagonal",
    "Off the diagonal stands p_i - p_j, a difference where a product belongs.",
    CASES,
)(lambda p: np.diag(p * (1 - p)) + p[:, None] - p)
entries(
    "quotients_off_the_diagonal",
    "Off the diagonal stands -p_i / p_j: the denominator of the quotient rule was simplified wrongly.",
    "After the quotient rule, write the fraction as a product of two fractions with the denominator S.",
)(lambda p: np.diag(p * (1 - p)) - p[:, None] / p + np.eye(len(p)))
entries(
    "upper_triangle_only",
    "Only the entries above the diagonal are filled; those below it are 0.",
    "Over which pairs (i, j) do your loops run?",
)(lambda p: np.triu(np.diag(p) - np.outer(p, p)))
entries(
    "lower_triangle_only",
    "Only the entries below the diagonal are filled; those above it are 0.",
    "Over which pairs (i, j) do your loops run?",
)(lambda p: np.tril(np.diag(p) - np.outer(p, p)))
entries(
    "softmax_twice",
    "Softmax is applied to p, which are probabilities already.",
    "What does the argument of your function hold?",
)(lambda p: np.diag(probabilities(p)) - np.outer(probabilities(p), probabilities(p)))
entries(
    "summed_over_the_logits",
    "The derivatives are added up over the logits; C·C of them are asked for.",
    "How many numbers does a Jacobian hold?",
)(lambda p: np.sum(np.diag(p) - np.outer(p, p), axis=1))
entries(
    "divided_by_c",
    "Every entry is divided by the number of classes; there is no mean here.",
    "Check one entry by a finite difference.",
)(lambda p: (np.diag(p) - np.outer(p, p)) / len(p))
entries(
    "factor_two_of_the_squares",
    "There is a factor 2, as in the worked example with squares; the derivative of e^z is e^z.",
    "What is the derivative of the numerator e^(z_i) with respect to z_i?",
)(lambda p: 2 * (np.diag(p) - np.outer(p, p)))
entries(
    "sign_of_the_numerator",
    "Every entry has the wrong sign: the two terms of the quotient rule are exchanged.",
    "Does p_i rise or fall when its own logit grows?",
)(lambda p: np.outer(p, p) - np.diag(p))
