"""The gradient of a matrix product by its left factor, line by line."""

from autograder.authoring import DERIVATION, Exercise, Form, Letter, Route, Setting

RULE, ONE_SUM = "the sum of upstream times local", "the sum over the samples"
MOVED, ENTRIES = "the inner product with W alone", "its derivative by one entry"

product_gradient_steps = Exercise(
    "product_gradient_steps",
    kind=DERIVATION,
    title="The gradient of a matrix product, line by line",
    setting=Setting(
        {"W": Letter(("m", "d")), "X": Letter(("d", "n")), "dY": Letter(("m", "n"))},
        {"Y": "W @ X", "L": "sum(dY * Y)"},
    ),
    route=Route(
        start=("d(L, W[i, j])",),
        end=Form(
            "there is one entry of a product of matrices, made of dY and X",
            needs=("an entry of a product",),
            without=("a derivative", "a sum", "a delta"),
            only=("dY", "X"),
        ),
        waypoints={
            RULE: Form(
                "",
                needs=("a sum",),
                without=("a bare derivative",),
                one_of=(("a derivative by W", "a delta", "a condition"),),
                hint="Every entry of Y that contains W[i, j] is a path to L. Write the sum over these entries, each "
                "with what arrives and with its own derivative by W[i, j].",
            ),
            ONE_SUM: Form(
                "",
                needs=("dY", "X"),
                without=("a derivative", "a delta", "a condition", "W", "an entry of a product"),
                one_of=(("a sum", "a matrix product"),),
                hint="In which row of Y does W[i, j] stand, and with which entry of X is it multiplied there?",
            ),
            MOVED: Form(
                "",
                needs=("a transpose", "a matrix product", "W"),
                hint="Bring X to the other side of the inner product, so that W stands alone on one side.",
            ),
            ENTRIES: Form(
                "",
                needs=("a sum", "a transpose"),
                without=("a bare derivative",),
                one_of=(("a derivative by W", "a delta", "a condition"),),
                hint="What is the derivative of W[r, s] by W[i, j]?",
            ),
        },
        ways=((RULE, ONE_SUM), (MOVED, ENTRIES)),
    ),
    covers=("S003-02",),
)

# --- other ways

