"""The backward pass of the hidden layer for a batch of rows."""

from dataclasses import replace

import numpy as np

from autograder.authoring import Exercise, Located, Program, case, level, network, spread

OUTPUTS = ("dZ1", "dW1", "db1", "dX")
TOGETHER = "with dead units"

hidden_backward = Exercise(
    "hidden_backward",
    title="The hidden layer backward, a batch",
    parts={"dZ1": 2, "dW1": 2, "db1": 1, "dX": 2, TOGETHER: 1},
    outputs=OUTPUTS,
    loss="relu, hidden_layer, hidden_layer, hidden_layer",
    wrt="Z1, W1, b1, X",
    upstream="dA1",
    locate=(
        Located(wrong="dZ1", says="Look between dA1 and dZ1 first: all else is built on dZ1."),
        Located(right="dZ1", wrong="dW1, db1, dX", says="dZ1 is right: look at which array the lines after it use."),
        Located(right="dZ1", wrong="dW1, db1", says="dZ1 is right: look at the sums over the samples."),
        Located(right="dZ1, db1", wrong="dW1", says="dZ1 is right: look at what dW1 is made of, and at the product."),
        Located(
            right="dZ1, dW1",
            wrong="db1",
            says="dZ1 is right: look at what db1 is made of, and at the sum over the samples.",
        ),
        Located(right="dZ1", wrong="dX", says="dZ1 is right: look at both factors of dX, a gradient and W1."),
    ),
    covers=("S000-14", "S000-17", "S000-18", "S002-27", "S002-29", "S002-30"),
)


@hidden_backward.cases
def _(rng):
    nets = {
        "three different sizes": network(rng),
        "all sizes equal": network(rng, equal=True),
        "one sample": network(rng, N=1),
        "integers": network(rng, whole_numbers=True),
    }
    arriving = {name: spread(rng, *net.Z1.shape) for name, net in nets.items()}
    arriving["integers"] = np.ceil(arriving["integers"]).astype(int)
    for name, net in nets.items():
        yield a_batch(name, arriving[name], net, "dZ1", 0)
    # A wrong mask multiplies by 1 here, so the three are judged by themselves.
    easy = {f"{name}, each Z1 is 1": level(rng, net) for name, net in list(nets.items())[:3]}
    arriving |= {name: np.abs(spread(rng, *net.Z1.shape)) for name, net in easy.items()}
    for pick, output in enumerate(OUTPUTS[1:], 1):
        for name, net in easy.items():
            yield a_batch(name, arriving[name], net, output, pick)
    # Integers in X alone: a result that is kept in its type loses its fractions.
    nets["integers, fractions arrive"] = nets["integers"]
    arriving["integers, fractions arrive"] = spread(rng, *nets["integers"].Z1.shape)
    for pick in (1, 2, 3):
        for name, net in nets.items():
            yield a_batch(name, arriving[name], net, TOGETHER, pick)
    net = network(rng, whole_numbers=True)
    net = replace(net, b1=net.b1 - net.Z1[0])  # the first sample stands at 0 in each unit
    name = "units exactly at 0, any slope from 0 to 1 is right"
    yield case(
        name,
        spread(rng, *net.Z1.shape),
        net.X,
        net.W1,
        net.b1,
        net.Z1,
        part="dZ1",
        pick=0,
        between=lambda dA1, X, W1, b1, Z1: (
            np.where(Z1 == 0, np.minimum(dA1, 0), dA1 * (Z1 > 0)),
            np.where(Z1 == 0, np.maximum(dA1, 0), dA1 * (Z1 > 0)),
        ),
    )


def a_batch(name, upstream, net, part, pick):
    """A case with a whole network."""
    return case(name, upstream, net.X, net.W1, net.b1, net.Z1, part=part, pick=pick)


way = Program(
    "dA1, X, W1, b1, Z1",
    {
        "dZ1": "dZ1 = dA1 * (Z1 > 0)",
        "dW1": "dW1 = X.T @ dZ1",
        "db1": "db1 = np.sum(dZ1, axis=0)",
        "dX": "dX = dZ1 @ W1.T",
        "end": "return dZ1, dW1, db1, dX",
    },
)

