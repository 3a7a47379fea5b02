"""The graded cells of 01_activations: their cases, other right answers, and the mistakes that people make.

The functions of accepted answers and misconceptions run among the notebook's names: ``sigmoid`` in one of them is the
right sigmoid of the notebook, ``relu`` its rectifier.
"""

import numpy as np
from mlp_utils import testbed

from autograder.model import TEXT, VALUE, Answer, Exercise, case

WITHHELD = (
    "mlp_utils.complex_safety",
    "mlp_utils.differences",
    "mlp_utils.explorers",
    "mlp_utils.gradcheck",
    "mlp_utils.gradcheck_result",
)


def sizes(rng, count, low=2, high=7):
    """``count`` different sizes from low to high."""
    return [int(n) for n in rng.choice(np.arange(low, high + 1), size=count, replace=False)]


def spread(rng, *shape):
    """Numbers of both signs with 0.2 < |x| < 4, so that no formula is right by accident."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 4.0, size=shape)


def whole(rng, n):
    """n integers of both signs without 0, at least one of each sign."""
    numbers = rng.integers(1, 5, size=n) * rng.choice([-1, 1], size=n)
    numbers[:2] = np.abs(numbers[:2]) * [1, -1]
    return numbers


# --- 1 the sigmoid by tanh ---------------------------------------------------------------------------------------

sigmoid_from_tanh = Exercise(
    "sigmoid_from_tanh",
    title="The sigmoid written with tanh",
    kind=TEXT,
    functions=("tanh",),
    covers=("S002-01",),
)


@sigmoid_from_tanh.cases
def _(rng):
    yield case("numbers of both signs", {"x": spread(rng, 12)})
    yield case("numbers close to 0", {"x": np.append(0.3 * rng.normal(size=5), 0.0)})


sigmoid_from_tanh.accepted("factored", says="the half outside", answer="0.5 * (1 + tanh(0.5 * x))")
sigmoid_from_tanh.accepted("expanded", says="NumPy's spelling", answer="np.tanh(x / 2) / 2 + 1 / 2")
sigmoid_from_tanh.accepted(
    "double_angle",
    says="the double angle formula on the way",
    answer="(1 + 2*tanh(x/4) / (1 + tanh(x/4)^2)) / 2",
)
sigmoid_from_tanh.accepted("quotient", says="a fraction", answer="1 / (1 + (1 - tanh(x/2)) / (1 + tanh(x/2)))")

sigmoid_from_tanh.misconception(
    "argument_not_halved",
    says="The curve is twice as steep as the sigmoid: tanh gets x, and the two curves run at different speeds.",
    hint="Compare the slopes of both curves at 0, or the numbers at x = 1.",
    answer="(tanh(x) + 1) / 2",
)
sigmoid_from_tanh.misconception(
    "argument_doubled",
    says="The speed is changed in the wrong direction: tanh is already the faster one of the two.",
    hint="Which of the two curves comes closer to its limit at x = 3?",
    answer="(tanh(2 * x) + 1) / 2",
)
sigmoid_from_tanh.misconception(
    "not_scaled",
    says="The values lie between 0 and 2: the height of tanh has not been adapted.",
    hint="tanh covers an interval of length 2; how long is that of the sigmoid?",
    answer="tanh(x / 2) + 1",
)
sigmoid_from_tanh.misconception(
    "not_shifted",
    says="The values lie between -1/2 and 1/2: the curve is not lifted.",
    hint="Put x = 0 into both sides.",
    answer="tanh(x / 2) / 2",
)
sigmoid_from_tanh.misconception(
    "brackets",
    says="The division covers only one of the two terms, so the values lie between 1/2 and 3/2.",
    hint="Put x = 0 into both sides and look at your brackets.",
    answer="tanh(x / 2) / 2 + 1",
)
sigmoid_from_tanh.misconception(
    "mirrored",
    says="This is the sigmoid of -x: it falls where it should rise.",
    hint="Is the result larger at x = 5 or at x = -5?",
    answer="(1 - tanh(x / 2)) / 2",
)
sigmoid_from_tanh.misconception(
    "inverse_relation",
    says="The two functions are exchanged: this has the form of tanh(x) = 2 sigmoid(2x) - 1, which gives tanh.",
    hint="Which values can your formula take, and which can the sigmoid take?",
    answer="2 * tanh(2 * x) - 1",
)

# --- 2 the sigmoid -----------------------------------------------------------------------------------------------

sigmoid = Exercise(
    "sigmoid",
    title="A sigmoid for every x",
    parts={"values": 2, "large inputs": 1},
    outputs=("sigmoid(x)",),
    covers=("S004-01",),
)


@sigmoid.cases
def _(rng):
    n, m, k = sizes(rng, 3)
    moderate = {"part": "values", "entrywise": True}
    yield case("a matrix of moderate numbers", spread(rng, n, m), **moderate)
    yield case("a vector that contains 0", np.append(spread(rng, k), 0.0), **moderate)
    yield case("an array with three axes", spread(rng, m, k, n), **moderate)
    yield case("a vector of integers", whole(rng, n + 1), **moderate)
    yield case("one Python float", float(spread(rng)), **moderate)
    yield case("an array without axes", spread(rng), **moderate)
    large = {"part": "large inputs", "entrywise": True}
    far = np.array([-1000.0, -800.0, -745.0, 0.0, 745.0, 800.0, 1000.0])
    yield case("numbers up to 1000 on both sides", rng.permutation(far), atol=1e-300, **large)
    tiny = np.concatenate([rng.uniform(-690.0, -300.0, size=k), [-700.0, -30.0, -28.0]])
    yield case("numbers from -700 to -28, where the result is tiny", tiny, atol=0.0, **large)
    yield case("one Python float far below 0", float(rng.uniform(-1000.0, -750.0)), atol=1e-300, **large)


@sigmoid.accepted("definition", says="the definition itself: NumPy warns of an overflow, and the numbers are right")
def _(x):
    return 1 / (1 + np.exp(-np.asarray(x)))


@sigmoid.accepted("where_on_both_branches", says="both branches are computed everywhere, with warnings")
def _(x):
    x = np.asarray(x)
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


@sigmoid.accepted("masks", says="two masks and an array of floats")
def _(x):
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    positive = x >= 0
    result[positive] = 1 / (1 + np.exp(-x[positive]))
    result[~positive] = np.exp(x[~positive]) / (1 + np.exp(x[~positive]))
    return result


@sigmoid.accepted("logarithm_first", says="by way of the stable logarithm")
def _(x):
    return np.exp(-np.logaddexp(0.0, -np.asarray(x, dtype=float)))


@sigmoid.accepted("loop", says="a loop over the entries with the math module")
def _(x):
    import math

    x = np.asarray(x, dtype=float)
    result = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        v = float(x[index])
        result[index] = 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))
    return result


@sigmoid.misconception(
    "exponent_sign",
    says="The exponent has the wrong sign, so this is the sigmoid of -x.",
    hint="Is the result close to 1 at x = 10?",
)
def _(x):
    return 1 / (1 + np.exp(np.asarray(x)))


@sigmoid.misconception(
    "exp_over_one_plus_exp",
    says="For a large positive x this divides infinity by infinity, which is NaN.",
    hint="Which powers of e stand in your fraction at x = 1000? Divide numerator and denominator by the largest.",
)
def _(x):
    x = np.asarray(x)
    return np.exp(x) / (1 + np.exp(x))


@sigmoid.misconception(
    "tanh_without_half",
    says="The relation to tanh is used with x where x/2 belongs.",
    hint="Compare with your formula of the first exercise at x = 1.",
)
def _(x):
    return (np.tanh(np.asarray(x)) + 1) / 2


@sigmoid.misconception(
    "digits_cancel",
    says="1 is added to a number close to -1, so the digits of a tiny result are lost; below about -37 it is 0.",
    hint="Print your result at x = -50. Is there a form in which nothing cancels?",
)
def _(x):
    return (np.tanh(np.asarray(x) / 2) + 1) / 2


@sigmoid.misconception(
    "one_minus_the_mirror_image",
    says="The value at -x is subtracted from 1, so the digits of a tiny result are lost; below about -37 it is 0.",
    hint="Print your result at x = -50. Is there a form in which nothing is subtracted?",
)
def _(x):
    return 1 - 1 / (1 + np.exp(np.asarray(x)))


@sigmoid.misconception(
    "clipped",
    says="The input is clipped, so far out the result stays where it was at the edge of the clip.",
    hint="Compare the results at x = -600 and x = -700. A rearranged formula needs no clip.",
)
def _(x):
    x = np.clip(np.asarray(x), -500, 500)
    return 1 / (1 + np.exp(-x))


@sigmoid.misconception(
    "array_of_integers",
    says="The result is written into an array of the type of x; when x holds integers, the fractions are cut off.",
    hint="Print the dtype of the array that you fill, for x = np.array([1, 2]).",
)
def _(x):
    x = np.asarray(x)
    result = np.zeros_like(x)
    result[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    result[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return result


@sigmoid.misconception(
    "if_with_an_array",
    says="An `if` takes one decision, but an array needs one for each entry, so Python refuses.",
    hint="What is the value of `x >= 0` when x is an array?",
)
def _(x):
    if x >= 0:
        return 1 / (1 + np.exp(-x))
    return np.exp(x) / (1 + np.exp(x))


@sigmoid.misconception(
    "math_exp",
    says="`math.exp` takes one number, so an array stops it, and it raises an error where NumPy gives infinity.",
    hint="Which exp works on a whole array?",
)
def _(x):
    import math

    return 1 / (1 + math.exp(-x))


@sigmoid.misconception(
    "softmax",
    says="This is the softmax, which couples all entries; the sigmoid acts on each entry by itself.",
    hint="Change one entry of x. May the other results change?",
)
def _(x):
    x = np.asarray(x)
    shifted = np.exp(x - np.max(x))
    return shifted / np.sum(shifted)


@sigmoid.misconception(
    "missing_brackets",
    says="The brackets are missing: 1 / 1 is computed first, and the exponential is added to it.",
    hint="In which order does Python evaluate / and +?",
)
def _(x):
    return 1 / 1 + np.exp(-np.asarray(x))


@sigmoid.misconception(
    "only_the_absolute_value",
    says="The formula with |x| is used on both sides, so a negative x gets the value of a positive one.",
    hint="May the results at x = 3 and at x = -3 be equal?",
)
def _(x):
    return 1 / (1 + np.exp(-np.abs(np.asarray(x))))


# --- 3 softplus and log-sigmoid ----------------------------------------------------------------------------------

softplus_and_log_sigmoid = Exercise(
    "softplus_and_log_sigmoid",
    title="Softplus and log-sigmoid",
    parts={"softplus": 1, "log-sigmoid": 1, "large inputs": 1},
    outputs=("softplus", "log_sigmoid"),
    covers=("S002-02",),
)


@softplus_and_log_sigmoid.cases
def _(rng):
    n, m, k = sizes(rng, 3)
    for pick, part in enumerate(("softplus", "log-sigmoid")):
        mine = {"part": part, "pick": pick, "entrywise": True}
        yield case("a matrix of moderate numbers", spread(rng, n, m), **mine)
        yield case("a vector that contains 0", np.append(spread(rng, k), 0.0), **mine)
        yield case("a vector of integers", whole(rng, m + 1), **mine)
        yield case("one Python float", float(spread(rng)), **mine)
    far = np.array([-1000.0, -800.0, -40.0, 0.0, 40.0, 800.0, 1000.0])
    far[:2] += rng.uniform(0.0, 50.0, size=2)
    far[-2:] -= rng.uniform(0.0, 50.0, size=2)
    yield case("numbers up to 1000 on both sides", rng.permutation(far), part="large inputs", entrywise=True)


@softplus_and_log_sigmoid.accepted("logaddexp", says="NumPy's logaddexp")
def _(x):
    x = np.asarray(x, dtype=float)
    return np.logaddexp(0, x), -np.logaddexp(0, -x)


@softplus_and_log_sigmoid.accepted("threshold", says="from 30 on the softplus is x itself; NumPy warns")
def _(x):
    def softplus(v):
        return np.where(v > 30, v, np.log1p(np.exp(v)))

    x = np.asarray(x, dtype=float)
    return softplus(x), -softplus(-x)


@softplus_and_log_sigmoid.accepted("loop", says="a loop, and log instead of log1p")
def _(x):
    x = np.asarray(x, dtype=float)
    softplus = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        v = x[index]
        softplus[index] = v + np.log(1 + np.exp(-v)) if v > 0 else np.log(1 + np.exp(v))
    return softplus, x - softplus


@softplus_and_log_sigmoid.misconception(
    "softmax_for_softplus",
    says="The softmax stands where the softplus belongs: the names are close, and the functions are not.",
    hint="The logarithm of the sigmoid of one number cannot depend on the other numbers.",
)
def _(x):
    x = np.asarray(x, dtype=float)
    shifted = np.exp(-x - np.max(-x))
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), -shifted / np.sum(shifted)


@softplus_and_log_sigmoid.misconception(
    "exp_overflows",
    says="The exponential of a large number overflows before the logarithm is taken, so the result is infinite.",
    hint="Take the largest term out of the sum, so that exp gets no positive number.",
)
def _(x):
    x = np.asarray(x)
    return np.log(1 + np.exp(x)), -np.log(1 + np.exp(-x))


@softplus_and_log_sigmoid.misconception(
    "log_of_the_sigmoid",
    says="The sigmoid is computed first and becomes 0 far below 0; its logarithm is then minus infinity.",
    hint="What does your sigmoid return at x = -800? Can the logarithm be had without it?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), np.log(sigmoid(x))


@softplus_and_log_sigmoid.misconception(
    "clipped_logarithm",
    says="The sigmoid is clipped before the logarithm, so the result stops falling at the logarithm of the clip.",
    hint="A very wrong unit must have a very large loss. Print your log-sigmoid at -100 and at -1000.",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), np.log(np.clip(sigmoid(x), 1e-12, 1))


@softplus_and_log_sigmoid.misconception(
    "inner_minus_lost",
    says="The minus sign inside the softplus is lost, so the second result is the logarithm of the sigmoid of -x.",
    hint="Is the second result close to 0 at x = 10?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    softplus = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return softplus, -softplus


@softplus_and_log_sigmoid.misconception(
    "outer_minus_lost",
    says="The minus sign in front of the logarithm is lost: the logarithm of a number below 1 is negative.",
    hint="Which sign must the logarithm of a sigmoid have?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.maximum(x, 0) + rest, np.maximum(-x, 0) + rest


@softplus_and_log_sigmoid.misconception(
    "softplus_of_minus_x",
    says="The first result is the softplus of -x: it falls where it should rise.",
    hint="Is the softplus large at x = 10 or at x = -10?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.maximum(-x, 0) + rest, np.minimum(x, 0) - rest


@softplus_and_log_sigmoid.misconception(
    "largest_term_not_put_back",
    says="The largest term was taken out of the sum and its logarithm was not added again.",
    hint="The softplus of 5 is a little more than 5. Which term makes it so large?",
)
def _(x):
    rest = np.log1p(np.exp(-np.abs(np.asarray(x, dtype=float))))
    return rest, -rest


@softplus_and_log_sigmoid.misconception(
    "log10",
    says="The logarithm has base 10; in this course all logarithms are natural.",
    hint="What is the softplus of 0? Compare with ln 2 = 0.693.",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return (np.maximum(x, 0) + rest) / np.log(10), (np.minimum(x, 0) - rest) / np.log(10)


@softplus_and_log_sigmoid.misconception(
    "straight_lines",
    says="The softplus is replaced by its two straight lines, max(0, x), which differ from it near 0.",
    hint="What is the softplus of 0?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.maximum(x, 0), np.minimum(x, 0)


@softplus_and_log_sigmoid.misconception(
    "log1p_of_one_plus",
    says="`log1p(t)` already adds 1, and here 1 is added once more.",
    hint="What does np.log1p(0) give, and what does your formula put into it at a very negative x?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.log1p(1 + np.exp(x)), -np.log1p(1 + np.exp(-x))


@softplus_and_log_sigmoid.misconception(
    "log_sum_over_entries",
    says="The exponentials of all entries are added up; the softplus acts on each entry by itself.",
    hint="Which shape does your result have for a vector?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.logaddexp.reduce(x.ravel()), -np.logaddexp.reduce(-x.ravel())


@softplus_and_log_sigmoid.misconception(
    "order_of_results",
    says="The two results are returned in the other order.",
    hint="Read the docstring: which one comes first?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.minimum(x, 0) - rest, np.maximum(x, 0) + rest


# --- 4 slopes of the sigmoid and tanh ----------------------------------------------------------------------------

sigmoid_and_tanh_slopes = Exercise(
    "sigmoid_and_tanh_slopes",
    title="The slopes of the sigmoid and tanh",
    parts={"sigmoid": 1, "tanh": 1, "far out": 1},
    outputs=("dsigmoid", "dtanh"),
    loss="sigmoid, tanh",
    wrt="x",
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
    far = np.array([-1000.0, -800.0, -500.0, 500.0, 800.0, 1000.0])
    yield case("numbers up to 1000 on both sides", rng.permutation(far), part="far out", entrywise=True)


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
    "plus_square",
    says="The slope of tanh has a plus before the square; that is the derivative of tan.",
    hint="May the slope of tanh be larger than 1?",
)
def _(x):
    s, t = sigmoid(x), np.tanh(x)
    return s * (1 - s), 1 + t**2


@sigmoid_and_tanh_slopes.misconception(
    "quotient_overflows",
    says="The formulas are right on paper, but far out exp overflows, and infinity over infinity is NaN.",
    hint="Both slopes are even functions. Can |x| help?",
)
def _(x):
    x = np.asarray(x)
    p, m = np.exp(x), np.exp(-x)
    return m / (1 + m) ** 2, ((p + m) ** 2 - (p - m) ** 2) / (p + m) ** 2


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


# --- 5 extrema of the sigmoid's slope ----------------------------------------------------------------------------

slope_extrema = Exercise(
    "slope_extrema",
    title="Where the sigmoid is steepest",
    kind=VALUE,
    decimals=4,
    covers=("S003-07",),
)

slope_extrema.accepted("integers", says="integers where they suffice", answer=[0, 0.25, 0])
slope_extrema.accepted("tuple", says="a tuple", answer=(0.0, 0.25, 0.0))

# As source, because the text of a list with an infinity in it is no Python.
slope_extrema.misconceptions.append(
    Answer(
        "slope_to_minus_infinity",
        "The slope is said to fall to minus infinity; but the sigmoid never falls, so its slope is never negative.",
        "What does the curve of the sigmoid look like far out: steep or flat?",
        source="slope_extrema = [0.0, 0.25, -np.inf]\n",
    )
)
slope_extrema.misconception(
    "value_for_slope",
    says="The second number is the value of the sigmoid at 0 and not its slope there.",
    hint="The slope is a product of two numbers. Which ones, at x = 0?",
    answer=[0.0, 0.5, 0.0],
)
slope_extrema.misconception(
    "extrema_of_the_sigmoid",
    says="This describes the sigmoid itself and not its slope.",
    hint="The question is about the derivative: how steep is the curve, and where?",
    answer=[0.0, 1.0, 0.0],
)
slope_extrema.misconception(
    "s_for_x",
    says="The first number is the value s at which s(1 - s) is largest, and not the x that belongs to it.",
    hint="At which x does the sigmoid have the value that you found?",
    answer=[0.5, 0.25, 0.0],
)
slope_extrema.misconception(
    "mirrored_infimum",
    says="The infimum is taken as the negative of the maximum, as for an odd function; the slope is even.",
    hint="Compare the slopes at x and at -x, and their signs.",
    answer=[0.0, 0.25, -0.25],
)
slope_extrema.misconception(
    "maximum_and_place_exchanged",
    says="The place of the maximum and its size are exchanged.",
    hint="Read the order of the three numbers once more.",
    answer=[0.25, 0.0, 0.0],
)

# --- 6 the sign by indicators ------------------------------------------------------------------------------------

sign_formula = Exercise(
    "sign_formula",
    title="The sign written with indicators",
    kind=TEXT,
    functions=("indicator",),
    covers=("S002-05",),
)


@sign_formula.cases
def _(rng):
    x = np.concatenate([spread(rng, 6), [0.0, 0.0], [-0.5, 1.5]])
    yield case("numbers of both signs, and exact zeros", {"x": rng.permutation(x)})
    yield case("integers", {"x": rng.permutation([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])})


sign_formula.accepted("weak_inequalities", says="weak inequalities", answer="indicator(x >= 0) - indicator(x <= 0)")
sign_formula.accepted("with_equality", says="0 on its own", answer="2*indicator(x > 0) + indicator(x == 0) - 1")
sign_formula.accepted("mixed", says="strict and weak", answer="indicator(x > 0) + indicator(x >= 0) - 1")

sign_formula.misconception(
    "minus_one_at_zero",
    says="At x = 0 the formula gives -1, and sign(0) is 0.",
    hint="Put x = 0 into your formula.",
    answer="2 * indicator(x > 0) - 1",
)
sign_formula.misconception(
    "plus_one_at_zero",
    says="At x = 0 the formula gives 1, and sign(0) is 0.",
    hint="Put x = 0 into your formula.",
    answer="2 * indicator(x >= 0) - 1",
)
sign_formula.misconception(
    "negative_side_missing",
    says="For a negative x the formula gives 0: only the positive side is there.",
    hint="Put x = -2 into your formula.",
    answer="indicator(x > 0)",
)
sign_formula.misconception(
    "sides_added",
    says="Both sides are added, so a negative x gets 1 as well.",
    hint="Put x = -2 into your formula.",
    answer="indicator(x > 0) + indicator(x < 0)",
)
sign_formula.misconception(
    "sides_exchanged",
    says="The two sides are exchanged: a positive x gets -1.",
    hint="Put x = 2 into your formula.",
    answer="indicator(x < 0) - indicator(x > 0)",
)
sign_formula.misconception(
    "absolute_value",
    says="This is the absolute value of x and not its sign.",
    hint="Which three values can sign(x) take?",
    answer="x * indicator(x > 0) - x * indicator(x < 0)",
)

# --- 7 derivatives at kinks --------------------------------------------------------------------------------------

kink_gradients = Exercise(
    "kink_gradients",
    title="Derivatives with kinks, and gradients of norms",
    parts={"abs": 1, "rect": 1, "l2 squared": 1, "l1": 1},
    outputs=("d_abs", "d_rect", "grad_l2_squared", "grad_l1"),
    loss="abs, relu, square, abs",
    wrt="x",
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


# --- 8 a gradient check ------------------------------------------------------------------------------------------

gradient_check = Exercise(
    "gradient_check",
    title="A gradient check",
    parts={"numerical gradient": 2, "relative error": 1},
    outputs=("numerical", "error"),
    analytic=False,
)


@gradient_check.cases
def _(rng):
    n, m, k = sizes(rng, 3, 2, 5)
    # The numerical gradient decides, so some of the claims are wrong. Any central difference passes; a forward one is
    # off by h f''/2, which these steps make visible.
    mine = {"part": "numerical gradient", "pick": 0, "rtol": 1e-6}
    t = testbed
    vector, matrix, box = spread(rng, n), spread(rng, n, m), 0.5 * spread(rng, m, k, n)
    yield case("a quadratic form of a vector, h = 0.1", t.tilted_bowl, t.tilted_bowl_gradient_a, vector, 0.1, **mine)
    yield case("a sum of sines of a matrix, h = 0.001", t.wave, t.wave_gradient_b, matrix, 1e-3, **mine)
    yield case("a logarithm, an array with three axes, h = 0.0001", t.well, t.well_gradient_c, box, 1e-4, **mine)
    yield case("a sum of sines of integers, h = 0.0001", t.wave, t.wave_gradient_a, whole(rng, m), 1e-4, **mine)
    yield case("a sum of sines of a vector, without h", t.wave, t.wave_gradient_b, spread(rng, k), **mine)
    # Wrong and right gradients: the relative error decides, and a slightly inexact numerical gradient may pass.
    mine = {"part": "relative error", "pick": 1, "rtol": 1e-4}
    vector, matrix = spread(rng, m), 0.5 * spread(rng, n, k)
    bowl, skew = t.tilted_bowl, t.tilted_bowl_gradient_b
    yield case("a right gradient", t.well, t.well_gradient_a, vector, 1e-5, atol=1e-4, **mine)
    yield case("a wrong gradient of a vector", t.well, t.well_gradient_b, vector, 1e-5, atol=1e-6, **mine)
    yield case("a wrong gradient of a matrix", bowl, skew, matrix, 1e-5, atol=1e-6, **mine)
    yield case("a gradient with the wrong sign", t.wave, t.wave_gradient_b, matrix, 1e-5, atol=1e-6, **mine)
    yield case("both gradients are zero", t.chain, t.chain_gradient_a, np.zeros(k), 1e-5, atol=1e-6, **mine)


@gradient_check.accepted("unit_arrays", says="x plus a unit array, no copy is written to")
def _(f, gradient, x, h=1e-5):
    numerical = np.zeros(x.shape)
    for k in range(x.size):
        e = np.zeros(x.size)
        e[k] = h
        e = e.reshape(x.shape)
        numerical.flat[k] = (f(x + e) - f(x - e)) / (2 * h)
    g = gradient(x)
    total = np.sqrt(np.sum(g**2)) + np.sqrt(np.sum(numerical**2))
    return numerical, np.sqrt(np.sum((g - numerical) ** 2)) / total if total > 0 else 0.0


@gradient_check.accepted("half_steps", says="h is the distance of the two points")
def _(f, gradient, x, h=1e-5):
    x = np.array(x, dtype=float)
    numerical = np.zeros_like(x)
    for index, old in np.ndenumerate(x):
        values = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] = old + sign * h / 2
            values.append(f(moved))
        numerical[index] = (values[0] - values[1]) / h
    g = gradient(x)
    return numerical, float(np.linalg.norm(g - numerical) / (np.linalg.norm(g) + np.linalg.norm(numerical) + 1e-300))


@gradient_check.accepted("five_points", says="a difference of higher order")
def _(f, gradient, x, h=1e-5):
    numerical = np.zeros(np.shape(x))
    for index in np.ndindex(numerical.shape):
        e = np.zeros(numerical.shape)
        e[index] = h
        numerical[index] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
    g = gradient(x)
    total = np.linalg.norm(g) + np.linalg.norm(numerical)
    return numerical, np.linalg.norm(g - numerical) / max(total, 1e-12)


def relative_error(g, n):
    size = np.linalg.norm(g) + np.linalg.norm(n)
    return np.linalg.norm(g - n) / size if size else 0.0


def with_numerical(numerical_of):
    """A change of the right check: another numerical gradient of f at x, the right relative error of it."""

    def change(right):
        def wrong(f, gradient, x, h=1e-5):
            numerical = numerical_of(f, x, h)
            return numerical, relative_error(gradient(x), numerical)

        return wrong

    return change


def with_error(error_of):
    """A change of the right check: the right numerical gradient n, another distance between g and n."""

    def change(right):
        def wrong(f, gradient, x, h=1e-5):
            numerical = right(f, gradient, x, h)[0]
            return numerical, error_of(gradient(x), numerical)

        return wrong

    return change


def slopes_of(f, x, h, slope):
    """slope(f, x, e) for each entry of x, where e is h in that entry and 0 elsewhere."""
    numerical = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[index] = h
        numerical[index] = slope(f, x, e)
    return numerical


@gradient_check.transform(
    "forward_difference",
    says="This is a forward difference, whose error is much larger than that of a central one.",
    hint="On which sides of x does your formula look?",
)
@with_numerical
def _(f, x, h):
    return slopes_of(f, x, h, lambda f, x, e: (f(x + e) - f(x)) / h)


@gradient_check.transform(
    "divided_by_h",
    says="The two points are 2h apart, and the difference is divided by h.",
    hint="How far apart are the two points at which f is evaluated?",
)
@with_numerical
def _(f, x, h):
    return slopes_of(f, x, h, lambda f, x, e: (f(x + e) - f(x - e)) / h)


@gradient_check.transform(
    "brackets_of_two_h",
    says="`/ 2 * h` divides by 2 and then multiplies by h.",
    hint="In which order does Python evaluate / and *?",
)
@with_numerical
def _(f, x, h):
    return slopes_of(f, x, h, lambda f, x, e: (f(x + e) - f(x - e)) / 2 * h)


@gradient_check.transform(
    "all_entries_at_once",
    says="All entries of x are moved at once, so every entry of the result is the sum of all slopes.",
    hint="How many entries differ between the two arrays that f gets?",
)
@with_numerical
def _(f, x, h):
    return slopes_of(f, x, h, lambda f, x, e: (f(x + h) - f(x - h)) / (2 * h))


@gradient_check.transform(
    "not_restored",
    says="A moved entry is not put back, so every later entry is measured at another point.",
    hint="What does your working array hold after the first round of the loop?",
)
@with_numerical
def _(f, x, h):
    point = np.array(x, dtype=float)
    numerical = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        point[index] += h
        above = f(point)
        point[index] -= 2 * h
        numerical[index] = (above - f(point)) / (2 * h)
    return numerical


@gradient_check.transform(
    "restored_by_arithmetic",
    says="x is moved in place and put back by +h - 2h + h, which does not give the old number to the last bit.",
    hint="Compare x with a copy of it, before and after the call, by ==.",
)
@with_numerical
def _(f, x, h):
    point = np.asarray(x, dtype=float)
    numerical = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        point[index] += h
        above = f(point)
        point[index] -= 2 * h
        numerical[index] = (above - f(point)) / (2 * h)
        point[index] += h
    return numerical


@gradient_check.transform(
    "copy_of_integers",
    says="The copy of an integer array holds integers too, so a step is cut off to a whole number.",
    hint="Print the dtype of your copy for x = np.array([1, 2]), and the copy after the step.",
)
@with_numerical
def _(f, x, h):
    numerical = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        numerical[index] = (f(above) - f(below)) / (2 * h)
    return numerical


@gradient_check.transform(
    "result_of_integers",
    says="The result is stored in an array of the type of x; when x holds integers, the fractions are cut off.",
    hint="Print the dtype of the array that holds the slopes, for x = np.array([1, 2]).",
)
@with_numerical
def _(f, x, h):
    return slopes_of(f, x, h, lambda f, x, e: (f(x + e) - f(x - e)) / (2 * h)).astype(x.dtype)


@gradient_check.transform(
    "whole_rows_moved",
    says="The loop runs over the first axis only, so a whole row is moved at once.",
    hint="For a matrix, what is x[0]? How many times is f called in your loop?",
)
@with_numerical
def _(f, x, h):
    point = np.array(x, dtype=float)
    numerical = np.zeros(point.shape)
    for k in range(len(point)):
        above, below = point.copy(), point.copy()
        above[k] += h
        below[k] -= h
        numerical[k] = (f(above) - f(below)) / (2 * h)
    return numerical


@gradient_check.transform(
    "claim_instead_of_measurement",
    says="The claimed gradient is returned as the numerical one, so the check agrees with every claim.",
    hint="Does your first result depend on f?",
)
def _(right):
    return lambda f, gradient, x, h=1e-5: (gradient(x), 0.0)


@gradient_check.transform(
    "order_of_results",
    says="The two results are returned in the other order.",
    hint="Read the docstring: which one comes first?",
)
def _(right):
    return lambda f, gradient, x, h=1e-5: right(f, gradient, x, h)[::-1]


@gradient_check.transform(
    "absolute_error",
    says="The distance is not divided by the lengths, so it grows with the size of f.",
    hint="What happens to your error when f is multiplied by 1000?",
)
@with_error
def _(g, n):
    return np.linalg.norm(g - n)


@gradient_check.transform(
    "largest_entry",
    says="The largest entries are compared, where the norms over all entries are asked for.",
    hint="Change a small entry of the claimed gradient. Does your error notice it?",
)
@with_error
def _(g, n):
    size = np.max(np.abs(g)) + np.max(np.abs(n))
    return np.max(np.abs(g - n)) / size if size else 0.0


@gradient_check.transform(
    "one_length_below",
    says="The distance is divided by the length of one of the two gradients only.",
    hint="Which error do you get when the claimed gradient has the wrong sign? It should be 1.",
)
@with_error
def _(g, n):
    return np.linalg.norm(g - n) / np.linalg.norm(n) if np.any(n) else 0.0


@gradient_check.transform(
    "zero_over_zero",
    says="When both gradients are zero, 0 is divided by 0, and the error is NaN.",
    hint="Which value does the exercise give to this case?",
)
@with_error
def _(g, n):
    return np.linalg.norm(g - n) / (np.linalg.norm(g) + np.linalg.norm(n))


@gradient_check.transform(
    "difference_of_lengths",
    says="The lengths are subtracted and not the gradients, so two gradients of the same length always agree.",
    hint="Which error do you get when the claimed gradient has the wrong sign?",
)
@with_error
def _(g, n):
    size = np.linalg.norm(g) + np.linalg.norm(n)
    return abs(np.linalg.norm(g) - np.linalg.norm(n)) / size if size else 0.0


@gradient_check.transform(
    "squares_without_root",
    says="Sums of squares are compared, and the square roots of the norms are missing.",
    hint="What does the norm do after it has added up the squares?",
)
@with_error
def _(g, n):
    size = np.sum(g**2) + np.sum(n**2)
    return np.sum((g - n) ** 2) / size if size else 0.0


@gradient_check.transform(
    "mean_of_entrywise_errors",
    says="Each entry gets a relative error of its own, and their mean is returned; whole arrays are to be compared.",
    hint="How many divisions does the definition contain?",
)
@with_error
def _(g, n):
    size = np.abs(g) + np.abs(n)
    return np.mean(np.abs(g - n) / np.where(size > 0, size, 1.0))


@gradient_check.transform(
    "matrix_norm",
    says="`np.linalg.norm(A, 2)` of a matrix is its largest singular value, and with three axes it is an error.",
    hint="Compare your norm of a matrix with that of the same numbers in a vector.",
)
@with_error
def _(g, n):
    size = np.linalg.norm(g, 2) + np.linalg.norm(n, 2)
    return np.linalg.norm(g - n, 2) / size if size else 0.0


# --- what the experiments show when a student's own function is not there yet -----------------------------------

_SATURATION = np.arange(0.0, 801.0)
_LOSSES = np.array([-800.0, -30.0, 0.0, 30.0])
_PARENTS, _WEIGHTS = np.array([0.2, -1.5, 0.9]), np.array([2.0, 0.1, -0.4])
_POINT = np.array([0.9, -0.4, 1.7])
_FAR = np.array([-100.0, -20.0, -5.0, 0.0, 5.0, 20.0, 100.0])
_CLAIMS = (
    (testbed.wave, testbed.wave_gradient_a),
    (testbed.tilted_bowl, testbed.tilted_bowl_gradient_b),
    (testbed.well, testbed.well_gradient_a),
    (testbed.chain, testbed.chain_gradient_b),
    (testbed.bell, testbed.bell_gradient_b),
    (testbed.quartic, testbed.quartic_gradient_b),
    (testbed.hinge, testbed.hinge_gradient_a),
)


def _loss_of_a_wrong_unit(ns):
    with np.errstate(all="ignore"):
        two_steps = -np.log(ns["sigmoid"](_LOSSES))
    return np.array([two_steps, -ns["softplus_and_log_sigmoid"](_LOSSES)[1]])


def _sigmoid_node(ns):
    slope = ns["sigmoid_and_tanh_slopes"](np.array([_WEIGHTS @ _PARENTS]))[0]
    moved = [
        (ns["sigmoid"]((_WEIGHTS + e) @ _PARENTS) - ns["sigmoid"]((_WEIGHTS - e) @ _PARENTS)) / 2e-5
        for e in 1e-5 * np.eye(3)
    ]
    return np.array([slope * _PARENTS, moved])


def _planted_bugs(ns):
    point = np.append(_POINT, 0.999998)
    return np.array([ns["gradient_check"](f, gradient, point)[1] for f, gradient in _CLAIMS])


def _error_against_h(ns):
    steps = np.logspace(-15, -1, 57)
    return np.array([ns["gradient_check"](testbed.wave, testbed.wave_gradient_a, _POINT, h)[1] for h in steps])


RECORDED = {
    "sigmoid_saturation": lambda ns: np.array([ns["sigmoid"](_SATURATION), ns["sigmoid"](-_SATURATION)]),
    "loss_of_a_wrong_unit": _loss_of_a_wrong_unit,
    "sigmoid_node": _sigmoid_node,
    "slopes": lambda ns: np.array(ns["sigmoid_and_tanh_slopes"](np.linspace(-8, 8, 161))),
    "planted_bugs": _planted_bugs,
    "error_against_h": _error_against_h,
    "clinic_log_sigmoid": lambda ns: np.log(ns["sigmoid"](np.array([-2.0, 0.0, 1.3]))),
    "clinic_slopes": lambda ns: ns["sigmoid_and_tanh_slopes"](_FAR)[0],
    "clinic_value": lambda ns: float(ns["sigmoid"](0.378436)),
}
