"""The backward pass of the hidden layer for one sample, with vectors."""

from dataclasses import replace

import numpy as np

from autograder.authoring import Exercise, Located, Program, case, network, spread, whole

OUTPUTS = ("dz1", "dW1", "db1", "dx")
TOGETHER = "with dead units"

sample_hidden_backward = Exercise(
    "sample_hidden_backward",
    title="The hidden layer backward, one sample",
    parts={"dz1": 2, "dW1": 2, "db1": 1, "dx": 2, TOGETHER: 1},
    outputs=OUTPUTS,
    loss="relu, hidden_of_sample, hidden_of_sample, hidden_of_sample",
    wrt="z1, W1, b1, x",
    upstream="da1",
    locate=(
        Located(wrong="dz1", says="Look between da1 and dz1 first: at the slope of the rectifier."),
        Located(right="dz1", wrong="dW1, db1, dx", says="dz1 is right: look at which array the lines after it use."),
        Located(right="dz1", wrong="dW1, db1", says="dz1 is right: look at what dW1 and db1 are made of."),
        Located(right="dz1, db1", wrong="dW1", says="dz1 is right: look at what dW1 is made of, and at the product."),
        Located(right="dz1, dW1", wrong="db1", says="dz1 is right: look at what db1 is made of."),
        Located(right="dz1, dW1, db1", wrong="dx", says="dz1 is right: look at both factors of dx."),
    ),
    covers=("S000-14", "S000-15", "S000-17", "S000-18", "S002-26", "S002-28", "S002-30", "S002-33"),
)


@sample_hidden_backward.cases
def _(rng):
    nets = {
        "two layers of different sizes": network(rng, N=1),
        "all sizes equal": network(rng, equal=True),
        "integers": network(rng, N=1, whole_numbers=True),
    }
    arriving = {name: spread(rng, len(net.b1)) for name, net in nets.items()}
    arriving["integers"] = whole(rng, len(nets["integers"].b1))
    for name, net in nets.items():
        yield one_sample(name, arriving[name], net, "dz1", 0)
    # A wrong mask multiplies by 1 here, so the three are judged by themselves.
    easy = {f"{name}, each z1 is 1": with_z1_of_1(net) for name, net in list(nets.items())[:2]}
    arriving |= {name: np.abs(spread(rng, len(net.b1))) for name, net in easy.items()}
    for pick, output in enumerate(OUTPUTS[1:], 1):
        for name, net in easy.items():
            yield one_sample(name, arriving[name], net, output, pick)
    for pick in (1, 2, 3):
        for name, net in nets.items():
            yield one_sample(name, arriving[name], net, TOGETHER, pick)


def with_z1_of_1(net):
    """The first sample in a network whose biases make each of its pre-activations 1 (up to rounding).

    There the mask, the slope and the rectifier are all 1.  W1 is any matrix: of a matrix of rank 1 each vector in its
    range has the direction of the right dx, whatever formula made it.
    """
    return replace(net, X=net.X[:1], b1=1 - net.X[0] @ net.W1)


def one_sample(name, upstream, net, part, pick):
    """A case with the first sample of a network."""
    return case(name, upstream, net.X[0], net.W1, net.b1, net.Z1[0], part=part, pick=pick)


way = Program(
    "da1, x, W1, b1, z1",
    {
        "dz1": "dz1 = da1 * (z1 > 0)",
        "dW1": "dW1 = np.outer(x, dz1)",
        "db1": "db1 = dz1",
        "dx": "dx = W1 @ dz1",
        "end": "return dz1, dW1, db1, dx",
    },
)

sample_hidden_backward.accepted(
    "rows_of_length_one",
    says="matrices with one row, as in a batch of one sample; a list",
    source=way.source(
        dz1="dz1 = np.where(z1 > 0, da1, 0)",
        dW1="dW1 = x[:, None] * dz1[None, :]",
        dx="dx = dz1 @ W1.T",
        end="return [dz1, dW1, db1, dx]",
    ),
)
sample_hidden_backward.accepted(
    "index_sums",
    says="index sums; the pre-activations are computed again",
    source=way.source(
        dz1="dz1 = da1 * (x @ W1 + b1 > 0)",
        dW1="dW1 = np.einsum('i,k->ik', x, dz1)",
        dx="dx = np.einsum('ik,k->i', W1, dz1)",
    ),
)


@sample_hidden_backward.accepted("loops", says="loops over all entries")
def _(da1, x, W1, b1, z1):
    dz, dx, dW1 = np.zeros(len(z1)), np.zeros(len(x)), np.zeros(W1.shape)
    for k in range(len(z1)):
        dz[k] = da1[k] if z1[k] > 0 else 0.0
        for i in range(len(x)):
            dW1[i, k] = x[i] * dz[k]
            dx[i] += W1[i, k] * dz[k]
    return dz, dW1, dz.copy(), dx


@sample_hidden_backward.accepted("other_convention", says="weights transposed as in W x + b, and transposed back")
def _(da1, x, W1, b1, z1):
    V1 = W1.T
    dz = (z1 > 0).astype(float) * da1
    return dz, np.outer(dz, x).T, 1.0 * dz, V1.T.dot(dz)


def wrong(answer_id, says, hint, **other):
    sample_hidden_backward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