hidden_backward.accepted(
    "where",
    says="np.where, index sums, a list",
    source=way.source(
        dZ1="dZ1 = np.where(Z1 <= 0, 0, dA1)",
        dW1="dW1 = np.einsum('ni,nk->ik', X, dZ1)",
        db1="db1 = np.ones(len(X)) @ dZ1",
        dX="dX = (W1 @ dZ1.T).T",
        end="return [dZ1, dW1, db1, dX]",
    ),
)
hidden_backward.accepted(
    "copy_and_zero",
    says="a copy in which the dead units are set to 0; the slope at 0 is 1",
    source=way.source(dZ1="dZ1 = dA1.copy()\ndZ1[Z1 < 0] = 0"),
)
hidden_backward.accepted(
    "computed_again",
    says="the pre-activations are computed again, and the slope at 0 is one half",
    source=way.source(dZ1="S = np.sign(X @ W1 + b1)\ndZ1 = dA1 * (1 + S) / 2"),
)


@hidden_backward.accepted("loop", says="a loop over the samples, with outer products")
def _(dA1, X, W1, b1, Z1):
    dZ1, dX = np.zeros(Z1.shape), np.zeros(X.shape)
    dW1, db1 = np.zeros(W1.shape), np.zeros(W1.shape[1])
    for n in range(len(X)):
        dZ1[n] = [g if z > 0 else 0.0 for g, z in zip(dA1[n], Z1[n], strict=True)]
        dW1 += np.outer(X[n], dZ1[n])
        db1 += dZ1[n]
        dX[n] = W1 @ dZ1[n]
    return dZ1, dW1, db1, dX


def wrong(answer_id, says, hint, **other):
    hidden_backward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