product_gradient_steps.accepted(
    "at_once",
    says="the derivative of the whole matrix, and then only what is not 0",
    answer="""
d(L, W[i, j])
= sum(dY * d(Y, W[i, j]))
= sum(dY[i, k] * X[j, k] for k)
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "product_of_rows",
    says="the sum over the samples as the product of two rows",
    answer="""
d(L, W[i, j])
= sum(dY[i, k] * d(W[i] @ X[:, k], W[i, j]) for k)
= dY[i] @ X[j]
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "upstream_by_name",
    says="the chain rule with both factors as derivatives, first over all entries of Y and then over row i",
    answer="""
d(L, W[i, j])
= sum(sum(d(L, Y[r, k]) * d(Y[r, k], W[i, j]) for k) for r)
= sum(d(L, Y[i, k]) * X[j, k] for k)
= sum(dY[i, k] * X[j, k] for k)
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "upstream_as_a_matrix",
    says="the upstream gradient stays a derivative until it is a whole matrix",
    answer="""
d(L, W[i, j])
= sum(d(L, Y[i, k]) * d(Y[i, k], W[i, j]) for k)
= sum(dY[i, k] * X[j, k] for k)
= (d(L, Y) @ X.T)[i, j]
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "every_index",
    says="the product written as a sum, seven lines",
    answer="""
d(L, W[i, j])
= d(sum(sum(dY[r, k] * sum(W[r, s] * X[s, k] for s) for k) for r), W[i, j])
= sum(sum(dY[r, k] * sum(d(W[r, s], W[i, j]) * X[s, k] for s) for k) for r)
= sum(sum(dY[r, k] * sum(delta(r, i) * delta(s, j) * X[s, k] for s) for k) for r)
= sum(sum(dY[r, k] * delta(r, i) * X[j, k] for k) for r)
= sum(dY[i, k] * X[j, k] for k)
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "row_i_alone",
    says="only row i of Y depends on W[i, j]; the product is written with np.dot and its transpose",
    answer="""
d(L, W[i, j])
= sum(dY[i, k] * d(Y[i, k], W[i, j]) for k)
= sum(X[j, k] * dY[i, k] for k)
= np.dot(X, dY.T)[j, i]
""",
)
product_gradient_steps.accepted(
    "frobenius",
    says="the inner product of dY with the derivative of the whole matrix",
    answer="""
d(L, W[i, j])
= sum(dY * d(W @ X, W[i, j]))
= np.sum(dY[i, k] * X[j, k] for k)
= sum(k, dY[i, k] * X.T[k, j])
= (dY @ X.T)[i, j]
""",
)
product_gradient_steps.accepted(
    "inner_product_moved",
    says="X is brought to the other side of the inner product; then L is linear in W",
    answer="""
d(L, W[i, j])
= d(sum((dY @ X.T) * W), W[i, j])
= sum(sum((dY @ X.T)[r, s] * delta(r, i) * delta(s, j) for s) for r)
= (dY @ X.T)[i, j]
""",
)

# --- false lines


def false_line(answer_id, says, hint, answer):
    product_gradient_steps.misconception(answer_id, says=says, hint=hint, answer=answer)


false_line(
    "sum_missing",
    "The sum over the samples is missing: W[i, j] acts on a whole row of Y.",
    "Which entries of Y contain W[i, j]?",
    """
d(L, W[i, j])
= d(L, Y[i, k]) * d(Y[i, k], W[i, j])
= dY[i, k] * X[j, k]
""",
)
false_line(
    "upstream_left_out",
    "What arrives is left out: this is a sum of local slopes alone.",
    "With what is the slope of Y[i, k] multiplied, before the sum?",
    """
d(L, W[i, j])
= sum(d(Y[i, k], W[i, j]) for k)
= sum(X[j, k] for k)
""",
)
false_line(
    "all_rows",
    "All rows of Y are summed; W[i, j] acts on row i alone.",
    "For which r does Y[r, k] contain W[i, j]?",
    """
d(L, W[i, j])
= sum(sum(dY[r, k] * d(Y[r, k], W[i, j]) for k) for r)
= sum(sum(dY[r, k] * X[j, k] for k) for r)
""",
)
false_line(
    "weight_kept",
    "The weight is still there: the derivative of W[i, j] * X[j, k] by W[i, j] does not contain W[i, j].",
    "What is the derivative of a * x with respect to a?",
    """
d(L, W[i, j])
= sum(dY[i, k] * d(Y[i, k], W[i, j]) for k)
= sum(dY[i, k] * W[i, j] * X[j, k] for k)
""",
)
false_line(
    "mean_over_samples",
    "A division by the number of samples is too much: what arrives in dY is complete.",
    "Does L contain a factor 1/n?",
    """
d(L, W[i, j])
= sum(dY[i, k] * d(Y[i, k], W[i, j]) for k)
= 1/n * sum(dY[i, k] * X[j, k] for k)
""",
)
false_line(
    "local_is_summed",
    "Both factors are summed by themselves; each entry of dY belongs to its own entry of X.",
    "Is a sum of products the product of the sums?",
    """
d(L, W[i, j])
= sum(dY[i, k] * X[j, k] for k)
= sum(dY[i, k] for k) * sum(X[j, k] for k)
""",
)
false_line(
    "transpose_lost",
    "The transpose is lost: dY and X cannot be multiplied like this.",
    "In which place of X does the index of the sum stand? In which place must it stand in a product?",
    """
d(L, W[i, j])
= sum(dY[i, k] * X[j, k] for k)
= (dY @ X)[i, j]
""",
)
false_line(
    "order_exchanged",
    "The order of the factors is exchanged, and the product cannot be formed.",
    "Write down the shapes of dY and X.T. Which product has the shape of W?",
    """
d(L, W[i, j])
= sum(dY[i, k] * X[j, k] for k)
= (X.T @ dY)[i, j]
""",
)
false_line(
    "whole_transposed",
    "This is the transpose of what is asked for: its shape is that of W.T.",
    "Which index of W runs over m, and which over d?",
    """
d(L, W[i, j])
= sum(dY[i, k] * X[j, k] for k)
= (X @ dY.T)[i, j]
""",
)
