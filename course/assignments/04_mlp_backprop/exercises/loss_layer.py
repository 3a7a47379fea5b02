"""The mean loss with smoothed labels, and its gradient by the logits."""

import numpy as np

from autograder.authoring import Exercise, Program, case, labels, network, sizes, spread

loss_layer = Exercise(
    "loss_layer",
    title="The loss and the gradient where the backward pass starts",
    parts={"J": 1, "J of large logits": 1, "dlogits": 1},
    outputs=("J", "dlogits"),
    loss=", risk_of_logits",
    wrt=", logits",
    covers=("S000-21",),
)


def softmax_of(logits):
    E = np.exp(logits - logits.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


@loss_layer.cases
def _(rng):
    for pick, part in enumerate(("J", "dlogits")):
        mine = {"part": part, "pick": pick}
        for name, net, epsilon in (
            ("smoothed labels", network(rng), None),
            ("epsilon = 0", network(rng), 0.0),
            ("all sizes equal", network(rng, equal=True), None),
            ("one sample", network(rng, N=1), None),
        ):
            yield case(name, net.logits, net.P, net.y, net.epsilon if epsilon is None else epsilon, **mine)
    n, c = sizes(rng, 2, 4, 7)
    far = spread(rng, n, c) + np.concatenate([np.zeros(2), [995.0, -995.0], np.zeros(n - 4)])[:, None]
    far[0, 0] -= 800.0
    far[1, :2] = [1000.0, -1000.0]
    for pick, part in enumerate(("J of large logits", "dlogits")):
        epsilon = float(rng.uniform(0.05, 0.4))
        yield case("logits near 1000 and -1000", far, softmax_of(far), labels(rng, n, c), epsilon, part=part, pick=pick)


way = Program(
    "logits, P, y, epsilon",
    {
        "start": "N, C = logits.shape",
        "Ys": "Ys = (1 - epsilon) * np.eye(C)[y] + epsilon / C",
        "logs": "logs = logits - np.logaddexp.reduce(logits, axis=1)[:, None]",
        "J": "J = -np.sum(Ys * logs) / N",
        "dlogits": "dlogits = (P - Ys) / N",
        "end": "return J, dlogits",
    },
)

loss_layer.accepted(
    "shifted",
    says="the shift by the maximum, written out",
    source=way.source(
        logs="S = logits - np.max(logits, axis=1, keepdims=True)\n"
        "logs = S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))"
    ),
)
loss_layer.accepted(
    "two_losses",
    says="the loss of the right class and the mean over all classes by themselves, a copy of P",
    source=way.source(
        Ys="",
        J="J = -np.mean((1 - epsilon) * logs[np.arange(N), y] + epsilon * logs.mean(axis=1))",
        dlogits="dlogits = P - epsilon / C\ndlogits[np.arange(N), y] -= 1 - epsilon\ndlogits /= N",
    ),
)
loss_layer.accepted(
    "own_probabilities",
    says="P is computed again from the logits",
    source=way.source(dlogits="dlogits = (np.exp(logs) - Ys) / N"),
)


@loss_layer.accepted("loop", says="a loop over the samples")
def _(logits, P, y, epsilon):
    N, C = logits.shape
    J, G = 0.0, np.zeros((N, C))
    for n in range(N):
        target = np.full(C, epsilon / C)
        target[y[n]] += 1 - epsilon
        top = max(logits[n])
        J += (top + np.log(np.sum(np.exp(logits[n] - top))) - target @ logits[n]) / N
        G[n] = (P[n] - target) / N
    return J, G


def wrong(answer_id, says, hint, **other):
    loss_layer.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


MEAN = "J is a mean. By what is the loss of each sample divided, and how often?"
ROWS = "What is the sum of each row of your smoothed labels?"

# --- the loss

wrong(
    "sum_for_mean",
    "J is the sum of the losses and not their mean.",
    MEAN,
    J="J = -np.sum(Ys * logs)",
)
wrong(
    "mean_of_all_entries",
    "J is divided by N·C; the mean runs over N losses.",
    MEAN,
    J="J = -np.mean(Ys * logs)",
)
wrong(
    "sign_of_the_loss",
    "The minus sign of the loss is missing.",
    "May a loss be negative?",
    J="J = np.sum(Ys * logs) / N",
)
wrong(
    "loss_of_each_sample",
    "J has one loss for each sample; it is one number.",
    "What is left to do with N losses?",
    J="J = -np.sum(Ys * logs, axis=1)",
)
wrong(
    "loss_not_smoothed",
    "The labels are not smoothed in the loss.",
    "Where does epsilon stand in your J?",
    J="J = -np.mean(logs[np.arange(N), y])",
)
wrong(
    "every_pair_in_the_loss",
    "`logs[:, y]` reads each row in the columns of all samples' classes.",
    "Print the shape of logs[:, y].",
    J="J = -np.mean((1 - epsilon) * logs[:, y]) - epsilon * np.mean(logs)",
)
wrong(
    "logarithm_of_p",
    "The loss takes the logarithm of P; far away a probability is 0 in floats, and the loss is inf.",
    "Which formula gives ln P from the logits, without P?",
    logs="logs = np.log(P)",
)
wrong(
    "log_sum_exp_without_shift",
    "exp is taken of the logits as they are: far above 0 it is inf, far below 0 its logarithm is -inf.",
    "Which number may be taken away from all logits of a row?",
    logs="logs = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))",
)
wrong(
    "one_maximum_for_all",
    "The maximum of the whole batch is taken away; in a row far below it all weights become 0.",
    "Each row may be shifted by a number of its own. Print the shape of your maximum.",
    logs="S = logits - np.max(logits)\nlogs = S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))",
)
CURED = "Which formula gives ln P from the logits, so that nothing has to be cured?"
wrong(
    "added_1e_8",
    "1e-8 is added to P before the logarithm; the loss is no longer the loss.",
    CURED,
    logs="logs = np.log(P + 1e-8)",
)
wrong(
    "clipped_1e_12",
    "P is clipped at 1e-12 before the logarithm; far away the loss is cut off.",
    CURED,
    logs="logs = np.log(np.clip(P, 1e-12, 1))",
)

# --- the gradient

wrong(
    "mean_forgotten",
    "In dlogits the factor 1/N is missing: this is the gradient of the sum of the losses.",
    MEAN,
    dlogits="dlogits = P - Ys",
)
wrong("mean_taken_twice", "In dlogits 1/N is applied twice.", MEAN, dlogits="dlogits = (P - Ys) / N / N")
wrong(
    "divided_by_entries",
    "dlogits is divided by N·C; the mean runs over N losses.",
    MEAN,
    dlogits="dlogits = (P - Ys) / P.size",
)
wrong(
    "divided_by_classes",
    "dlogits is divided by the number of classes and not by the number of samples.",
    MEAN,
    dlogits="dlogits = (P - Ys) / C",
)
wrong(
    "sign_of_the_gradient",
    "dlogits has the wrong sign: this is the direction in which J falls.",
    "Raise the logit of a right class a little. Does J rise or fall?",
    dlogits="dlogits = (Ys - P) / N",
)
wrong(
    "multiplied_by_the_slope",
    "dlogits is multiplied by P(1 - P) once more; the Jacobian of softmax is already in P - Ys.",
    "How often have you multiplied by the Jacobian?",
    dlogits="dlogits = (P - Ys) * P * (1 - P) / N",
)
wrong(
    "single_product",
    "Only the diagonal of the Jacobian is used: one product instead of the sum over all probabilities.",
    "What is the sum of each row of dlogits, and what should it be?",
    dlogits="dlogits = -Ys * (1 - P) / N",
)
wrong(
    "smoothed_in_the_loss_only",
    "The labels are not smoothed in dlogits; the loss that it belongs to has smoothed labels.",
    "Where does epsilon stand in your dlogits?",
    dlogits="dlogits = (P - np.eye(C)[y]) / N",
)
wrong(
    "every_row_loses_all_labels",
    "`G[:, y] -= ...` changes every row: each row loses in the columns of all samples' classes.",
    "What is the sum of each row? How does one change column y[n] in row n alone?",
    dlogits="dlogits = P - epsilon / C\ndlogits[:, y] -= 1 - epsilon\ndlogits = dlogits / N",
)
wrong(
    "softmax_twice",
    "Softmax is applied to P, which holds probabilities already.",
    "Which of logits and P does your softmax get?",
    dlogits="dlogits = (softmax(P) - Ys) / N",
)
wrong(
    "softmax_over_the_samples",
    "Softmax runs over the samples and not over the classes.",
    "What is the sum of each row of dlogits, and what should it be?",
    dlogits="dlogits = (softmax(logits.T).T - Ys) / N",
)
wrong(
    "logits_for_probabilities",
    "The labels are subtracted from the logits; softmax is missing.",
    "What is the sum of each row of dlogits, and what should it be?",
    dlogits="dlogits = (logits - Ys) / N",
)
wrong(
    "gradient_by_the_probabilities",
    "This is the gradient by P, -Ys / P; one step of the way back is missing.",
    "What lies between P and the logits?",
    dlogits="dlogits = -Ys / np.maximum(P, 1e-300) / N",
)
wrong(
    "averaged_over_the_samples",
    "One row of dlogits is left: the mean of the rows. Each sample has its own logits and its own row.",
    "Which shape do the logits have?",
    dlogits="dlogits = np.mean(P - Ys, axis=0)",
)
wrong(
    "changed_in_the_cache",
    "P is changed in place: the cache holds other numbers after the call.",
    "Call your function twice with the same arrays. Which array should be copied first?",
    dlogits="P[np.arange(N), y] -= 1 - epsilon\ndlogits = (P - epsilon / C) / N",
)

# --- both

wrong(
    "mean_forgotten_in_both",
    "Both results belong to the sum of the losses and not to their mean.",
    MEAN,
    J="J = -np.sum(Ys * logs)",
    dlogits="dlogits = P - Ys",
)
wrong(
    "smoothing_forgotten",
    "epsilon is not used: both results belong to labels that are not smoothed.",
    "Where does epsilon stand in your function?",
    Ys="Ys = np.eye(C)[y]",
)
wrong(
    "spread_over_the_others",
    "The smoothed part is spread over the C - 1 other classes; here the right class gets its share, too.",
    "Compute a row of smoothed labels for C = 2 and epsilon = 1 by hand.",
    Ys="Ys = (1 - epsilon) * np.eye(C)[y] + epsilon / (C - 1) * (1 - np.eye(C)[y])",
)
wrong(
    "epsilon_for_its_share",
    "Each class gets the whole epsilon; the smoothed part is divided among the C classes.",
    "What is the sum of a row of your smoothed labels?",
    Ys="Ys = (1 - epsilon) * np.eye(C)[y] + epsilon",
)
wrong(
    "right_class_without_share",
    "The right class gets 1 - epsilon and the others epsilon / C: its own share is missing.",
    ROWS,
    Ys="Ys = np.where(np.eye(C)[y] > 0, 1 - epsilon, epsilon / C)",
)
wrong(
    "nothing_spread",
    "The labels are made smaller, and the part that was taken away is given to no class.",
    ROWS,
    Ys="Ys = (1 - epsilon) * np.eye(C)[y]",
)
wrong(
    "factor_forgotten",
    "epsilon / C is added to the labels, but the factor 1 - epsilon is missing.",
    ROWS,
    Ys="Ys = np.eye(C)[y] + epsilon / C",
)
wrong(
    "roles_exchanged",
    "epsilon and 1 - epsilon are exchanged in the labels.",
    "What should the labels be for epsilon = 0?",
    Ys="Ys = epsilon * np.eye(C)[y] + (1 - epsilon) / C",
)
wrong(
    "labels_divided_by_samples",
    "In the labels, epsilon is divided by the number of samples and not by the number of classes.",
    ROWS,
    Ys="Ys = (1 - epsilon) * np.eye(C)[y] + epsilon / N",
)
wrong(
    "labels_from_one",
    "The classes are counted from 1, so each label stands one column too far to the left (and -1 is the last).",
    "Which column belongs to class 0?",
    Ys="Ys = (1 - epsilon) * np.eye(C)[y - 1] + epsilon / C",
)
wrong(
    "order_of_results",
    "The two results are returned in the other order.",
    "Read the docstring: which one comes first?",
    end="return dlogits, J",
)
