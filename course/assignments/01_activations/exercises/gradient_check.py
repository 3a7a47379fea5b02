"""A gradient check by central differences."""

import numpy as np
from mlp_utils import testbed

from autograder.drawing import sizes, spread, whole
from autograder.model import Exercise, case

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
