"""The backward pass of one sample, with vectors."""

import numpy as np

from autograder.drawing import network, spread
from autograder.model import Exercise, Located, case
from autograder.variants import Program

OUTPUTS = ("dW2", "db2", "da1", "dz1", "dW1", "db1", "dx")

sample_backward = Exercise(
    "sample_backward",
    title="One sample backward",
    parts={"output layer": 1, "hidden layer": 1, "first layer": 1},
    outputs=OUTPUTS,
    loss="logits_of_sample, logits_of_sample, , , logits_of_sample, logits_of_sample, logits_of_sample",
    wrt="W2, b2, , , W1, b1, x",
    upstream="dlogits",
    locate=(
        Located(
            wrong="dW2, db2, da1, dW1, db1",
            says="Both layers are wrong: look at what is done with dlogits before it is used, or at the end.",
        ),
        Located(right="dW2, db2", wrong="da1", says="Look between dlogits and da1: at the product with W2."),
        Located(right="da1", wrong="dz1", says="Look between da1 and dz1: at the slope of the rectifier."),
        Located(right="dz1", wrong="dW1, db1", says="dz1 is right: look at which array the first layer gets."),
        Located(right="dz1, db1", wrong="dW1", says="Look at the product of x and dz1 in dW1."),
        Located(right="dz1, dW1", wrong="db1", says="Look at db1 alone: at what a bias is multiplied by."),
        Located(right="dz1, dW1, db1", wrong="dx", says="Look at the product with W1 in dx."),
        Located(right="db2", wrong="dW2", says="Look at dW2 alone: at what enters the output layer."),
        Located(right="dW2", wrong="db2", says="Look at db2 alone: at what a bias is multiplied by."),
    ),
    covers=("S000-14", "S000-15", "S000-17", "S000-18", "S002-26", "S002-28", "S002-30", "S002-33"),
)

PARTS = dict(zip(OUTPUTS, ("output layer",) * 2 + ("hidden layer",) * 2 + ("first layer",) * 3, strict=True))


@sample_backward.cases
def _(rng):
    nets = {
        "three layers of different sizes": network(rng, N=1),
        "all sizes equal": one_of(network(rng, equal=True)),
        "integers": network(rng, N=1, whole_numbers=True),
    }
    arriving = {name: spread(rng, len(net.b2)) for name, net in nets.items()}
    for pick, output in enumerate(OUTPUTS):
        for name, net in nets.items():
            upstream = arriving[name]
            yield case(
                name,
                upstream,
                net.X[0],
                *net.parameters,
                (net.Z1[0], net.A1[0], net.logits[0], net.P[0]),
                part=PARTS[output],
                pick=pick,
            )


def one_of(net):
    """The first sample of a batch as a network of its own, so that d = H = C stay equal."""
    return type(net)(net.X[:1], net.y[:1], *net.parameters, net.epsilon)


way = Program(
    "dlogits, x, W1, b1, W2, b2, cache",
    {
        "start": "z1, a1, logits, p = cache",
        "g": "",
        "dW2": "dW2 = np.outer(a1, dlogits)",
        "db2": "db2 = dlogits",
        "da1": "da1 = W2 @ dlogits",
        "dz1": "dz1 = da1 * (z1 > 0)",
        "dW1": "dW1 = np.outer(x, dz1)",
        "db1": "db1 = dz1",
        "dx": "dx = W1 @ dz1",
        "end": "return dW2, db2, da1, dz1, dW1, db1, dx",
    },
)

