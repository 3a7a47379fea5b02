"""Derivatives at kinks: |x|, the rectifier, and the two norms."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

kink_gradients = Exercise(
    "kink_gradients",
    title="Derivatives with kinks, and gradients of norms",
    parts={"abs": 1, "rect": 1, "l2 squared": 1, "l1": 1},
    outputs=("d_abs", "d_rect", "grad_l2_squared", "grad_l1"),
    loss="abs, relu, square, abs",
    wrt="x",
    invariants=("d_rect: between_0_and_1",),
    covers=("S002-06", "S002-07", "S002-08", "S002-09"),
)


def any_slope_at_zero(x):
    """relu' may be anything from 0 to 1 where x is 0."""
    return np.where(x > 0, 1.0, 0.0), np.where(x >= 0, 1.0, 0.0)


@kink_gradients.cases
def _(rng):
    n, m = sizes(rng, 2, 4, 9)
    for pick, part in enumerate(("abs", "rect", "l2 squared", "l1")):
        free = any_slope_at_zero if part == "rect" else None
        mine = {"part": part, "pick": pick, "between": free}
        numbers = np.concatenate([spread(rng, n), [1.7, -1.7], [0.0, 0.0]])
        yield case("a vector with exact zeros", rng.permutation(numbers), **mine)
        yield case("integers, one of them 0", rng.permutation(np.append(whole(rng, m), 0)), **mine)
        yield case("no zeros", np.append(spread(rng, m), [0.3, -0.3]), **mine)


@kink_gradients.accepted("one_at_the_kink", says="relu'(0) = 1")
def _(x):
    return np.sign(x), 1.0 * (x >= 0), 2 * x, np.sign(x)


@kink_gradients.accepted("half_at_the_kink", says="relu'(0) = 1/2, the mean of both sides")
def _(x):
    return np.sign(x), (np.sign(x) + 1) / 2, x + x, np.sign(x)


@kink_gradients.accepted("truth_values", says="True and False for 1 and 0")
def _(x):
    return np.sign(x), x > 0, 2 * x, np.sign(x)


@kink_gradients.accepted("loop", says="a loop over the entries")
def _(x):
    d_abs, d_rect, l2, l1 = (np.zeros(len(x)) for _ in range(4))
    for k, v in enumerate(x):
        if v > 0:
            d_abs[k], d_rect[k], l1[k] = 1, 1, 1
        elif v < 0:
            d_abs[k], l1[k] = -1, -1
        l2[k] = 2 * v
    return d_abs, d_rect, l2, l1


@kink_gradients.misconception(
    "minus_one_at_zero",
    says="At an exact 0 the sign comes out as -1, and sign(0) is 0 here.",
    hint="Which branch of your formula does x = 0 take?",
)
def _(x):
    sign = np.where(x > 0, 1.0, -1.0)
    return sign, 1.0 * (x > 0), 2.0 * x, sign


@kink_gradients.misconception(
    "plus_one_at_zero",
    says="At an exact 0 the sign comes out as 1, and sign(0) is 0 here.",
    hint="Which branch of your formula does x = 0 take?",
)
def _(x):
    sign = np.where(x >= 0, 1.0, -1.0)
    return sign, 1.0 * (x > 0), 2.0 * x, sign


@kink_gradients.misconception(
    "divided_by_the_absolute_value",
    says="x / |x| is 0 / 0 at an exact 0, which is NaN.",
    hint="Put a vector with a 0 into your function and look at the result.",
)
def _(x):
    sign = x / np.abs(x)
    return sign, 1.0 * (x > 0), 2.0 * x, sign


@kink_gradients.misconception(
    "relu_instead_of_its_slope",
    says="For the rectifier its value max(0, x) is returned, and not its slope.",
    hint="How steep is the rectifier at x = 3?",
)
def _(x):
    return np.sign(x), np.maximum(x, 0.0), 2.0 * x, np.sign(x)


@kink_gradients.misconception(
    "inverted_mask",
    says="The mask of the rectifier is inverted: the slope is 1 where the unit is off.",
    hint="On which side of 0 does the rectifier rise?",
)
def _(x):
    return np.sign(x), 1.0 * (x < 0), 2.0 * x, np.sign(x)


@kink_gradients.misconception(
    "sign_for_the_rectifier",
    says="The rectifier gets the slope -1 for negative x, where it is flat.",
    hint="What is relu(-2), and what is relu(-3)?",
)
def _(x):
    return np.sign(x), np.sign(x), 2.0 * x, np.sign(x)


