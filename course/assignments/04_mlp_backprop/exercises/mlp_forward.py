"""The forward pass of a network with one hidden layer, with its cache."""

from dataclasses import replace

import numpy as np

from autograder.authoring import Exercise, Program, case, network, spread

mlp_forward = Exercise(
    "mlp_forward",
    title="Forward with a cache",
    parts={"hidden layer": 1, "output layer": 1},
    outputs=("Z1", "A1", "logits", "P"),
    covers=("S000-19", "S000-20"),
)


@mlp_forward.cases
def _(rng):
    whole = network(rng, whole_numbers=True)
    # 0.37 times an integer between -99 and 99 is none, but 0: every result has a fraction to lose.
    fractions = dict(zip(("W1", "b1", "W2", "b2"), (0.37 * p for p in whole.parameters), strict=True))
    nets = {
        "four different sizes": network(rng),
        "integers": whole,
        "integers in X alone": replace(whole, **fractions),
        "one sample": network(rng, N=1),
        "all sizes equal": network(rng, equal=True),
    }
    for pick in range(4):
        mine = {"part": "hidden layer" if pick < 2 else "output layer", "pick": pick}
        for name, net in nets.items():
            yield case(name, net.X, *net.parameters, **mine)
    net = network(rng)
    W2, b2 = far_apart(rng, net)
    yield case("logits near 1000 and -1000", net.X, net.W1, net.b1, W2, b2, part="output layer", pick=3)


def far_apart(rng, net):
    """An output layer whose largest logit is 1000 for one sample and -1000 for another.

    One direction of the hidden layer moves all logits of a sample together; each row alone has moderate differences.
    """
    common = net.A1 @ spread(rng, net.A1.shape[1])
    while np.ptp(common) < 0.5:
        common = net.A1 @ spread(rng, net.A1.shape[1])
    direction = np.linalg.lstsq(net.A1, common, rcond=None)[0]
    for _ in range(5):  # the differences within the rows move the maxima a little
        W2 = net.W2 + direction[:, None]
        top = (net.A1 @ W2).max(axis=1)
        direction *= 2000 / np.ptp(top)
    top = (net.A1 @ (net.W2 + direction[:, None])).max(axis=1)
    return net.W2 + direction[:, None], net.b2 - (top.max() + top.min()) / 2


way = Program(
    "X, W1, b1, W2, b2",
    {
        "Z1": "Z1 = X @ W1 + b1",
        "A1": "A1 = np.maximum(Z1, 0)",
        "logits": "logits = A1 @ W2 + b2",
        "P": "P = softmax(logits)",
        "end": "return Z1, A1, logits, P",
    },
)

mlp_forward.accepted(
    "own_forms",
    says="no function from above",
    source=way.source(
        A1="A1 = Z1 * (Z1 > 0)",
        P="P = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])",
    ),
)
mlp_forward.accepted(
    "functions_from_above",
    says="the functions of the first cell, a list as the result",
    source=way.source(
        Z1="Z1 = linear(X, W1, b1)",
        A1="A1 = relu(Z1)",
        logits="logits = linear(A1, W2, b2)",
        end="return [Z1, A1, logits, P]",
    ),
)


@mlp_forward.accepted("loop", says="one sample at a time, stacked")
def _(X, W1, b1, W2, b2):
    rows = []
    for x in X:
        z = W1.T @ x + b1
        a = np.where(z > 0, z, 0.0)
        o = W2.T @ a + b2
        e = np.exp(o - max(o))
        rows.append((z, a, o, e / sum(e)))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@mlp_forward.accepted("columns", says="samples in columns, and everything transposed at the end")
def _(X, W1, b1, W2, b2):
    H = W1.T @ X.T + b1[:, None]
    A = (np.abs(H) + H) / 2
    O = W2.T @ A + b2[:, None]
    return H.T, A.T, O.T, softmax(O.T)


def wrong(answer_id, says, hint, **other):
    mlp_forward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


