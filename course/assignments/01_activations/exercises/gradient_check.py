"""A gradient check by central differences."""

import numpy as np
from mlp_utils import testbed

from autograder.authoring import Exercise, case, sizes, spread, whole

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
    # The numerical gradient decides, so some of the claims are wrong. With h = 0.1 the truncation of a function that
    # is no quadratic form is far above the tolerance: another step or another formula gives other numbers.
    mine = {"part": "numerical gradient", "pick": 0}
    t = testbed
    vector, matrix, box = spread(rng, n), spread(rng, n, m), 0.5 * spread(rng, m, k, n)
    yield case("a sum of sines of a matrix, h = 0.1", t.wave, t.wave_gradient_a, matrix, 0.1, **mine)
    yield case("a logarithm, an array with three axes, h = 0.1", t.well, t.well_gradient_b, box, 0.1, **mine)
    mine["rtol"] = 1e-6
    yield case("a quadratic form of a vector, h = 0.01", t.tilted_bowl, t.tilted_bowl_gradient_a, vector, 0.01, **mine)
    yield case("a sum of sines of integers, h = 0.0001", t.wave, t.wave_gradient_b, whole(rng, m), 1e-4, **mine)
    yield case("a sum of sines of a vector, without h", t.wave, t.wave_gradient_a, spread(rng, k), **mine)
    # Wrong and right gradients: the relative error decides, and a slightly inexact numerical gradient may pass.
    mine = {"part": "relative error", "pick": 1, "rtol": 1e-4}
    vector, matrix = spread(rng, m), 0.5 * spread(rng, n, k)
    bowl, skew = t.tilted_bowl, t.tilted_bowl_gradient_b
    yield case("a right gradient", t.well, t.well_gradient_c, vector, 1e-5, atol=1e-4, **mine)
    yield case("a wrong gradient of a vector", t.well, t.well_gradient_a, vector, 1e-5, atol=1e-6, **mine)
    long = np.sign(vector) * rng.uniform(1.0, 3.0, size=m)
    yield case("a wrong gradient that is too short", t.well, t.well_gradient_b, long, 1e-5, atol=1e-6, **mine)
    yield case("a wrong gradient of a matrix", bowl, skew, matrix, 1e-5, atol=1e-6, **mine)
    yield case("a gradient with the wrong sign", t.wave, t.wave_gradient_a, matrix, 1e-5, atol=1e-6, **mine)
    yield case("both gradients are zero", t.chain, t.chain_gradient_b, np.zeros(k), 1e-5, atol=1e-6, **mine)


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


@gradient_check.accepted("copies", says="two copies for each entry, and a tiny number added to the lengths")
def _(f, gradient, x, h=1e-5):
    x = x.astype(float)
    numerical = np.zeros_like(x)
    for index, _ in np.ndenumerate(x):
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        numerical[index] = (f(above) - f(below)) / (2 * h)
    g = gradient(x)
    return numerical, float(np.linalg.norm(g - numerical) / (np.linalg.norm(g) + np.linalg.norm(numerical) + 1e-12))


@gradient_check.accepted("arithmetic_on_a_copy", says="+h - 2h + h on a copy of its own, by np.nditer")
def _(f, gradient, x, h=1e-5):
    point = np.array(x, dtype=float)
    numerical = np.zeros(np.shape(x))
    walk = np.nditer(numerical, flags=["multi_index"])
    for _ in walk:
        point[walk.multi_index] += h
        above = f(point)
        point[walk.multi_index] -= 2 * h
        numerical[walk.multi_index] = (above - f(point)) / (2 * h)
        point[walk.multi_index] += h
    g = gradient(x)
    total = np.linalg.norm(g) + np.linalg.norm(numerical)
    return numerical, np.linalg.norm(g - numerical) / max(total, 1e-12)


def relative_error(g, n):
    size = np.linalg.norm(g) + np.linalg.norm(n)
    return np.linalg.norm(g - n) / size if size else 0.0


