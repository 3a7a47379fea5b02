"""The gradient of the mean loss of a batch with label smoothing."""

import numpy as np

from autograder.authoring import Exercise, case, labels, sizes, spread

smoothed_gradient = Exercise(
    "smoothed_gradient",
    title="The gradient of a batch",
    parts={"epsilon = 0": 1, "smoothed": 1, "large logits": 1},
    loss="smoothed_risk",
    wrt="logits",
    invariants=("rows_sum_to_0",),
    covers=("S000-08", "S002-16", "S002-21"),
)


@smoothed_gradient.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    for part, epsilons in (("epsilon = 0", (0.0, 0.0)), ("smoothed", rng.uniform(0.05, 0.5, size=2))):
        equal = spread(rng, m, n)
        equal[1] = equal[1, 0]
        yield case("a batch of moderate logits", spread(rng, n, c), labels(rng, n, c), float(epsilons[0]), part=part)
        yield case("a row of equal logits", equal, labels(rng, m, n), float(epsilons[1]), part=part)
    for epsilon in (0.0, float(rng.uniform(0.05, 0.5))):
        far = spread(rng, 4, c) + np.array([[995.0], [-995.0], [0.0], [0.0]])
        far[2, 0] -= 800.0
        far[3, :2] = [1000.0, -1000.0]
        yield case("rows near 1000 and -1000", rng.permutation(far), labels(rng, 4, c), epsilon, part="large logits")


@smoothed_gradient.accepted("subtract_from_a_copy", says="1 - epsilon is taken from one entry of each row")
def _(logits, y, epsilon):
    N, C = logits.shape
    G = softmax(logits) - epsilon / C
    G[np.arange(N), y] -= 1 - epsilon
    return G / N


@smoothed_gradient.accepted("own_forms", says="no function from above: logaddexp and a comparison")
def _(logits, y, epsilon):
    N, C = logits.shape
    P = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    hot = np.arange(C)[None, :] == y[:, None]
    return P / N - ((1 - epsilon) * hot + epsilon / C) / N


@smoothed_gradient.accepted("loop", says="a loop over the samples")
def _(logits, y, epsilon):
    N, C = logits.shape
    G = np.zeros((N, C))
    for n in range(N):
        e = np.exp(logits[n] - max(logits[n]))
        target = epsilon / C * np.ones(C)
        target[y[n]] += 1 - epsilon
        G[n] = (e / sum(e) - target) / N
    return G


@smoothed_gradient.accepted("mean_of_two", says="one-hot and uniform part by themselves")
def _(logits, y, epsilon):
    N, C = logits.shape
    P = softmax(logits)
    return ((1 - epsilon) * (P - np.eye(C)[y]) + epsilon * (P - 1 / C)) / N


@smoothed_gradient.accepted("weighted_classes", says="the gradients for each class, with the labels as weights")
def _(logits, y, epsilon):
    P, Ys = softmax(logits), smooth_labels(y, logits.shape[1], epsilon)
    each = P[:, None, :] - np.eye(P.shape[1])
    return np.einsum("nk,nkj->nj", Ys, each) / len(y)


def softmax_of(z, axis=1):
    return np.exp(z - np.logaddexp.reduce(z, axis=axis, keepdims=True))


def smoothed(Y, eps):
    return (1 - eps) * Y + eps / Y.shape[1]


def results(answer_id, says, hint):
    """Decorator: another result from (logits, Y, epsilon), Y one-hot (N, C)."""

    def add(gradient_of):
        def change(right):
            return lambda logits, y, epsilon: gradient_of(logits, np.eye(logits.shape[1])[y], epsilon)

        smoothed_gradient.transform(answer_id, says=says, hint=hint)(change)
        return gradient_of

    return add


def targets(answer_id, says, hint):
    """Decorator: other labels from (Y, epsilon); the rest is right."""

    def add(target_of):
        results(answer_id, says, hint)(lambda z, Y, eps: (softmax_of(z) - target_of(Y, eps)) / len(z))
        return target_of

    return add


def rights(answer_id, says, hint):
    """Decorator: another result from the right P - Ys, P, and Ys."""

    def add(change_of):
        def wrong(z, Y, eps):
            P, Ys = softmax_of(z), smoothed(Y, eps)
            return change_of(P - Ys, P, Ys)

        results(answer_id, says, hint)(wrong)
        return change_of

    return add


MEAN = "The risk is a mean. By what is each loss divided, and how often?"