sample_backward.accepted(
    "rows_of_length_one",
    says="matrices with one row, as in a batch of one sample",
    source=way.source(
        dW2="g = dlogits[None, :]\ndW2 = a1[None, :].T @ g",
        da1="da1 = (g @ W2.T)[0]",
        dz1="dz1 = np.where(a1 > 0, da1, 0)",
        dW1="dW1 = x[:, None] * dz1[None, :]",
        dx="dx = dz1 @ W1.T",
        end="return [dW2, db2, da1, dz1, dW1, db1, dx]",
    ),
)
sample_backward.accepted(
    "index_sums",
    says="index sums; the cache is not used but for z1",
    source=way.source(
        dW2="dW2 = np.einsum('k,j->kj', np.maximum(z1, 0), dlogits)",
        da1="da1 = np.einsum('kj,j->k', W2, dlogits)",
        dW1="dW1 = np.einsum('i,k->ik', x, dz1)",
        dx="dx = np.einsum('ik,k->i', W1, dz1)",
    ),
)


@sample_backward.accepted("loops", says="loops over all entries")
def _(dlogits, x, W1, b1, W2, b2, cache):
    z, a = cache[0], cache[1]
    dW2, dW1 = np.zeros(W2.shape), np.zeros(W1.shape)
    da, dz, dx = np.zeros(len(z)), np.zeros(len(z)), np.zeros(len(x))
    for k in range(len(z)):
        for j in range(len(dlogits)):
            dW2[k, j] = a[k] * dlogits[j]
            da[k] += W2[k, j] * dlogits[j]
        dz[k] = da[k] if z[k] > 0 else 0.0
        for i in range(len(x)):
            dW1[i, k] = x[i] * dz[k]
            dx[i] += W1[i, k] * dz[k]
    return dW2, dlogits.copy(), da, dz, dW1, dz.copy(), dx


@sample_backward.accepted("other_convention", says="weights transposed as in W x + b, and transposed back")
def _(dlogits, x, W1, b1, W2, b2, cache):
    z, a, _, _ = cache
    V1, V2 = W1.T, W2.T
    da = V2.T.dot(dlogits)
    dz = (z > 0).astype(float) * da
    return np.outer(dlogits, a).T, 1.0 * dlogits, da, dz, np.outer(dz, x).T, 1.0 * dz, V1.T.dot(dz)


def wrong(answer_id, says, hint, **other):
    sample_backward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


OUTER = "Write entry (0, 1) of this gradient as a product of two numbers. What counts its rows?"
FORWARD = "Which line of the forward pass is undone here, and what enters that line?"
MASK = "What is the slope of the rectifier at 3, and at -3? Which number of the cache decides?"

# --- the output layer

wrong(
    "dw2_transposed",
    "dW2 is transposed: the rows of W2 belong to hidden units.",
    OUTER,
    dW2="dW2 = np.outer(dlogits, a1)",
)
wrong(
    "z1_in_dw2",
    "In dW2 stands z1; the output layer gets a1.",
    FORWARD,
    dW2="dW2 = np.outer(z1, dlogits)",
)
wrong("x_in_dw2", "In dW2 stands x; the output layer gets a1.", FORWARD, dW2="dW2 = np.outer(x, dlogits)")
wrong(
    "p_in_dw2",
    "In dW2 stands p; the factors are what enters the layer and what arrives.",
    FORWARD,
    dW2="dW2 = np.outer(a1, p)",
)
wrong(
    "dot_of_vectors",
    "The transpose of a 1-D array does nothing, so `a1.T @ dlogits` is no outer product.",
    "Print a1.shape and a1.T.shape.",
    dW2="dW2 = a1.T @ dlogits",
)
wrong("elementwise_dw2", "In dW2 the vectors are multiplied entry by entry.", OUTER, dW2="dW2 = a1 * dlogits")
wrong(
    "db2_is_the_local_slope",
    "db2 is 1 for each class: what arrives is left out.",
    "Does your db2 change when dlogits is doubled?",
    db2="db2 = np.ones(len(dlogits))",
)
wrong(
    "db2_summed",
    "db2 is one number: the entries of dlogits are added up, and each belongs to a bias of its own.",
    "How many biases has the output layer?",
    db2="db2 = np.sum(dlogits)",
)

# --- back to the hidden layer

