"""One-hot labels and their smoothing."""

import numpy as np

from autograder.authoring import Exercise, case, labels, sizes

smooth_labels = Exercise(
    "smooth_labels",
    title="Smoothed labels",
    parts={"one-hot": 1, "smoothed": 1},
    invariants=("rows_sum_to_1", "between_0_and_1"),
    covers=("S000-03",),
)


@smooth_labels.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    missing = labels(rng, m, n)
    missing[missing == n - 1] = 0  # the last class does not occur, so C cannot be read from y
    few = labels(rng, n, c)
    for part, epsilons in (("one-hot", (0.0, 0.0)), ("smoothed", rng.uniform(0.05, 0.6, size=2))):
        yield case("a class in the middle does not occur", few, c, float(epsilons[0]), part=part)
        yield case("the last class does not occur", missing, n, float(epsilons[1]), part=part)
    yield case("epsilon = 1", labels(rng, c, m), m, 1.0, part="smoothed")


@smooth_labels.accepted("eye", says="rows of the unit matrix")
def _(y, C, epsilon):
    return (1 - epsilon) * np.eye(C)[y] + epsilon / C


@smooth_labels.accepted("filled", says="the constant everywhere, and more in one place of each row")
def _(y, C, epsilon):
    Ys = np.full((len(y), C), epsilon / C)
    Ys[np.arange(len(y)), y] += 1 - epsilon
    return Ys


@smooth_labels.accepted("loop", says="a loop over the samples")
def _(y, C, epsilon):
    rows = []
    for k in y:
        row = [epsilon / C] * C
        row[k] = 1 - epsilon + epsilon / C
        rows.append(row)
    return np.array(rows)


@smooth_labels.accepted("where", says="two values by np.where")
def _(y, C, epsilon):
    hot = np.arange(C) == y.reshape(-1, 1)
    return np.where(hot, 1 - (C - 1) * epsilon / C, epsilon / C)


@smooth_labels.accepted("matrix_product", says="the unit matrix is smoothed by a product")
def _(y, C, epsilon):
    smoothing = (1 - epsilon) * np.eye(C) + np.full((C, C), epsilon / C)
    return np.eye(C)[y] @ smoothing


def rows(answer_id, says, hint):
    """Decorator: another matrix from (Y, epsilon), Y one-hot (N, C)."""

    def add(matrix_of):
        def change(right):
            return lambda y, C, epsilon: matrix_of(np.eye(C)[y], epsilon)

        smooth_labels.transform(answer_id, says=says, hint=hint)(change)
        return matrix_of

    return add


