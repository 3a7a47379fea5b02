"""Softplus and the logarithm of the sigmoid."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

softplus_and_log_sigmoid = Exercise(
    "softplus_and_log_sigmoid",
    title="Softplus and log-sigmoid",
    parts={"softplus": 1, "log-sigmoid": 1, "large inputs": 1},
    outputs=("softplus", "log_sigmoid"),
    invariants=("softplus: nonnegative", "log_sigmoid: nonpositive"),
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
    for pick, sign in enumerate((-1.0, 1.0)):
        mine = {"part": "large inputs", "pick": pick, "entrywise": True}
        ends = [-1000.0, -rng.uniform(800.0, 900.0), -40.0, 0.0, 40.0, rng.uniform(800.0, 900.0), 1000.0]
        far = rng.permutation(np.concatenate([ends, spread(rng, 3)]))
        yield case("numbers up to 1000 on both sides", far, **mine)
        # Beyond 41 a form that loses the digits of a tiny result gives exactly 0, whatever the form.
        tiny = sign * np.concatenate([rng.uniform(41.0, 60.0, size=2), rng.uniform(100.0, 690.0, size=k)])
        side = "-690 to -41" if sign < 0 else "41 to 690"
        tiny = np.append(tiny, spread(rng, 2))
        yield case(f"numbers from {side}, where the result is tiny, and two others", tiny, atol=0.0, **mine)


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


@softplus_and_log_sigmoid.accepted("loop", says="a loop over the entries with the math module")
def _(x):
    import math

    x = np.asarray(x, dtype=float)
    softplus, log_sigmoid = np.zeros(x.shape), np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        v = float(x[index])
        rest = math.log1p(math.exp(-abs(v)))
        softplus[index], log_sigmoid[index] = max(v, 0.0) + rest, min(v, 0.0) - rest
    return softplus, log_sigmoid


@softplus_and_log_sigmoid.accepted("masks", says="both sides of 0 by themselves")
def _(x):
    x = np.asarray(x, dtype=float)

    def softplus(v):
        left = np.log1p(np.exp(np.minimum(v, 0)))
        right = v + np.log1p(np.exp(-np.maximum(v, 0)))
        return np.where(v > 0, right, left)

    return softplus(x), -softplus(-x)


@softplus_and_log_sigmoid.misconception(
    "softmax_for_softplus",
    says="The softmax stands where the softplus belongs: the names are close, and the functions are not.",
    hint="The logarithm of the sigmoid of one number cannot depend on the other numbers.",
)
def _(x):
    x = np.asarray(x, dtype=float)
    shifted = np.exp(-x - np.max(-x))
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), -shifted / np.sum(shifted)


OVERFLOW = "Take the largest term out of the sum, so that exp gets no positive number."
DIGITS = "Print np.log(1 + 1e-20) and np.log1p(1e-20)."
softplus_and_log_sigmoid.misconception(
    "exp_overflows",
    says="exp of a large number overflows before the logarithm is taken, so the result is infinite. And 1 + t loses "
    "the digits of a small t, so tiny results become 0.",
    hint=f"{OVERFLOW} {DIGITS}",
    source="lambda x: (np.log(1 + np.exp(np.asarray(x))), -np.log(1 + np.exp(-np.asarray(x))))",
)
softplus_and_log_sigmoid.misconception(
    "exp_overflows_in_log1p",
    says="exp of a large number overflows before the logarithm is taken, so both results become infinite.",
    hint=OVERFLOW,
    source="lambda x: (np.log1p(np.exp(np.asarray(x))), -np.log1p(np.exp(-np.asarray(x))))",
)
softplus_and_log_sigmoid.misconception(
    "exp_overflows_and_is_subtracted",
    says="exp of a large number overflows before the logarithm is taken, so the softplus is infinite, and "
    "x - softplus(x) too. Where the log-sigmoid is tiny, this difference loses its digits.",
    hint=f"{OVERFLOW} {DIGITS}",
    source="lambda x: (np.log(1 + np.exp(np.asarray(x))), x - np.log(1 + np.exp(np.asarray(x))))",
)


@softplus_and_log_sigmoid.misconception(
    "exp_overflows_in_softplus",
    says="In the softplus, exp of a large positive x overflows before the logarithm is taken.",
    hint=OVERFLOW,
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.log1p(np.exp(x)), np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@softplus_and_log_sigmoid.misconception(
    "exp_overflows_in_log_sigmoid",
    says="In the log-sigmoid, exp(-x) overflows for a very negative x before the logarithm is taken.",
    hint=OVERFLOW,
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), -np.log1p(np.exp(-x))


@softplus_and_log_sigmoid.misconception(
    "log_of_the_sigmoid",
    says="The logarithm is taken of the sigmoid, or of 1 + exp(-x). Far below 0 the sigmoid is 0 and exp(-x) is "
    "infinite, so the result is minus infinity; far above 0 the digits of the tiny result are lost.",
    hint="What does your sigmoid return at x = -800 and at x = 50? Can the logarithm be had without it?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), np.log(sigmoid(x))


@softplus_and_log_sigmoid.misconception(
    "digits_of_the_softplus",
    says="Far below 0 the softplus loses its digits and becomes 0, because 1 + t is formed with a tiny t.",
    hint=DIGITS,
)
def _(x):
    x = np.asarray(x, dtype=float)
    t = np.exp(-np.abs(x))
    return np.maximum(x, 0) + np.log(1 + t), np.minimum(x, 0) - np.log1p(t)


@softplus_and_log_sigmoid.misconception(
    "digits_of_the_log_sigmoid",
    says="Far above 0 the log-sigmoid loses its digits and becomes 0: nearly equal numbers are subtracted, as in "
    "x - softplus(x), or 1 + t is formed with a tiny t.",
    hint=f"Print your log-sigmoid at x = 50. {DIGITS}",
)
def _(x):
    x = np.asarray(x, dtype=float)
    softplus = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return softplus, x - softplus


@softplus_and_log_sigmoid.misconception(
    "twice_the_absolute_value",
    says="The exponent is -2|x|, as in the worked example of ln cosh; in 1 + exp(x) the two exponents are 0 and x.",
    hint="By how much do the two exponents in your sum differ?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-2 * np.abs(x)))
    return np.maximum(x, 0) + rest, np.minimum(x, 0) - rest


@softplus_and_log_sigmoid.misconception(
    "twice_the_absolute_value_in_softplus",
    says="In the softplus the exponent is -2|x|, as in the worked example of ln cosh; in 1 + exp(x) the two exponents "
    "are 0 and x.",
    hint="By how much do the two exponents in your sum differ?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    t = np.exp(-np.abs(x))
    return np.maximum(x, 0) + np.log1p(t * t), np.minimum(x, 0) - np.log1p(t)


@softplus_and_log_sigmoid.misconception(
    "log_cosh",
    says="This is ln cosh of the worked example; the softplus is the logarithm of another sum.",
    hint="Which two terms stand in the sum of the softplus?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    log_cosh = np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)
    return log_cosh, -log_cosh


@softplus_and_log_sigmoid.misconception(
    "absolute_value_for_the_larger",
    says="|x| is taken out of the sum; but the larger one of 0 and x is 0 when x is negative.",
    hint="What is the softplus of -5, about 0 or about 5?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.abs(x) + rest, -np.abs(x) - rest


@softplus_and_log_sigmoid.misconception(
    "absolute_value_missing",
    says="After the larger one of 0 and x has been taken out, the exponent is -|x| and not -x.",
    hint="What is the softplus of -5, about 0 or about 5?",
)
def _(x):
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-x))
    return np.maximum(x, 0) + rest, np.minimum(x, 0) - rest


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