def by_entry(slope):
    """A numerical gradient: slope(f, x, e, h) for each entry of x, where e is h in that entry and 0 elsewhere."""

    def numerical_of(f, x, h):
        numerical = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            e = np.zeros(x.shape)
            e[index] = h
            numerical[index] = slope(f, x, e, h)
        return numerical

    return numerical_of


central = by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / (2 * h))


def numerical(answer_id, says, hint):
    """Decorator: another numerical gradient of f at x, with its right relative error."""

    def add(numerical_of):
        def change(right):
            def wrong(f, gradient, x, h=1e-5):
                n = numerical_of(f, x, h)
                return n, relative_error(gradient(x), n)

            return wrong

        gradient_check.transform(answer_id, says=says, hint=hint)(change)
        return numerical_of

    return add


def error(answer_id, says, hint):
    """Decorator: the right numerical gradient n, and another distance between g and n."""

    def add(error_of):
        def change(right):
            def wrong(f, gradient, x, h=1e-5):
                n = right(f, gradient, x, h)[0]
                return n, error_of(gradient(x), n)

            return wrong

        gradient_check.transform(answer_id, says=says, hint=hint)(change)
        return error_of

    return add


# --- another formula for the numerical gradient

SIDES = "On which sides of x does your formula look?"
numerical(
    "forward_difference",
    "This is a forward difference, whose error is much larger than that of a central one.",
    SIDES,
)(by_entry(lambda f, x, e, h: (f(x + e) - f(x)) / h))
numerical(
    "backward_difference",
    "This is a backward difference, whose error is much larger than that of a central one.",
    SIDES,
)(by_entry(lambda f, x, e, h: (f(x) - f(x - e)) / h))
numerical(
    "divided_by_h",
    "The two points are 2h apart, and the difference is divided by h.",
    "How far apart are the two points at which f is evaluated?",
)(by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / h))
numerical(
    "brackets_of_two_h",
    "`/ 2 * h` divides by 2 and then multiplies by h.",
    "In which order does Python evaluate / and *?",
)(by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / 2 * h))
numerical(
    "points_exchanged",
    "The two points are exchanged, so every slope has the wrong sign.",
    "Which value of f is subtracted from which?",
)(by_entry(lambda f, x, e, h: (f(x - e) - f(x + e)) / (2 * h)))
numerical(
    "step_ignored",
    "The argument h is not used: a fixed step stands in the function, so h changes nothing.",
    "Call your function with h = 0.1 and with h = 0.01. Do the results differ?",
)(lambda f, x, h: central(f, x, 1e-5))
numerical(
    "half_steps",
    "The two points are h apart; the formula asks for x + h and x - h, which are 2h apart.",
    "At which two points is f evaluated in the formula of the exercise?",
)(by_entry(lambda f, x, e, h: (f(x + e / 2) - f(x - e / 2)) / h))
numerical(
    "five_points",
    "This is a difference of higher order, which looks at more points; the formula with two points is asked for.",
    "How often may f be called for one entry?",
)(by_entry(lambda f, x, e, h: (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)))
ALL = "All entries of x are moved at once, so the result is the sum of all slopes."
numerical(
    "all_entries_at_once",
    ALL,
    "How many entries differ between the two arrays that f gets?",
)(by_entry(lambda f, x, e, h: (f(x + h) - f(x - h)) / (2 * h)))
numerical(
    "one_number_for_all",
    ALL,
    "Which shape does your numerical gradient have? How many entries differ between the two arrays that f gets?",
)(lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h))


# --- copies, and what is left in them


@numerical(
    "not_restored",
    "A moved entry is not put back, so every later entry is measured at another point.",
    "What does your working array hold after the first round of the loop?",
)
def _(f, x, h):
    point = np.array(x, dtype=float)
    n = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        point[index] += h
        above = f(point)
        point[index] -= 2 * h
        n[index] = (above - f(point)) / (2 * h)
    return n


