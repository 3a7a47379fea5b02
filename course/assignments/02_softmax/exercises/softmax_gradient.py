"""The gradient of the cross-entropy of one sample with respect to its logits."""

import numpy as np

from autograder.authoring import Exercise, case, sizes, spread

softmax_gradient = Exercise(
    "softmax_gradient",
    title="The gradient with respect to the logits",
    loss="loss_after",
    wrt="dz",
    invariants=("rows_sum_to_0",),
    covers=("S000-08", "S001-06", "S002-20", "S002-21"),
)


def probabilities(z):
    return np.exp(z) / np.sum(np.exp(z))


@softmax_gradient.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    z = spread(rng, n) / 2
    yield case("the first class is right", probabilities(z), 0)
    yield case("the last class is right", probabilities(spread(rng, c) / 2), c - 1)
    middle = int(rng.integers(1, m - 1))
    yield case("a class in the middle, equal probabilities", np.full(m, 1 / m), middle)
    z = spread(rng, m)
    z[middle] = z.max() + 4.0
    yield case("the right class is very probable", probabilities(z), middle)
    z = spread(rng, m)
    z[middle] = z.min() - rng.uniform(13.0, 15.0)
    yield case("the right class is very improbable", probabilities(z), middle)


@softmax_gradient.accepted("subtract_from_a_copy", says="one entry of a copy loses 1")
def _(p, y):
    g = p.copy()
    g[y] -= 1
    return g


@softmax_gradient.accepted("eye", says="a row of the unit matrix")
def _(p, y):
    return p - np.eye(len(p))[y]


@softmax_gradient.accepted("loop", says="one class at a time")
def _(p, y):
    return np.array([value - 1 if k == y else value for k, value in enumerate(p)])


@softmax_gradient.accepted("full_sum", says="upstream @ Jacobian, not simplified")
def _(p, y):
    upstream = np.zeros(len(p))
    upstream[y] = -1 / p[y]
    return upstream @ (np.diag(p) - np.outer(p, p))


@softmax_gradient.accepted("einsum", says="the full sum by einsum")
def _(p, y):
    hot = np.arange(p.size) == y
    local = np.einsum("i,ij->ij", p, np.eye(p.size) - p)
    return np.einsum("i,ij->j", -1.0 * hot / p, local)


def entries(answer_id, says, hint):
    """Decorator: another result from (p, Y, y), Y the one-hot row."""

    def add(gradient_of):
        def change(right):
            return lambda p, y: gradient_of(p, np.eye(len(p))[y], y)

        softmax_gradient.transform(answer_id, says=says, hint=hint)(change)
        return gradient_of

    return add


PATHS = "Which probabilities does the logit of a wrong class move, and does the loss depend on one of them?"
SUM = "What is the sum of your entries, and what should it be by shift invariance?"


@softmax_gradient.misconception(
    "sign_exchanged",
    says="The sign is wrong: this is the direction in which the loss falls, and the gradient points to where it rises.",
    hint="Raise the right logit a little. Does the loss rise or fall?",
)
def _(p, y):
    return (np.arange(len(p)) == y) - p


@softmax_gradient.misconception(
    "single_product",
    says="One product, with the diagonal of the Jacobian alone, instead of the sum over all probabilities.",
    hint=f"{PATHS} {SUM}",
)
def _(p, y):
    hot = np.eye(len(p))[y]
    return -hot * (1 - p)


entries(
    "jacobian_column_without_upstream",
    "This is a column of the Jacobian: the upstream factor of the loss is missing.",
    "What is the derivative of -ln p_y with respect to p_y?",
)(lambda p, Y, y: p[y] * (Y - p))


@softmax_gradient.misconception(
    "upstream_only",
    says="This is the gradient with respect to the probabilities; the step back to the logits is missing.",
    hint="With respect to which variables is the loss differentiated here?",
)
def _(p, y):
    hot = np.eye(len(p))[y]
    return -hot / p