@smoothed_gradient.misconception(
    "mean_forgotten",
    says="The factor 1/N is missing: this is the gradient of the sum of the losses and not of their mean.",
    hint=MEAN,
)
def _(logits, y, epsilon):
    C = logits.shape[1]
    E = np.exp(logits - logits.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True) - (1 - epsilon) * np.eye(C)[y] - epsilon / C


rights(
    "mean_taken_twice",
    "1/N is applied twice.",
    MEAN,
)(lambda G, P, Ys: G / len(G) ** 2)
rights(
    "divided_by_entries",
    "The result is divided by N·C; the mean runs over N losses.",
    MEAN,
)(lambda G, P, Ys: G / G.size)
rights(
    "divided_by_classes",
    "The result is divided by the number of classes and not by the number of samples.",
    MEAN,
)(lambda G, P, Ys: G / G.shape[1])
rights(
    "sign_exchanged",
    "The sign is wrong: this is the direction in which the risk falls.",
    "Raise the logit of a right class a little. Does the risk rise or fall?",
)(lambda G, P, Ys: -G / len(G))
rights(
    "multiplied_by_the_slope",
    "The result is multiplied by P(1 - P) once more; the Jacobian of softmax is already in P - Ys.",
    "How often have you multiplied by the Jacobian?",
)(lambda G, P, Ys: G * P * (1 - P) / len(G))


@smoothed_gradient.misconception(
    "single_product",
    says="Only the diagonal of the Jacobian is used: one product instead of the sum over all probabilities.",
    hint="What is the sum of each row, and what should it be by shift invariance?",
)
def _(logits, y, epsilon):
    N, C = logits.shape
    E = np.exp(logits - logits.max(axis=1, keepdims=True))
    P, Ys = E / E.sum(axis=1, keepdims=True), (1 - epsilon) * np.eye(C)[y] + epsilon / C
    return -Ys * (1 - P) / N


rights(
    "probabilities_only",
    "The labels are missing: these are the probabilities divided by N.",
    "What is the sum of each row, and what should it be?",
)(lambda G, P, Ys: P / len(G))
rights(
    "factor_two",
    "There is a factor 2, as for a squared error.",
    "Compare one entry with a finite difference.",
)(lambda G, P, Ys: 2 * G / len(G))
rights(
    "averaged_over_the_samples",
    "The mean is taken of the gradients, so one row is left; each sample has its own logits and its own row.",
    "Which shape do the logits have?",
)(lambda G, P, Ys: G.mean(axis=0))
rights(
    "labels_added",
    "The labels are added and not subtracted.",
    "What is the sum of each row, and what should it be?",
)(lambda G, P, Ys: (P + Ys) / len(G))
rights(
    "logarithms",
    "The logarithm of the probabilities stands where the probabilities belong.",
    "Differentiate the log-sum-exp: what comes out?",
)(lambda G, P, Ys: (np.log(P) - Ys) / len(G))


@smoothed_gradient.misconception(
    "smoothed_in_the_loss_only",
    says="The labels are not smoothed in the gradient; the loss that it belongs to has smoothed labels.",
    hint="Where does epsilon stand in your function?",
)
def _(logits, y, epsilon):
    P = softmax(logits)
    P[np.arange(len(y)), y] -= 1
    return P / len(y)


targets(
    "spread_over_the_others",
    "The smoothed part is spread over the C - 1 other classes; here the right class gets its share, too.",
    "Compute a row of smoothed labels for C = 2 and epsilon = 1 by hand.",
)(lambda Y, eps: (1 - eps) * Y + eps * (1 - Y) / (Y.shape[1] - 1))
ROWS = "What is the sum of each row of your smoothed labels?"
targets(
    "factor_forgotten",
    "epsilon / C is added to the labels, but the factor 1 - epsilon is missing.",
    ROWS,
)(lambda Y, eps: Y + eps / Y.shape[1])
targets(
    "nothing_spread",
    "The labels are made smaller, and the part that was taken away is given to no class.",
    ROWS,
)(lambda Y, eps: (1 - eps) * Y)
targets(
    "roles_exchanged",
    "epsilon and 1 - epsilon are exchanged in the labels.",
    "What should the labels be for epsilon = 0?",
)(lambda Y, eps: eps * Y + (1 - eps) / Y.shape[1])
targets(
    "labels_divided_by_samples",
    "In the labels, epsilon is divided by the number of samples and not by the number of classes.",
    ROWS,
)(lambda Y, eps: (1 - eps) * Y + eps / Y.shape[0])
targets(
    "right_class_without_share",
    "The right class gets 1 - epsilon and the wrong ones epsilon / C: its own share is missing.",
    ROWS,
)(lambda Y, eps: (1 - eps) * Y + eps / Y.shape[1] * (1 - Y))
targets(
    "labels_from_one",
    "The classes are counted from 1, so each label stands one column too far to the left (and -1 is the last).",
    "Which column belongs to class 0?",
)(lambda Y, eps: smoothed(np.roll(Y, -1, axis=1), eps))
targets(
    "smoothed_twice",
    "The labels are smoothed twice.",
    "What do you hand to the function that smooths?",
)(lambda Y, eps: smoothed(smoothed(Y, eps), eps))
results(
    "prediction_smoothed",
    "The probabilities are smoothed and not the labels.",
    "Which of P and Y does the loss smooth?",
)(lambda z, Y, eps: (smoothed(softmax_of(z), eps) - Y) / len(z))