wrong("w2_transposed", "W2 is transposed on the way back to a1.", "Which shape has a1?", da1="da1 = W2.T @ dlogits")
wrong(
    "sum_over_classes_lost",
    "In da1 the sum over the classes is lost: the upstream of one class is used.",
    "Through how many logits does a hidden unit reach the loss?",
    da1="da1 = W2[:, 0] * dlogits[0]",
)
wrong(
    "upstream_left_out",
    "In da1 what arrives is left out: the rows of W2 are summed.",
    "Does your da1 change when dlogits is doubled?",
    da1="da1 = np.sum(W2, axis=1)",
)
wrong(
    "mask_missing",
    "The rectifier's slope is missing: dead units pass the gradient on.",
    MASK,
    dz1="dz1 = da1",
)
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
    dz1="dz1 = da1 * a1 * (1 - a1)",
)
wrong(
    "slope_of_tanh",
    "The slope of tanh, 1 - a², is used; the units are rectifiers.",
    MASK,
    dz1="dz1 = da1 * (1 - a1**2)",
)
wrong(
    "masked_in_place",
    "da1 is masked in place, so da1 and dz1 are the same array.",
    "Are da1 and dz1 equal in your result? Should they be?",
    dz1="da1 *= z1 > 0\ndz1 = da1",
)
wrong(
    "cache_rectified_in_place",
    "z1 is rectified in place, and the mask z1 >= 0 is then true everywhere; the cache is changed, too.",
    "Print z1 before and after the line that rectifies.",
    dz1="np.maximum(z1, 0, out=z1)\ndz1 = da1 * (z1 >= 0)",
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
wrong("a1_in_dw1", "In dW1 stands a1; the first layer gets x.", FORWARD, dW1="dW1 = np.outer(a1, dz1)")
wrong(
    "x_in_db1",
    "db1 has a factor from x: a bias is added and not multiplied by an input.",
    "What is the derivative of z1[p] with respect to b1[p]?",
    db1="db1 = np.sum(x) * dz1",
)
wrong(
    "db1_is_the_local_slope",
    "db1 is 1 for each unit: what arrives is left out.",
    "Does your db1 change when dlogits is doubled?",
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
    "Does your dW1 change when dlogits is doubled?",
    dW1="dW1 = np.outer(x, np.ones(len(z1)))",
)
wrong("w1_transposed", "In dx the matrix W1 is transposed.", "Which shape has x?", dx="dx = W1.T @ dz1")
wrong(
    "mask_at_the_input",
    "dx is set to 0 where x is not positive; there is no rectifier before the input.",
    "Which lines has the forward pass before z1?",
    dx="dx = (W1 @ dz1) * (x > 0)",
)

# --- all the way

wrong(
    "mask_at_the_output",
    "dlogits is multiplied by a slope of the output; the output layer has no rectifier.",
    "Which lines has the forward pass between a1 and the logits?",
    g="dlogits = dlogits * (logits > 0)",
)
wrong(
    "slope_of_softmax_again",
    "dlogits is multiplied by p(1 - p); it is a gradient by the logits already.",
    "From where to where does the softmax lead, and on which side of it is dlogits?",
    g="dlogits = dlogits * p * (1 - p)",
)
wrong(
    "w2_updated_first",
    "W2 makes its step before da1 is computed, so the upstream passes through the new W2.",
    "Which W2 did the forward pass use?",
    da1="W2 = W2 - 0.5 * dW2\nda1 = W2 @ dlogits",
)
wrong(
    "steps_for_gradients",
    "Parameters after a step of descent are returned; the gradients are asked for.",
    "Which names does the docstring return?",
    end="return W2 - dW2, b2 - db2, da1, dz1, W1 - dW1, b1 - db1, dx",
)
wrong(
    "order_of_results",
    "The first layer's gradients come first.",
    "Read the docstring: in which order do they stand?",
    end="return dW1, db1, da1, dz1, dW2, db2, dx",
)