wrong(
    "relu_missing",
    "The hidden layer has no activation: A1 is Z1.",
    "May an entry of A1 be negative?",
    A1="A1 = Z1",
)
wrong(
    "z1_sent_on",
    "The output layer gets Z1 and not A1; A1 is computed and not used.",
    "Which array leaves the hidden units?",
    logits="logits = Z1 @ W2 + b2",
)
wrong(
    "input_sent_on",
    "The rectifier is applied to the input and not to Z1.",
    "Which array arrives at the rectifier?",
    A1="A1 = np.maximum(X, 0) @ W1 + b1",
)
wrong(
    "slope_for_the_activation",
    "A1 holds the slope of the rectifier, 0 or 1, and not its value.",
    "What is relu(3)?",
    A1="A1 = (Z1 > 0) * 1.0",
)
wrong(
    "absolute_value",
    "A1 is the absolute value of Z1.",
    "What is relu(-3)?",
    A1="A1 = np.abs(Z1)",
)
wrong(
    "sigmoid_in_the_hidden_layer",
    "The hidden layer has a sigmoid; this network has a rectifier.",
    "May an entry of A1 be 7?",
    A1="A1 = 1 / (1 + np.exp(-Z1))",
)
wrong(
    "rectified_output",
    "The logits are rectified too; the output layer has no rectifier.",
    "May a logit be negative?",
    logits="logits = np.maximum(A1 @ W2 + b2, 0)",
)
wrong("b1_missing", "The bias of the hidden layer is missing.", "Which of your five inputs are used?", Z1="Z1 = X @ W1")
wrong(
    "b2_missing",
    "The bias of the output layer is missing.",
    "Which of your five inputs are used?",
    logits="logits = A1 @ W2",
)
wrong(
    "b1_as_a_column",
    "b1 is added as a column, so it counts samples instead of units.",
    "Which axis of Z1 counts the units, and along which axis does b1 lie in your sum?",
    Z1="Z1 = X @ W1 + b1[:, None]",
)
wrong(
    "b2_as_a_column",
    "b2 is added as a column, so it counts samples instead of classes.",
    "Which axis of the logits counts the classes, and along which axis does b2 lie in your sum?",
    logits="logits = A1 @ W2 + b2[:, None]",
)
wrong(
    "both_biases_as_columns",
    "Both biases are added as columns, so they count samples instead of units.",
    "Print the shapes of X @ W1 and of your bias.",
    Z1="Z1 = X @ W1 + b1[:, None]",
    logits="logits = A1 @ W2 + b2[:, None]",
)
wrong(
    "w1_transposed",
    "W1 is transposed; that belongs to another convention.",
    "Which index of W1 counts the inputs?",
    Z1="Z1 = X @ W1.T + b1",
)
wrong(
    "w2_transposed",
    "W2 is transposed; that belongs to another convention.",
    "Which index of W2 counts the hidden units?",
    logits="logits = A1 @ W2.T + b2",
)
wrong(
    "elementwise",
    "In the hidden layer the arrays are multiplied entry by entry.",
    "What do * and @ do with two matrices?",
    Z1="Z1 = X * W1 + b1",
)
wrong(
    "softmax_over_the_samples",
    "Softmax runs over the samples and not over the classes.",
    "What is the sum of each row of P?",
    P="P = softmax(logits.T).T",
)
wrong(
    "softmax_twice",
    "Softmax is applied twice.",
    "How often does exp occur on the way from the logits to P?",
    P="P = softmax(softmax(logits))",
)
wrong(
    "softmax_in_the_logits",
    "The third result is P already, and so P is a softmax of probabilities.",
    "What are the logits: numbers before or after the softmax?",
    logits="logits = softmax(A1 @ W2 + b2)",
)
wrong(
    "one_sum_for_all",
    "All weights of the batch are added up; each row has a total of its own.",
    "What is the sum of each row of P?",
    P="E = np.exp(logits - logits.max())\nP = E / E.sum()",
)
wrong(
    "sigmoids_at_the_output",
    "Each logit goes through a sigmoid by itself; the probabilities of a row do not sum to 1.",
    "What is the sum of each row of P?",
    P="P = 1 / (1 + np.exp(-np.clip(logits, -700, 700)))",
)
wrong(
    "no_shift",
    "exp is taken of the logits as they are: far above 0 it is inf, and the quotient is NaN.",
    "Which number may be taken away from all logits of a row?",
    P="E = np.exp(logits)\nP = E / E.sum(axis=1, keepdims=True)",
)
wrong(
    "one_maximum_for_all",
    "The maximum of the whole batch is taken away; in a row far below it all weights become 0, and 0/0 is NaN.",
    "Each row may be shifted by a number of its own. Print the shape of your maximum.",
    P="E = np.exp(logits - logits.max())\nP = E / E.sum(axis=1, keepdims=True)",
)
wrong(
    "logarithms_returned",
    "The last result holds the logarithms of the probabilities.",
    "What is the sum of each row of P?",
    P="P = logits - np.logaddexp.reduce(logits, axis=1)[:, None]",
)
wrong(
    "rectified_in_place",
    "The rectifier writes into Z1, so the cache holds A1 twice and the signs of Z1 are lost.",
    "After the line with the rectifier, print the smallest entry of Z1.",
    A1="np.maximum(Z1, 0, out=Z1)\nA1 = Z1",
)
wrong(
    "axes_of_length_one_lost",
    "Axes of length 1 are lost; one sample still has two axes.",
    "Which function or which index removes axes?",
    P="P = softmax(logits)\nZ1, A1, logits, P = [np.squeeze(V) for V in (Z1, A1, logits, P)]",
)
wrong(
    "order_of_results",
    "Z1 and A1 are returned in the other order.",
    "Read the docstring: which one comes first?",
    end="return A1, Z1, logits, P",
)
wrong(
    "probabilities_before_logits",
    "The logits and P are returned in the other order.",
    "Read the docstring: which one comes last?",
    end="return Z1, A1, P, logits",
)
wrong(
    "first_call_remembered",
    "The results of the first call are returned for ever: the cache belongs to other data.",
    "Call your function with X and with 2 * X. Do the results differ?",
    end="kept.append((Z1, A1, logits, P))\nreturn kept[0]",
    signature="X, W1, b1, W2, b2, kept=[]",
)
wrong(
    "arrays_of_the_type_of_x",
    "The results are written into arrays of the type of X; when X holds integers, fractions are cut off.",
    "Print the dtype of the array that you fill.",
    P="P = np.zeros(logits.shape, dtype=X.dtype)\nP[:] = softmax(logits)",
)
wrong(
    "z1_of_the_type_of_x",
    "Z1 is written into an array of the type of X; beside float weights, integers in X cut fractions off.",
    "Which dtype has the array that you fill, and which has X @ W1?",
    Z1="Z1 = np.zeros((len(X), len(b1)), dtype=X.dtype)\nZ1[:] = X @ W1 + b1",
)