@numerical(
    "copies_made_once",
    "The two copies are made before the loop, so they collect the steps of all entries.",
    "What do your two copies hold after the first round of the loop?",
)
def _(f, x, h):
    above, below = np.array(x, dtype=float), np.array(x, dtype=float)
    n = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above[index] += h
        below[index] -= h
        n[index] = (f(above) - f(below)) / (2 * h)
    return n


numerical(
    "one_array_for_both",
    "Both names mean the same array, so the step up and the step down undo each other, and every slope is 0.",
    "After `a = b`, are there one or two arrays? Print both after the two steps.",
)(lambda f, x, h: np.zeros(x.shape))


@numerical(
    "restored_by_arithmetic",
    "x + h - 2h + h is not exactly x in floats, so the caller's array is changed in its last bits; work on a copy.",
    "Compare x with a copy of it, before and after the call, by ==.",
)
def _(f, x, h):
    point = np.asarray(x, dtype=float)
    n = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        point[index] += h
        above = f(point)
        point[index] -= 2 * h
        n[index] = (above - f(point)) / (2 * h)
        point[index] += h
    return n


def moved_in_place(f, x, h):
    n = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        there = f(x)
        x[index] -= 2 * h
        n[index] = (there - f(x)) / (2 * h)
        x[index] += h
    return n


IN_PLACE = (
    "The caller's own array is moved by h, by 2h and by h again. Floats do not come back exactly, and integers have no "
    "small steps; work on a copy of floats.",
    "Compare x with a copy of it, before and after the call, for floats and for integers.",
)
numerical("moved_in_place", *IN_PLACE)(moved_in_place)
numerical("moved_in_place_down_first", *IN_PLACE)(lambda f, x, h: moved_in_place(f, x, -h))


@numerical(
    "copy_of_integers",
    "The copy of an integer array holds integers too, so a step is cut off to a whole number.",
    "Print the dtype of your copy for x = np.array([1, 2]), and the copy after the step.",
)
def _(f, x, h):
    n = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += h
        below[index] -= h
        n[index] = (f(above) - f(below)) / (2 * h)
    return n


numerical(
    "result_of_integers",
    "The result is stored in an array of the type of x; when x holds integers, the fractions are cut off.",
    "Print the dtype of the array that holds the slopes, for x = np.array([1, 2]).",
)(lambda f, x, h: central(f, x, h).astype(x.dtype))


@numerical(
    "whole_rows_moved",
    "The loop runs over the first axis only, so a whole row is moved at once.",
    "For a matrix, what is x[0]? How many times is f called in your loop?",
)
def _(f, x, h):
    n = np.zeros(x.shape)
    for k in range(len(x)):
        above, below = np.array(x, dtype=float), np.array(x, dtype=float)
        above[k] += h
        below[k] -= h
        n[k] = (f(above) - f(below)) / (2 * h)
    return n


@numerical(
    "flat_numbers_as_indices",
    "x[k] with k up to the number of entries is an entry of a vector only; in a matrix it is a row, and the last ones "
    "do not exist.",
    "What is x[0] of a matrix? How can a loop run over all entries of an array with any number of axes?",
)
def _(f, x, h):
    n = np.zeros(x.shape)
    for k in range(x.size):
        above, below = np.array(x, dtype=float), np.array(x, dtype=float)
        above[k] += h
        below[k] -= h
        n[k] = (f(above) - f(below)) / (2 * h)
    return n


# --- results and their order


@gradient_check.transform(
    "flat_result",
    says="The numerical gradient is returned as a vector; it has the shape of x.",
    hint="For a matrix x, print the shape of your first result.",
)
def _(right):
    def wrong(f, gradient, x, h=1e-5):
        n, error = right(f, gradient, x, h)
        return n.ravel(), error

    return wrong


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


# --- another distance


