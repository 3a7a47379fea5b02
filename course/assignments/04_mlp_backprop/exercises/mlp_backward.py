"""The whole backward pass for a batch; every intermediate result is judged."""

import numpy as np

from autograder.authoring import Exercise, Located, Program, case, network

OUTPUTS = ("dlogits", "dW2", "db2", "dA1", "dZ1", "dW1", "db1", "dX")
PARTS = ("logits", *["output layer"] * 2, *["hidden layer"] * 2, *["first layer"] * 3)

mlp_backward = Exercise(
    "mlp_backward",
    title="The whole backward pass",
    parts=dict.fromkeys(PARTS, 1),
    outputs=OUTPUTS,
    loss=", mlp_risk, mlp_risk, , , mlp_risk, mlp_risk, mlp_risk",
    wrt=", W2, b2, , , W1, b1, X",
    locate=(
        Located(
            wrong="dlogits, dW2, db2, dW1, db1",
            says="Everything is wrong, so look at dlogits first: at the labels, their smoothing, the sign and 1/N.",
        ),
        Located(wrong="dlogits", says="Look at dlogits first."),
        Located(
            right="dlogits, dA1, dZ1",
            wrong="dW2, db2, dW1, db1",
            says="What arrives is right and all parameters' gradients are wrong: look at what is done with them last.",
        ),
        Located(
            right="dW2, dW1", wrong="db2, db1", says="Only the biases are wrong: look at the sum over the samples."
        ),
        Located(
            right="db2, db1",
            wrong="dW2, dW1",
            says="Only the weights are wrong: look at the products and what is in them.",
        ),
        Located(
            right="dW2, db2",
            wrong="dA1, dW1, db1",
            says="The output layer is right and the first layer is wrong: look between dlogits and dA1, at the product "
            "with W2 and at which W2 it uses.",
        ),
        Located(
            right="dW2, db2, dA1",
            wrong="dZ1, dW1, db1",
            says="Look between dA1 and dZ1: at the slope of the rectifier.",
        ),
        Located(
            right="dW2, db2, dW1, db1",
            wrong="dA1, dZ1",
            says="All parameters' gradients are right: look at the order of the results, and at what is written into "
            "dA1 or dZ1 later.",
        ),
        Located(
            right="dlogits, dZ1, dW1",
            wrong="dA1",
            says="What is built on dA1 is right: look at whether a later line writes into dA1, and at its shape.",
        ),
        Located(right="dZ1", wrong="dW1, db1", says="dZ1 is right: look at which array the first layer gets."),
        Located(right="dA1", wrong="dZ1", says="Look between dA1 and dZ1: at the slope of the rectifier."),
        Located(right="dlogits", wrong="dA1", says="Look between dlogits and dA1: at the product with W2."),
        Located(right="db2, dW1", wrong="dW2", says="Look at dW2 alone: at what enters the output layer."),
        Located(right="dW2", wrong="db2", says="Look at db2 alone: at the sum over the samples."),
        Located(right="dZ1, db1", wrong="dW1", says="Look at dW1 alone: at both of its factors."),
        Located(right="dZ1, dW1", wrong="db1", says="Look at db1 alone: at what is summed, and over what."),
        Located(right="dZ1", wrong="dX", says="Look at dX alone: at both of its factors."),
    ),
    covers=("S000-17", "S000-18", "S002-29", "S002-30", "S002-35"),
)


@mlp_backward.cases
def _(rng):
    nets = {
        "four different sizes": network(rng),
        "all sizes equal": network(rng, equal=True),
        "integers": network(rng, whole_numbers=True),
    }
    for pick, part in enumerate(PARTS):
        for name, net in nets.items():
            yield case(name, net.X, net.y, *net.parameters, net.epsilon, net.cache, part=part, pick=pick)