@kink_gradients.misconception(
    "factor_two_missing",
    says="The gradient of the squared norm lacks a factor; it would belong to half the squared norm.",
    hint="Differentiate one term of the sum by the power rule.",
)
def _(x):
    return np.sign(x), 1.0 * (x > 0), 1.0 * x, np.sign(x)


@kink_gradients.misconception(
    "norm_not_squared",
    says="This is the gradient of the norm itself and not of its square.",
    hint="Is there a square root in the function that is to be differentiated?",
)
def _(x):
    return np.sign(x), 1.0 * (x > 0), x / np.sqrt(np.sum(x**2)), np.sign(x)


@kink_gradients.misconception(
    "absolute_value_in_the_square",
    says="The gradient of the squared norm lost the signs of x.",
    hint="Does x² rise or fall when a negative x becomes a little larger?",
)
def _(x):
    return np.sign(x), 1.0 * (x > 0), 2.0 * np.abs(x), np.sign(x)


@kink_gradients.misconception(
    "summed_gradients",
    says="The gradients of the two norms are summed up to one number; a gradient has one entry for each entry of x.",
    hint="Which shape does a gradient with respect to x have?",
)
def _(x):
    return np.sign(x), 1.0 * (x > 0), 2.0 * np.sum(x), np.sum(np.sign(x))


@kink_gradients.misconception(
    "functions_instead_of_derivatives",
    says="The four functions themselves are returned, and not their derivatives.",
    hint="The results are slopes: how fast does each function change with an entry of x?",
)
def _(x):
    return np.abs(x), np.maximum(x, 0.0), np.sum(x**2), np.sum(np.abs(x))


@kink_gradients.misconception(
    "mean_instead_of_sum",
    says="The gradients of the two norms are divided by n, as if the norms were means; they are sums.",
    hint="Write out the norm of a vector with two entries.",
)
def _(x):
    return np.sign(x), 1.0 * (x > 0), 2.0 * x / len(x), np.sign(x) / len(x)


@kink_gradients.misconception(
    "rectified_in_place",
    says="The rectifier is applied to x in place, so the results after it see other numbers, and so does the caller.",
    hint="Print x before and after the call.",
)
def _(x):
    d_abs = np.sign(x)
    x[x < 0] = 0
    return d_abs, 1.0 * (x > 0), 2.0 * x, np.sign(x)


# A slip in one of the results alone; together they name a slip in several.
AT_ZERO = {
    "minus_one_at_zero": ("comes out as -1", "np.where(x > 0, 1.0, -1.0)"),
    "plus_one_at_zero": ("comes out as 1", "np.where(x >= 0, 1.0, -1.0)"),
    "not_a_number_at_zero": ("is 0 / 0, which is NaN", "x / np.abs(x)"),
}
for slip, (what, sign) in AT_ZERO.items():
    for name, where, results in (
        ("abs", "In the derivative of |x|", f"{sign}, 1.0 * (x > 0), 2.0 * x, np.sign(x)"),
        ("l1", "In the gradient of the 1-norm", f"np.sign(x), 1.0 * (x > 0), 2.0 * x, {sign}"),
    ):
        kink_gradients.misconception(
            f"{slip}_in_{name}",
            says=f"{where}, the sign of an exact 0 {what}; sign(0) is 0 here.",
            hint="Put a vector with a 0 into your function and look at this result.",
            source=f"lambda x: ({results})",
        )

ONE_TERM = "How many terms of the sum contain the entry k of x? Only these have a slope."
kink_gradients.misconception(
    "l1_multiplied_by_n",
    says="The gradient of the 1-norm is multiplied by n; in entry k only one of the n terms has a slope.",
    hint=ONE_TERM,
    source="lambda x: (np.sign(x), 1.0 * (x > 0), 2.0 * x, len(x) * np.sign(x))",
)
kink_gradients.misconception(
    "l2_multiplied_by_n",
    says="The gradient of the squared norm is multiplied by n; in entry k only one of the n terms has a slope.",
    hint=ONE_TERM,
    source="lambda x: (np.sign(x), 1.0 * (x > 0), 2.0 * len(x) * x, np.sign(x))",
)
kink_gradients.misconception(
    "ones_for_the_l1_norm",
    says="The gradient of the 1-norm is 1 everywhere, as if the absolute values were not there.",
    hint="Does the 1-norm rise or fall when a negative entry becomes a little larger?",
    source="lambda x: (np.sign(x), 1.0 * (x > 0), 2.0 * x, np.ones(len(x)))",
)