def ratio(top, bottom):
    return top / bottom if bottom else 0.0


length = np.linalg.norm
SIGN = "Which error do you get when the claimed gradient has the wrong sign? It should be 1."
error(
    "absolute_error",
    "The distance is not divided by the lengths, so it grows with the size of f.",
    "What happens to your error when f is multiplied by 1000?",
)(lambda g, n: length(g - n))
error(
    "largest_entry",
    "The largest entries are compared, where the norms over all entries are asked for.",
    "Change a small entry of the claimed gradient. Does your error notice it?",
)(lambda g, n: ratio(np.max(np.abs(g - n)), np.max(np.abs(g)) + np.max(np.abs(n))))
error(
    "one_length_below",
    "The distance is divided by the length of the numerical gradient only.",
    SIGN,
)(lambda g, n: ratio(length(g - n), length(n)))
error(
    "claimed_length_below",
    "The distance is divided by the length of the claimed gradient only.",
    SIGN,
)(lambda g, n: ratio(length(g - n), length(g)))
error(
    "larger_length_below",
    "The distance is divided by the larger one of the two lengths; the sum of both is asked for.",
    SIGN,
)(lambda g, n: ratio(length(g - n), max(length(g), length(n))))
error(
    "mean_of_lengths_below",
    "The distance is divided by the mean of the two lengths, so the error is twice too large.",
    SIGN,
)(lambda g, n: ratio(2 * length(g - n), length(g) + length(n)))
error(
    "zero_over_zero",
    "When both gradients are zero, 0 is divided by 0, and the error is NaN.",
    "Which case does the text name beside the formula, and which value does it give to it?",
)(lambda g, n: length(g - n) / (length(g) + length(n)))
error(
    "division_by_zero",
    "When both gradients are zero, 0 is divided by 0, and Python stops with an error.",
    "Which case does the text name beside the formula, and which value does it give to it?",
)(lambda g, n: float(length(g - n)) / float(length(g) + length(n)))
error(
    "difference_of_lengths",
    "The lengths are subtracted and not the gradients, so two gradients of the same length always agree.",
    "Which error do you get when the claimed gradient has the wrong sign?",
)(lambda g, n: ratio(abs(length(g) - length(n)), length(g) + length(n)))
error(
    "squares_without_root",
    "Sums of squares are compared, and the square roots of the norms are missing.",
    "What does the norm do after it has added up the squares?",
)(lambda g, n: ratio(np.sum((g - n) ** 2), np.sum(g**2) + np.sum(n**2)))
error(
    "absolute_values_added",
    "Absolute values are added up; the norm adds up squares and takes the square root.",
    "What is the norm of (3, 4): 5 or 7?",
)(lambda g, n: ratio(np.sum(np.abs(g - n)), np.sum(np.abs(g)) + np.sum(np.abs(n))))


def entrywise(g, n):
    size = np.abs(g) + np.abs(n)
    return np.abs(g - n) / np.where(size > 0, size, 1.0)


DIVISIONS = "How many divisions does the definition contain?"
error(
    "mean_of_entrywise_errors",
    "Each entry gets a relative error of its own, and their mean is returned; whole arrays are to be compared.",
    DIVISIONS,
)(lambda g, n: np.mean(entrywise(g, n)))
error(
    "largest_entrywise_error",
    "Each entry gets a relative error of its own, and the largest is returned; whole arrays are to be compared.",
    DIVISIONS,
)(lambda g, n: np.max(entrywise(g, n)))
error(
    "error_of_each_entry",
    "Each entry gets a relative error of its own; one number for the whole array is wanted.",
    DIVISIONS,
)(entrywise)
error(
    "matrix_norm",
    "`np.linalg.norm(A, 2)` of a matrix is its largest singular value, and with three axes it is an error.",
    "Compare your norm of a matrix with that of the same numbers in a vector.",
)(lambda g, n: ratio(length(g - n, 2), length(g, 2) + length(n, 2)))