@smoothed_gradient.misconception(
    "every_row_loses_all_labels",
    says="`P[:, y] -= ...` changes every row: each row loses in the columns of all samples' classes.",
    hint="What is the sum of each row? How does one change column y[n] in row n alone?",
)
def _(logits, y, epsilon):
    P = softmax(logits) - epsilon / logits.shape[1]
    P[:, y] -= 1 - epsilon
    return P / len(y)


results(
    "softmax_twice",
    "Softmax is applied to probabilities.",
    "How often does exp occur on the way from the logits to P?",
)(lambda z, Y, eps: (softmax_of(softmax_of(z)) - smoothed(Y, eps)) / len(z))
results(
    "softmax_over_the_samples",
    "Softmax runs over the samples (axis 0) and not over the classes.",
    "What is the sum of each row, and what should it be?",
)(lambda z, Y, eps: (softmax_of(z, axis=0) - smoothed(Y, eps)) / len(z))
results(
    "one_sum_for_all",
    "All weights of the batch are added up; each row has a total of its own.",
    "What is the sum of each row, and what should it be?",
)(lambda z, Y, eps: (np.exp(z - z.max()) / np.exp(z - z.max()).sum() - smoothed(Y, eps)) / len(z))
results(
    "logits_for_probabilities",
    "The labels are subtracted from the logits; softmax is missing.",
    "What is the sum of each row, and what should it be?",
)(lambda z, Y, eps: (z - smoothed(Y, eps)) / len(z))
results(
    "predicted_class",
    "The labels are those of the most probable classes and not the right ones.",
    "Does your gradient depend on y?",
)(lambda z, Y, eps: (softmax_of(z) - smoothed(np.eye(z.shape[1])[z.argmax(axis=1)], eps)) / len(z))
results(
    "no_shift",
    "exp is taken of the logits as they are: far above 0 it is inf, far below 0 the whole row becomes 0, and the "
    "quotient is NaN.",
    "Which number may be taken away from all logits of a row?",
)(lambda z, Y, eps: (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - smoothed(Y, eps)) / len(z))
results(
    "one_maximum_for_all",
    "The maximum of the whole batch is taken away; in a row far below it all weights become 0, and 0/0 is NaN.",
    "Each row may be shifted by a number of its own. Print the shape of your maximum.",
)(lambda z, Y, eps: (np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1, keepdims=True) - smoothed(Y, eps)) / len(z))
results(
    "jacobian_with_quotients",
    "The full sum is right on paper, but -Ys / P divides by a probability that is 0 in floats.",
    "Which factor cancels, when the two results are multiplied on paper?",
)(
    lambda z, Y, eps: np.array(
        [
            (-t / p) @ (np.diag(p) - np.outer(p, p)) / len(z)
            for p, t in zip(softmax_of(z), smoothed(Y, eps), strict=True)
        ]
    )
)
CURED = (
    "A small number is added to the probabilities in the denominator of -Ys / P; the result is no longer the gradient.",
    "Which factor cancels, when the two results are multiplied on paper?",
)
for digits in (8, 12):
    results(f"added_1e_{digits}", *CURED)(
        lambda z, Y, eps, tiny=10.0**-digits: np.array(
            [
                (-t / (p + tiny)) @ (np.diag(p) - np.outer(p, p)) / len(z)
                for p, t in zip(softmax_of(z), smoothed(Y, eps), strict=True)
            ]
        )
    )


@smoothed_gradient.misconception(
    "shifted_in_place",
    says="The maximum is taken away from the caller's own logits (`logits -= ...`), which are changed for everybody.",
    hint="Print the logits before and after a call.",
)
def _(logits, y, epsilon):
    N, C = logits.shape
    logits -= np.max(logits, axis=1, keepdims=True)
    E = np.exp(logits)
    return (E / E.sum(axis=1, keepdims=True) - smooth_labels(y, C, epsilon)) / N
