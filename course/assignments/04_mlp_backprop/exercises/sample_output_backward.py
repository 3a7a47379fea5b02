"""The backward pass of the output layer for one sample, with vectors."""

import numpy as np

from autograder.authoring import Exercise, Located, Program, case, network, spread, whole

sample_output_backward = Exercise(
    "sample_output_backward",
    title="The output layer backward, one sample",
    parts={"dW2": 1, "db2": 1, "da1": 2},
    outputs=("dW2", "db2", "da1"),
    loss="output_of_sample",
    wrt="W2, b2, a1",
    upstream="dlogits",
    locate=(
        Located(
            wrong="dW2, db2, da1",
            says="All three are wrong: look at what is done with dlogits before it is used, or at the order of the "
            "results.",
        ),
        Located(right="dW2, db2", wrong="da1", says="Look between dlogits and da1: at the product with W2."),
        Located(right="db2", wrong="dW2", says="Look at dW2 alone: at what enters the output layer."),
        Located(right="dW2", wrong="db2", says="Look at db2 alone: at what a bias is multiplied by."),
    ),
    covers=("S002-33",),
)


@sample_output_backward.cases
def _(rng):
    nets = {
        "two layers of different sizes": network(rng, N=1),
        "all sizes equal": network(rng, equal=True),
        "integers": network(rng, N=1, whole_numbers=True),
    }
    arriving = {name: spread(rng, len(net.b2)) for name, net in nets.items()}
    arriving["integers"] = whole(rng, len(nets["integers"].b2))
    for pick, part in enumerate(("dW2", "db2", "da1")):
        for name, net in nets.items():
            yield case(name, arriving[name], net.A1[0], net.W2, part=part, pick=pick)


way = Program(
    "dlogits, a1, W2",
    {
        "dW2": "dW2 = np.outer(a1, dlogits)",
        "db2": "db2 = dlogits",
        "da1": "da1 = W2 @ dlogits",
        "end": "return dW2, db2, da1",
    },
)

sample_output_backward.accepted(
    "rows_of_length_one",
    says="matrices with one row, as in a batch of one sample; a list",
    source=way.source(
        dW2="g = dlogits[None, :]\ndW2 = a1[None, :].T @ g",
        da1="da1 = (g @ W2.T)[0]",
        end="return [dW2, db2, da1]",
    ),
)
sample_output_backward.accepted(
    "index_sums",
    says="index sums",
    source=way.source(
        dW2="dW2 = np.einsum('k,j->kj', a1, dlogits)",
        da1="da1 = np.einsum('kj,j->k', W2, dlogits)",
    ),
)


@sample_output_backward.accepted("loops", says="loops over all entries")
def _(dlogits, a1, W2):
    dW2, da1 = np.zeros(W2.shape), np.zeros(len(a1))
    for k in range(len(a1)):
        for j in range(len(dlogits)):
            dW2[k, j] = a1[k] * dlogits[j]
            da1[k] += W2[k, j] * dlogits[j]
    return dW2, dlogits.copy(), da1


@sample_output_backward.accepted("other_convention", says="weights transposed as in W a + b, and transposed back")
def _(dlogits, a1, W2):
    V2 = W2.T
    return np.outer(dlogits, a1).T, 1.0 * dlogits, V2.T.dot(dlogits)


def wrong(answer_id, says, hint, **other):
    sample_output_backward.misconception(answer_id, says=says, hint=hint, source=way.source(**other))


OUTER = "Write entry (0, 1) of this gradient as a product of two numbers. What counts its rows?"

# --- the parameters

wrong(
    "dw2_transposed",
    "dW2 is transposed: the rows of W2 belong to hidden units.",
    OUTER,
    dW2="dW2 = np.outer(dlogits, a1)",
)
wrong(
    "dot_of_vectors",
    "The transpose of a 1-D array does nothing, so `a1.T @ dlogits` is no outer product.",
    "Print a1.shape and a1.T.shape.",
    dW2="dW2 = a1.T @ dlogits",
)
wrong("elementwise_dw2", "In dW2 the vectors are multiplied entry by entry.", OUTER, dW2="dW2 = a1 * dlogits")
wrong(
    "upstream_left_out_of_dw2",
    "In dW2 what arrives is left out: each column is a1.",
    "Does your dW2 change when dlogits is doubled?",
    dW2="dW2 = np.outer(a1, np.ones(len(dlogits)))",
)
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

wrong(
    "w2_transposed",
    "W2 is transposed on the way back to a1.",
    "Write the letters of the shapes under both factors of da1. Do neighbours agree, and which letter is left?",
    da1="da1 = W2.T @ dlogits",
)
wrong(
    "product_of_sums",
    "In da1 the sums of W2 and of dlogits are multiplied; the products must be summed.",
    "Is the sum of products a product of sums? Try a row of W2 and dlogits with two numbers each.",
    da1="da1 = np.sum(W2, axis=1) * np.sum(dlogits)",
)
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
    "masked_already",
    "da1 is 0 for the units that are dead: that is dz1. The slope of the rectifier comes after da1.",
    "Which line of the forward pass stands between a1 and the logits?",
    da1="da1 = W2 @ dlogits * (a1 > 0)",
)
wrong(
    "w2_updated_first",
    "W2 makes its step before da1 is computed, so the upstream passes through the new W2.",
    "Which W2 did the forward pass use?",
    da1="W2 = W2 - 0.5 * dW2\nda1 = W2 @ dlogits",
)
wrong(
    "order_of_results",
    "da1 comes first.",
    "Read the docstring: in which order do they stand?",
    end="return da1, dW2, db2",
)
