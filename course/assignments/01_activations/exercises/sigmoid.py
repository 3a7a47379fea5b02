"""A sigmoid that is right for every float."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

sigmoid = Exercise(
    "sigmoid",
    title="A sigmoid for every x",
    parts={"values": 1, "large inputs": 1},
    outputs=("sigmoid(x)",),
    invariants=("between_0_and_1",),
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
    far = np.concatenate([[-1000.0, -800.0, -745.0, 0.0, 745.0, 800.0, 1000.0], spread(rng, 3)])
    yield case("numbers up to 1000 on both sides", rng.permutation(far), atol=1e-300, **large)
    # Below -40 a form that subtracts from 1 gives exactly 0, whatever the form.
    tiny = np.concatenate([rng.uniform(-690.0, -300.0, size=k), [-700.0], rng.uniform(-60.0, -41.0, size=2)])
    tiny = np.append(tiny, spread(rng, 2))
    yield case("numbers from -700 to -41, where the result is tiny, and two others", tiny, atol=0.0, **large)
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
    says="Two nearly equal numbers are subtracted, as in 1 + tanh(x/2) or 1 - 1/(1 + t). The digits of "
    "a tiny result are lost, and below about -37 it is 0.",
    hint="Print your result at x = -50. Is there a form in which nothing is subtracted?",
)
def _(x):
    return (np.tanh(np.asarray(x) / 2) + 1) / 2


for limit in (500, 100, 50, 30):
    sigmoid.misconception(
        f"clipped_at_{limit}",
        says=f"The input is clipped at -{limit}, so below it the result stays what it is at -{limit}.",
        hint=f"Compare the results at x = -{limit} and x = -{limit + 200}. A rearranged formula needs no clip.",
        source=f"lambda x: 1 / (1 + np.exp(-np.clip(np.asarray(x), -{limit}, {limit})))",
    )


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


@sigmoid.misconception(
    "number_without_shape",
    says="The function reads the shape of x, or indexes it, and a plain Python number has neither.",
    hint="Call your function with a plain 0.5. What does np.asarray(0.5) have that 0.5 has not?",
)
def _(x):
    result = np.zeros(x.shape)
    result[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    result[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
    return result


@sigmoid.misconception(
    "number_becomes_a_vector",
    says="A single number comes back as an array of shape (1,); the result has the shape of x, which is () here.",
    hint="What is the shape of np.atleast_1d(0.5)?",
)
def _(x):
    x = np.atleast_1d(np.asarray(x, dtype=float))
    t = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, t) / (1.0 + t)