way = Program(
    "X, y, W1, b1, W2, b2, epsilon, cache",
    {
        "cache": "Z1, A1, logits, P = cache",
        "start": "N, C = logits.shape",
        "Ys": "Ys = (1 - epsilon) * np.eye(C)[y] + epsilon / C",
        "dlogits": "dlogits = (P - Ys) / N",
        "dW2": "dW2 = A1.T @ dlogits",
        "db2": "db2 = np.sum(dlogits, axis=0)",
        "step": "",
        "dA1": "dA1 = dlogits @ W2.T",
        "dZ1": "dZ1 = dA1 * (Z1 > 0)",
        "dW1": "dW1 = X.T @ dZ1",
        "db1": "db1 = np.sum(dZ1, axis=0)",
        "dX": "dX = dZ1 @ W1.T",
        "end": "return dlogits, dW2, db2, dA1, dZ1, dW1, db1, dX",
    },
)

mlp_backward.accepted(
    "with_the_functions_above",
    says="made of the exercises before",
    source=way.source(
        start="",
        Ys="",
        dlogits="_, dlogits = loss_layer(logits, P, y, epsilon)",
        dZ1="dZ1, dW1, db1, dX = hidden_backward(dA1, X, W1, b1, Z1)",
        dW1="",
        db1="",
        dX="",
    ),
)
mlp_backward.accepted(
    "forward_again",
    says="the cache is computed again; a list as the result",
    source=way.source(
        cache="Z1, A1, logits, P = mlp_forward(X, W1, b1, W2, b2)",
        dlogits="dlogits = P - Ys\ndlogits /= N",
        dZ1="dZ1 = np.where(A1 > 0, dA1, 0)",
        end="return [dlogits, dW2, db2, dA1, dZ1, dW1, db1, dX]",
    ),
)
mlp_backward.accepted(
    "mean_at_the_end",
    says="1/N is applied to each result by itself",
    source=way.source(
        dlogits="dlogits = P - Ys",
        end="return [g / N for g in (dlogits, dW2, db2, dA1, dZ1, dW1, db1, dX)]",
    ),
)


@mlp_backward.accepted("loop", says="one sample at a time")
def _(X, y, W1, b1, W2, b2, epsilon, cache):
    N, C = cache[3].shape
    rows, sums = [], [np.zeros(np.shape(V)) for V in (W2, b2, W1, b1)]
    for n in range(N):
        target = np.full(C, epsilon / C)
        target[y[n]] += 1 - epsilon
        g = (cache[3][n] - target) / N
        dW2, db2, da1 = sample_output_backward(g, cache[1][n], W2)
        dz1, dW1, db1, dx = sample_hidden_backward(da1, X[n], W1, b1, cache[0][n])
        for total, share in zip(sums, (dW2, db2, dW1, db1), strict=True):
            total += share
        rows.append((g, da1, dz1, dx))
    dlogits, dA1, dZ1, dX = (np.array(column) for column in zip(*rows, strict=True))
    return dlogits, sums[0], sums[1], dA1, dZ1, sums[2], sums[3], dX


def wrong(answer_id, says, hint, **other):
    mlp_backward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


MEAN = "J is a mean. Where does its factor 1/N come in, and how often?"
COMPLETE = "The factor 1/N is in dlogits already. What is left is to add the shares."
SIDES = "Print the shapes of both factors and the shape that is wanted. Which axis must disappear?"
MASK = "What is the slope of the rectifier at 3, and at -3? Which array of the cache decides?"
ENTERS = "Which line of the forward pass is undone here, and what enters it?"
ROWS = "What is the sum of each row of dlogits, and what should it be?"

# --- scale and sign