OUTER = "Write entry (0, 1) of this gradient as a product of two numbers. What counts its rows?"
FORWARD = "Which line of the forward pass is undone here, and what enters that line?"
MASK = "What is the slope of the rectifier at 3, and at -3? Which number of the cache decides?"

# --- the slope of the rectifier

wrong("mask_missing", "The rectifier's slope is missing: dead units pass the gradient on.", MASK, dz1="dz1 = da1")
wrong(
    "relu_for_its_slope",
    "da1 is multiplied by relu(z1) and not by the slope of relu.",
    MASK,
    dz1="dz1 = da1 * np.maximum(z1, 0)",
)
wrong(
    "mask_of_the_upstream",
    "The mask is made of da1: it asks which gradients are positive, and not which units are active.",
    MASK,
    dz1="dz1 = da1 * (da1 > 0)",
)
wrong(
    "inverted_mask",
    "The mask is inverted: active units are stopped and dead ones pass.",
    MASK,
    dz1="dz1 = da1 * (z1 < 0)",
)
wrong("sign_for_the_mask", "Dead units pass the gradient on with the other sign.", MASK, dz1="dz1 = da1 * np.sign(z1)")
wrong(
    "mask_of_the_input",
    "The mask is made of a product with W1 alone: the bias is missing in it.",
    MASK,
    dz1="dz1 = da1 * (x @ W1 > 0)",
)
wrong(
    "slope_of_sigmoid",
    "The slope of a sigmoid, a(1 - a), is used; the units are rectifiers.",
    MASK,
    dz1="a1 = np.maximum(z1, 0)\ndz1 = da1 * a1 * (1 - a1)",
)
wrong(
    "slope_of_tanh",
    "The slope of tanh, 1 - a², is used; the units are rectifiers.",
    MASK,
    dz1="dz1 = da1 * (1 - np.maximum(z1, 0) ** 2)",
)
wrong(
    "masked_in_place",
    "The numbers are right, but da1 is masked in place: the caller's da1 is changed.",
    "Print da1 before and after a call.",
    dz1="da1 *= z1 > 0\ndz1 = da1",
)

# --- the first layer

wrong("dw1_transposed", "dW1 is transposed: the rows of W1 belong to inputs.", OUTER, dW1="dW1 = np.outer(dz1, x)")
wrong(
    "da1_in_the_first_layer",
    "dz1 is right, but the first layer gets da1: the slope of the rectifier is lost again.",
    "Which gradient arrives at x @ W1 + b1?",
    dW1="dW1 = np.outer(x, da1)",
    db1="db1 = da1",
    dx="dx = W1 @ da1",
)
wrong(
    "da1_in_dw1",
    "dW1 is made of da1 and not of dz1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at x @ W1 + b1?",
    dW1="dW1 = np.outer(x, da1)",
)
wrong(
    "da1_in_db1",
    "db1 is made of da1 and not of dz1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at x @ W1 + b1?",
    db1="db1 = da1",
)
wrong(
    "da1_in_dx",
    "dx is made of da1 and not of dz1: the slope of the rectifier is lost in it.",
    "Which gradient arrives at x @ W1 + b1?",
    dx="dx = W1 @ da1",
)
wrong(
    "a1_in_dw1",
    "In dW1 stands a1; the first layer gets x.",
    FORWARD,
    dW1="dW1 = np.outer(np.maximum(z1, 0), dz1)",
)
wrong(
    "x_in_db1",
    "db1 has a factor from x: a bias is added and not multiplied by an input.",
    "What is the derivative of z1[p] with respect to b1[p]?",
    db1="db1 = np.sum(x) * dz1",
)
wrong(
    "db1_is_the_local_slope",
    "db1 is 1 for each unit: what arrives is left out.",
    "Does your db1 change when da1 is doubled?",
    db1="db1 = np.ones(len(z1))",
)
wrong(
    "db1_summed",
    "All biases get the sum over all units; each bias acts on one unit alone.",
    "In which entries of z1 does b1[0] occur?",
    db1="db1 = np.sum(dz1) * np.ones(len(z1))",
)
wrong(
    "dw1_without_upstream",
    "In dW1 what arrives is left out: each column is x.",
    "Does your dW1 change when da1 is doubled?",
    dW1="dW1 = np.outer(x, np.ones(len(z1)))",
)
wrong(
    "w1_transposed",
    "In dx the matrix W1 is transposed.",
    "Write the letters of the shapes under both factors of dx. Do neighbours agree, and which letter is left?",
    dx="dx = W1.T @ dz1",
)
wrong(
    "product_of_sums",
    "In dx the sums of W1 and of dz1 are multiplied; the products must be summed.",
    "Is the sum of products a product of sums? Try a row of W1 and dz1 with two numbers each.",
    dx="dx = np.sum(W1, axis=1) * np.sum(dz1)",
)
wrong(
    "mask_at_the_input",
    "dx is set to 0 where x is not positive; there is no rectifier before the input.",
    "Which lines has the forward pass before z1?",
    dx="dx = (W1 @ dz1) * (x > 0)",
)

# --- what is returned

wrong(
    "steps_for_gradients",
    "Parameters after a step of descent are returned; the gradients are asked for.",
    "Which names does the docstring return?",
    end="return dz1, W1 - dW1, b1 - db1, dx",
)
wrong(
    "order_of_results",
    "The gradients of the parameters come first.",
    "Read the docstring: in which order do they stand?",
    end="return dW1, db1, dz1, dx",
)
