"""Row-wise softmax."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread, whole

softmax = Exercise(
    "softmax",
    title="Softmax of each row",
    parts={"matrix": 1, "one row": 1, "large logits": 1},
    invariants=("rows_sum_to_1", "between_0_and_1"),
    covers=("S002-12", "S002-13", "S002-14"),
)


@softmax.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    yield case("a matrix of moderate logits", spread(rng, n, c), part="matrix")
    equal = spread(rng, c, m)
    equal[1] = equal[1, 0]
    yield case("a matrix with a row of equal logits", equal, part="matrix")
    yield case("a matrix of integers", whole(rng, m * n).reshape(m, n), part="matrix")
    yield case("one row of moderate logits", spread(rng, c), part="one row")
    yield case("one row of integers", whole(rng, m), part="one row")
    # One row near 1000, one near -1000, one moderate, one with both ends and numbers between.
    far = spread(rng, 4, c) + np.array([[995.0], [-995.0], [0.0], [0.0]])
    far[3, :2] = [1000.0, -1000.0]
    far[3] = rng.permutation(far[3])
    yield case("rows near 1000, near -1000 and moderate", rng.permutation(far), part="large logits")
    gaps = spread(rng, n, m)
    gaps[0, 0] += 820.0
    gaps[1] -= 900.0
    yield case("a gap of 800 within a row, and another row far below", gaps, part="large logits")


@softmax.accepted("loop", says="a loop over rows and classes with the math module")
def _(logits):
    import math

    def row(z):
        top = max(z)
        e = [math.exp(v - top) for v in z]
        return [v / sum(e) for v in e]

    logits = np.asarray(logits, dtype=float)
    return np.array(row(logits) if logits.ndim == 1 else [row(z) for z in logits])


@softmax.accepted("logaddexp", says="exp of the logits minus their log-sum-exp")
def _(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


@softmax.accepted("transposed_twice", says="works on columns, .T makes rows of them")
def _(logits):
    columns = np.exp(logits.T - logits.max(axis=-1))
    return (columns / columns.sum(axis=0)).T


@softmax.accepted("differences", says="1 / sum of exp(z_j - z_k): overflow gives 1 / inf = 0, with a warning")
def _(logits):
    logits = np.asarray(logits, dtype=float)
    return 1 / np.sum(np.exp(logits[..., None, :] - logits[..., :, None]), axis=-1)


@softmax.accepted("einsum", says="the row sums by einsum")
def _(logits):
    e = np.exp(logits - np.max(logits, axis=-1)[..., None])
    return np.einsum("...k,...->...k", e, 1 / np.einsum("...k->...", e))


@softmax.accepted("one_row_as_a_matrix", says="a row becomes a matrix with one row and back")
def _(logits):
    Z = np.atleast_2d(logits).astype(float)
    Z = Z - Z.max(axis=1, keepdims=True)
    E = np.exp(Z)
    return (E / E.sum(axis=1, keepdims=True)).reshape(np.shape(logits))


SAFE = "Which number can be added to each logit of a row, so that the largest exponent is 0?"


@softmax.misconception(
    "no_shift",
    says="exp is taken of the logits as they are: far above 0 it is inf, far below 0 the whole row becomes 0, and the "
    "quotient is NaN.",
    hint=SAFE,
)
def _(logits):
    e = np.exp(np.asarray(logits, dtype=float))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "one_maximum_for_all",
    says="The maximum of the whole batch is taken away; in a row far below it all weights become 0, and 0/0 is NaN.",
    hint="Each row may be shifted by a number of its own. Print the shape of your maximum.",
)
def _(logits):
    e = np.exp(logits - np.max(logits))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "largest_absolute_value",
    says="The largest absolute value is taken away instead of the maximum, so a row of very negative logits falls even "
    "further, to 0/0.",
    hint="What is left of the row (-1000, -1001) after your shift?",
)
def _(logits):
    e = np.exp(logits - np.max(np.abs(logits), axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "minimum_for_maximum",
    says="The minimum is taken away, so every exponent is positive or 0 and a large gap still overflows.",
    hint="Which sign must all exponents have, so that exp cannot overflow?",
)
def _(logits):
    e = np.exp(logits - np.min(logits, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "mean_for_maximum",
    says="The mean is taken away: logits far above the mean still overflow.",
    hint="Which sign must all exponents have, so that exp cannot overflow?",
)
def _(logits):
    e = np.exp(logits - np.mean(logits, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "clipped_logits",
    says="The logits are clipped before exp; two logits beyond the clip become equal, and their difference is lost.",
    hint="What do the logits (1000, 1001) become, and what should their probabilities be?",
)
def _(logits):
    e = np.exp(np.clip(logits, -500, 500))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "nan_replaced",
    says="NaN is replaced by 0 afterwards: the numbers are finite and wrong.",
    hint="A row of probabilities sums to 1. Does yours, for (1000, 1001)?",
)
def _(logits):
    e = np.exp(np.asarray(logits, dtype=float))
    return np.nan_to_num(e / e.sum(axis=-1, keepdims=True))


@softmax.misconception(
    "shift_in_the_numerator_only",
    says="The shift stands in the numerator and not in the denominator, so it does not cancel.",
    hint="By which factor does the shift change the numerator, and by which the denominator?",
)
def _(logits):
    top = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return top / np.sum(np.exp(np.asarray(logits, dtype=float)), axis=-1, keepdims=True)


@softmax.misconception(
    "over_the_samples",
    says="Softmax runs over the samples (axis 0) and not over the classes: the columns sum to 1, not the rows.",
    hint="Print the row sums of your result.",
)
def _(logits):
    e = np.exp(logits - np.max(logits, axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


@softmax.misconception(
    "over_the_samples_without_shift",
    says="Softmax runs over the samples (axis 0) and not over the classes; besides, exp is taken without a shift.",
    hint="Print the row sums of your result, and exp of 1000.",
)
def _(logits):
    e = np.exp(np.asarray(logits, dtype=float))
    return e / e.sum(axis=0)


@softmax.misconception(
    "axis_one",
    says="The sum runs over axis 1, which a single row (C,) does not have; the last axis exists in both.",
    hint="Which number does the last axis of an array have, whatever its shape?",
)
def _(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax.misconception(
    "one_sum_for_all",
    says="All weights of the batch are added up; each row has a total of its own.",
    hint="What should the sum of one row be, and what is the sum of your whole matrix?",
)
def _(logits):
    e = np.exp(logits - np.max(logits))
    return e / np.sum(e)


@softmax.misconception(
    "one_sum_for_all_without_shift",
    says="All weights of the batch are added up, and exp is taken without a shift; each row has a total of its own.",
    hint="What should the sum of one row be, and what is the sum of your whole matrix?",
)
def _(logits):
    return np.exp(logits) / np.sum(np.exp(logits))


@softmax.misconception(
    "keepdims_forgotten",
    says="The row sums have the shape (N,), and a matrix (N, C) cannot be divided by them row by row.",
    hint="Which shape must the totals have, so that row n is divided by total n?",
)
def _(logits):
    e = np.exp(logits - np.max(logits, axis=-1))
    return e / np.sum(e, axis=-1)


@softmax.misconception(
    "exponential_missing",
    says="The logits themselves are divided by their sum; the exponential is missing.",
    hint="A probability is positive. Is each number of yours?",
)
def _(logits):
    return logits / np.sum(logits, axis=-1, keepdims=True)


@softmax.misconception(
    "shifted_and_no_exponential",
    says="The shifted logits are divided by their sum; the exponential is missing.",
    hint="The class with the largest logit must have the largest probability. Which one has it in your result?",
)
def _(logits):
    low = logits - np.max(logits, axis=-1, keepdims=True)
    return low / np.sum(low, axis=-1, keepdims=True)


@softmax.misconception(
    "free_index_in_the_sum",
    says="The denominator uses the free index: each weight is divided by itself, and every result is 1.",
    hint="Which index does the sum in the denominator run over?",
)
def _(logits):
    return np.exp(logits * 0.0)


@softmax.misconception(
    "minus_in_the_exponent",
    says="The exponent has the wrong sign, so the largest logit gets the smallest probability.",
    hint="Which class should have the largest probability in the row (0, -3, 1)?",
)
def _(logits):
    e = np.exp(np.min(logits, axis=-1, keepdims=True) - logits)
    return e / e.sum(axis=-1, keepdims=True)


@softmax.misconception(
    "one_plus_the_sum",
    says="The denominator has an additional 1, as in the sigmoid; the rows do not sum to 1.",
    hint="Print the row sums of your result.",
)
def _(logits):
    e = np.exp(np.asarray(logits, dtype=float))
    return e / (1 + e.sum(axis=-1, keepdims=True))


@softmax.misconception(
    "sigmoid_of_each_logit",
    says="Each logit goes through a sigmoid by itself; the classes do not compete, and the rows do not sum to 1.",
    hint="On which logits does one probability depend?",
)
def _(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, dtype=float)))


@softmax.misconception(
    "own_weight_left_out",
    says="The denominator leaves out the class's own weight; the sum runs over all classes.",
    hint="Print the row sums of your result.",
)
def _(logits):
    e = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return e / (e.sum(axis=-1, keepdims=True) - e)


@softmax.misconception(
    "logarithm_returned",
    says="These are the logarithms of the probabilities.",
    hint="Between which two numbers does a probability lie?",
)
def _(logits):
    low = logits - np.max(logits, axis=-1, keepdims=True)
    return low - np.log(np.sum(np.exp(low), axis=-1, keepdims=True))


@softmax.transform(
    "applied_twice",
    says="Softmax is applied to probabilities: the rows still sum to 1, but all probabilities are close to each other.",
    hint="How often does exp occur on the way from the logits to your result?",
)
def _(right):
    return lambda logits: right(right(logits))


@softmax.transform(
    "best_class_only",
    says="The largest logit gets 1 and all others 0: this is the argmax, not the soft one.",
    hint="Two classes with nearly equal logits have nearly equal probabilities. Have they in your result?",
)
def _(right):
    return lambda logits: 1.0 * (logits == np.max(logits, axis=-1, keepdims=True))


@softmax.misconception(
    "weights_returned",
    says="These are the weights after the shift; they have not been divided by their total.",
    hint="Print the row sums of your result.",
)
def _(logits):
    return np.exp(logits - np.max(logits, axis=-1, keepdims=True))


@softmax.transform(
    "mean_for_the_total",
    says="The weights are divided by their mean and not by their total, so the rows sum to C.",
    hint="Print the row sums of your result.",
)
def _(right):
    return lambda logits: np.shape(logits)[-1] * right(logits)


@softmax.transform(
    "base_two",
    says="The weights are powers of 2 and not of e.",
    hint="What is the quotient of two probabilities whose logits differ by 1?",
)
def _(right):
    return lambda logits: right(np.log(2.0) * logits)


@softmax.transform(
    "root_of_the_squares",
    says="The weights are divided by the root of the sum of their squares: the rows have length 1 and not sum 1.",
    hint="Print the row sums of your result.",
)
def _(right):
    def wrong(logits):
        p = right(logits)
        return p / np.linalg.norm(p, axis=-1, keepdims=True)

    return wrong


@softmax.misconception(
    "shifted_in_place",
    says="The maximum is taken away from the caller's own array (`logits -= ...`), which is changed for everybody.",
    hint="Print the logits before and after a call.",
)
def _(logits):
    logits -= np.max(logits, axis=-1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(axis=-1, keepdims=True)