wrong(
    "mean_forgotten",
    "1/N is missing in dlogits, so all gradients are N times too long: they belong to the sum of the losses.",
    MEAN,
    dlogits="dlogits = P - Ys",
)
wrong(
    "mean_taken_twice",
    "1/N is applied twice in dlogits, so all gradients are N times too short.",
    MEAN,
    dlogits="dlogits = (P - Ys) / N / N",
)
wrong(
    "parameters_divided_again",
    "The gradients of all parameters are divided by N once more; 1/N is in dlogits already.",
    COMPLETE,
    dW2="dW2 = A1.T @ dlogits / N",
    db2="db2 = np.mean(dlogits, axis=0)",
    dW1="dW1 = X.T @ dZ1 / N",
    db1="db1 = np.mean(dZ1, axis=0)",
)
wrong(
    "weights_divided_again",
    "dW2 and dW1 are divided by N once more; 1/N is in dlogits already.",
    COMPLETE,
    dW2="dW2 = A1.T @ dlogits / N",
    dW1="dW1 = X.T @ dZ1 / N",
)
wrong(
    "sign_exchanged",
    "dlogits has the wrong sign, and with it every gradient: a step of descent would climb.",
    "Raise the logit of a right class a little. Does J rise or fall?",
    dlogits="dlogits = (Ys - P) / N",
)
wrong(
    "biases_are_means",
    "db2 and db1 are means over the samples; 1/N is in dlogits already.",
    COMPLETE,
    db2="db2 = np.mean(dlogits, axis=0)",
    db1="db1 = np.mean(dZ1, axis=0)",
)
wrong(
    "factor_two",
    "There is a factor 2, as for a squared error.",
    "Which loss is differentiated here?",
    dlogits="dlogits = 2 * (P - Ys) / N",
)

# --- the output layer

wrong(
    "loss_for_its_gradient",
    "dlogits is the loss J, one number: loss_layer returns two results, and the first one has been taken.",
    "What is the shape of your dlogits?",
    dlogits="dlogits, _ = loss_layer(logits, P, y, epsilon)",
)
wrong(
    "softmax_twice",
    "Softmax is applied to P, which holds probabilities already.",
    "Which array of the cache does your softmax get?",
    dlogits="dlogits = (softmax(P) - Ys) / N",
)
wrong(
    "softmax_over_the_samples",
    "Softmax runs over the samples and not over the classes.",
    ROWS,
    dlogits="dlogits = (softmax(logits.T).T - Ys) / N",
)
wrong(
    "multiplied_by_the_slope",
    "dlogits is multiplied by P(1 - P) once more; the Jacobian of softmax is already in P - Ys.",
    "How often have you multiplied by the Jacobian?",
    dlogits="dlogits = (P - Ys) * P * (1 - P) / N",
)
wrong(
    "single_product",
    "Only the diagonal of the Jacobian of softmax is used.",
    ROWS,
    dlogits="dlogits = -Ys * (1 - P) / N",
)
wrong(
    "smoothing_forgotten",
    "The labels are not smoothed; the loss that the gradients belong to has smoothed labels.",
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
    "every_row_loses_all_labels",
    "`G[:, y] -= ...` changes every row: each row loses in the columns of all samples' classes.",
    "How does one change column y[n] in row n alone?",
    dlogits="dlogits = P - epsilon / C\ndlogits[:, y] -= 1 - epsilon\ndlogits /= N",
)
wrong(
    "logarithm_added_1e_8",
    "The gradient belongs to ln(P + 1e-8): the small number changes it, and it was never needed here.",
    "Which factor cancels when -Ys / P is multiplied by the Jacobian on paper?",
    dlogits="R = -Ys / (P + 1e-8)\ndlogits = P * (R - np.sum(R * P, axis=1, keepdims=True)) / N",
)
wrong(
    "mask_at_the_output",
    "The slope of the rectifier is applied at the logits, too; the output layer has no rectifier.",
    "Which lines has the forward pass between A1 and the logits?",
    dlogits="dlogits = (P - Ys) / N * (logits > 0)",
)

# --- the gradients of the output layer