SUM = "What is the sum of each of your rows?"
rows(
    "spread_over_the_others",
    "The part that is taken away is spread over the C - 1 other classes; here the right class gets its share, too.",
    "Compute the row for C = 2 and epsilon = 1 by hand.",
)(lambda Y, eps: (1 - eps) * Y + eps * (1 - Y) / (Y.shape[1] - 1))
rows(
    "factor_forgotten",
    "epsilon / C is added everywhere, but nothing is taken away from the label: the factor 1 - epsilon is missing.",
    SUM,
)(lambda Y, eps: Y + eps / Y.shape[1])
rows(
    "nothing_spread",
    "The label is made smaller, and the part that was taken away is given to no class.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y)
rows(
    "roles_exchanged",
    "epsilon and 1 - epsilon are exchanged: a small epsilon should leave almost all of the label.",
    "What should come out for epsilon = 0?",
)(lambda Y, eps: eps * Y + (1 - eps) / Y.shape[1])
rows(
    "divided_by_samples",
    "epsilon is divided by the number of samples and not by the number of classes.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y + eps / Y.shape[0])
rows(
    "epsilon_to_each",
    "Each class gets the whole epsilon instead of its share.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y + eps)
rows(
    "epsilon_to_each_other",
    "Each wrong class gets the whole epsilon instead of a share.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y + eps * (1 - Y))
rows(
    "right_class_without_share",
    "The wrong classes get epsilon / C and the right one 1 - epsilon: its own share is missing.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y + eps / Y.shape[1] * (1 - Y))
rows(
    "right_class_unchanged",
    "The wrong classes get their share, and nothing is taken away from the right one.",
    SUM,
)(lambda Y, eps: Y + eps / Y.shape[1] * (1 - Y))
rows(
    "share_over_one_less",
    "Every class, the right one too, gets epsilon / (C - 1): the part is divided among C classes.",
    SUM,
)(lambda Y, eps: (1 - eps) * Y + eps / (Y.shape[1] - 1))
rows(
    "share_subtracted",
    "The share is subtracted from the wrong classes; a label is never negative.",
    "What sign can a probability have?",
)(lambda Y, eps: (1 + eps) * Y - eps / Y.shape[1])
rows(
    "not_smoothed",
    "These are the one-hot labels: epsilon is not used.",
    "Where does epsilon stand in your function?",
)(lambda Y, eps: Y)
rows(
    "smoothed_twice",
    "The labels are smoothed twice.",
    "Compute the row for C = 2 and epsilon = 0.5 by hand.",
)(lambda Y, eps: (1 - eps) ** 2 * Y + (1 - (1 - eps) ** 2) / Y.shape[1])
rows(
    "ones_and_zeros_exchanged",
    "The right class and the wrong classes are exchanged (1 - Y stands for Y).",
    "What should come out for epsilon = 0?",
)(lambda Y, eps: (1 - eps) * (1 - Y) + eps / Y.shape[1])
rows(
    "cut_to_integers",
    "The result was stored in an array of integers, which cuts the fractions off.",
    "Print the dtype of the array that you fill.",
)(lambda Y, eps: np.trunc((1 - eps) * Y + eps / Y.shape[1]))
rows(
    "share_of_the_rest_of_the_label",
    "The right class gets 1 - epsilon / C and the wrong ones epsilon / C: too little is taken away.",
    SUM,
)(lambda Y, eps: Y * (1 - eps / Y.shape[1]) + (1 - Y) * eps / Y.shape[1])


@smooth_labels.transform(
    "every_row_gets_all_labels",
    says="`[:, y] = 1` writes into every row: each row has the labels of all samples.",
    hint="How does one write into column y[n] of row n alone?",
)
def _(right):
    def wrong(y, C, epsilon):
        Y = np.zeros((len(y), C))
        Y[:, y] = 1
        return (1 - epsilon) * Y + epsilon / C

    return wrong


@smooth_labels.transform(
    "labels_from_one",
    says="The classes are counted from 1, so each label stands one column too far to the left (and -1 is the last).",
    hint="Which column belongs to class 0?",
)
def _(right):
    return lambda y, C, epsilon: right((y - 1) % C, C, epsilon)


@smooth_labels.misconception(
    "classes_read_from_the_labels",
    says="The number of columns is read from y; a class that does not occur in this batch loses its column.",
    hint="How many columns must the result have, if the largest class does not occur?",
)
def _(y, C, epsilon):
    classes = max(y) + 1
    return (1 - epsilon) * np.eye(classes)[y] + epsilon / classes


@smooth_labels.misconception(
    "only_classes_that_occur",
    says="Only the classes that occur in y get a column.",
    hint="How many columns must the result have, if a class does not occur?",
)
def _(y, C, epsilon):
    present = np.unique(y)
    return (1 - epsilon) * (y[:, None] == present) + epsilon / C


@smooth_labels.misconception(
    "comparison_without_a_column",
    says="y (N,) is compared with the classes (C,): the shapes do not fit; a table needs a column and a row.",
    hint="Which shape must y have, so that each label is compared with each class?",
)
def _(y, C, epsilon):
    hot = np.equal(y, np.arange(C))
    return (1 - epsilon) * hot + epsilon / C


@smooth_labels.misconception(
    "only_the_first_sample",
    says="This is one row, that of the first sample; each sample has a row of its own.",
    hint="Which shape does your result have?",
)
def _(y, C, epsilon):
    row = np.full(C, epsilon / C)
    row[y[0]] += 1 - epsilon
    return row
