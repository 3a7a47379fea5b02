"""The gradient of the loss with respect to the probabilities."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

probability_gradient = Exercise(
    "probability_gradient",
    title="The gradient with respect to the probabilities",
    loss="smoothed_loss",
    wrt="p",
    invariants=("nonpositive",),
    covers=("S000-04",),
)


@probability_gradient.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    for name, count, epsilon in (("smoothed labels", n, rng.uniform(0.1, 0.5)), ("a one-hot label", c, 0.0)):
        z = spread(rng, count) / 2
        right = int(rng.integers(count))
        ys = (1 - epsilon) * np.eye(count)[right] + epsilon / count
        yield case(name, np.exp(z) / np.exp(z).sum(), ys, entrywise=True)
    ys = 0.7 * np.eye(m)[int(rng.integers(m))] + 0.3 / m
    yield case("equal probabilities", np.full(m, 1 / m), ys, entrywise=True)
    rest = np.append(rng.uniform(1e-3, 1.5e-3), rng.uniform(0.002, 0.1, size=m - 2))
    small = rng.permutation(np.append(rest, 1 - rest.sum()))
    # Strict, because 1e-12 added to a probability of 0.001 is a mistake, too.
    yield case("small probabilities, smoothed labels", small, ys, entrywise=True, rtol=1e-10)


@probability_gradient.accepted("loop", says="one entry at a time")
def _(p, ys):
    return np.array([-weight / value for weight, value in zip(ys, p, strict=True)])


@probability_gradient.accepted("power", says="a negative power")
def _(p, ys):
    return -1.0 * ys * p**-1.0


@probability_gradient.accepted("jacobian_of_the_logarithm", says="the labels times a diagonal matrix")
def _(p, ys):
    return -(ys @ np.diag(1 / p))


@probability_gradient.accepted("einsum", says="the product by einsum")
def _(p, ys):
    return np.negative(np.einsum("i,i->i", ys, np.reciprocal(p)))


def entries(answer_id, says, hint):
    """Decorator: another result from (p, ys)."""

    def add(gradient_of):
        probability_gradient.transform(answer_id, says=says, hint=hint)(lambda right: gradient_of)
        return gradient_of

    return add


@probability_gradient.misconception(
    "sum_kept",
    says="The sum over i is kept, so the result is one number; in a derivative with respect to p_i, i is fixed.",
    hint="How many terms of the loss contain p[0]?",
)
def _(p, ys):
    return -np.sum(ys / p)


entries(
    "sum_in_each_entry",
    "The sum over i is kept and stands in every entry; only one term of the loss contains p_i.",
    "How many terms of the loss contain p[0]?",
)(lambda p, ys: np.full(len(p), -np.sum(ys / p)))


@probability_gradient.misconception(
    "minus_missing",
    says="The minus sign is missing: a larger probability of a class makes the loss smaller.",
    hint="Does the loss rise or fall when p_i grows?",
)
def _(p, ys):
    return ys / p


entries(
    "right_class_only",
    "Only the right class has a derivative, as without smoothing; every class with a label above 0 has one.",
    "Which terms of the loss are not 0 when all labels are positive?",
)(lambda p, ys: -(ys == ys.max()) / p)
entries(
    "right_entry_only",
    "Only the entry of the right class is filled; every class with a label above 0 has a derivative.",
    "Which terms of the loss are not 0 when all labels are positive?",
)(lambda p, ys: -ys * (ys == ys.max()) / p)
entries(
    "labels_missing",
    "The label of the class is missing as a factor.",
    "What does a class with the label 0 contribute to the loss?",
)(lambda p, ys: -1 / p)


@probability_gradient.misconception(
    "not_differentiated",
    says="These are the terms of the loss and not their derivatives.",
    hint="What is the derivative of ln?",
)
def _(p, ys):
    return -ys * np.log(p)


@probability_gradient.misconception(
    "gradient_of_the_logits",
    says="This is p - Ys, a gradient with respect to the logits; the probabilities are asked for.",
    hint="With respect to which variables is the loss differentiated here?",
)
def _(p, ys):
    return p - ys


entries(
    "derivative_of_the_logarithm_missing",
    "The derivative of ln p_i is missing: these are the labels with a minus sign.",
    "What is the derivative of ln?",
)(lambda p, ys: -ys)
entries(
    "square_in_the_denominator",
    "The denominator is squared, as in the derivative of 1/p; the derivative of ln p is 1/p itself.",
    "Differentiate ln once, not twice.",
)(lambda p, ys: -ys / p**2)
entries(
    "product_for_quotient",
    "Label and probability are multiplied.",
    "What is the derivative of ln?",
)(lambda p, ys: -ys * p)
entries(
    "product_rule",
    "ln p_i and its derivative are added, as if the label depended on p.",
    "Which factors of Ys_i ln p_i depend on p_i?",
)(lambda p, ys: -ys * (1 / p + np.log(p)))
entries(
    "two_classes_each",
    "Each class is treated as a yes-no question with a term for 1 - p_i, which this loss does not have.",
    "Which logarithms stand in the loss?",
)(lambda p, ys: -ys / p + (1 - ys) / (1 - p))
entries(
    "one_minus_p",
    "The denominator is 1 - p_i.",
    "What is the derivative of ln p?",
)(lambda p, ys: -ys / (1 - p))
for digits in (7, 8, 9, 10, 12):
    entries(
        f"added_1e_{digits}",
        "A small number is added to the denominator; it spoils the digits of the entries with a small probability.",
        "No probability is 0 here. What does the added number change in the digits?",
    )(lambda p, ys, tiny=10.0**-digits: -ys / (p + tiny))
entries(
    "mean_over_classes",
    "Every entry is divided by the number of classes; the loss is a sum over the classes.",
    "Is there a mean in the loss of one sample?",
)(lambda p, ys: -ys / p / len(p))
entries(
    "sum_to_one_used",
    "The mean was taken away, as if the probabilities had to keep the sum 1 here; they are independent in this step.",
    "Move one p_i alone, and measure.",
)(lambda p, ys: -ys / p + np.mean(ys / p))
entries(
    "base_two",
    "The logarithm has base 2; in this course all logarithms are natural.",
    "What is the derivative of ln?",
)(lambda p, ys: -ys / p / np.log(2))
entries(
    "diagonal_matrix",
    "The entries stand on the diagonal of a matrix (C, C); a gradient has the shape of p.",
    "Which shape does your result have?",
)(lambda p, ys: np.diag(-ys / p))