wrong("z1_in_dw2", "In dW2 stands Z1; the output layer gets A1.", ENTERS, dW2="dW2 = Z1.T @ dlogits")
wrong("x_in_dw2", "In dW2 stands X; the output layer gets A1.", ENTERS, dW2="dW2 = X.T @ dlogits")
wrong(
    "p_in_dw2",
    "In dW2 stands P; the factors are what enters the layer and what arrives.",
    ENTERS,
    dW2="dW2 = A1.T @ P",
)
wrong("dw2_transposed", "dW2 is transposed.", "What is the shape of W2?", dW2="dW2 = dlogits.T @ A1")
wrong("a1_not_transposed", "In dW2 the factor A1 is not transposed.", SIDES, dW2="dW2 = A1 @ dlogits")
wrong("elementwise_dw2", "In dW2 the arrays are multiplied entry by entry.", SIDES, dW2="dW2 = A1 * dlogits")
wrong(
    "dw2_of_the_last_sample",
    "dW2 has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    dW2="for a, g in zip(A1, dlogits):\n    dW2 = np.outer(a, g)",
)
wrong(
    "db2_over_the_classes",
    "db2 is summed over the classes: it has an entry for each sample, and all of them are 0.",
    "Which axis of dlogits counts the samples?",
    db2="db2 = np.sum(dlogits, axis=1)",
)
wrong(
    "biases_over_the_units",
    "db2 and db1 are summed over the units; a bias has one entry for each unit.",
    "Which axis counts the samples?",
    db2="db2 = np.sum(dlogits, axis=1)",
    db1="db1 = np.sum(dZ1, axis=1)",
)
wrong(
    "biases_as_rows",
    "db2 and db1 are rows with two axes; a bias has one.",
    "Which argument of the sum keeps an axis?",
    db2="db2 = np.sum(dlogits, axis=0, keepdims=True)",
    db1="db1 = np.sum(dZ1, axis=0, keepdims=True)",
)

# --- the hidden layer

wrong(
    "w2_not_transposed",
    "On the way back to A1, W2 is not transposed; with equal sizes no error says so.",
    SIDES,
    dA1="dA1 = dlogits @ W2",
)
wrong(
    "w2_updated_first",
    "W2 makes its step before dA1 is computed, so the gradient passes through the new W2.",
    "Which W2 did the forward pass use?",
    step="W2 = W2 - 0.5 * dW2",
)
wrong(
    "w2_updated_in_place",
    "W2 makes its step inside the backward pass, in place: the caller's W2 changes, and dA1 uses the new one.",
    "Print W2 before and after a call. Who should change the parameters, and when?",
    step="W2 += (-0.5 * dW2).astype(W2.dtype) if W2.dtype.kind == 'i' else -0.5 * dW2",
)
wrong("mask_missing", "The rectifier's slope is missing: dead units pass the gradient on.", MASK, dZ1="dZ1 = dA1")
wrong(
    "relu_for_its_slope",
    "dA1 is multiplied by relu(Z1) and not by the slope of relu.",
    MASK,
    dZ1="dZ1 = dA1 * np.maximum(Z1, 0)",
)
wrong(
    "mask_of_the_upstream",
    "The mask is made of dA1: it asks which gradients are positive, and not which units are active.",
    MASK,
    dZ1="dZ1 = dA1 * (dA1 > 0)",
)
wrong(
    "inverted_mask",
    "The mask is inverted: active units are stopped and dead ones pass.",
    MASK,
    dZ1="dZ1 = dA1 * (Z1 < 0)",
)
wrong(
    "slope_of_sigmoid",
    "The slope of a sigmoid, a(1 - a), is used; the units are rectifiers.",
    MASK,
    dZ1="dZ1 = dA1 * A1 * (1 - A1)",
)
wrong(
    "slope_of_tanh",
    "The slope of tanh, 1 - a², is used; the units are rectifiers.",
    MASK,
    dZ1="dZ1 = dA1 * (1 - A1**2)",
)
wrong(
    "slope_fed_with_z",
    "The slope of a sigmoid is used, and fed with Z1; the units are rectifiers.",
    MASK,
    dZ1="dZ1 = dA1 * Z1 * (1 - Z1)",
)
wrong(
    "rectified_in_place",
    "Z1 is rectified in place, and the mask Z1 >= 0 is then true everywhere; the cache is changed, too.",
    "Print Z1 before and after the line that rectifies.",
    dZ1="Z1[Z1 < 0] = 0\ndZ1 = dA1 * (Z1 >= 0)",
)
wrong(
    "masked_in_place",
    "dA1 is masked in place, so dA1 and dZ1 are the same array.",
    "Are dA1 and dZ1 equal in your result? Should they be?",
    dZ1="dA1 *= Z1 > 0\ndZ1 = dA1",
)