entries(
    "multiplied_by_the_slope",
    "The right result is multiplied by p(1 - p) once more; the Jacobian is already in it.",
    "How often have you multiplied by the Jacobian?",
)(lambda p, Y, y: (p - Y) * p * (1 - p))
entries(
    "multiplied_by_the_jacobian",
    "The right result is multiplied by the Jacobian once more.",
    "How often have you multiplied by the Jacobian?",
)(lambda p, Y, y: (p - Y) @ (np.diag(p) - np.outer(p, p)))
entries(
    "softmax_twice",
    "Softmax is applied to p, which are probabilities already.",
    "What does the argument of your function hold?",
)(lambda p, Y, y: probabilities(p) - Y)
entries(
    "labels_from_one",
    "The classes are counted from 1: the wrong entry loses 1 (y - 1, and -1 is the last).",
    "Which entry belongs to class 0?",
)(lambda p, Y, y: p - np.roll(Y, -1))
entries(
    "every_entry_loses_one",
    "Every entry loses 1, not only that of the right class.",
    SUM,
)(lambda p, Y, y: p - 1)


@softmax_gradient.misconception(
    "class_number_subtracted",
    says="The number y itself is subtracted from all probabilities; a label has to be one-hot.",
    hint="What has the number of a class to do with its probability?",
)
def _(p, y):
    return p - y


entries(
    "predicted_class",
    "The 1 is taken from the most probable class and not from the right one.",
    "Does your gradient depend on y?",
)(lambda p, Y, y: p - np.eye(len(p))[np.argmax(p)])
entries(
    "wrong_classes_only",
    "The entry of the right class is 0; the derivatives of the others are right.",
    SUM,
)(lambda p, Y, y: p * (1 - Y))
entries(
    "probabilities_only",
    "These are the probabilities: the label is missing, the derivative of -z_y.",
    SUM,
)(lambda p, Y, y: p)
entries(
    "label_only",
    "This is the derivative of -z_y alone; the log-sum-exp depends on every logit, too.",
    SUM,
)(lambda p, Y, y: -Y)
entries(
    "plus_for_minus",
    "The label is added and not subtracted.",
    SUM,
)(lambda p, Y, y: p + Y)
entries(
    "divided_by_classes",
    "Every entry is divided by the number of classes; there is no mean over classes.",
    "How large is the right entry when p_y is almost 0?",
)(lambda p, Y, y: (p - Y) / len(p))
entries(
    "factor_two",
    "There is a factor 2, as for a squared error.",
    "How large is the right entry when p_y is almost 0?",
)(lambda p, Y, y: 2 * (p - Y))
entries(
    "multiplied_by_p",
    "The result is multiplied by the probabilities: a quotient was not cancelled.",
    SUM,
)(lambda p, Y, y: p * (p - Y))
entries(
    "divided_by_p",
    "The result is divided by the probabilities: the factor p of the Jacobian is missing in one place.",
    SUM,
)(lambda p, Y, y: (p - Y) / p)
entries(
    "logarithm_of_p",
    "The logarithm of the probabilities stands where the probabilities belong.",
    "Differentiate the log-sum-exp: what comes out?",
)(lambda p, Y, y: np.log(p) - Y)
entries(
    "one_minus_p",
    "1 - p stands for the wrong classes, where p belongs.",
    SUM,
)(lambda p, Y, y: (1 - p) - Y * (2 - 2 * p))
entries(
    "one_number",
    "This is the derivative with respect to the right logit alone; the gradient has C entries.",
    "Which shape does your result have?",
)(lambda p, Y, y: p[y] - 1)
entries(
    "loss_added_up",
    "The loss of all classes was differentiated, -sum of ln p, and not that of the right one.",
    "Does your gradient depend on y?",
)(lambda p, Y, y: len(p) * p - 1)


@softmax_gradient.misconception(
    "changed_in_place",
    says="The 1 is taken away from the caller's own array (`p[y] -= 1`), which is the cache of the forward pass.",
    hint="Print p before and after a call. Work on a copy.",
)
def _(p, y):
    p[y] -= 1
    return p
