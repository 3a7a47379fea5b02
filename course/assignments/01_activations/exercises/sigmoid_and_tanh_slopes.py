"""The slopes of the sigmoid and of tanh."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

sigmoid_and_tanh_slopes = Exercise(
    "sigmoid_and_tanh_slopes",
    title="The slopes of the sigmoid and tanh",
    parts={"sigmoid": 1, "tanh": 1, "far out": 1},
    outputs=("dsigmoid", "dtanh"),
    loss="sigmoid, tanh",
    wrt="x",
    invariants=("dsigmoid: between_0_and_1", "dtanh: between_0_and_1"),
    covers=("S002-03", "S002-04", "S003-06", "S004-01"),
)


@sigmoid_and_tanh_slopes.cases
def _(rng):
    n, m, k = sizes(rng, 3)
    for pick, part in enumerate(("sigmoid", "tanh")):
        mine = {"part": part, "pick": pick}
        yield case("a matrix of moderate numbers", spread(rng, n, m), **mine)
        yield case("a vector that contains 0", np.append(spread(rng, k), 0.0), **mine)
        yield case("a vector of integers", whole(rng, m + 1), **mine)
        yield case("an array without axes", spread(rng), **mine)
    # Beyond 750 each form that overflows gives NaN, whatever the form.
    for pick, name in enumerate(("the sigmoid", "tanh")):
        mine = {"part": "far out", "pick": pick, "entrywise": True}
        for sign, side in ((-1.0, "below"), (1.0, "above")):
            far = np.concatenate([[1000.0], rng.uniform(750.0, 950.0, size=2)])
            x = rng.permutation(np.concatenate([sign * far, spread(rng, 3)]))
            yield case(f"{name} far {side} 0, and moderate numbers", x, **mine)


@sigmoid_and_tanh_slopes.accepted("by_the_values", says="s(1 - s) and 1 - t²")
def _(x):
    s = sigmoid(x)
    t = np.tanh(x)
    return s * (1 - s), (1 - t) * (1 + t)


@sigmoid_and_tanh_slopes.accepted("by_cosh", says="1/cosh², with a warning far out")
def _(x):
    return 1 / (2 * np.cosh(np.asarray(x) / 2)) ** 2, 1 / np.cosh(x) ** 2


@sigmoid_and_tanh_slopes.accepted("tanh_as_a_sigmoid", says="tanh(x) = 2 sigmoid(2x) - 1")
def _(x):
    x = np.asarray(x)
    return sigmoid(x) * sigmoid(-x), 4 * sigmoid(2 * x) * sigmoid(-2 * x)


@sigmoid_and_tanh_slopes.accepted("central_difference", says="not a formula: gets a remark and full points")
def _(x):
    x, h = np.asarray(x, dtype=float), 1e-5
    return (sigmoid(x + h) - sigmoid(x - h)) / (2 * h), (np.tanh(x + h) - np.tanh(x - h)) / (2 * h)


@sigmoid_and_tanh_slopes.misconception(
    "slope_at_the_activation",
    says="The slope is taken at the activation a = f(x) and not at x: the function is applied twice.",
    hint="Your formulas want x. What do they get?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return sigmoid(s) * (1 - sigmoid(s)), 1 - np.tanh(t) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "function_not_applied",
    says="The formulas are fed with x itself and not with the value of the function.",
    hint="In s(1 - s), what is s at x = 2?",
)
def _(x):
    return x * (1 - x), 1 - x**2


@sigmoid_and_tanh_slopes.misconception(
    "square_missing",
    says="The square in the slope of tanh is missing.",
    hint="Is the slope of tanh the same at x and at -x? Is yours?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return s * (1 - s), 1 - t


@sigmoid_and_tanh_slopes.misconception(
    "sigmoid_rule_for_tanh",
    says="The rule of the sigmoid is used for tanh.",
    hint="tanh is steepest at 0, where its value is 0. What does your formula give there?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return s * (1 - s), t * (1 - t)


@sigmoid_and_tanh_slopes.misconception(
    "tanh_rule_for_sigmoid",
    says="The rule of tanh is used for the sigmoid.",
    hint="Far below 0 the sigmoid is flat. What does your formula give there?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return 1 - s**2, 1 - t**2


@sigmoid_and_tanh_slopes.misconception(
    "inner_derivative_missing",
    says="In the derivative of u⁻¹ with u = 1 + exp(-x) the inner derivative du/dx is missing.",
    hint="Write the outer and the inner derivative on two lines before you multiply them.",
)
def _(x):
    return -(sigmoid(x) ** 2), 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "inner_sign",
    says="The inner derivative of exp(-x) lost its minus sign, so the sigmoid seems to fall.",
    hint="Does the sigmoid rise or fall? Which sign must its slope have?",
)
def _(x):
    s = sigmoid(x)
    return -s * (1 - s), 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "denominator_not_squared",
    says="In exp(-x) / (1 + exp(-x)) the denominator is not squared: the outer derivative of u⁻¹ is -u⁻².",
    hint="Far below 0 your slope comes close to 1. Is the sigmoid steep there?",
)
def _(x):
    return sigmoid(-np.asarray(x)), 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "factor_of_the_double_angle",
    says="In tanh(x) = 2 sigmoid(2x) - 1 the inner derivative of 2x is missing, so the slope of tanh is halved.",
    hint="What is the slope of tanh at 0? Compare with yours.",
)
def _(x):
    s, v = sigmoid(x), sigmoid(2 * np.asarray(x))
    return s * (1 - s), 2 * v * (1 - v)


@sigmoid_and_tanh_slopes.misconception(
    "plus_for_minus",
    says="The slope of the sigmoid has a plus where a minus belongs.",
    hint="Far above 0 the sigmoid is flat. What does your formula give there?",
)
def _(x):
    s = sigmoid(x)
    return s * (1 + s), 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "plus_square",
    says="The slope of tanh has a plus before the square; that is the derivative of tan.",
    hint="May the slope of tanh be larger than 1?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return s * (1 - s), 1 + t**2


RIGHT_ON_PAPER = "Your formula is right on paper, but"
EVEN = "Both slopes are even functions. Can |x| help? Or can the slope be written with the value of the function?"


@sigmoid_and_tanh_slopes.misconception(
    "exp_of_minus_x_overflows",
    says=f"{RIGHT_ON_PAPER} far below 0 exp(-x) is infinite, and the slope of the sigmoid becomes inf / inf, NaN.",
    hint=EVEN,
)
def _(x):
    m = np.exp(-np.asarray(x))
    return m / (1 + m) ** 2, 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "exp_of_x_overflows",
    says=f"{RIGHT_ON_PAPER} far above 0 exp(x) is infinite, and the slope of the sigmoid becomes inf / inf, NaN.",
    hint=EVEN,
)
def _(x):
    p = np.exp(np.asarray(x))
    return p / (1 + p) ** 2, 1 - np.tanh(x) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "quotient_of_tanh_overflows",
    says=f"{RIGHT_ON_PAPER} far out exp is infinite, and the slope of tanh becomes inf / inf, NaN.",
    hint=EVEN,
)
def _(x):
    s, p, m = sigmoid(x), np.exp(np.asarray(x)), np.exp(-np.asarray(x))
    return s * (1 - s), 1 - ((p - m) / (p + m)) ** 2


@sigmoid_and_tanh_slopes.misconception(
    "forward_difference",
    says="This is a forward difference, whose truncation error is visible; the formulas were asked for.",
    hint="Write each derivative with the value of its function.",
)
def _(x):
    x, h = np.asarray(x, dtype=float), 1e-5
    return (sigmoid(x + h) - sigmoid(x)) / h, (np.tanh(x + h) - np.tanh(x)) / h


@sigmoid_and_tanh_slopes.misconception(
    "order_of_results",
    says="The two slopes are returned in the other order.",
    hint="Read the docstring: which one comes first?",
)
def _(x):
    s = sigmoid(x)
    return 1 - np.tanh(x) ** 2, s * (1 - s)