# --- the first layer

wrong(
    "da1_in_the_first_layer",
    "dZ1 is right, but the first layer gets dA1: the slope of the rectifier is lost again.",
    "Which gradient arrives at X @ W1 + b1?",
    dW1="dW1 = X.T @ dA1",
    db1="db1 = np.sum(dA1, axis=0)",
    dX="dX = dA1 @ W1.T",
)
wrong(
    "da1_in_dw1",
    "dW1 is made of dA1 and not of dZ1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at X @ W1 + b1?",
    dW1="dW1 = X.T @ dA1",
)
wrong(
    "da1_in_db1",
    "db1 is made of dA1 and not of dZ1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at X @ W1 + b1?",
    db1="db1 = np.sum(dA1, axis=0)",
)
wrong(
    "da1_in_dx",
    "dX is made of dA1 and not of dZ1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at X @ W1 + b1?",
    dX="dX = dA1 @ W1.T",
)
wrong("a1_in_dw1", "In dW1 stands A1; the first layer gets X.", ENTERS, dW1="dW1 = A1.T @ dZ1")
wrong("dw1_transposed", "dW1 is transposed.", "What is the shape of W1?", dW1="dW1 = dZ1.T @ X")
wrong(
    "dw1_of_the_last_sample",
    "dW1 has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    dW1="for x, g in zip(X, dZ1):\n    dW1 = np.outer(x, g)",
)
wrong("w1_not_transposed", "In dX the factor W1 is not transposed.", SIDES, dX="dX = dZ1 @ W1")

# --- state and order

wrong(
    "changed_in_the_cache",
    "The numbers are right, but an array of the caller is changed in place, such as P in the cache.",
    "Call your function twice with the same cache. Which array should be copied first?",
    dlogits="P[np.arange(N), y] -= 1 - epsilon\ndlogits = (P - epsilon / C) / N",
)
wrong(
    "first_cache_remembered",
    "The cache of the first call is used for ever: it belongs to other data.",
    "Call your function with two caches in turn. Do the results differ?",
    signature="X, y, W1, b1, W2, b2, epsilon, cache, kept=[]",
    cache="kept.append(cache)\nZ1, A1, logits, P = kept[0]",
)
wrong(
    "sums_kept_between_calls",
    "The gradients of the parameters are added to those of the calls before and never set to 0.",
    "Call your function twice with the same arrays. Are the results equal?",
    signature="X, y, W1, b1, W2, b2, epsilon, cache, kept={}",
    end="sums = kept.setdefault((X.shape, W2.shape), [0, 0, 0, 0])\n"
    "for k, g in enumerate((dW2, db2, dW1, db1)):\n"
    "    sums[k] = sums[k] + g\n"
    "return dlogits, sums[0], sums[1], dA1, dZ1, sums[2], sums[3], dX",
)
wrong(
    "arrays_of_the_type_of_the_weights",
    "The gradients are written into arrays of the type of the weights; when these are integers, fractions are cut off.",
    "Print the dtype of np.zeros_like(W1).",
    dW2="dW2 = np.zeros_like(W2)\ndW2[:] = A1.T @ dlogits",
    dW1="dW1 = np.zeros_like(W1)\ndW1[:] = X.T @ dZ1",
)
wrong(
    "steps_for_gradients",
    "Parameters after a step of descent are returned; the gradients are asked for.",
    "Which names does the docstring return?",
    end="return dlogits, W2 - dW2, b2 - db2, dA1, dZ1, W1 - dW1, b1 - db1, dX",
)
wrong(
    "order_of_results",
    "The gradients of the first layer stand where those of the output layer belong.",
    "Read the docstring: in which order do they stand?",
    end="return dlogits, dW1, db1, dA1, dZ1, dW2, db2, dX",
)
