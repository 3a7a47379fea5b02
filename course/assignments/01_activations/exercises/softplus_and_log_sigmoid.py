"""Softplus and the logarithm of the sigmoid."""

import numpy as np

from autograder.drawing import sizes, spread, whole
from autograder.model import Exercise, case

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