MASK = "What is the slope of the rectifier at 3, and at -3? Which array decides?"
SIDES = "Print the shapes of both factors and the shape that is wanted. Which axis must disappear?"
COMPLETE = "The factor 1/N of the mean has come with dA1. What is left is to add the shares."

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
wrong("sign_for_the_mask", "Dead units pass the gradient on with the other sign.", MASK, dZ1="dZ1 = dA1 * np.sign(Z1)")
wrong(
    "relu_of_the_upstream",
    "The rectifier is applied to what arrives; on the way back its slope is a factor.",
    MASK,
    dZ1="dZ1 = np.maximum(dA1, 0) * (Z1 > 0)",
)
wrong(
    "mask_of_whole_units",
    "A unit is stopped for all samples if it is dead for one; each sample has a mask of its own.",
    "Print the shape of your mask. Which shape has Z1?",
    dZ1="dZ1 = dA1 * (Z1 > 0).all(axis=0)",
)
wrong(
    "mask_of_the_first_sample",
    "The mask of the first sample is used for all.",
    "Print the shape of your mask. Which shape has Z1?",
    dZ1="dZ1 = dA1 * (Z1[0] > 0)",
)
wrong(
    "mask_without_the_bias",
    "The mask is made of X @ W1: the bias is missing in it.",
    MASK,
    dZ1="dZ1 = dA1 * (X @ W1 > 0)",
)
wrong(
    "slope_of_sigmoid",
    "The slope of a sigmoid, a(1 - a), is used; the units are rectifiers.",
    MASK,
    dZ1="A1 = np.maximum(Z1, 0)\ndZ1 = dA1 * A1 * (1 - A1)",
)
wrong(
    "slope_of_tanh",
    "The slope of tanh, 1 - a², is used; the units are rectifiers.",
    MASK,
    dZ1="dZ1 = dA1 * (1 - np.maximum(Z1, 0) ** 2)",
)
wrong(
    "masked_in_place",
    "The numbers are right, but an array of the caller, dA1 or Z1, is changed in place.",
    "Print dA1 and Z1 before and after a call.",
    dZ1="dA1 *= Z1 > 0\ndZ1 = dA1",
)
wrong(
    "da1_in_the_rest",
    "dZ1 is right, but the rest is made of dA1: the slope of the rectifier is lost again.",
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
wrong(
    "dw1_transposed", "dW1 is transposed: its shape is that of W1.T.", "What is the shape of W1?", dW1="dW1 = dZ1.T @ X"
)
wrong("x_not_transposed", "In dW1 the factor X is not transposed.", SIDES, dW1="dW1 = X @ dZ1")
wrong("dw1_in_the_wrong_order", "In dW1 the two factors are in the wrong order.", SIDES, dW1="dW1 = dZ1 @ X.T")
wrong("elementwise_dw1", "In dW1 the arrays are multiplied entry by entry.", SIDES, dW1="dW1 = X * dZ1")
wrong(
    "a1_in_dw1",
    "In dW1 stands A1; the first layer gets X.",
    "Which line of the forward pass is undone here, and what enters it?",
    dW1="dW1 = np.maximum(Z1, 0).T @ dZ1",
)
wrong(
    "dw1_of_the_last_sample",
    "dW1 has the share of the last sample only: the sum over the samples is lost.",
    "Is there an = in a loop where a += belongs?",
    dW1="for x, g in zip(X, dZ1):\n    dW1 = np.outer(x, g)",
)
wrong(
    "only_the_last_sample",
    "dW1 and db1 have the share of the last sample only: the sums over the samples are lost.",
    "Is there an = in a loop where a += belongs?",
    dW1="for x, g in zip(X, dZ1):\n    dW1 = np.outer(x, g)",
    db1="db1 = g",
)
wrong(
    "dw1_divided_by_samples",
    "dW1 is divided by the number of samples once more.",
    COMPLETE,
    dW1="dW1 = X.T @ dZ1 / len(X)",
)
wrong(
    "parameters_divided_by_samples",
    "dW1 and db1 are divided by the number of samples once more.",
    COMPLETE,
    dW1="dW1 = X.T @ dZ1 / len(X)",
    db1="db1 = np.mean(dZ1, axis=0)",
)
wrong(
    "db1_is_a_mean",
    "db1 is the mean over the samples; the shares of the samples are added.",
    COMPLETE,
    db1="db1 = np.mean(dZ1, axis=0)",
)
wrong(
    "db1_over_the_units",
    "db1 is summed over the units and has one entry for each sample.",
    "Which axis of dZ1 counts the samples, and which one should be left?",
    db1="db1 = np.sum(dZ1, axis=1)",
)
wrong(
    "db1_as_a_row",
    "db1 is a row (1, H); the bias has the shape (H,).",
    "Which argument of the sum keeps an axis?",
    db1="db1 = np.sum(dZ1, axis=0, keepdims=True)",
)
wrong(
    "db1_not_summed",
    "db1 is dZ1 itself: the sum over the samples is missing.",
    "One bias serves all samples. What happens to the shares of all samples?",
    db1="db1 = dZ1",
)
wrong(
    "db1_counts_active_units",
    "db1 counts for how many samples the unit is active; what arrives is left out.",
    "Does your db1 change when dA1 is doubled?",
    db1="db1 = np.sum(Z1 > 0, axis=0)",
)
wrong(
    "dw1_of_the_type_of_x",
    "dW1 is collected in an array of the type of X, and integers cut the fractions off.",
    "Print the dtype of your dW1 for an X of integers. Which type must hold a gradient?",
    dW1="dW1 = np.zeros(W1.shape, dtype=X.dtype)\nfor x, g in zip(X, dZ1):\n    dW1[...] = dW1 + np.outer(x, g)",
)
wrong(
    "dx_of_the_type_of_x",
    "dX is written into np.zeros_like(X), and in an array of integers the fractions are cut off.",
    "Print the dtype of your dX for an X of integers. Which type must hold a gradient?",
    dX="dX = np.zeros_like(X)\ndX[:] = dZ1 @ W1.T",
)
wrong("w1_not_transposed", "In dX the factor W1 is not transposed.", SIDES, dX="dX = dZ1 @ W1")
wrong("dx_in_the_wrong_order", "In dX the two factors are in the wrong order.", SIDES, dX="dX = W1.T @ dZ1")
wrong(
    "mask_at_the_input",
    "dX is set to 0 where X is not positive; there is no rectifier before the input.",
    "Which lines has the forward pass before Z1?",
    dX="dX = (dZ1 @ W1.T) * (X > 0)",
)
wrong(
    "w1_updated_first",
    "W1 makes its step before dX is computed, so the gradient passes through the new W1.",
    "Which W1 did the forward pass use?",
    dX="W1 = W1 - 0.5 * dW1\ndX = dZ1 @ W1.T",
)
wrong(
    "order_of_results",
    "dX stands before dW1 and db1.",
    "Read the docstring: in which order do they stand?",
    end="return dZ1, dX, dW1, db1",
)
